package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight     = 8
	tileWidth      = 1 << tileHeight
	noteBytesMax   = 64 << 10
	bundleBytesMax = tileWidth * (2 + 65535)
)

var client = &http.Client{Timeout: 30 * time.Second}

// errNotServed says that the log has no such part.
var errNotServed = errors.New("not served")

// A logServer is a log below an address: <api>/log/checkpoint exists.
type logServer struct{ api string }

func (s logServer) get(path string, bytesMax int64) ([]byte, error) {
	response, err := client.Get(strings.TrimRight(s.api, "/") + "/log/" + path)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusNotFound {
		return nil, fmt.Errorf("/log/%s: %w", path, errNotServed)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("/log/%s: %s", path, response.Status)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, bytesMax+1))
	if err == nil && int64(len(data)) > bytesMax {
		err = fmt.Errorf("/log/%s: longer than %d bytes", path, bytesMax)
	}
	return data, err
}

// tile reads a tile; the full one stands in for a partial one that is no longer served.
func (s logServer) tile(path string, bytesMax int64) ([]byte, error) {
	data, err := s.get(path, bytesMax)
	full, _, partial := strings.Cut(path, ".p/")
	if partial && errors.Is(err, errNotServed) {
		return s.get(full, bytesMax)
	}
	return data, err
}

// checkpoint reads the tree head; with a verifier key, its signature is checked.
func (s logServer) checkpoint(key string) (tlog.Tree, error) {
	text, err := s.get("checkpoint", noteBytesMax)
	if err != nil {
		return tlog.Tree{}, err
	}
	if key != "" {
		verifier, err := note.NewVerifier(key)
		if err != nil {
			return tlog.Tree{}, err
		}
		if _, err := note.Open(text, note.VerifierList(verifier)); err != nil {
			return tlog.Tree{}, fmt.Errorf("%w: %w", errDifferent, err)
		}
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) < 4 || lines[3] != "" {
		return tlog.Tree{}, fmt.Errorf("%w: not a checkpoint", errDifferent)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 {
		return tlog.Tree{}, fmt.Errorf("%w: not a size: %q", errDifferent, lines[1])
	}
	hash, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: hash}, err
}

// entries calls yield with every entry below size, in order.
func (s logServer) entries(size int64, yield func(position int64, entry []byte) error) error {
	for index := int64(0); index*tileWidth < size; index++ {
		width := min(size-index*tileWidth, tileWidth)
		tile := tlog.Tile{H: tileHeight, L: -1, N: index, W: int(width)}
		path := strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1)
		data, err := s.tile(path, bundleBytesMax)
		if err != nil {
			return err
		}
		for i := range width {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return fmt.Errorf("%w: /log/%s is cut off", errDifferent, path)
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			if err := yield(index*tileWidth+i, data[2:end]); err != nil {
				return err
			}
			data = data[end:]
		}
	}
	return nil
}

// Height, ReadTiles and SaveTiles make the log a tlog.TileReader: tile/8/L/N of Go's client is
// tile/L/N of C2SP tlog-tiles.
func (s logServer) Height() int { return tileHeight }

func (s logServer) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	all := make([][]byte, 0, len(tiles))
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := s.tile(path, tileWidth*tlog.HashSize)
		if err != nil {
			return nil, err
		}
		if len(data) < tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%w: /log/%s is too short", errDifferent, path)
		}
		all = append(all, data[:tile.W*tlog.HashSize])
	}
	return all, nil
}

func (s logServer) SaveTiles([]tlog.Tile, [][]byte) {}
