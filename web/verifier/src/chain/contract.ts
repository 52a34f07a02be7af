/** What the contract keeps, and the proof that it keeps it (§4, check 10). */

import { type Bytes, bigEndian, concat, equal, keccak256, sha256, utf8 } from "../bytes.ts";
import { hex } from "../encoding.ts";
import { must } from "../refusal.ts";
import { bytesOf, decodeRlp, integerOf, listOf } from "./rlp.ts";
import { provenValue } from "./trie.ts";

const TAG = utf8("smart-tenders/batch@v1\0");
const DIGESTS_SLOT = 2n;

export type Batch = {
  readonly index: bigint;
  readonly first: bigint;
  readonly count: bigint;
  readonly root: Bytes;
};

/** The digest of a batch, which binds it to its log, chain and contract. */
export function batchDigest(
  origin: string,
  chainId: bigint,
  contract: Bytes,
  batch: Batch,
  logRoot: Bytes,
): Bytes {
  return sha256(
    TAG,
    sha256(utf8(origin)),
    bigEndian(chainId, 8),
    contract,
    bigEndian(batch.index, 8),
    bigEndian(batch.first, 8),
    bigEndian(batch.count, 8),
    batch.root,
    logRoot,
  );
}

/** The storage root that `proof` shows for `contract`, whose code must be what the policy says. */
export function provenStorageRoot(
  stateRoot: Bytes,
  contract: Bytes,
  codeHash: Bytes,
  proof: readonly Bytes[],
): Bytes {
  const account = listOf(decodeRlp(provenValue(stateRoot, contract, proof)));
  must(account.length === 4, "accountForm");
  integerOf(account[0], 8);
  integerOf(account[1], 32);
  const [storageRoot, code] = [bytesOf(account[2]), bytesOf(account[3])];
  must(storageRoot.length === 32, "accountForm");
  must(equal(code, codeHash), "otherCode", { code: hex(code) });
  return storageRoot;
}

/** Checks that the digest at the slot of batch `index` is `digest`. */
export function checkDigest(
  storageRoot: Bytes,
  index: bigint,
  digest: Bytes,
  proof: readonly Bytes[],
): void {
  const slot = keccak256(concat(bigEndian(index, 32), bigEndian(DIGESTS_SLOT, 32)));
  const kept = decodeRlp(provenValue(storageRoot, slot, proof));
  const value = bytesOf(kept);
  // Integers are kept without their leading zeros.
  must(value.length <= 32 && value[0] !== 0, "rlpForm");
  const padded = concat(new Uint8Array(32 - value.length), value);
  must(equal(padded, digest), "otherDigest", { kept: hex(padded), computed: hex(digest) });
}
