/** Whether receipt ended at the call's hour, and no proposal came after it. */

import type { Case } from "./case.ts";
import type { Event } from "./event.ts";
import { absent, type Found, incomplete, proven } from "./found.ts";

/** Where the end of receipt commits to what is live. */
const POSITIONS = "/data/positions";

export function checkReceipt(dossier: Case): Found {
  const closed = dossier.one("ReceiptClosed");
  if (closed === null) return absent("receiptOpen");
  const schedule = dossier.call(closed).get("schedule");
  const [start, end] = [schedule.instant("receiptStart"), schedule.instant("receiptEnd")];
  closed.said.instant("deadline");
  closed.same("otherDeadline", closed.said.text("deadline"), schedule.text("receiptEnd"));
  closed.must(closed.effectiveAt >= end, "beforeDeadline");
  const opened = dossier.one("ProposalsOpened");
  if (opened === null) return absent("receiptUnopened");
  const live: string[] = [];
  for (const listing of opened.said.list("proposals")) {
    const position = listing.position("position");
    if (["opened", "unopenable"].includes(listing.text("disposition"))) {
      live.push(String(position));
    }
    checkHour(dossier.at(position), closed, start, end);
  }
  const committed = closed.disclosed.has(POSITIONS) ? closed.shown(POSITIONS) : null;
  if (committed === null) {
    closed.must(closed.envelope?.cm.has(POSITIONS) === true, "commitsToNothing");
    return incomplete("positionsGone");
  }
  committed.is("otherLive", live);
  return proven("receipt");
}

function checkHour(entry: Event | undefined, closed: Event, start: bigint, end: bigint): void {
  if (entry === undefined) return;
  entry.must(entry.position < closed.position, "afterReceipt");
  if (entry.envelope === null) return;
  entry.must(start <= entry.effectiveAt && entry.effectiveAt < end, "outsideReceipt");
}
