// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.28;

import {LogProof} from "../src/LogProof.sol";
import {LogTree} from "./LogTree.sol";
import {vm} from "./Vm.sol";

contract LogProofTest {
    uint256 private constant SIZE_MAX = 40;
    uint256 private constant MUTATED_MAX = 17;

    function consistent(uint64 m, bytes32 oldRoot, uint64 n, bytes32 newRoot, bytes32[] calldata proof)
        external
        pure
        returns (bool)
    {
        return LogProof.verifyConsistency(m, oldRoot, n, newRoot, proof);
    }

    function included(bytes32 leaf, uint64 index, uint64 size, bytes32 root, bytes32[] calldata proof)
        external
        pure
        returns (bool)
    {
        return LogProof.verifyInclusion(leaf, index, size, root, proof);
    }

    function _consistent(uint256 m, uint256 n, bytes32[] memory proof) private view returns (bool) {
        return this.consistent(uint64(m), LogTree.root(0, m), uint64(n), LogTree.root(0, n), proof);
    }

    function _included(uint256 index, uint256 size, bytes32[] memory proof) private view returns (bool) {
        return this.included(LogTree.leafOf(index), uint64(index), uint64(size), LogTree.root(0, size), proof);
    }

    function test_EveryPairOfSizesIsConsistent() external view {
        for (uint256 n = 2; n <= SIZE_MAX; ++n) {
            for (uint256 m = 1; m < n; ++m) {
                require(_consistent(m, n, LogTree.consistency(m, n)), "a right proof was refused");
            }
        }
    }

    function test_EveryMutatedConsistencyProofIsRefused() external view {
        for (uint256 n = 2; n <= MUTATED_MAX; ++n) {
            for (uint256 m = 1; m < n; ++m) {
                bytes32[] memory proof = LogTree.consistency(m, n);
                for (uint256 kind = 0; kind < 6; ++kind) {
                    for (uint256 at = 0; at <= proof.length; ++at) {
                        (bytes32[] memory wrong, bool changed) = _mutated(proof, kind, at);
                        require(!changed || !_consistent(m, n, wrong), "a wrong proof was accepted");
                    }
                }
            }
        }
    }

    function test_AConsistencyProofHoldsForNoOtherSizesOrRoots() external view {
        for (uint256 n = 2; n <= MUTATED_MAX; ++n) {
            for (uint256 m = 1; m < n; ++m) {
                bytes32[] memory proof = LogTree.consistency(m, n);
                bytes32 oldRoot = LogTree.root(0, m);
                bytes32 newRoot = LogTree.root(0, n);
                require(!this.consistent(uint64(m), ~oldRoot, uint64(n), newRoot, proof), "other old root");
                require(!this.consistent(uint64(m), oldRoot, uint64(n), ~newRoot, proof), "other new root");
                require(!this.consistent(uint64(m), newRoot, uint64(n), oldRoot, proof), "roots swapped");
                require(!this.consistent(uint64(n), newRoot, uint64(m), oldRoot, proof), "log shrunk");
                require(!this.consistent(uint64(n), newRoot, uint64(n), newRoot, proof), "log stood still");
                require(!this.consistent(0, sha256(""), uint64(n), newRoot, proof), "from nothing");
            }
        }
    }

    function test_AProofOfASmallerLogProvesNothingAboutADeeperOne() external view {
        for (uint256 n = 2; n <= MUTATED_MAX; ++n) {
            uint64 deeper = uint64(4 * n);
            bytes32 root = LogTree.root(0, n);
            for (uint256 m = 1; m < n; ++m) {
                bytes32 oldRoot = LogTree.root(0, m);
                require(!this.consistent(uint64(m), oldRoot, deeper, root, LogTree.consistency(m, n)), "consistency");
                bytes32 leaf = LogTree.leafOf(m);
                require(!this.included(leaf, uint64(m), deeper, root, LogTree.inclusion(m, n)), "inclusion");
            }
        }
    }

    function test_MoreThan64HashesAreRefused() external view {
        require(!_consistent(1, 2, new bytes32[](65)), "consistency");
        require(!_included(0, 2, new bytes32[](65)), "inclusion");
    }

    function test_TheLargestLogIsHandled() external view {
        bytes32[] memory proof = new bytes32[](64);
        bytes32 r = LogTree.leafOf(0);
        for (uint256 i = 0; i < 64; ++i) {
            r = LogTree.node(r, proof[i]);
        }
        require(this.consistent(1, LogTree.leafOf(0), type(uint64).max, r, proof), "consistency");
        require(this.included(LogTree.leafOf(0), 0, type(uint64).max, r, proof), "inclusion");
    }

    function test_EveryLeafOfEverySizeIsIncluded() external view {
        for (uint256 size = 1; size <= SIZE_MAX; ++size) {
            for (uint256 index = 0; index < size; ++index) {
                bytes32[] memory proof = LogTree.inclusion(index, size);
                require(_included(index, size, proof), "a right proof was refused");
                require(
                    !this.included(LogTree.leafOf(index), uint64(size), uint64(size), LogTree.root(0, size), proof),
                    "index = size"
                );
            }
        }
    }

    function test_EveryMutatedInclusionProofIsRefused() external view {
        for (uint256 size = 1; size <= MUTATED_MAX; ++size) {
            for (uint256 index = 0; index < size; ++index) {
                bytes32[] memory proof = LogTree.inclusion(index, size);
                for (uint256 kind = 0; kind < 6; ++kind) {
                    for (uint256 at = 0; at <= proof.length; ++at) {
                        (bytes32[] memory wrong, bool changed) = _mutated(proof, kind, at);
                        require(!changed || !_included(index, size, wrong), "a wrong proof was accepted");
                    }
                }
            }
        }
    }

    function testFuzz_LargerLogsAreConsistent(uint64 a, uint64 b) external view {
        uint256 n = 2 + uint256(a) % 299;
        uint256 m = 1 + uint256(b) % (n - 1);
        bytes32[] memory proof = LogTree.consistency(m, n);
        require(_consistent(m, n, proof), "a right proof was refused");
        proof[b % proof.length] ^= bytes32(uint256(1) << (a % 256));
        require(!_consistent(m, n, proof), "a wrong proof was accepted");
    }

    function testFuzz_ArbitraryHashesProveNothing(uint64 m, uint64 n, bytes32[] calldata proof) external view {
        require(!this.consistent(m, LogTree.leafOf(0), n, LogTree.leafOf(1), proof), "accepted");
        require(!this.included(LogTree.leafOf(0), m, n, LogTree.leafOf(1), proof), "accepted");
    }

    /// @dev 0 flips a bit, 1 drops, 2 inserts zero, 3 doubles, 4 swaps with the next, 5 empties; false if nothing changed.
    function _mutated(bytes32[] memory proof, uint256 kind, uint256 at)
        private
        pure
        returns (bytes32[] memory wrong, bool changed)
    {
        uint256 n = proof.length;
        if (kind == 2) return (_inserted(proof, at, bytes32(0)), true);
        if (at >= n) return (proof, false);
        if (kind == 3) return (_inserted(proof, at, proof[at]), true);
        if (kind == 5) return (new bytes32[](0), true);
        if (kind == 1) {
            wrong = new bytes32[](n - 1);
            for (uint256 i = 0; i < n - 1; ++i) {
                wrong[i] = proof[i < at ? i : i + 1];
            }
            return (wrong, true);
        }
        wrong = new bytes32[](n);
        for (uint256 i = 0; i < n; ++i) {
            wrong[i] = proof[i];
        }
        if (kind == 0) {
            wrong[at] ^= bytes32(uint256(1));
            return (wrong, true);
        }
        if (at + 1 >= n) return (proof, false);
        (wrong[at], wrong[at + 1]) = (wrong[at + 1], wrong[at]);
        return (wrong, true);
    }

    function _inserted(bytes32[] memory proof, uint256 at, bytes32 hash) private pure returns (bytes32[] memory wrong) {
        wrong = new bytes32[](proof.length + 1);
        for (uint256 i = 0; i < wrong.length; ++i) {
            wrong[i] = i < at ? proof[i] : i == at ? hash : proof[i - 1];
        }
    }
}
