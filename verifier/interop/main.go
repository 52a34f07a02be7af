// Tlogcheck reads a log of ours with Go's own transparency-log client and recomputes its root from
// the entries and through the tiles, so that the log's format is not only what our Rust says it is.
//
//	tlogcheck -api http://127.0.0.1:8080 [-key VERIFIER_KEY] [-contract 0x… -rpc http://…]
//
// It prints size and root, and with a contract what is anchored. It exits with 0 if everything is
// equal, 1 if something differs, 2 if it cannot read what it should.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"golang.org/x/mod/sumdb/tlog"
)

// errDifferent says that what was read is not what it should be.
var errDifferent = errors.New("different")

type options struct{ api, key, contract, rpc string }

func main() {
	var o options
	flag.StringVar(&o.api, "api", "", "where the log is served: `URL`/log/checkpoint exists")
	flag.StringVar(&o.key, "key", "", "the log's C2SP verifier `key`, to check the checkpoint's signature")
	flag.StringVar(&o.contract, "contract", "", "`address` of the anchoring contract, to compare its log root and size")
	flag.StringVar(&o.rpc, "rpc", "", "JSON-RPC `URL` of a chain node, with -contract")
	flag.Parse()
	if o.api == "" || (o.contract == "") != (o.rpc == "") || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	err := run(o, os.Stdout)
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "tlogcheck:", err)
	if errors.Is(err, errDifferent) {
		os.Exit(1)
	}
	os.Exit(2)
}

func run(o options, out io.Writer) error {
	// The contract first: read after the checkpoint, it could honestly be ahead of it.
	var head anchoredHead
	if o.contract != "" {
		var err error
		if head, err = readHead(o.rpc, o.contract); err != nil {
			return err
		}
	}
	server := logServer{o.api}
	tree, err := server.checkpoint(o.key)
	if err != nil {
		return err
	}
	stored, err := recompute(server, tree)
	if err != nil {
		return err
	}
	root, err := tlog.TreeHash(tree.N, stored)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return fmt.Errorf("%w: the entries' root at size %d is %x", errDifferent, tree.N, root[:])
	}
	fmt.Fprintf(out, "size %d\nroot 0x%x\n", tree.N, root[:])
	if o.contract == "" {
		return nil
	}
	return compare(head, tree.N, stored, out)
}

// recompute hashes every entry, compares it with its leaf read through the tiles, and returns the
// hashes of the tree.
func recompute(server logServer, tree tlog.Tree) (tlog.HashReader, error) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			hashes[i] = stored[index]
		}
		return hashes, nil
	})
	tiles := tlog.TileHashReader(tree, server)
	var leaves []tlog.Hash
	err := server.entries(tree.N, func(position int64, entry []byte) error {
		if position%tileWidth == 0 {
			var indexes []int64
			for i := position; i < min(position+tileWidth, tree.N); i++ {
				indexes = append(indexes, tlog.StoredHashIndex(0, i))
			}
			var err error
			if leaves, err = tiles.ReadHashes(indexes); err != nil {
				return fmt.Errorf("%w: tiles at position %d: %w", errDifferent, position, err)
			}
		}
		if tlog.RecordHash(entry) != leaves[position%tileWidth] {
			return fmt.Errorf("%w: position %d: entry does not match its leaf", errDifferent, position)
		}
		hashes, err := tlog.StoredHashes(position, entry, reader)
		stored = append(stored, hashes...)
		return err
	})
	return reader, err
}

func compare(head anchoredHead, size int64, stored tlog.HashReader, out io.Writer) error {
	if head.size > uint64(size) {
		return fmt.Errorf("%w: %d entries are anchored, the log has %d", errDifferent, head.size, size)
	}
	root, err := tlog.TreeHash(int64(head.size), stored)
	if err != nil {
		return err
	}
	if root != head.root {
		return fmt.Errorf("%w: root at size %d is %x, anchored is %x",
			errDifferent, head.size, root[:], head.root[:])
	}
	fmt.Fprintf(out, "anchored %d in %d batches, root equal\n", head.size, head.batches)
	return nil
}
