// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {AnchorStorage} from "./AnchorStorage.sol";
import {LogProof} from "./LogProof.sol";

/// @title Anchors the log of a transparency log, batch by batch
/// @notice A log root that was anchored once can only ever be extended: every call carries an RFC 9162 consistency proof
/// from the old log root to the new one. Whoever steals the anchorer's key can append garbage but rewrite nothing;
/// then the role is revoked and a successor contract starts at the last honest batch boundary.
/// @dev There is no proxy, no pauser and no way to remove a batch. Storage and digest are section 4 of the proof format.
contract BatchAnchor is AnchorStorage, AccessControl {
    /// @notice One anchored batch, as its digest commits to it.
    /// @param index place in the sequence of this contract's batches, from 0
    /// @param first position of its first entry in the log
    /// @param count number of entries, at least 1
    /// @param batchRoot RFC 9162 Merkle Tree Hash of the batch's leaf hashes
    /// @param logRoot RFC 9162 Merkle Tree Hash of the whole log at size `first + count`
    struct Batch {
        uint64 index;
        uint64 first;
        uint64 count;
        bytes32 batchRoot;
        bytes32 logRoot;
    }

    /// @notice The role that may anchor. The owner (`DEFAULT_ADMIN_ROLE`) grants and revokes it.
    bytes32 public constant ANCHORER_ROLE = keccak256("ANCHORER_ROLE");

    bytes32 private constant EMPTY_ROOT = sha256("");

    bytes32 private immutable _originHash;
    address private immutable _predecessor;
    uint64 private immutable _startSize;

    /// @notice This contract's part of the log starts at `size` under `root`.
    event LogStarted(bytes32 indexed originHash, address indexed predecessor, uint64 size, bytes32 root);

    /// @notice A batch was anchored; the log's size is now `first + count` and its root `logRoot`.
    event BatchAnchored(uint64 indexed batchIndex, uint64 first, uint64 count, bytes32 batchRoot, bytes32 logRoot);

    /// @notice The owner or the anchorer is the zero address.
    error BatchAnchorMissingAccount();
    /// @notice A log starts empty and without a predecessor, or with both a size and a predecessor.
    error BatchAnchorInvalidStart(address predecessor, uint64 size, bytes32 root);
    /// @notice The chain's id does not fit the 64 bits the digest gives it.
    error BatchAnchorChainIdTooLarge(uint256 chainId);
    /// @notice Another batch is the next one: read `batches()` before trying again.
    error BatchAnchorUnexpectedBatch(uint64 expected, uint64 actual);
    /// @notice The batch does not start where the anchored log ends.
    error BatchAnchorUnexpectedFirst(uint64 expected, uint64 actual);
    /// @notice The batch has no entry.
    error BatchAnchorEmptyBatch();
    /// @notice The log would have 2^64 entries or more.
    error BatchAnchorSizeOverflow(uint64 first, uint64 count);
    /// @notice The new log root is not shown to extend the anchored one.
    error BatchAnchorInconsistentLog(uint64 oldSize, uint64 newSize);

    /// @param originHash_ SHA-256 of the log's origin
    /// @param predecessor_ the contract this one succeeds; zero for the first
    /// @param size_ entries already anchored by predecessors, a batch boundary; 0 exactly when there is no predecessor
    /// @param root log root at `size_`; SHA-256 of nothing when `size_` is 0
    /// @param owner gets `DEFAULT_ADMIN_ROLE`; in production a multisignature
    /// @param anchorer gets `ANCHORER_ROLE`
    constructor(
        bytes32 originHash_,
        address predecessor_,
        uint64 size_,
        bytes32 root,
        address owner,
        address anchorer
    ) {
        if (owner == address(0) || anchorer == address(0)) revert BatchAnchorMissingAccount();
        if ((size_ == 0) != (predecessor_ == address(0)) || (size_ == 0 && root != EMPTY_ROOT)) {
            revert BatchAnchorInvalidStart(predecessor_, size_, root);
        }
        _originHash = originHash_;
        _predecessor = predecessor_;
        _startSize = size_;
        _start(size_, root);
        emit LogStarted(originHash_, predecessor_, size_, root);
        _grantRole(DEFAULT_ADMIN_ROLE, owner);
        _grantRole(ANCHORER_ROLE, anchorer);
    }

    /// @notice Anchors the next batch, if the log it belongs to extends the anchored one.
    /// @dev The compare-and-set on `batchIndex` makes a call that is sent twice fail the second time.
    /// @param batchIndex must be `batches()`
    /// @param first must be `size()`
    /// @param count number of entries, at least 1
    /// @param batchRoot root of the batch's own tree
    /// @param newLogRoot root of the log at `first + count`; equal to `batchRoot` when `first` is 0
    /// @param consistencyProof from `logRoot()` to `newLogRoot`; empty when `first` is 0
    function anchor(
        uint64 batchIndex,
        uint64 first,
        uint64 count,
        bytes32 batchRoot,
        bytes32 newLogRoot,
        bytes32[] calldata consistencyProof
    ) external onlyRole(ANCHORER_ROLE) {
        uint64 oldSize = size();
        if (batchIndex != batches()) revert BatchAnchorUnexpectedBatch(batches(), batchIndex);
        if (first != oldSize) revert BatchAnchorUnexpectedFirst(oldSize, first);
        if (count == 0) revert BatchAnchorEmptyBatch();
        if (count > type(uint64).max - first) revert BatchAnchorSizeOverflow(first, count);
        uint64 newSize = first + count;
        bool extends_ = oldSize == 0
            ? consistencyProof.length == 0 && batchRoot == newLogRoot
            : LogProof.verifyConsistency(oldSize, logRoot(), newSize, newLogRoot, consistencyProof);
        if (!extends_) revert BatchAnchorInconsistentLog(oldSize, newSize);

        Batch memory batch = Batch(batchIndex, first, count, batchRoot, newLogRoot);
        _append(batchIndex, batchDigest(batch), newSize, newLogRoot);
        emit BatchAnchored(batchIndex, first, count, batchRoot, newLogRoot);
    }

    /// @notice Whether the leaf at position `seq` is in `batch`'s log and `batch` was anchored here.
    /// @param batch every value as it was anchored
    /// @param leaf leaf hash of the entry
    /// @param seq position of the entry in the log, inside the batch
    /// @param logProof inclusion proof at index `seq` in the log of size `first + count`
    function verifyInclusion(Batch calldata batch, bytes32 leaf, uint64 seq, bytes32[] calldata logProof)
        external
        view
        returns (bool)
    {
        if (batch.index >= batches() || digestOf(batch.index) != batchDigest(batch)) return false;
        // An anchored batch cannot overflow: `anchor` checked it.
        uint64 end = batch.first + batch.count;
        if (seq < batch.first || seq >= end) return false;
        return LogProof.verifyInclusion(leaf, seq, end, batch.logRoot, logProof);
    }

    /// @notice The digest that anchoring `batch` here, on this chain, stores.
    function batchDigest(Batch memory batch) public view returns (bytes32) {
        if (block.chainid > type(uint64).max) revert BatchAnchorChainIdTooLarge(block.chainid);
        return sha256(
            abi.encodePacked(
                "smart-tenders/batch@v1\x00",
                _originHash,
                uint64(block.chainid),
                address(this),
                batch.index,
                batch.first,
                batch.count,
                batch.batchRoot,
                batch.logRoot
            )
        );
    }

    /// @notice SHA-256 of the origin of the log that is anchored here.
    function originHash() external view returns (bytes32) {
        return _originHash;
    }

    /// @notice The contract this one succeeds, zero for the first.
    function predecessor() external view returns (address) {
        return _predecessor;
    }

    /// @notice Size of the log at which this contract starts.
    function startSize() external view returns (uint64) {
        return _startSize;
    }
}
