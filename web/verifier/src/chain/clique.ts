/** Clique's seals (EIP-225): who sealed each header, and whether it was theirs to seal. */

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { type Bytes, compare, concat, equal, fromBigEndian, isZero, keccak256 } from "../bytes.ts";
import { hex } from "../encoding.ts";
import { Broken, must } from "../refusal.ts";
import type { Sealing } from "../verdict.ts";
import type { Header } from "./header.ts";
import { encodeBytes, encodeList } from "./rlp.ts";
import { type Range, inRange } from "../ranges.ts";

const [VANITY, SEAL, ADDRESS] = [32, 65, 20];
const EXTRA_FIELD = 12;
const NO_UNCLES = keccak256(Uint8Array.of(0xc0));

type Listed = { readonly address: Bytes };
export type Signer = Listed & { readonly organisation: string };
export type SignerRange = Range & { readonly signers: readonly Signer[] };

/** The signers at the height `number`. */
export function signersAt(ranges: readonly SignerRange[], number: bigint): readonly Signer[] {
  const range = ranges.find((candidate) => inRange(candidate, number));
  must(range !== undefined, "noSigners", { number: String(number) });
  return range.signers;
}

/** The signers that an epoch block or the genesis block names in its extra data. */
export function checkNamedSigners(extra: Bytes, signers: readonly Listed[], number: bigint): void {
  const named = extra.subarray(VANITY, -SEAL);
  const expected = concat(...signers.map(({ address }) => address));
  must(extra.length === VANITY + expected.length + SEAL && equal(named, expected), "otherSigners", {
    number: String(number),
  });
}

/** Checks the seals of `headers`; the answer is who sealed each. */
export function checkSeals(
  headers: readonly Header[],
  ranges: readonly SignerRange[],
  epoch: bigint,
): readonly Signer[] {
  const sealers: Signer[] = [];
  for (const header of headers) {
    const signers = signersAt(ranges, header.number);
    const recent = sealers.slice(Math.max(sealers.length - Math.floor(signers.length / 2), 0));
    const isRecent = (sealer: Signer) =>
      recent.some(({ address }) => equal(address, sealer.address));
    sealers.push(checkSeal(header, signers, epoch, isRecent));
  }
  return sealers;
}

/**
 * Checks a header by itself, against the signers at its height in order of address and those of
 * them that sealed too recently; the answer is who sealed it.
 */
export function checkSeal<T extends Listed>(
  header: Header,
  signers: readonly T[],
  epoch: bigint,
  isRecent: (sealer: T) => boolean,
): T {
  const number = { number: String(header.number) };
  checkForm(header, signers, epoch);
  const address = recoverSealer(header);
  const index = signers.findIndex((signer) => equal(signer.address, address));
  const sealer = signers[index];
  must(sealer !== undefined, "notASigner", { ...number, address: hex(address) });
  must(!isRecent(sealer), "sealedLately", { ...number, address: hex(address) });
  const inTurn = header.number % BigInt(signers.length) === BigInt(index);
  must(header.difficulty === (inTurn ? 2n : 1n), "difficulty", number);
  return sealer;
}

function checkForm(header: Header, signers: readonly Listed[], epoch: bigint): void {
  const number = { number: String(header.number) };
  must([15, 16].includes(header.fields.length), "cliqueFields", number);
  must(isZero(header.mixDigest), "mixDigest", number);
  must(equal(header.uncleHash, NO_UNCLES), "uncles", number);
  const isVote = header.nonce.every((byte) => byte === 0xff);
  must(isZero(header.nonce) || isVote, "nonce", number);
  if (header.number % epoch !== 0n) {
    must(header.extra.length === VANITY + SEAL, "extraLength", number);
    return;
  }
  must(isZero(header.nonce) && isZero(header.miner), "voteAtEpoch", number);
  checkNamedSigners(header.extra, signers, header.number);
}

/** The address whose key made the seal: the last 65 bytes of the extra data. */
function recoverSealer(header: Header): Bytes {
  const number = { number: String(header.number) };
  const seal = header.extra.subarray(-SEAL);
  const unsealed = header.fields.map((field, at) =>
    at === EXTRA_FIELD ? encodeBytes(header.extra.subarray(0, -SEAL)) : field.raw,
  );
  const v = seal[64] ?? 0xff;
  const s = fromBigEndian(seal.subarray(32, 64));
  must(v <= 1 && s <= secp256k1.Point.Fn.ORDER >> 1n, "sealForm", number);
  try {
    const signature = secp256k1.Signature.fromBytes(seal.subarray(0, 64), "compact");
    const key = signature
      .addRecoveryBit(v)
      .recoverPublicKey(keccak256(encodeList(unsealed)))
      .toBytes(false);
    return keccak256(key.subarray(1)).subarray(12);
  } catch {
    throw new Broken("sealForm", number);
  }
}

/** The addresses that the extra data of a genesis block names, strictly sorted and at least one. */
export function namedSigners(extra: Bytes): readonly Bytes[] {
  const named = extra.subarray(VANITY, Math.max(extra.length - SEAL, VANITY));
  const signers = Array.from({ length: Math.floor(named.length / ADDRESS) }, (_, at) => ({
    address: named.subarray(at * ADDRESS, (at + 1) * ADDRESS),
  }));
  const isList = extra.length === VANITY + SEAL + signers.length * ADDRESS;
  must(isList && signers.length > 0 && areSorted(signers), "genesisSigners");
  return signers.map(({ address }) => address);
}

/** Check 13: enough distinct signers, and at least one descendant. */
export function checkConfirmations(sealers: readonly Signer[], signers: readonly Signer[]): number {
  const distinct = new Set(sealers.map(({ address }) => hex(address))).size;
  const needed = Math.floor(signers.length / 2) + 1;
  must(distinct >= needed && sealers.length >= 2, "tooFewSealers", {
    sealers: String(distinct),
    needed: String(needed),
    headers: String(sealers.length),
  });
  return distinct;
}

/** Who stands behind blocks that were sealed by `sealers`, of all `signers` at the first one. */
export function sealingOf(sealers: readonly Signer[], signers: readonly Signer[]): Sealing {
  return {
    sealers: new Set(sealers.map(({ address }) => hex(address))).size,
    sealerOrganisations: organisations(sealers),
    signers: signers.length,
    organisations: organisations(signers),
  };
}

/** How many organisations stand behind `signers`. */
function organisations(signers: readonly Signer[]): number {
  return new Set(signers.map(({ organisation }) => organisation)).size;
}

/** Whether signers are strictly sorted by address. */
export function areSorted(signers: readonly Listed[]): boolean {
  return signers.every(({ address }, at) => {
    const before = signers[at - 1];
    return before === undefined || compare(before.address, address) < 0;
  });
}
