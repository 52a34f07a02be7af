// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.28;

/// @title What a storage proof of the anchor contract proves
/// @notice Slot 0 holds `batches` (low 64 bits) and `size` (next 64 bits), slot 1 the log root at that size, slot 2
/// the mapping from batch index to digest. The layout is part of the proof format (section 4): this contract comes
/// first in the list of bases and nothing may ever be inserted before or between its variables.
abstract contract AnchorStorage {
    uint64 private _batches;
    uint64 private _size;
    bytes32 private _logRoot;
    mapping(uint64 batchIndex => bytes32 digest) private _digests;

    /// @notice How many batches are anchored; the next batch has this index.
    function batches() public view returns (uint64) {
        return _batches;
    }

    /// @notice How many entries of the log are anchored; the next batch starts at this position.
    function size() public view returns (uint64) {
        return _size;
    }

    /// @notice The log root at `size()`.
    function logRoot() public view returns (bytes32) {
        return _logRoot;
    }

    /// @notice The digest of a batch, zero where there is none.
    function digestOf(uint64 batchIndex) public view returns (bytes32) {
        return _digests[batchIndex];
    }

    /// @dev Where the log of this contract starts; called once, by the constructor.
    function _start(uint64 size_, bytes32 root) internal {
        _size = size_;
        _logRoot = root;
    }

    /// @dev Adds one batch; the caller has checked it.
    function _append(uint64 batchIndex, bytes32 digest, uint64 size_, bytes32 root) internal {
        _digests[batchIndex] = digest;
        _batches = batchIndex + 1;
        _size = size_;
        _logRoot = root;
    }
}
