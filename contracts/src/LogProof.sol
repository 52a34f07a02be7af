// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.28;

/// @title Strict verification of RFC 9162 log proofs
/// @notice SHA-256 with the prefix 0x01 for nodes. Exactly the hashes needed, at most 64: a trailing, missing or doubled
/// hash is a wrong proof. Proofs of libraries that sort pairs or leave out the prefix do not verify here.
library LogProof {
    /// @dev A tree of fewer than 2^64 leaves is at most 64 levels high.
    uint256 private constant HASHES_MAX = 64;

    /// @notice Verifies that the log of size `newSize` and root `newRoot` extends that of `oldSize` and `oldRoot`.
    /// @dev RFC 9162 section 2.1.4.2. An empty old log proves nothing, so `oldSize` of 0 is refused.
    function verifyConsistency(
        uint64 oldSize,
        bytes32 oldRoot,
        uint64 newSize,
        bytes32 newRoot,
        bytes32[] calldata proof
    ) internal pure returns (bool) {
        if (oldSize == 0 || oldSize >= newSize) return false;
        if (proof.length == 0 || proof.length > HASHES_MAX) return false;

        uint64 fn = oldSize - 1;
        uint64 sn = newSize - 1;
        while (fn & 1 == 1) {
            fn >>= 1;
            sn >>= 1;
        }
        // A power of two is a complete subtree of the new tree: the proof leaves its root out.
        bool complete = oldSize & (oldSize - 1) == 0;
        bytes32 fr = complete ? oldRoot : proof[0];
        bytes32 sr = fr;
        for (uint256 i = complete ? 0 : 1; i < proof.length; ++i) {
            if (sn == 0) return false;
            bytes32 hash = proof[i];
            if (fn & 1 == 1 || fn == sn) {
                fr = _node(hash, fr);
                sr = _node(hash, sr);
                (fn, sn) = _skipLoneLevels(fn, sn);
            } else {
                sr = _node(sr, hash);
            }
            fn >>= 1;
            sn >>= 1;
        }
        return sn == 0 && fr == oldRoot && sr == newRoot;
    }

    /// @notice Verifies that `leaf` is the leaf hash at `index` of the log of size `size` and root `root`.
    /// @dev RFC 9162 section 2.1.3.2.
    function verifyInclusion(bytes32 leaf, uint64 index, uint64 size, bytes32 root, bytes32[] calldata proof)
        internal
        pure
        returns (bool)
    {
        if (index >= size || proof.length > HASHES_MAX) return false;

        uint64 fn = index;
        uint64 sn = size - 1;
        bytes32 r = leaf;
        for (uint256 i = 0; i < proof.length; ++i) {
            if (sn == 0) return false;
            if (fn & 1 == 1 || fn == sn) {
                r = _node(proof[i], r);
                (fn, sn) = _skipLoneLevels(fn, sn);
            } else {
                r = _node(r, proof[i]);
            }
            fn >>= 1;
            sn >>= 1;
        }
        return sn == 0 && r == root;
    }

    /// @dev On the right edge of a tree a node without a sibling is promoted: those levels have no hash in a proof.
    function _skipLoneLevels(uint64 fn, uint64 sn) private pure returns (uint64, uint64) {
        while (fn & 1 == 0 && fn != 0) {
            fn >>= 1;
            sn >>= 1;
        }
        return (fn, sn);
    }

    function _node(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }
}
