/** The command `log`: replays a whole log and compares it with what is anchored. */

import { setTimeout as pause } from "node:timers/promises";
import { type LogReport, verifyLog } from "../log/examine.ts";
import type { Policy } from "../policy.ts";
import type { LogCommand } from "./arguments.ts";
import { anchorJson, evidenceText } from "./json.ts";
import { progressOf } from "./progress.ts";
import { logAt, nodeAt } from "./sources.ts";
import { anchorLines, type Line, page } from "./text.ts";

export async function replayLog(command: LogCommand, policy: Policy): Promise<number> {
  const deadline = Date.now() + command.patienceSeconds * 1_000;
  const report = await verifyLog(
    {
      files: logAt(command.place),
      node: nodeAt(command.rpc),
      wait: async () => {
        if (Date.now() >= deadline) return false;
        await pause(1_000);
        return true;
      },
      progress: progressOf((done, all) => `replayed ${done} of ${all} entries`),
    },
    policy,
  );
  console.log(command.json ? logJson(report) : logText(report));
  return exitCode(report);
}

function exitCode({ outcome }: LogReport): 0 | 1 | 3 {
  switch (outcome.kind) {
    case "anchored":
      return 0;
    case "refused":
      return 1;
    case "unanchored":
    case "development":
      return 3;
    default:
      return outcome satisfies never;
  }
}

/** The evidence of a refusal, with the position or batch that it names. */
function refusalText({ rule, values }: Parameters<typeof evidenceText>[0]): string {
  const { position, batch } = values;
  const text = evidenceText({ rule, values });
  if (position !== undefined) return `position ${position}: ${text}`;
  return batch === undefined ? text : `batch ${batch}: ${text}`;
}

const VERDICTS = {
  anchored: "anchored",
  development: "development",
  unanchored: "not-anchored",
  refused: "refused",
} as const;

export function logJson(report: LogReport): string {
  const { outcome, checkpoint, state } = report;
  const refusal =
    outcome.kind === "refused"
      ? { check: outcome.check, evidence: refusalText(outcome.evidence) }
      : null;
  return JSON.stringify({
    anchored: String(report.anchored),
    batches: report.batches,
    checkpoint: checkpoint && { root: checkpoint.root, size: String(checkpoint.size) },
    exitCode: exitCode(report),
    ignoredBatches: report.ignored,
    origin: report.origin,
    policy: report.policy,
    refusal,
    resumed: "0",
    sealed: String(report.sealed),
    state: state && anchorJson(state),
    tail: String(report.tail),
    verdict: VERDICTS[outcome.kind],
  });
}

function title({ outcome }: LogReport): string {
  switch (outcome.kind) {
    case "anchored":
      return "ANCHORED";
    case "development":
      return "ANCHORED IN A DEVELOPMENT CHAIN, SEALED BY NOBODY";
    case "unanchored":
      return "NOT ANCHORED";
    case "refused":
      return `REFUSED by the check "${outcome.check}": ${refusalText(outcome.evidence)}`;
    default:
      return outcome satisfies never;
  }
}

export function logText(report: LogReport): string {
  const { checkpoint, ignored, tail, outcome } = report;
  const lines: Line[] = [["log", report.origin]];
  if (checkpoint !== null) {
    lines.push(["checkpoint", `${checkpoint.size} entries, root ${checkpoint.root}`]);
  }
  lines.push(["anchored", `${report.anchored} entries in ${report.batches} batches`]);
  if (ignored > 0) lines.push(["ignored", `${ignored} batches beyond the policy's ranges`]);
  lines.push(...anchorLines(report.state), ["policy", report.policy]);
  if (outcome.kind !== "refused") {
    lines.push(["replayed", `every entry, ${report.sealed} of them sealed`]);
    if (tail > 0n) lines.push(["note", `the last ${tail} entries are not anchored yet`]);
    const ancestry = "the ancestry of the examined block back to the genesis block";
    lines.push(["not examined", ancestry]);
    lines.push(["not examined", "what sealed entries hide, and whether the events are true"]);
  }
  return page(title(report), lines);
}
