package main

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const answerBytesMax = 1 << 20

// Selectors of the contract's view functions: the first four bytes of keccak256 of their signatures.
const (
	batchesSelector = "0xcfdf677e" // batches()
	sizeSelector    = "0x949d225d" // size()
	logRootSelector = "0xf06f069e" // logRoot()
)

// An anchoredHead is what the contract says of the log.
type anchoredHead struct {
	batches, size uint64
	root          tlog.Hash
}

func readHead(rpc, contract string) (anchoredHead, error) {
	var head anchoredHead
	for _, number := range []struct {
		selector string
		value    *uint64
	}{{batchesSelector, &head.batches}, {sizeSelector, &head.size}} {
		word, err := call(rpc, contract, number.selector)
		if err != nil {
			return head, err
		}
		*number.value = binary.BigEndian.Uint64(word[24:])
	}
	root, err := call(rpc, contract, logRootSelector)
	head.root = tlog.Hash(root)
	return head, err
}

// call answers the word that a view function without arguments returns.
func call(rpc, contract, selector string) ([32]byte, error) {
	var word [32]byte
	request, err := json.Marshal(map[string]any{
		"jsonrpc": "2.0", "id": 1, "method": "eth_call",
		"params": []any{map[string]string{"to": contract, "data": selector}, "latest"},
	})
	if err != nil {
		return word, err
	}
	response, err := client.Post(rpc, "application/json", bytes.NewReader(request))
	if err != nil {
		return word, err
	}
	defer response.Body.Close()
	var answer struct {
		Result *string `json:"result"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, answerBytesMax)).Decode(&answer); err != nil {
		return word, err
	}
	if answer.Result == nil {
		return word, fmt.Errorf("%s did not answer eth_call", rpc)
	}
	value, err := hex.DecodeString(strings.TrimPrefix(*answer.Result, "0x"))
	if err != nil || len(value) != len(word) {
		return word, fmt.Errorf("%s: not a word: %q", rpc, *answer.Result)
	}
	return [32]byte(value), nil
}
