// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.28;

/// @title RFC 9162 trees, written from the recursive definitions
/// @dev Shares nothing with `LogProof`: sections 2.1.1, 2.1.3.1 and 2.1.4.1 as the RFC states them. The leaf at index
/// `i` of the test log is `leafOf(i)`.
library LogTree {
    function leafOf(uint256 index) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x00), "entry", index));
    }

    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }

    /// @dev Merkle Tree Hash of the leaves from `start` to `end`, exclusive.
    function root(uint256 start, uint256 end) internal pure returns (bytes32) {
        if (end == start) return sha256("");
        if (end - start == 1) return leafOf(start);
        uint256 k = split(end - start);
        return node(root(start, start + k), root(start + k, end));
    }

    function consistency(uint256 oldSize, uint256 newSize) internal pure returns (bytes32[] memory proof) {
        proof = new bytes32[](64);
        uint256 length = _subproof(oldSize, 0, newSize, true, proof, 0);
        _shorten(proof, length);
    }

    function inclusion(uint256 index, uint256 size) internal pure returns (bytes32[] memory proof) {
        proof = new bytes32[](64);
        uint256 length = _path(index, 0, size, proof, 0);
        _shorten(proof, length);
    }

    /// @dev The largest power of two smaller than `n`.
    function split(uint256 n) internal pure returns (uint256 k) {
        k = 1;
        while (k * 2 < n) k *= 2;
    }

    function _subproof(uint256 m, uint256 start, uint256 end, bool known, bytes32[] memory proof, uint256 length)
        private
        pure
        returns (uint256)
    {
        uint256 n = end - start;
        if (m == n) {
            if (known) return length;
            proof[length] = root(start, end);
            return length + 1;
        }
        uint256 k = split(n);
        if (m <= k) {
            length = _subproof(m, start, start + k, known, proof, length);
            proof[length] = root(start + k, end);
        } else {
            length = _subproof(m - k, start + k, end, false, proof, length);
            proof[length] = root(start, start + k);
        }
        return length + 1;
    }

    function _path(uint256 index, uint256 start, uint256 end, bytes32[] memory proof, uint256 length)
        private
        pure
        returns (uint256)
    {
        if (end - start == 1) return length;
        uint256 k = split(end - start);
        if (index < start + k) {
            length = _path(index, start, start + k, proof, length);
            proof[length] = root(start + k, end);
        } else {
            length = _path(index, start + k, end, proof, length);
            proof[length] = root(start, start + k);
        }
        return length + 1;
    }

    function _shorten(bytes32[] memory proof, uint256 length) private pure {
        assembly ("memory-safe") {
            mstore(proof, length)
        }
    }
}
