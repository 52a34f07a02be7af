/** What the contract keeps, and the proof that it keeps it (§4, check 10). */

import { type Bytes, bigEndian, concat, equal, keccak256, sha256, utf8 } from "../bytes.ts";
import { hex } from "../encoding.ts";
import { must } from "../refusal.ts";
import { bytesOf, decodeRlp, integerOf, listOf } from "./rlp.ts";
import { provenLookup, provenValue } from "./trie.ts";

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

/** The slot of the digest of batch `index`. */
export function digestSlot(index: bigint): Bytes {
  return keccak256(concat(bigEndian(index, 32), bigEndian(DIGESTS_SLOT, 32)));
}

/** The 32 bytes that `proof` shows at `slot`; zeros are not in the trie. */
export function provenWord(storageRoot: Bytes, slot: Bytes, proof: readonly Bytes[]): Bytes {
  const kept = provenLookup(storageRoot, slot, proof);
  if (kept === null) return new Uint8Array(32);
  const value = bytesOf(decodeRlp(kept));
  // Integers are kept without their leading zeros.
  must(value.length <= 32 && value.length > 0 && value[0] !== 0, "rlpForm");
  return concat(new Uint8Array(32 - value.length), value);
}

/** Checks that the digest at the slot of batch `index` is `digest`. */
export function checkDigest(
  storageRoot: Bytes,
  index: bigint,
  digest: Bytes,
  proof: readonly Bytes[],
): void {
  const kept = provenWord(storageRoot, digestSlot(index), proof);
  must(equal(kept, digest), "otherDigest", { kept: hex(kept), computed: hex(digest) });
}
