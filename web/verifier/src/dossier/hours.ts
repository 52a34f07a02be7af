/** Whether the hours that deadlines are measured with are worth something. */

import type { Case } from "./case.ts";
import { absent, type Found, proven } from "./found.ts";

/** Types of events, and the hour of the call's schedule that they do not come before. */
const NOT_BEFORE = [
  ["ProposalOpened", "technicalOpening"],
  ["ProposalsOpened", "technicalOpening"],
  ["PanelDrawScheduled", "receiptEnd"],
  ["PanelDrawn", "panelDraw"],
  ["TechnicalSheetOpened", "economicOpening"],
  ["EconomicOpened", "economicOpening"],
  ["AwardIssued", "awardAt"],
] as const;

export function checkHours(dossier: Case): Found {
  let byWall = 0;
  let all = 0;
  for (const event of dossier.events) {
    if (event.envelope === null) continue;
    all += 1;
    if (event.clock !== "wall") continue;
    byWall += 1;
    // What was sealed shows its own hour only when it is opened: nothing else ties it to the log.
    event.same("otherHour", event.envelope.effectiveAt, event.envelope.atText);
  }
  for (const [type, hour] of NOT_BEFORE) {
    for (const event of dossier.all(type)) {
      const due = dossier.call(event).get("schedule").instant(hour);
      event.must(event.effectiveAt >= due, "beforeHour");
    }
  }
  return all === 0 ? absent("noHour") : proven("hours", { byWall, all });
}
