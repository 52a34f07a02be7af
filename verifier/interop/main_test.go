package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A world is a log, its key and a contract that anchored its first entries.
type world struct {
	entries  [][]byte
	stored   []tlog.Hash
	signer   note.Signer
	key      string
	anchored int64
	root     tlog.Hash
}

func (w *world) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, index := range indexes {
		hashes = append(hashes, w.stored[index])
	}
	return hashes, nil
}

func newWorld(t *testing.T, size, anchored int64) *world {
	t.Helper()
	secret, key, err := note.GenerateKey(bytes.NewReader(make([]byte, 64)), "tenders.example/log")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{signer: signer, key: key, anchored: anchored}
	for position := range size {
		entry := fmt.Appendf(nil, "entry %d", position)
		hashes, err := tlog.StoredHashes(position, entry, w)
		if err != nil {
			t.Fatal(err)
		}
		w.entries, w.stored = append(w.entries, entry), append(w.stored, hashes...)
	}
	if w.root, err = tlog.TreeHash(anchored, w); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) checkpoint(t *testing.T) []byte {
	t.Helper()
	size := int64(len(w.entries))
	root, err := tlog.TreeHash(size, w)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("tenders.example/log\n%d\n%s\n", size, base64.StdEncoding.EncodeToString(root[:]))
	signed, err := note.Sign(&note.Note{Text: text}, w.signer)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func (w *world) tile(path string) ([]byte, error) {
	if rest, ok := strings.CutPrefix(path, "tile/entries/"); ok {
		tile, err := tlog.ParseTilePath("tile/8/data/" + rest)
		if err != nil {
			return nil, err
		}
		var data []byte
		for _, entry := range w.entries[tile.N*tileWidth:][:tile.W] {
			data = append(binary.BigEndian.AppendUint16(data, uint16(len(entry))), entry...)
		}
		return data, nil
	}
	tile, err := tlog.ParseTilePath(strings.Replace(path, "tile/", "tile/8/", 1))
	if err != nil {
		return nil, err
	}
	return tlog.ReadTileData(tile, w)
}

// serve serves log and node; change may replace an answer.
func (w *world) serve(t *testing.T, change func(path string, data []byte) []byte) string {
	t.Helper()
	checkpoint := w.checkpoint(t)
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		if in.Method == http.MethodPost {
			var body bytes.Buffer
			body.ReadFrom(in.Body)
			word := w.root
			if strings.Contains(body.String(), batchesSelector) {
				word = tlog.Hash{31: 2}
			} else if strings.Contains(body.String(), sizeSelector) {
				word = tlog.Hash{}
				binary.BigEndian.PutUint64(word[24:], uint64(w.anchored))
			}
			fmt.Fprintf(out, `{"jsonrpc":"2.0","id":1,"result":"0x%x"}`, word[:])
			return
		}
		path, data := strings.TrimPrefix(in.URL.Path, "/log/"), checkpoint
		if path != "checkpoint" {
			var err error
			if data, err = w.tile(path); err != nil {
				http.NotFound(out, in)
				return
			}
		}
		out.Write(change(path, bytes.Clone(data)))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func honest(_ string, data []byte) []byte { return data }

func TestAnHonestLogHasTheRootOfItsCheckpointAndContract(t *testing.T) {
	for _, size := range []int64{1, 255, 256, 257, 700} {
		w := newWorld(t, size, (size+1)/2)
		url := w.serve(t, honest)
		var out strings.Builder
		if err := run(options{api: url, key: w.key, contract: "0x00", rpc: url}, &out); err != nil {
			t.Fatalf("size %d: %v", size, err)
		}
		want := fmt.Sprintf("anchored %d in 2 batches, root equal", (size+1)/2)
		if !strings.Contains(out.String(), want) {
			t.Errorf("size %d: %q does not say %q", size, out.String(), want)
		}
	}
}

func TestAChangedAnswerIsDifferent(t *testing.T) {
	for _, prefix := range []string{"checkpoint", "tile/entries/000", "tile/0/001", "tile/0/002.p/", "tile/1/000.p/"} {
		w := newWorld(t, 700, 300)
		url := w.serve(t, func(path string, data []byte) []byte {
			if strings.HasPrefix(path, prefix) {
				data[len(data)/2] ^= 1
			}
			return data
		})
		err := run(options{api: url, key: w.key}, &strings.Builder{})
		if !errors.Is(err, errDifferent) {
			t.Errorf("%s changed: %v", prefix, err)
		}
	}
}

func TestAnotherAnchoredRootOrALongerContractIsDifferent(t *testing.T) {
	other := newWorld(t, 700, 300)
	other.root[0] ^= 1
	longer := newWorld(t, 700, 300)
	longer.anchored = 701
	for name, w := range map[string]*world{"other root": other, "longer": longer} {
		url := w.serve(t, honest)
		err := run(options{api: url, contract: "0x00", rpc: url}, &strings.Builder{})
		if !errors.Is(err, errDifferent) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestALogThatDoesNotAnswerIsUnreadable(t *testing.T) {
	err := run(options{api: "http://127.0.0.1:1"}, &strings.Builder{})
	if err == nil || errors.Is(err, errDifferent) {
		t.Errorf("got %v", err)
	}
}
