// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {BatchAnchor} from "../src/BatchAnchor.sol";
import {LogTree} from "./LogTree.sol";
import {vm} from "./Vm.sol";

contract BatchAnchorTest {
    bytes32 private constant ORIGIN_HASH = sha256("example.org/log");
    address private constant OWNER = address(0xA11CE);
    address private constant ANCHORER = address(0xB0B);
    address private constant STRANGER = address(0xBAD);

    event BatchAnchored(uint64 indexed batchIndex, uint64 first, uint64 count, bytes32 batchRoot, bytes32 logRoot);
    event LogStarted(bytes32 indexed originHash, address indexed predecessor, uint64 size, bytes32 root);

    BatchAnchor private _anchor;

    function setUp() external {
        _anchor = new BatchAnchor(ORIGIN_HASH, address(0), 0, sha256(""), OWNER, ANCHORER);
    }

    // The next batch of `count` entries of the test log, with everything right.
    function _anchorNext(uint64 count) private {
        uint64 first = _anchor.size();
        bytes32[] memory proof = first == 0 ? new bytes32[](0) : LogTree.consistency(first, first + count);
        bytes32 batchRoot = LogTree.root(first, first + count);
        bytes32 logRoot = LogTree.root(0, first + count);
        uint64 index = _anchor.batches();
        vm.prank(ANCHORER);
        _anchor.anchor(index, first, count, batchRoot, logRoot, proof);
    }

    function _inconsistent(uint64 oldSize, uint64 newSize) private pure returns (bytes memory) {
        return abi.encodeWithSelector(BatchAnchor.BatchAnchorInconsistentLog.selector, oldSize, newSize);
    }

    function test_TheStorageLayoutIsThatOfTheProofFormat() external {
        _anchorNext(3);
        _anchorNext(4);
        address at = address(_anchor);
        require(vm.load(at, 0) == bytes32(uint256(2) | (uint256(7) << 64)), "slot 0");
        require(vm.load(at, bytes32(uint256(1))) == LogTree.root(0, 7), "slot 1");
        for (uint64 i = 0; i < 2; ++i) {
            bytes32 slot = keccak256(abi.encodePacked(uint256(i), uint256(2)));
            require(vm.load(at, slot) != 0 && vm.load(at, slot) == _anchor.digestOf(i), "slot 2");
        }
        require(_anchor.batches() == 2 && _anchor.size() == 7 && _anchor.logRoot() == LogTree.root(0, 7), "views");
    }

    function test_TheDigestIsThatOfTheProofFormat() external {
        _anchorNext(3);
        bytes32 root = LogTree.root(0, 3);
        bytes memory preimage = bytes.concat(
            hex"736d6172742d74656e646572732f6261746368407631", // smart-tenders/batch@v1
            hex"00",
            ORIGIN_HASH,
            bytes8(uint64(block.chainid)),
            bytes20(address(_anchor)),
            bytes8(0),
            bytes8(0),
            bytes8(uint64(3)),
            root,
            root
        );
        require(_anchor.digestOf(0) == sha256(preimage), "digest");
    }

    function test_TheDigestVectorsHold() external {
        string memory json = vm.readFile("vectors/digest.json");
        uint256 count = vm.parseJsonUint(json, ".count");
        for (uint256 i = 0; i < count; ++i) {
            _checkVector(json, string.concat(".vectors[", vm.toString(i), "]"));
        }
    }

    function _checkVector(string memory json, string memory at) private {
        bytes32 originHash = sha256(bytes(vm.parseJsonString(json, string.concat(at, ".origin"))));
        BatchAnchor template = new BatchAnchor(originHash, address(0), 0, sha256(""), OWNER, ANCHORER);
        address contract_ = vm.parseJsonAddress(json, string.concat(at, ".contract"));
        vm.etch(contract_, address(template).code);
        vm.chainId(vm.parseJsonUint(json, string.concat(at, ".chainId")));
        BatchAnchor.Batch memory batch = BatchAnchor.Batch({
            index: uint64(vm.parseJsonUint(json, string.concat(at, ".index"))),
            first: uint64(vm.parseJsonUint(json, string.concat(at, ".first"))),
            count: uint64(vm.parseJsonUint(json, string.concat(at, ".count"))),
            batchRoot: vm.parseJsonBytes32(json, string.concat(at, ".batchRoot")),
            logRoot: vm.parseJsonBytes32(json, string.concat(at, ".logRoot"))
        });
        bytes32 expected = vm.parseJsonBytes32(json, string.concat(at, ".digest"));
        require(BatchAnchor(contract_).batchDigest(batch) == expected, at);
    }

    function test_TheCommittedArtifactIsTheTestedCode() external view {
        string memory json = vm.readFile("artifacts/BatchAnchor.json");
        bytes memory committed = vm.parseJsonBytes(json, ".bytecode");
        require(keccak256(committed) == keccak256(type(BatchAnchor).creationCode), "run npm run build");
    }

    function test_ABatchIsAnnounced() external {
        bytes32 root = LogTree.root(0, 2);
        vm.expectEmit(true, true, true, true);
        emit BatchAnchored(0, 0, 2, root, root);
        vm.prank(ANCHORER);
        _anchor.anchor(0, 0, 2, root, root, new bytes32[](0));
    }

    function test_EveryPairOfSizesIsAnchored() external {
        for (uint64 m = 1; m < 34; ++m) {
            for (uint64 n = m + 1; n <= 34; ++n) {
                vm.store(address(_anchor), 0, bytes32(uint256(m) << 64));
                vm.store(address(_anchor), bytes32(uint256(1)), LogTree.root(0, m));
                _anchorNext(n - m);
                require(_anchor.size() == n && _anchor.logRoot() == LogTree.root(0, n), "not anchored");
            }
        }
    }

    function test_RevertWhen_TheLogRootIsRewritten() external {
        _anchorNext(5);
        // A log whose first entry was replaced, with the proof that would be right for the honest one.
        bytes32 forged = LogTree.node(LogTree.root(1, 5), LogTree.root(5, 8));
        bytes32[] memory proof = LogTree.consistency(5, 8);
        bytes32 batchRoot = LogTree.root(5, 8);
        vm.expectRevert(_inconsistent(5, 8));
        vm.prank(ANCHORER);
        _anchor.anchor(1, 5, 3, batchRoot, forged, proof);
        require(_anchor.logRoot() == LogTree.root(0, 5), "changed");
    }

    function test_RevertWhen_TheConsistencyProofIsMissingOrTooLong() external {
        _anchorNext(5);
        bytes32 batchRoot = LogTree.root(5, 8);
        bytes32 logRoot = LogTree.root(0, 8);
        vm.expectRevert(_inconsistent(5, 8));
        vm.prank(ANCHORER);
        _anchor.anchor(1, 5, 3, batchRoot, logRoot, new bytes32[](0));
        vm.expectRevert(_inconsistent(5, 8));
        vm.prank(ANCHORER);
        _anchor.anchor(1, 5, 3, batchRoot, logRoot, new bytes32[](65));
    }

    function test_RevertWhen_TheFirstBatchIsNotTheWholeLog() external {
        bytes32 root = LogTree.root(0, 2);
        vm.expectRevert(_inconsistent(0, 2));
        vm.prank(ANCHORER);
        _anchor.anchor(0, 0, 2, root, ~root, new bytes32[](0));
        vm.expectRevert(_inconsistent(0, 2));
        vm.prank(ANCHORER);
        _anchor.anchor(0, 0, 2, root, root, new bytes32[](1));
    }

    function test_RevertWhen_TheIndexIsNotTheNext() external {
        _anchorNext(2);
        bytes32[] memory proof = LogTree.consistency(2, 3);
        (bytes32 batchRoot, bytes32 logRoot) = (LogTree.root(2, 3), LogTree.root(0, 3));
        uint64[2] memory wrong = [uint64(0), 2];
        for (uint256 i = 0; i < wrong.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(BatchAnchor.BatchAnchorUnexpectedBatch.selector, uint64(1), wrong[i])
            );
            vm.prank(ANCHORER);
            _anchor.anchor(wrong[i], 2, 1, batchRoot, logRoot, proof);
        }
    }

    function test_RevertWhen_TheFirstIsNotTheSize() external {
        _anchorNext(2);
        bytes32[] memory proof = LogTree.consistency(2, 3);
        (bytes32 batchRoot, bytes32 logRoot) = (LogTree.root(2, 3), LogTree.root(0, 3));
        uint64[2] memory wrong = [uint64(1), 3];
        for (uint256 i = 0; i < wrong.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(BatchAnchor.BatchAnchorUnexpectedFirst.selector, uint64(2), wrong[i])
            );
            vm.prank(ANCHORER);
            _anchor.anchor(1, wrong[i], 1, batchRoot, logRoot, proof);
        }
    }

    function test_RevertWhen_TheBatchIsEmptyOrOverflows() external {
        vm.expectRevert(abi.encodeWithSelector(BatchAnchor.BatchAnchorEmptyBatch.selector));
        vm.prank(ANCHORER);
        _anchor.anchor(0, 0, 0, 0, 0, new bytes32[](0));
        _anchorNext(2);
        vm.expectRevert(
            abi.encodeWithSelector(BatchAnchor.BatchAnchorSizeOverflow.selector, uint64(2), type(uint64).max - 1)
        );
        vm.prank(ANCHORER);
        _anchor.anchor(1, 2, type(uint64).max - 1, 0, 0, new bytes32[](1));
    }

    function test_RevertWhen_TheSenderHasNotTheRole() external {
        bytes32 root = LogTree.root(0, 2);
        address[2] memory senders = [STRANGER, OWNER];
        for (uint256 i = 0; i < senders.length; ++i) {
            vm.expectRevert(_unauthorized(senders[i], _anchor.ANCHORER_ROLE()));
            vm.prank(senders[i]);
            _anchor.anchor(0, 0, 2, root, root, new bytes32[](0));
        }
    }

    function test_OnlyTheOwnerRotatesTheAnchorer() external {
        bytes32 role = _anchor.ANCHORER_ROLE();
        vm.expectRevert(_unauthorized(ANCHORER, 0));
        vm.prank(ANCHORER);
        _anchor.grantRole(role, STRANGER);
        vm.prank(OWNER);
        _anchor.revokeRole(role, ANCHORER);
        vm.expectRevert(_unauthorized(ANCHORER, role));
        vm.prank(ANCHORER);
        _anchor.anchor(0, 0, 1, 0, 0, new bytes32[](0));
        vm.prank(OWNER);
        _anchor.grantRole(role, ANCHORER);
        _anchorNext(1);
    }

    function _unauthorized(address sender, bytes32 role) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, sender, role);
    }

    function test_ASuccessorStartsAtABoundaryWithIndexZero() external {
        _anchorNext(5);
        vm.expectEmit(true, true, true, true);
        emit LogStarted(ORIGIN_HASH, address(_anchor), 5, LogTree.root(0, 5));
        BatchAnchor next = new BatchAnchor(ORIGIN_HASH, address(_anchor), 5, LogTree.root(0, 5), OWNER, ANCHORER);
        require(next.predecessor() == address(_anchor) && next.startSize() == 5 && next.batches() == 0, "start");
        _anchor = next;
        _anchorNext(3);
        require(next.batches() == 1 && next.size() == 8, "not anchored");
    }

    function test_RevertWhen_TheStartIsHalfASuccessor() external {
        // Hashed before: a call to the precompile would be the call that is expected to revert.
        (bytes32 originHash, bytes32 root, bytes32 empty) = (ORIGIN_HASH, LogTree.root(0, 5), sha256(""));
        _expectInvalidStart(address(0), 5, root);
        new BatchAnchor(originHash, address(0), 5, root, OWNER, ANCHORER);
        _expectInvalidStart(address(1), 0, empty);
        new BatchAnchor(originHash, address(1), 0, empty, OWNER, ANCHORER);
        _expectInvalidStart(address(0), 0, 0);
        new BatchAnchor(originHash, address(0), 0, 0, OWNER, ANCHORER);
    }

    function _expectInvalidStart(address predecessor, uint64 size, bytes32 root) private {
        vm.expectRevert(abi.encodeWithSelector(BatchAnchor.BatchAnchorInvalidStart.selector, predecessor, size, root));
    }

    function test_RevertWhen_AnAccountIsMissing() external {
        (bytes32 originHash, bytes32 empty) = (ORIGIN_HASH, sha256(""));
        vm.expectRevert(abi.encodeWithSelector(BatchAnchor.BatchAnchorMissingAccount.selector));
        new BatchAnchor(originHash, address(0), 0, empty, address(0), ANCHORER);
        vm.expectRevert(abi.encodeWithSelector(BatchAnchor.BatchAnchorMissingAccount.selector));
        new BatchAnchor(originHash, address(0), 0, empty, OWNER, address(0));
    }

    function test_TheLargestChainIdIsDigested() external {
        // Larger ones are refused; forge cannot set them.
        vm.chainId(type(uint64).max);
        _anchorNext(1);
        require(_anchor.batches() == 1, "not anchored");
    }

    function test_InclusionIsVerifiedAgainstTheAnchoredBatchOnly() external {
        _anchorNext(3);
        _anchorNext(4);
        BatchAnchor.Batch memory batch = BatchAnchor.Batch(1, 3, 4, LogTree.root(3, 7), LogTree.root(0, 7));
        for (uint64 seq = 0; seq < 9; ++seq) {
            bytes32[] memory proof = LogTree.inclusion(seq < 7 ? seq : 0, 7);
            bool inside = seq >= 3 && seq < 7;
            require(_anchor.verifyInclusion(batch, LogTree.leafOf(seq), seq, proof) == inside, "inside");
            require(!_anchor.verifyInclusion(batch, LogTree.leafOf(seq + 1), seq, proof), "another leaf");
        }
        bytes32[] memory right = LogTree.inclusion(4, 7);
        BatchAnchor.Batch[5] memory wrong;
        wrong[0] = BatchAnchor.Batch(0, 3, 4, batch.batchRoot, batch.logRoot);
        wrong[1] = BatchAnchor.Batch(1, 2, 5, batch.batchRoot, batch.logRoot);
        wrong[2] = BatchAnchor.Batch(1, 3, 5, batch.batchRoot, batch.logRoot);
        wrong[3] = BatchAnchor.Batch(1, 3, 4, batch.logRoot, batch.logRoot);
        wrong[4] = BatchAnchor.Batch(2, 3, 4, batch.batchRoot, batch.logRoot);
        for (uint256 i = 0; i < wrong.length; ++i) {
            require(!_anchor.verifyInclusion(wrong[i], LogTree.leafOf(4), 4, right), "another batch");
        }
    }

    function testFuzz_AnyRunOfBatchesIsAnchored(uint8[6] calldata counts) external {
        uint64 expected = 0;
        for (uint256 i = 0; i < counts.length; ++i) {
            uint64 count = 1 + uint64(counts[i]) % 40;
            _anchorNext(count);
            expected += count;
        }
        require(_anchor.size() == expected && _anchor.batches() == 6, "not anchored");
        require(_anchor.logRoot() == LogTree.root(0, expected), "root");
    }

    function testFuzz_RevertWhen_TheNewRootIsArbitrary(uint64 count, bytes32 newRoot, bytes32[] calldata proof)
        external
    {
        _anchorNext(5);
        count = 1 + count % (type(uint64).max - 6);
        vm.expectRevert(_inconsistent(5, 5 + count));
        vm.prank(ANCHORER);
        _anchor.anchor(1, 5, count, newRoot, newRoot, proof);
    }
}
