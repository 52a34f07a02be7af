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

// An anchoredHead is what the contract keeps in slots 0 and 1.
type anchoredHead struct {
	batches, size uint64
	root          tlog.Hash
}

func readHead(rpc, contract string) (anchoredHead, error) {
	head, err := readSlot(rpc, contract, "0x0")
	if err != nil {
		return anchoredHead{}, err
	}
	root, err := readSlot(rpc, contract, "0x1")
	return anchoredHead{
		batches: binary.BigEndian.Uint64(head[24:]),
		size:    binary.BigEndian.Uint64(head[16:24]),
		root:    tlog.Hash(root),
	}, err
}

func readSlot(rpc, contract, slot string) ([32]byte, error) {
	var word [32]byte
	request, err := json.Marshal(map[string]any{
		"jsonrpc": "2.0", "id": 1, "method": "eth_getStorageAt",
		"params": []string{contract, slot, "latest"},
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
		return word, fmt.Errorf("%s did not answer eth_getStorageAt", rpc)
	}
	value, err := hex.DecodeString(strings.TrimPrefix(*answer.Result, "0x"))
	if err != nil || len(value) != len(word) {
		return word, fmt.Errorf("%s: not a word: %q", rpc, *answer.Result)
	}
	return [32]byte(value), nil
}
