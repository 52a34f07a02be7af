/** The checks of a bundle in their order (§7); the first failure ends it. */

import { type Bytes, equal } from "./bytes.ts";
import { type Anchor, type Bundle, type LogPart, parseBundle } from "./bundle.ts";
import { checkConfirmations, checkSeals, sealingOf, signersAt } from "./chain/clique.ts";
import { batchDigest, checkDigest, provenStorageRoot } from "./chain/contract.ts";
import { checkDescent, decodeHeaders, type Header } from "./chain/header.ts";
import { type Disclosed, openDisclosures } from "./disclosure.ts";
import { verifyCheckpoint } from "./checkpoint.ts";
import { hex, instantOfSeconds, MAX_POSITION } from "./encoding.ts";
import { parseEntry, type PublicEntry, readEntry } from "./envelope.ts";
import { verifyInclusion } from "./merkle.ts";
import { contractFor, type Policy } from "./policy.ts";
import { during, must, Refused } from "./refusal.ts";
import type {
  AnchorFacts,
  EventFacts,
  LogFacts,
  Outcome,
  Report,
  Sealing,
  Step,
  Unexamined,
} from "./verdict.ts";

/** A report, and the event itself for what is checked against it. */
export type Examined = {
  readonly report: Report;
  readonly entry: PublicEntry | null;
  readonly disclosed: Disclosed | null;
};

/** Checks that an event was recorded, no later than a block, by what `policy` trusts. */
export function verifyBundle(bytes: Bytes, policy: Policy): Report {
  return examineBundle(bytes, policy).report;
}

export function examineBundle(bytes: Bytes, policy: Policy): Examined {
  return new Examination(policy).run(bytes);
}

/** One run through the checks; it keeps what it learns, for a refusal tells that too. */
class Examination {
  readonly #policy: Policy;
  readonly #steps: Step[] = [];
  #entry: PublicEntry | null = null;
  #disclosed: Disclosed | null = null;
  #event: EventFacts | null = null;
  #log: LogFacts | null = null;
  #anchor: AnchorFacts | null = null;

  constructor(policy: Policy) {
    this.#policy = policy;
  }

  run(bytes: Bytes): Examined {
    const outcome = this.#outcome(bytes);
    const report: Report = {
      policy: this.#policy.fingerprint,
      outcome,
      steps: this.#steps,
      event: this.#event,
      log: this.#log,
      anchor: this.#anchor,
      ancestry: null,
      release: null,
      notExamined: this.#notExamined(),
    };
    return { report, entry: this.#entry, disclosed: this.#disclosed };
  }

  #outcome(bytes: Bytes): Outcome {
    try {
      return this.#check(bytes);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return { kind: "refused", check: error.check, evidence: error.evidence };
    }
  }

  #check(bytes: Bytes): Outcome {
    const bundle = during("limits", () => parseBundle(bytes));
    this.#passed("limits", { bytes: String(bytes.length) });
    const entry = this.#checkEntry(bundle);
    this.#checkPaths(bundle, entry);
    this.#checkCheckpoint(bundle);
    if (bundle.anchor === null) return { kind: "included" };
    return this.#checkAnchor(bundle, bundle.anchor, entry);
  }

  #passed(check: Step["check"], values: Step["values"]): void {
    this.#steps.push({ check, values });
  }

  #checkEntry(bundle: Bundle): PublicEntry {
    const raw = during("leaf", () => readEntry(bundle.entry));
    this.#passed("leaf", { leaf: hex(raw.leaf), bytes: String(raw.length) });
    const entry = during("profile", () => parseEntry(raw, this.#policy.origin));
    this.#entry = entry;
    this.#passed("profile", { log: entry.log, seq: String(entry.seq) });
    const disclosed = during("disclosures", () => openDisclosures(entry, bundle.disclosures));
    this.#disclosed = disclosed;
    const facts = eventFacts(entry, disclosed);
    this.#event = facts;
    this.#passed("disclosures", {
      disclosed: String(facts.disclosed),
      withheld: String(facts.withheld),
    });
    this.#passed("signatures", {
      committed: String(facts.signatures),
      disclosed: String(facts.signaturesDisclosed),
    });
    return entry;
  }

  #checkPaths({ batch, log }: Bundle, { seq, leaf }: PublicEntry): void {
    during("batch path", () => {
      const end = batch.first + batch.count;
      must(end <= MAX_POSITION, "batchEnd", { end: String(end) });
      must(seq >= batch.first, "beforeBatch", { seq: String(seq), first: String(batch.first) });
      verifyInclusion(leaf, seq - batch.first, batch.count, batch.path, batch.root);
    });
    this.#passed("batch path", {
      index: String(seq - batch.first),
      count: String(batch.count),
      root: hex(batch.root),
    });
    during("log path", () => {
      must(log.size === batch.first + batch.count, "sizeNotBatchEnd", { size: String(log.size) });
      verifyInclusion(leaf, seq, log.size, log.path, log.root);
    });
    this.#passed("log path", { seq: String(seq), size: String(log.size), root: hex(log.root) });
  }

  #checkCheckpoint({ batch, log }: Bundle): void {
    const witnesses = during("checkpoint", () => checkCheckpoint(log, this.#policy));
    this.#log = { batch: batch.index, size: log.size, root: hex(log.root), witnesses };
    this.#passed("checkpoint", {
      key: this.#policy.logKey.name,
      witnesses: String(witnesses),
      quorum: String(this.#policy.witnessQuorum),
    });
  }

  #checkAnchor(bundle: Bundle, anchor: Anchor, entry: PublicEntry): Outcome {
    const { chain } = this.#policy;
    const codeHash = during("anchor", () => checkChain(anchor, bundle.log.size, this.#policy));
    this.#passed("anchor", { chainId: String(chain.chainId), contract: hex(anchor.contract) });
    const [first, ...rest] = during("headers", () => decodeHeaders(anchor.headers));
    during("storage", () => checkStorage(bundle, anchor, codeHash, first, this.#policy));
    this.#passed("storage", { block: String(first.number), state: hex(first.stateRoot) });
    const headers = [first, ...rest];
    during("headers", () => checkDescent(headers, chain.period));
    this.#passed("headers", { headers: String(headers.length), hash: hex(first.hash) });
    const sealing = chain.consensus === "clique" ? this.#checkSealing(headers, first) : null;
    const late = during("times", () => isLate(first, entry, this.#policy));
    this.#passed("times", { at: entry.atText, blockTime: instantOfSeconds(first.time) });
    this.#anchor = anchorFacts(anchor, first, sealing);
    return { kind: sealing === null ? "development" : "anchored", late };
  }

  #checkSealing(headers: readonly Header[], first: Header): Sealing {
    const { signers: ranges, epoch } = this.#policy.chain;
    const sealers = during("seals", () => checkSeals(headers, ranges, epoch));
    const names = [...new Set(sealers.map(({ organisation }) => organisation))];
    this.#passed("seals", { organisations: names.join(", ") });
    const signers = signersAt(ranges, first.number);
    const distinct = during("confirmations", () => checkConfirmations(sealers, signers));
    this.#passed("confirmations", {
      sealers: String(distinct),
      signers: String(signers.length),
      headers: String(headers.length),
    });
    return sealingOf(sealers, signers);
  }

  #notExamined(): readonly Unexamined[] {
    const list: Unexamined[] = [];
    if (this.#anchor !== null) list.push("ancestry");
    list.push("truth");
    if ((this.#event?.signatures ?? 0) > 0) list.push("signatures");
    if (this.#log?.witnesses === 0) list.push("witnesses");
    return list;
  }
}

export function eventFacts(entry: PublicEntry, disclosed: Disclosed): EventFacts {
  const envelope = disclosed.envelope;
  const { log, seq, id, leaf, atText, clock } = entry;
  const signaturesDisclosed = disclosed.signatures;
  return {
    log,
    seq,
    id,
    leaf: hex(leaf),
    at: atText,
    clock,
    sealed: entry.seal !== null,
    inside:
      envelope === null
        ? null
        : {
            stream: envelope.stream,
            ver: envelope.ver,
            type: envelope.type,
            effectiveAt: envelope.effectiveAt,
          },
    withheld: (envelope?.cm.size ?? 0) + (entry.seal === null ? 0 : 1),
    disclosed: disclosed.count - signaturesDisclosed,
    signatures: envelope?.sig.length ?? 0,
    signaturesDisclosed,
  };
}

/** Check 8; the answer is how many witnesses signed. */
function checkCheckpoint(log: LogPart, policy: Policy): number {
  const { size, root, witnesses } = verifyCheckpoint(log.checkpoint, policy);
  must(size === log.size, "checkpointSize", { size: String(size) });
  must(equal(root, log.root), "checkpointRoot");
  return witnesses;
}

/** Check 9; the answer is the code hash of the contract that `size` belongs to. */
function checkChain(anchor: Anchor, size: bigint, policy: Policy): Bytes {
  const { consensus, chainId, genesisHash } = policy.chain;
  must(anchor.consensus === consensus, "otherConsensus", { consensus: anchor.consensus });
  must(anchor.chainId === chainId, "otherChain", { chainId: String(anchor.chainId) });
  must(equal(anchor.genesisHash, genesisHash), "otherGenesis", { hash: hex(anchor.genesisHash) });
  const contract = contractFor(policy, size);
  must(contract !== undefined, "noContract", { size: String(size) });
  must(equal(contract.address, anchor.contract), "otherContract", {
    contract: hex(anchor.contract),
    size: String(size),
  });
  return contract.codeHash;
}

/** Check 10. */
function checkStorage(
  { batch, log }: Bundle,
  anchor: Anchor,
  codeHash: Bytes,
  first: Header,
  { origin, chain }: Policy,
): void {
  const { contract, accountProof, storageProof } = anchor;
  const root = provenStorageRoot(first.stateRoot, contract, codeHash, accountProof);
  const digest = batchDigest(origin, chain.chainId, contract, batch, log.root);
  checkDigest(root, batch.index, digest, storageProof);
}

/** Check 14, of an event that must not be of after its block; the answer is whether it is late. */
function isLate(first: Header, { at, atText }: PublicEntry, policy: Policy): boolean {
  const tolerance = policy.toleranceSeconds * 1000n;
  const blockTime = first.time * 1000n;
  must(blockTime + tolerance >= at, "blockBeforeEvent", {
    at: atText,
    blockTime: instantOfSeconds(first.time),
  });
  return blockTime > at + policy.maxDelaySeconds * 1000n + tolerance;
}

function anchorFacts(anchor: Anchor, first: Header, sealing: Sealing | null): AnchorFacts {
  return {
    contract: hex(anchor.contract),
    block: first.number,
    blockHash: hex(first.hash),
    blockTime: first.time,
    headers: anchor.headers.length,
    sealing,
  };
}
