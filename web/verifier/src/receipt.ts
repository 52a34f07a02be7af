/** Holds the log to a receipt (§10, §11), as far as that can be done without a chain node. */

import { equal, type Bytes } from "./bytes.ts";
import { parseCanonical } from "./bundle.ts";
import { type Disclosed, type Disclosure, openDisclosures, readDisclosures } from "./disclosure.ts";
import { hex, unhex, uninstant } from "./encoding.ts";
import { parseEntry, type PublicEntry, readEntry } from "./envelope.ts";
import { Members } from "./members.ts";
import { parseNote, verifyNote } from "./note.ts";
import { checkOpening, readOpening } from "./opening.ts";
import type { Policy } from "./policy.ts";
import { type Check, during, must, Refused } from "./refusal.ts";
import type {
  AnchorFacts,
  BreachFinding,
  EventFacts,
  Listing,
  Pending,
  ReceiptOutcome,
  ReceiptReport,
  Report,
  Step,
  Unexamined,
} from "./verdict.ts";
import { eventFacts, type Examined, examineBundle } from "./verify.ts";

/** What its holder gives beside a receipt. */
export type ReceiptEvidence = {
  /** The bundle of the event, or of whatever stands at its position. */
  readonly proof?: Bytes;
  /** The bundle of the tender's `ProposalsOpened`. */
  readonly opening?: Bytes;
};

/** Checks a receipt, and whether the log kept what it promises. */
export function verifyReceipt(
  bytes: Bytes,
  evidence: ReceiptEvidence,
  policy: Policy,
): ReceiptReport {
  return new Hearing(policy).run(bytes, evidence);
}

type Receipt = {
  readonly entry: PublicEntry;
  readonly disclosed: Disclosed;
  readonly anchorBy: bigint;
};

class Hearing {
  readonly #policy: Policy;
  readonly #steps: Step[] = [];
  readonly #pending: Pending[] = [];
  readonly #breaches: BreachFinding[] = [];
  #file: "receipt" | "proof" | "opening" = "receipt";
  #event: EventFacts | null = null;
  #anchorBy: string | null = null;
  #anchor: AnchorFacts | null = null;
  #listing: Listing | null = null;
  #shown = false;
  #examinedBlock = false;

  constructor(policy: Policy) {
    this.#policy = policy;
  }

  run(bytes: Bytes, evidence: ReceiptEvidence): ReceiptReport {
    const outcome = this.#outcome(bytes, evidence);
    return {
      policy: this.#policy.fingerprint,
      outcome,
      steps: this.#steps,
      event: this.#event,
      anchorBy: this.#anchorBy,
      toleranceSeconds: this.#policy.toleranceSeconds,
      anchor: this.#anchor,
      listing: this.#listing,
      pending: this.#pending,
      notExamined: unexamined(this.#examinedBlock, this.#event),
    };
  }

  #outcome(bytes: Bytes, { proof, opening }: ReceiptEvidence): ReceiptOutcome {
    try {
      const receipt = this.#readReceipt(bytes);
      if (proof === undefined) this.#pending.push("proof");
      else this.#hearProof(proof, receipt);
      if (opening !== undefined) this.#hearOpening(opening, receipt);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { check, evidence } = error;
      return { kind: "refused", file: this.#file, check, evidence };
    }
    const [first, ...rest] = this.#breaches;
    if (first !== undefined) return { kind: "breach", breaches: [first, ...rest] };
    const isAnchored = this.#shown && this.#pending.length === 0;
    return { kind: isAnchored ? "anchored" : "acknowledged" };
  }

  #passed(check: Check, values: Step["values"]): void {
    this.#steps.push({ check, values });
  }

  #readReceipt(bytes: Bytes): Receipt {
    const file = during("limits", () => parseFile(bytes));
    this.#passed("limits", { bytes: String(bytes.length) });
    const promise = during("receipt", () => readPromise(file.receipt, this.#policy));
    const raw = during("leaf", () => readEntry(file.entry));
    this.#passed("leaf", { leaf: hex(raw.leaf), bytes: String(raw.length) });
    const entry = during("profile", () => parseEntry(raw, this.#policy.origin));
    this.#passed("profile", { log: entry.log, seq: String(entry.seq) });
    during("receipt", () => checkPromise(promise, entry));
    this.#passed("receipt", { anchorBy: promise.anchorByText });
    const disclosed = during("disclosures", () => openDisclosures(entry, file.disclosures));
    const facts = eventFacts(entry, disclosed);
    this.#event = facts;
    this.#anchorBy = promise.anchorByText;
    this.#passed("disclosures", {
      disclosed: String(facts.disclosed),
      withheld: String(facts.withheld),
    });
    return { entry, disclosed, anchorBy: promise.anchorBy };
  }

  /** Examines a further bundle; whatever it is refused by refuses everything. */
  #examine(file: "proof" | "opening", bytes: Bytes): Examined {
    this.#file = file;
    const examined = examineBundle(bytes, this.#policy);
    const { outcome } = examined.report;
    if (outcome.kind === "refused") throw new Refused(outcome.check, outcome.evidence);
    return examined;
  }

  #hearProof(bytes: Bytes, receipt: Receipt): void {
    const { report, entry } = this.#examine("proof", bytes);
    const { seq, leaf } = receipt.entry;
    during("receipt", () =>
      must(entry?.seq === seq, "otherPosition", {
        proof: String(entry?.seq ?? ""),
        receipt: String(seq),
      }),
    );
    const anchor = anchoredIn(report);
    if (anchor === null) {
      this.#pending.push("unanchoredProof");
      return;
    }
    this.#examinedBlock = true;
    this.#anchor = anchor;
    if (entry === null || !equal(entry.leaf, leaf)) {
      this.#breaches.push({ breach: "another-entry", file: "proof", seq });
      return;
    }
    const tolerance = this.#policy.toleranceSeconds * 1000n;
    if (anchor.blockTime * 1000n <= receipt.anchorBy + tolerance) this.#shown = true;
    else this.#pending.push("firstBlock");
  }

  #hearOpening(bytes: Bytes, receipt: Receipt): void {
    const { report, disclosed } = this.#examine("opening", bytes);
    const { entry } = receipt;
    const envelope = disclosed?.envelope ?? null;
    const opening = during("opening", () => readOpening(envelope));
    const finding = during("opening", () => checkOpening(opening, receipt.disclosed, entry.seq));
    if (anchoredIn(report) === null) {
      this.#pending.push("unanchoredOpening");
      return;
    }
    this.#examinedBlock = true;
    if (finding.breach !== null) {
      this.#breaches.push({ breach: finding.breach, file: "opening", seq: opening.seq });
      return;
    }
    this.#listing = finding.listing;
    this.#passed("opening", { listing: finding.listing?.disposition ?? "" });
  }
}

/** What a receipt leaves unexamined, whether or not it names a block. */
export function unexamined(hasBlock: boolean, event: EventFacts | null): readonly Unexamined[] {
  return [
    "receiptKey",
    ...(hasBlock ? (["ancestry"] as const) : []),
    ...(event !== null && event.signatures > 0 ? (["signatures"] as const) : []),
    "truth",
  ];
}

/** The block of a report that is anchored in a sealed chain; nothing else proves a breach. */
function anchoredIn({ outcome, anchor }: Report): AnchorFacts | null {
  return outcome.kind === "anchored" ? anchor : null;
}

type ReceiptFile = {
  readonly receipt: string;
  readonly entry: Bytes;
  readonly disclosures: readonly Disclosure[];
};

function parseFile(bytes: Bytes): ReceiptFile {
  const members = new Members(parseCanonical(bytes), "", ["v", "receipt", "entry", "disclosures"]);
  members.oneOf("v", ["smart-tenders/receipt-file@v1"]);
  return {
    receipt: members.text("receipt"),
    entry: members.base64url("entry"),
    disclosures: readDisclosures(members),
  };
}

type Promised = {
  readonly log: string;
  readonly id: string;
  readonly seq: string;
  readonly leaf: string;
  readonly at: string;
  readonly anchorBy: bigint;
  readonly anchorByText: string;
};

/** Verifies the signed note and reads its seven lines. */
function readPromise(text: string, policy: Policy): Promised {
  const key = policy.receiptKey;
  must(key !== null, "noReceiptKey");
  must(key.name === policy.origin, "keyName", { field: "receiptKey" });
  const note = parseNote(text);
  must(note.signatures.length === 1, "receiptSignatures");
  verifyNote(note, [key]);
  const lines = note.text.split("\n");
  const [first, log = "", id = "", seq = "", leaf = "", at = "", anchorByText = "", end] = lines;
  const isWhole = lines.length === 8 && end === "";
  must(isWhole && first === "smart-tenders/receipt@v1", "receiptForm");
  const [from, anchorBy] = [uninstant(at), uninstant(anchorByText)];
  must(from !== null && anchorBy !== null && unhex(leaf)?.length === 32, "receiptForm");
  const delay = anchorBy - from;
  must(delay >= 0n && delay <= policy.maxDelaySeconds * 1000n, "receiptDelay", { anchorByText });
  return { log, id, seq, leaf, at, anchorBy, anchorByText };
}

/** That the note speaks of the entry in the file. */
function checkPromise(promise: Promised, entry: PublicEntry): void {
  const own = {
    leaf: hex(entry.leaf),
    id: entry.id,
    seq: String(entry.seq),
    at: entry.atText,
    log: entry.log,
  };
  for (const name of ["leaf", "id", "seq", "at", "log"] as const) {
    must(promise[name] === own[name], "receiptOfOther", { field: name });
  }
}
