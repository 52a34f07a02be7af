#!/usr/bin/env python3
"""Makes inclusion.json and consistency.json next to this file.

Proofs of RFC 9162 section 2.1 by its recursive definitions, and for each the ways to spoil it
that a strict check must notice. Nothing is random: running it again changes nothing.
"""

import hashlib
import json
import pathlib


def sha(data):
    return hashlib.sha256(data).digest()


def leaf(data):
    return sha(b"\x00" + data)


def node(left, right):
    return sha(b"\x01" + left + right)


def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def root(leaves):
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node(root(leaves[:k]), root(leaves[k:]))


def inclusion(leaves, index):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return inclusion(leaves[:k], index) + [root(leaves[k:])]
    return inclusion(leaves[k:], index - k) + [root(leaves[:k])]


def consistency(leaves, old, whole=True):
    if old == len(leaves):
        return [] if whole else [root(leaves)]
    k = split(len(leaves))
    if old <= k:
        return consistency(leaves[:k], old, whole) + [root(leaves[k:])]
    return consistency(leaves[k:], old - k, False) + [root(leaves[:k])]


def flip(data):
    return bytes([data[0] ^ 1]) + data[1:]


JUNK = sha(b"junk")
LEAVES = [leaf(bytes([n])) for n in range(17)]


def spoiled_proofs(proof, roots):
    yield "a hash after", proof + [JUNK]
    yield "a hash before", [JUNK] + proof
    for name, value in roots:
        yield f"{name} after", proof + [value]
        yield f"{name} before", [value] + proof
    if len(proof) > 4:
        yield "65 hashes", (proof + [JUNK] * 65)[:65]
    if proof:
        yield "the first hash twice", [proof[0]] + proof
        yield "the last hash missing", proof[:-1]
        yield "the first hash missing", proof[1:]
        yield "no hash", []
        for i in range(len(proof)):
            yield f"hash {i} changed", proof[:i] + [flip(proof[i])] + proof[i + 1 :]
    if len(proof) > 1:
        yield "the first two hashes swapped", [proof[1], proof[0]] + proof[2:]


def inclusion_vectors():
    def vector(what, index, size, leaf_hash, top, proof, valid):
        return {
            "what": what, "valid": valid, "index": str(index), "size": str(size),
            "leaf": "0x" + leaf_hash.hex(), "root": "0x" + top.hex(),
            "proof": ["0x" + h.hex() for h in proof],
        }

    for size in (1, 2, 3, 5, 8, 17):
        top = root(LEAVES[:size])
        for index in sorted({0, size // 2, size - 1}):
            proof = inclusion(LEAVES[:size], index)
            good = LEAVES[index]
            yield vector("as it should be", index, size, good, top, proof, True)
            for what, bad in spoiled_proofs(proof, [("the root", top), ("the leaf", good)]):
                yield vector(what, index, size, good, top, bad, False)
            yield vector("another leaf", index, size, flip(good), top, proof, False)
            yield vector("another root", index, size, good, flip(top), proof, False)
            more = proof + [JUNK]
            yield vector("a hash too many and its root", index, size, good, node(JUNK, top), more, False)
            yield vector("a hash too many and its root", index, size, good, node(top, JUNK), more, False)
            yield vector("index is size", size, size, good, top, proof, False)
            yield vector("index + size", index + size, size, good, top, proof, False)
            yield vector("size 0", index, 0, good, top, proof, False)
            yield vector("size 2^64 - 1", index, 2**64 - 1, good, top, proof, False)
            yield vector("index 2^64 - 1", 2**64 - 1, size, good, top, proof, False)
            for other in range(size):
                if other != index:
                    yield vector(f"index {other}", other, size, good, top, proof, False)
    yield vector("a node as a leaf", 0, 2, node(LEAVES[0], LEAVES[1]), root(LEAVES[:4]),
                 inclusion(LEAVES[:4], 0), False)


def consistency_vectors():
    def vector(what, old, new, old_root, new_root, proof, valid):
        return {
            "what": what, "valid": valid, "oldSize": str(old), "newSize": str(new),
            "oldRoot": "0x" + old_root.hex(), "newRoot": "0x" + new_root.hex(),
            "proof": ["0x" + h.hex() for h in proof],
        }

    for new in (1, 2, 3, 5, 8, 17):
        for old in sorted({1, new // 2, new - 1, new} - {0}):
            proof = consistency(LEAVES[:new], old)
            roots = root(LEAVES[:old]), root(LEAVES[:new])
            yield vector("as it should be", old, new, *roots, proof, True)
            named = [("the old root", roots[0]), ("the new root", roots[1])]
            for what, bad in spoiled_proofs(proof, named):
                yield vector(what, old, new, *roots, bad, False)
            yield vector("another old root", old, new, flip(roots[0]), roots[1], proof, False)
            yield vector("another new root", old, new, roots[0], flip(roots[1]), proof, False)
            more = proof + [JUNK]
            yield vector("a hash too many and its roots", old, new,
                         node(JUNK, roots[0]), node(JUNK, roots[1]), more, False)
            yield vector("a hash too many and its root", old, new,
                         roots[0], node(roots[1], JUNK), more, False)
            yield vector("old size 0", 0, new, *roots, proof, False)
            yield vector("new size 0", old, 0, *roots, proof, False)
            yield vector("new size 2^64 - 1", old, 2**64 - 1, *roots, proof, False)
            if old != new:
                yield vector("the roots swapped", old, new, roots[1], roots[0], proof, False)
                yield vector("the sizes swapped", new, old, *roots, proof, False)
    yield vector("from the empty tree", 0, 1, sha(b""), root(LEAVES[:1]), [], False)
    yield vector("the empty tree to itself", 0, 0, sha(b""), sha(b""), [], False)


def write(name, vectors):
    lines = ",\n".join(json.dumps(vector, sort_keys=True) for vector in vectors)
    path = pathlib.Path(__file__).with_name(name)
    path.write_text(f"[\n{lines}\n]\n", encoding="ascii")


write("inclusion.json", inclusion_vectors())
write("consistency.json", consistency_vectors())
