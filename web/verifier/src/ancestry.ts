/** The check `ancestry`: the block of a proof, in a chain that was followed (§13). */

import type { Followed } from "./chain/follow.ts";
import { hex } from "./encoding.ts";
import type { Evidence } from "./refusal.ts";
import type { Report } from "./verdict.ts";

/** The report with its anchoring block looked for; one newer than what was followed stays open. */
export function withAncestry(report: Report, followed: Followed): Report {
  const { anchor } = report;
  const hash = anchor === null ? undefined : followed.hash(anchor.block);
  if (anchor === null || hash === undefined) return report;
  const block = String(anchor.block);
  if (hex(hash) === anchor.blockHash) {
    return {
      ...report,
      ancestry: followed.head.number,
      steps: [...report.steps, { check: "ancestry", values: { block } }],
      notExamined: report.notExamined.filter((what) => what !== "ancestry"),
    };
  }
  const values = { number: block, followed: hex(hash), found: anchor.blockHash };
  const evidence: Evidence = { rule: "otherBlock", values };
  return { ...report, outcome: { kind: "refused", check: "ancestry", evidence } };
}
