/**
 * A copy of a log, without a node: a bundle shows one batch that is anchored, and the root of the
 * log at its end covers every entry before it.
 */

import { parseBundle } from "../bundle.ts";
import type { Bytes } from "../bytes.ts";
import { verifyCheckpoint } from "../checkpoint.ts";
import { unhex } from "../encoding.ts";
import { textOf } from "../json/parse.ts";
import type { Policy } from "../policy.ts";
import { Broken, type Check, type Evidence, must } from "../refusal.ts";
import type { Report } from "../verdict.ts";
import { verifyBundle } from "../verify.ts";
import { type Progress, replay } from "./replay.ts";
import { type LogFiles, readCheckpoint } from "./tiles.ts";

export type CopyOutcome =
  | {
      readonly kind: "same";
      /** Entries of the copy, those of them that the bundle's batch covers, and sealed ones. */
      readonly entries: bigint;
      readonly covered: bigint;
      readonly sealed: bigint;
    }
  /** The bundle itself is not anchored in a sealed chain, so there is nothing to compare with. */
  | { readonly kind: "unanchored" }
  | { readonly kind: "refused"; readonly check: Check; readonly evidence: Evidence };

export type CopyReport = { readonly outcome: CopyOutcome; readonly bundle: Report };

/** Replays a copy and compares it with the batch of a bundle; throws `Unreadable` if it lacks a part. */
export async function verifyCopy(
  files: LogFiles,
  bundle: Bytes,
  policy: Policy,
  progress: Progress,
): Promise<CopyReport> {
  const report = verifyBundle(bundle, policy);
  if (report.outcome.kind === "refused") return { outcome: report.outcome, bundle: report };
  if (report.outcome.kind !== "anchored" || report.anchor === null) {
    return { outcome: { kind: "unanchored" }, bundle: report };
  }
  const contract = unhex(report.anchor.contract) ?? new Uint8Array();
  const { batch, log } = parseBundle(bundle);
  const note = await readCheckpoint(files);
  let check: Check = "checkpoint";
  try {
    const head = verifyCheckpoint(textOf(note), policy);
    check = "replay";
    const sizes = { size: String(head.size), anchored: String(log.size) };
    must(head.size >= log.size, "logShortened", sizes);
    const batches = [{ contract, batch, logRoot: log.root }];
    const sealed = await replay(files, head, batches, policy.origin, progress);
    const outcome = { kind: "same", entries: head.size, covered: log.size, sealed } as const;
    return { outcome, bundle: report };
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    return { outcome: { kind: "refused", check, evidence: error.evidence }, bundle: report };
  }
}
