/** What the opening of a tender says of one sealed proposal, and whether it may (§11). */

import type { Disclosed } from "./disclosure.ts";
import { isUuid, unposition } from "./encoding.ts";
import type { Envelope } from "./envelope.ts";
import { isArray, isObject, type Json } from "./json/value.ts";
import { must } from "./refusal.ts";
import type { Breach, Listing } from "./verdict.ts";

const DISPOSITIONS = ["opened", "replaced", "withdrawn", "unopenable", "withdrawal"] as const;
const RECEIPT_TYPES = ["ProposalSubmitted", "ProposalReplaced", "ProposalWithdrawn"];

type Listed = {
  readonly position: bigint;
  readonly disposition: (typeof DISPOSITIONS)[number];
  /** What replaced or withdrew it; `null` for the other dispositions. */
  readonly by: bigint | null;
};

export type Opening = {
  readonly seq: bigint;
  readonly tenderId: string;
  readonly listed: readonly Listed[];
};

export function readOpening(envelope: Envelope | null): Opening {
  must(envelope?.type === "ProposalsOpened", "notProposalsOpened", {
    type: envelope?.type ?? "Sealed",
  });
  const tenderId = envelope.data.get("tenderId");
  const proposals = envelope.data.get("proposals");
  must(typeof tenderId === "string" && isUuid(tenderId), "notUuid", { field: "data.tenderId" });
  must(isArray(proposals), "notArray", { field: "data.proposals" });
  return { seq: envelope.seq, tenderId, listed: proposals.map(readListed) };
}

function readListed(item: Json, at: number): Listed {
  const field = `data.proposals[${at}]`;
  must(isObject(item), "notObject", { field });
  const position = readPosition(item.get("position"), `${field}.position`);
  const disposition = DISPOSITIONS.find((known) => known === item.get("disposition"));
  must(disposition !== undefined, "notOneOf", {
    field: `${field}.disposition`,
    choices: DISPOSITIONS.join(", "),
  });
  const hasBy = disposition === "replaced" || disposition === "withdrawn";
  return { position, disposition, by: hasBy ? readPosition(item.get("by"), `${field}.by`) : null };
}

function readPosition(value: Json | undefined, field: string): bigint {
  const position = typeof value === "string" ? unposition(value) : null;
  must(position !== null, "notPosition", { field });
  return position;
}

export type Finding = { readonly listing: Listing | null; readonly breach: Breach | null };

/** Compares the receipt of position `seq` with the opened set. */
export function checkOpening(opening: Opening, disclosed: Disclosed, seq: bigint): Finding {
  const { envelope, values } = disclosed;
  must(envelope !== null, "receiptSealed");
  must(RECEIPT_TYPES.includes(envelope.type), "receiptType", { type: envelope.type });
  must(envelope.data.get("tenderId") === opening.tenderId, "otherTender", {
    tenderId: opening.tenderId,
  });
  must(seq < opening.seq, "afterOpening", { seq: String(seq), opening: String(opening.seq) });
  const said = opening.listed.filter(({ position }) => position === seq);
  const listing = said.length === 1 ? (said[0] ?? null) : null;
  const breach =
    envelope.type === "ProposalWithdrawn"
      ? breachOfWithdrawal(opening, said, seq)
      : breachOfProposal(opening, said, seq, isWhole(values));
  return { listing, breach };
}

/** Whether the file discloses all that an opening needs. */
function isWhole(values: ReadonlyMap<string, Json>): boolean {
  return values.has("/data/technical") && values.has("/data/economic");
}

function breachOfWithdrawal(
  { listed }: Opening,
  said: readonly Listed[],
  seq: bigint,
): Breach | null {
  const fits = said.every(({ disposition }) => ["withdrawn", "withdrawal"].includes(disposition));
  if (!fits) return "contradicted";
  const tookBack = listed.some(
    ({ position, disposition, by }) => position < seq && disposition === "withdrawn" && by === seq,
  );
  return tookBack ? null : "withdrawal-ignored";
}

function breachOfProposal(
  opening: Opening,
  said: readonly Listed[],
  seq: bigint,
  isDisclosedWhole: boolean,
): Breach | null {
  const [only] = said;
  if (only === undefined) return "left-out";
  if (said.length > 1) return "contradicted";
  const { disposition, by } = only;
  switch (disposition) {
    case "opened":
      return null;
    case "withdrawal":
      return "contradicted";
    case "unopenable":
      return isDisclosedWhole ? "contradicted" : null;
    case "replaced":
    case "withdrawn": {
      const isBetween = by !== null && seq < by && by < opening.seq;
      return isBetween && fitsSuccessor(opening, disposition, by) ? null : "contradicted";
    }
    default:
      return disposition satisfies never;
  }
}

/** Whether what the set says of `by` fits its having replaced or withdrawn another. */
function fitsSuccessor(
  { listed }: Opening,
  disposition: "replaced" | "withdrawn",
  by: bigint,
): boolean {
  const successors = listed.filter(({ position }) => position === by);
  if (disposition === "replaced") {
    return successors.some((successor) => successor.disposition !== "withdrawal");
  }
  return successors.every((successor) =>
    ["withdrawn", "withdrawal"].includes(successor.disposition),
  );
}
