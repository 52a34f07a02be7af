// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.28;

/// @title Where witnesses post what they cosigned of a log
/// @notice Any account posts for itself, so a reader decides which accounts are witnesses. For each account and log the
/// size never decreases, and a size has one root: an account that posts a second history is refused, whoever has its
/// Ed25519 key. The chain gives each cosignature a time that neither log nor witness can choose.
/// @dev The Ed25519 signature is not verified here (there is no precompile for it): a reader rebuilds the checkpoint from
/// origin, size and root, and verifies it with the witness's verifier key. There is no owner and nothing to upgrade.
contract Cosignatures {
    struct Head {
        uint64 size;
        bytes32 root;
    }

    mapping(address witness => mapping(bytes32 originHash => Head head)) private _heads;

    /// @notice An account posted a cosignature (C2SP `cosignature/v1`) of a checkpoint.
    /// @param originHash SHA-256 of the log's origin
    /// @param witness the account
    /// @param size entries of the log
    /// @param root log root at that size
    /// @param timestamp the time the witness signed, in seconds since 1970
    /// @param signature its Ed25519 signature of that, 64 bytes
    event Cosigned(
        bytes32 indexed originHash,
        address indexed witness,
        uint64 size,
        bytes32 root,
        uint64 timestamp,
        bytes signature
    );

    /// @notice A log without entries has nothing to cosign.
    error CosignaturesEmptyLog();
    /// @notice An Ed25519 signature has 64 bytes.
    error CosignaturesSignatureLength(uint256 length);
    /// @notice The account posted a larger size of this log before.
    error CosignaturesSizeDecreased(uint64 latest, uint64 actual);
    /// @notice The account posted another root of this size before: one of the two is a split view.
    error CosignaturesOtherRoot(uint64 size, bytes32 latest, bytes32 actual);

    /// @notice Posts a cosignature of the caller's. The same size and root may be posted again.
    /// @param originHash SHA-256 of the log's origin
    /// @param size entries of the log, at least as many as the caller posted before
    /// @param root log root at that size
    /// @param timestamp the time the witness signed, in seconds since 1970
    /// @param signature its Ed25519 signature of that, 64 bytes
    function post(bytes32 originHash, uint64 size, bytes32 root, uint64 timestamp, bytes calldata signature) external {
        if (size == 0) revert CosignaturesEmptyLog();
        if (signature.length != 64) revert CosignaturesSignatureLength(signature.length);
        Head storage head = _heads[msg.sender][originHash];
        if (size < head.size) revert CosignaturesSizeDecreased(head.size, size);
        if (size == head.size && root != head.root) revert CosignaturesOtherRoot(size, head.root, root);
        head.size = size;
        head.root = root;
        emit Cosigned(originHash, msg.sender, size, root, timestamp, signature);
    }

    /// @notice The largest size that an account posted of a log, and its root; zero where there is none.
    function latest(address witness, bytes32 originHash) external view returns (uint64 size, bytes32 root) {
        Head storage head = _heads[witness][originHash];
        return (head.size, head.root);
    }
}
