/** Seats and ballots: each revealed ballot is the last one its seat committed to. */

import { commitment } from "../disclosure.ts";
import { unbase64url } from "../encoding.ts";
import { canonical } from "../json/value.ts";
import type { Case } from "./case.ts";
import type { Event } from "./event.ts";
import { absent, type Found, part, proven } from "./found.ts";
import { masksOf } from "./opened.ts";
import { object, type Said } from "./said.ts";

/** The path a ballot is committed to at. */
const PATH = "/data/ballot";
const SCORE_MAX = 100;
/** The most seats of a panel. */
export const SEATS_MAX = 15;

/** Who holds a seat, and how far its ballot is. */
type Member = {
  readonly evaluatorId: string;
  readonly pseudonym: string;
  hasAccepted: boolean;
  committed: string | null;
  /** Revealed, or missed. */
  isDone: boolean;
};

function readMember(seat: Said): Member {
  return {
    evaluatorId: seat.text("evaluatorId"),
    pseudonym: seat.text("pseudonym"),
    hasAccepted: false,
    committed: null,
    isDone: false,
  };
}

export function checkBallots(dossier: Case): Found {
  const drawn = dossier.one("PanelDrawn");
  if (drawn === null) return absent("notDrawn");
  const call = dossier.call(drawn);
  const places = drawn.said.list("panel");
  drawn.must(places.length <= SEATS_MAX, "tooManySeats");
  const seats = new Map(places.map((seat) => [seat.number("seat"), readMember(seat)] as const));
  const panel = new Panel(
    call.get("schedule"),
    call.list("socialCriteria").length,
    masksOf(dossier),
    seats,
    drawn.said.list("alternates"),
  );
  for (const event of dossier.public()) {
    if (panel.follow(event)) event.must(drawn.position < event.position, "notDrawnBefore");
  }
  const open = panel.openSeats();
  if (panel.revealed === 0) return absent("noBallot");
  const rest = open === 0 ? [] : [part("seatsOpen", { open })];
  return proven("ballots", { revealed: panel.revealed }, ...rest);
}

/** The panel as its stream tells it. */
class Panel {
  readonly #schedule: Said;
  readonly #criteria: number;
  readonly #masks: readonly string[];
  readonly #seats: Map<number, Member>;
  readonly #alternates: Said[];
  revealed = 0;

  constructor(
    schedule: Said,
    criteria: number,
    masks: readonly string[],
    seats: Map<number, Member>,
    alternates: readonly Said[],
  ) {
    this.#schedule = schedule;
    this.#criteria = criteria;
    this.#masks = masks;
    this.#seats = seats;
    this.#alternates = [...alternates];
  }

  openSeats(): number {
    return [...this.#seats.values()].filter(({ isDone }) => !isDone).length;
  }

  /** Follows an event; the answer is whether it is one of the panel's. */
  follow(event: Event): boolean {
    switch (event.type) {
      case "AssignmentAccepted":
        this.#accept(event);
        return true;
      case "ConflictDeclared":
        this.#leave(event);
        return true;
      case "BallotCommitted":
        this.#commit(event);
        return true;
      case "BallotRevealed":
        this.#reveal(event);
        return true;
      case "BallotMissed":
        this.#miss(event);
        return true;
      case "EconomicOpened":
        // From here on prices are known: a ballot revealed later could have been chosen.
        this.#close(event);
        return true;
      default:
        return false;
    }
  }

  #member(event: Event): Member {
    const seat = event.said.number("seat");
    const member = this.#seats.get(seat);
    if (member === undefined) throw event.refuse("noSeat", String(seat));
    return member;
  }

  /** The member whom the event names. */
  #named(event: Event): Member {
    const member = this.#member(event);
    event.same("otherMember", event.said.text("pseudonym"), member.pseudonym);
    return member;
  }

  #accept(event: Event): void {
    const member = this.#named(event);
    event.same("otherMember", event.said.text("evaluatorId"), member.evaluatorId);
    event.must(!member.hasAccepted && !member.isDone, "seatTaken");
    member.hasAccepted = true;
  }

  #leave(event: Event): void {
    const member = this.#named(event);
    event.must(member.committed === null && !member.isDone, "committedBefore");
    const seat = event.said.number("seat");
    const place = this.#alternates.shift();
    const next = place === undefined ? null : readMember(place);
    const { evaluatorId, pseudonym } = next ?? { evaluatorId: "", pseudonym: "" };
    const entered = next === null ? null : object({ seat, evaluatorId, pseudonym });
    const said = event.data.get("replacement") ?? null;
    event.must(canonical(said) === canonical(entered), "otherAlternate");
    if (next === null) this.#seats.delete(seat);
    else this.#seats.set(seat, next);
  }

  #commit(event: Event): void {
    this.#within(event, "commitStart", "commitEnd");
    const member = this.#named(event);
    event.must(member.hasAccepted && !member.isDone, "couldNotCommit");
    member.committed = event.said.text("commitment");
  }

  #reveal(event: Event): void {
    this.#within(event, "revealStart", "revealEnd");
    readScores(event, this.#masks, this.#criteria);
    const salt = unbase64url(event.said.text("salt"));
    if (salt?.length !== 32) throw event.refuse("ballotSalt");
    const ballot = event.said.get("ballot");
    const computed = commitment({ path: PATH, salt, value: ballot.value });
    const member = this.#member(event);
    event.same("ballotOwner", ballot.text("pseudonym"), member.pseudonym);
    event.must(!member.isDone, "ballotDone");
    event.same("otherBallot", computed, member.committed ?? "nothing");
    member.isDone = true;
    this.revealed += 1;
  }

  #miss(event: Event): void {
    event.must(event.effectiveAt >= this.#schedule.instant("revealEnd"), "missedEarly");
    const member = this.#named(event);
    event.must(!member.isDone, "ballotDone");
    event.same("hadCommitted", event.said.flag("committed"), member.committed !== null);
    member.isDone = true;
  }

  /** Nobody who took a seat may still have a ballot to reveal. */
  #close(event: Event): void {
    const isOver = event.effectiveAt >= this.#schedule.instant("revealEnd");
    const members = [...this.#seats.values()];
    const isOpen = members.some(({ hasAccepted, isDone }) => hasAccepted && !isDone);
    event.must(isOver || !isOpen, "couldReveal");
  }

  /** Whether the event came within two hours of the call, the end not included. */
  #within(event: Event, start: string, end: string): void {
    const [from, to] = [this.#schedule.instant(start), this.#schedule.instant(end)];
    event.must(from <= event.effectiveAt && event.effectiveAt < to, "outsideHours");
  }
}

/** The scores of a ballot by proposal; it gives every opened one a score a criterion. */
export function readScores(
  event: Event,
  masks: readonly string[],
  criteria: number,
): readonly (readonly number[])[] {
  const proposals = event.said.get("ballot").list("proposals");
  event.same("proposalsCount", proposals.length, masks.length);
  return proposals.map((proposal, at) => {
    event.same("otherProposals", proposal.text("mask"), masks[at] ?? "");
    const scores = proposal.numbers("scores");
    event.same("criteriaCount", scores.length, criteria);
    event.must(
      scores.every((score) => score <= SCORE_MAX),
      "above100",
    );
    return scores;
  });
}
