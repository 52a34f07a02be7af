// Proving says how many inclusion proofs a second two Go libraries verify: transparency-dev/merkle
// and the client of the Go checksum database. It is a peer in a benchmark.
//
//	proving < proofs.json
//
// The file holds the size and root of a tree and, for some of its leaves, index, entry and path, as
// encoding/json writes them. One line a library: its name, a tab, verified proofs a second, the best
// of some rounds. A proof that does not hold ends the program with 1.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/tlog"
)

const rounds = 5

type tree struct {
	Size   uint64
	Root   []byte
	Proofs []inclusion
}

type inclusion struct {
	Index uint64
	Entry []byte
	Path  [][]byte
}

func main() {
	var t tree
	if err := json.NewDecoder(os.Stdin).Decode(&t); err != nil {
		fail(err)
	}
	measure(t, "transparency-dev/merkle", func(p inclusion) error {
		leaf := rfc6962.DefaultHasher.HashLeaf(p.Entry)
		return proof.VerifyInclusion(rfc6962.DefaultHasher, p.Index, t.Size, leaf, p.Path, t.Root)
	})
	paths := make(map[uint64]tlog.RecordProof, len(t.Proofs))
	for _, p := range t.Proofs {
		for _, hash := range p.Path {
			paths[p.Index] = append(paths[p.Index], tlog.Hash(hash))
		}
	}
	root := tlog.Hash(t.Root)
	measure(t, "golang.org/x/mod tlog", func(p inclusion) error {
		leaf := tlog.RecordHash(p.Entry)
		return tlog.CheckRecord(paths[p.Index], int64(t.Size), root, int64(p.Index), leaf)
	})
}

func measure(t tree, name string, verify func(inclusion) error) {
	best := time.Duration(1 << 62)
	for range rounds {
		started := time.Now()
		for _, p := range t.Proofs {
			if err := verify(p); err != nil {
				fail(fmt.Errorf("%s, index %d: %w", name, p.Index, err))
			}
		}
		best = min(best, time.Since(started))
	}
	fmt.Printf("%s\t%.0f\n", name, float64(len(t.Proofs))/best.Seconds())
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "proving:", err)
	os.Exit(1)
}
