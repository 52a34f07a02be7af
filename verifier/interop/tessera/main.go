// Tesseracheck reads a log of ours with Tessera's own client and fsck, unmodified: every entry and
// every tile, inclusion proofs, and consistency proofs from sizes that the log once had.
//
//	tesseracheck -log file:///srv/www/log -key VERIFIER_KEY [-sizes 3,300]
//
// It prints size and root. It exits with 0 if everything is equal, 1 if something differs, 2 if it
// is used wrongly.
package main

import (
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
)

func main() {
	log := flag.String("log", "", "where the log is: `URL`/checkpoint exists; file: or http:")
	key := flag.String("key", "", "the log's C2SP verifier `key`")
	sizes := flag.String("sizes", "", "sizes to prove consistency from, `N,N,…`")
	flag.Parse()
	at, err := url.Parse(*log)
	if err != nil || *log == "" || *key == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(context.Background(), at, *key, *sizes); err != nil {
		fmt.Fprintln(os.Stderr, "tesseracheck:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, at *url.URL, key, sizes string) error {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return err
	}
	log, err := fetcher(at)
	if err != nil {
		return err
	}
	if err := fsck.New(verifier.Name(), verifier, log, leafHashes, fsck.Opts{N: 2}).Check(ctx); err != nil {
		return err
	}
	head, _, _, err := client.FetchCheckpoint(ctx, log.ReadCheckpoint, verifier, verifier.Name())
	if err != nil {
		return err
	}
	builder, err := client.NewProofBuilder(ctx, head.Size, log.ReadTile)
	if err != nil {
		return err
	}
	if err := inclusion(ctx, log, builder, head.Size, head.Hash); err != nil {
		return err
	}
	for _, text := range strings.Split(sizes, ",") {
		if text == "" {
			continue
		}
		size, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return err
		}
		if err := consistency(ctx, log, builder, size, head.Size, head.Hash); err != nil {
			return fmt.Errorf("consistency from size %d: %w", size, err)
		}
	}
	fmt.Printf("size %d\nroot 0x%s\n", head.Size, hex.EncodeToString(head.Hash))
	return nil
}

func fetcher(at *url.URL) (fsck.Fetcher, error) {
	if at.Scheme == "file" {
		return client.FileFetcher{Root: at.Path}, nil
	}
	return client.NewHTTPFetcher(at, &http.Client{Timeout: 30 * time.Second})
}

// inclusion proves the first, the last and every 97th leaf.
func inclusion(ctx context.Context, log fsck.Fetcher, builder *client.ProofBuilder, size uint64, root []byte) error {
	leaves, err := client.FetchLeafHashes(ctx, log.ReadTile, 0, size, size)
	if err != nil {
		return err
	}
	for index := uint64(0); index < size; index++ {
		if index%97 != 0 && index != size-1 {
			continue
		}
		path, err := builder.InclusionProof(ctx, index)
		if err != nil {
			return err
		}
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, index, size, leaves[index], path, root); err != nil {
			return fmt.Errorf("inclusion of %d: %w", index, err)
		}
	}
	return nil
}

func consistency(ctx context.Context, log fsck.Fetcher, builder *client.ProofBuilder, size, newer uint64, root []byte) error {
	// The tiles of the newer size: those that the older one ended in may be gone.
	leaves, err := client.FetchLeafHashes(ctx, log.ReadTile, 0, size, newer)
	if err != nil {
		return err
	}
	tree := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	for _, leaf := range leaves {
		if err := tree.Append(leaf, nil); err != nil {
			return err
		}
	}
	older, err := tree.GetRootHash(nil)
	if err != nil {
		return err
	}
	path, err := builder.ConsistencyProof(ctx, size, newer)
	if err != nil {
		return err
	}
	return proof.VerifyConsistency(rfc6962.DefaultHasher, size, newer, path, older, root)
}

// leafHashes are the hashes of the entries of a bundle (C2SP tlog-tiles).
func leafHashes(bundle []byte) ([][]byte, error) {
	var entries api.EntryBundle
	if err := entries.UnmarshalText(bundle); err != nil {
		return nil, err
	}
	hashes := make([][]byte, 0, len(entries.Entries))
	for _, entry := range entries.Entries {
		hashes = append(hashes, rfc6962.DefaultHasher.HashLeaf(entry))
	}
	return hashes, nil
}
