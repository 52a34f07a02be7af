/** Holds the log to a receipt with a chain node, for what no file shows (§11). Nothing it says is believed. */

import { parseBundle } from "./bundle.ts";
import { type Bytes, equal } from "./bytes.ts";
import { decodeHeader, decodeHeaders } from "./chain/header.ts";
import type { ChainNode } from "./chain/node.ts";
import { hex, uninstant } from "./encoding.ts";
import { attempted, checkChain, newestConfirmed, proveHead, stateFacts } from "./log/confirmed.ts";
import { contractFor, type Policy } from "./policy.ts";
import { type ReceiptEvidence, unexamined, verifyReceipt } from "./receipt.ts";
import { during, must, Refused } from "./refusal.ts";
import type { AnchorFacts, BreachFinding, Pending, ReceiptReport } from "./verdict.ts";

/** What the node showed: a breach, or what is still open. */
type Shown = {
  readonly breach: BreachFinding["breach"] | null;
  readonly pending: Pending | null;
  readonly anchor: AnchorFacts | null;
};

/** Checks a receipt, and asks `node` about what the files leave open. */
export async function verifyReceiptWith(
  node: ChainNode,
  bytes: Bytes,
  evidence: ReceiptEvidence,
  policy: Policy,
): Promise<ReceiptReport> {
  const { proof } = evidence;
  // The opening is heard after the node, as its refusal comes after the node's.
  const first = verifyReceipt(bytes, proof === undefined ? {} : { proof }, policy);
  const whole = () =>
    evidence.opening === undefined ? first : verifyReceipt(bytes, evidence, policy);
  const isOpen = first.pending.includes(proof === undefined ? "proof" : "firstBlock");
  const { event, anchorBy } = first;
  if (event === null || anchorBy === null || !isOpen) return whole();
  const due = (uninstant(anchorBy) ?? 0n) + policy.toleranceSeconds * 1000n;
  const { seq } = event;
  try {
    const shown = await (proof === undefined
      ? askNewest(node, seq, due, policy)
      : askBefore(node, proof, seq, policy));
    return joined(whole(), shown, seq);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { check, evidence: why } = error;
    return { ...first, outcome: { kind: "refused", file: "chain", check, evidence: why } };
  }
}

/** Whether the position is anchored in the newest state that counts. */
async function askNewest(
  node: ChainNode,
  seq: bigint,
  due: bigint,
  policy: Policy,
): Promise<Shown> {
  const contract = during("anchor", () => {
    const found = contractFor(policy, seq + 1n);
    must(found !== undefined, "noContract", { size: String(seq + 1n) });
    return found;
  });
  await checkChain(node, policy);
  const found = await attempted(async () => {
    const confirmed = await newestConfirmed(node, policy.chain);
    if (confirmed === null) return null;
    const { size } = await proveHead(node, contract, confirmed.headers[0]);
    return { size, anchor: stateFacts(contract, confirmed) };
  });
  if (found === null) return { breach: null, pending: "notDue", anchor: null };
  const { size, anchor } = found;
  if (size > seq) return { breach: null, pending: "giveProof", anchor };
  if (anchor.blockTime * 1000n <= due) return { breach: null, pending: "notDue", anchor };
  return anchor.sealing === null
    ? { breach: null, pending: "unsealedChain", anchor }
    : { breach: "not-anchored-in-time", pending: null, anchor };
}

/**
 * Whether the block before the proof's had the position already: a digest stays in storage, so a
 * proof can be made of any later block too.
 */
async function askBefore(
  node: ChainNode,
  proof: Bytes,
  seq: bigint,
  policy: Policy,
): Promise<Shown> {
  const { anchor, log } = parseBundle(proof);
  const contract = contractFor(policy, log.size);
  const [child] = decodeHeaders(anchor?.headers ?? []);
  if (contract === undefined) throw new Error("an anchored proof has a contract");
  const parent = decodeHeader(await node.header(child.number - 1n));
  // What the child names is behind the same seals as the child.
  const isParent = equal(parent.hash, child.parentHash);
  during("headers", () =>
    must(isParent, "otherParent", {
      number: String(child.number),
      parent: hex(child.parentHash),
    }),
  );
  const { size } = await proveHead(node, contract, parent);
  return size > seq
    ? { breach: null, pending: "laterBlock", anchor: null }
    : { breach: "late-anchoring", pending: null, anchor: null };
}

function joined(report: ReceiptReport, shown: Shown, seq: bigint): ReceiptReport {
  const { outcome } = report;
  const open = report.pending.filter((what) => what !== "proof" && what !== "firstBlock");
  const pending = shown.pending === null ? open : [shown.pending, ...open];
  const anchor = shown.anchor ?? report.anchor;
  // The node's block is examined as a proof's is: only its ancestry is not.
  const notExamined = shown.anchor === null ? report.notExamined : unexamined(true, report.event);
  const known = { ...report, pending, anchor, notExamined };
  if (outcome.kind === "refused" || shown.breach === null) return known;
  const breach: BreachFinding = { breach: shown.breach, file: "chain", seq };
  const others = outcome.kind === "breach" ? outcome.breaches : [];
  return { ...known, outcome: { kind: "breach", breaches: [breach, ...others] } };
}
