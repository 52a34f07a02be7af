// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.28;

import {Cosignatures} from "../src/Cosignatures.sol";
import {vm} from "./Vm.sol";

contract CosignaturesTest {
    // Not SHA-256: a call of the precompile would be the "next call" of the cheat codes.
    bytes32 private constant LOG = keccak256("example.org/log");
    bytes32 private constant OTHER_LOG = keccak256("example.org/other");
    address private constant WITNESS = address(0xA11CE);
    address private constant STRANGER = address(0xBAD);

    event Cosigned(
        bytes32 indexed originHash,
        address indexed witness,
        uint64 size,
        bytes32 root,
        uint64 timestamp,
        bytes signature
    );

    Cosignatures private _cosignatures;

    function setUp() external {
        _cosignatures = new Cosignatures();
    }

    function _signature() private pure returns (bytes memory) {
        return abi.encodePacked(bytes32(uint256(1)), bytes32(uint256(2)));
    }

    function _post(address sender, bytes32 log, uint64 size, bytes32 root) private {
        vm.prank(sender);
        _cosignatures.post(log, size, root, 1_800_000_000, _signature());
    }

    function _requireLatest(address witness, bytes32 log, uint64 size, bytes32 root) private view {
        (uint64 latestSize, bytes32 latestRoot) = _cosignatures.latest(witness, log);
        require(latestSize == size && latestRoot == root, "latest");
    }

    function test_ACosignatureIsAnEventAndTheLatestOfItsAccount() external {
        vm.expectEmit(true, true, false, true);
        emit Cosigned(LOG, WITNESS, 7, "root of 7", 1_800_000_000, _signature());
        _post(WITNESS, LOG, 7, "root of 7");
        _requireLatest(WITNESS, LOG, 7, "root of 7");
        _post(WITNESS, LOG, 9, "root of 9");
        _requireLatest(WITNESS, LOG, 9, "root of 9");
    }

    function test_TheSameHeadMayBePostedAgain() external {
        _post(WITNESS, LOG, 7, "root of 7");
        _post(WITNESS, LOG, 7, "root of 7");
        _requireLatest(WITNESS, LOG, 7, "root of 7");
    }

    function test_RevertWhen_TheSizeDecreases() external {
        _post(WITNESS, LOG, 7, "root of 7");
        vm.expectRevert(abi.encodeWithSelector(Cosignatures.CosignaturesSizeDecreased.selector, 7, 6));
        _post(WITNESS, LOG, 6, "root of 6");
        _requireLatest(WITNESS, LOG, 7, "root of 7");
    }

    function test_RevertWhen_OneSizeGetsASecondRoot() external {
        _post(WITNESS, LOG, 7, "root of 7");
        vm.expectRevert(
            abi.encodeWithSelector(
                Cosignatures.CosignaturesOtherRoot.selector, 7, bytes32("root of 7"), bytes32("another")
            )
        );
        _post(WITNESS, LOG, 7, "another");
        _requireLatest(WITNESS, LOG, 7, "root of 7");
    }

    function test_AnAccountSpeaksForItselfAndForEachLogApart() external {
        _post(WITNESS, LOG, 7, "root of 7");
        _post(STRANGER, LOG, 1_000, "nonsense");
        _post(WITNESS, OTHER_LOG, 3, "root of 3");
        _requireLatest(WITNESS, LOG, 7, "root of 7");
        _requireLatest(STRANGER, LOG, 1_000, "nonsense");
        _requireLatest(WITNESS, OTHER_LOG, 3, "root of 3");
        _requireLatest(STRANGER, OTHER_LOG, 0, 0);
    }

    function test_RevertWhen_TheLogIsEmpty() external {
        vm.expectRevert(abi.encodeWithSelector(Cosignatures.CosignaturesEmptyLog.selector));
        _post(WITNESS, LOG, 0, "root");
    }

    function test_RevertWhen_TheSignatureHasAnotherLength() external {
        bytes memory short = new bytes(63);
        vm.expectRevert(abi.encodeWithSelector(Cosignatures.CosignaturesSignatureLength.selector, 63));
        _cosignatures.post(LOG, 7, "root", 1, short);
    }

    function testFuzz_TheLatestIsTheLargestThatWasPosted(uint64[8] calldata sizes) external {
        uint64 largest = 0;
        for (uint256 i = 0; i < sizes.length; ++i) {
            bytes32 root = keccak256(abi.encode(sizes[i]));
            vm.prank(WITNESS);
            try _cosignatures.post(LOG, sizes[i], root, 1, _signature()) {
                require(sizes[i] != 0 && sizes[i] >= largest, "a smaller one was taken");
                largest = sizes[i];
            } catch {
                require(sizes[i] == 0 || sizes[i] < largest, "a larger one was refused");
            }
        }
        _requireLatest(WITNESS, LOG, largest, largest == 0 ? bytes32(0) : keccak256(abi.encode(largest)));
    }
}
