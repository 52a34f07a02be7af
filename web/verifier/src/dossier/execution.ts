/** Deliverables, penalties and payments, followed one by one. */

import { uninstant } from "../encoding.ts";
import type { Case } from "./case.ts";
import type { Event } from "./event.ts";
import { absent, type Found, proven } from "./found.ts";
import { halfUp, type Money, moneyText } from "./said.ts";

const HOUR_MS = 3_600_000n;
const DAY_MS = 24n * HOUR_MS;
/** How far Mexico City is behind UTC, in hours: in winter, and in the summers until 2022. */
const OFFSETS = [6n, 5n];
/** The types of events of a deliverable. */
const ACTS = [
  "DeliverableSubmitted",
  "DeliverableReturned",
  "DeliverableAccepted",
  "PenaltyApplied",
  "InvoiceRegistered",
  "PaymentOrdered",
  "PaymentRecorded",
];
/** How far a deliverable is, in this order; what is sent back is expected again. */
const STAGES = ["expected", "delivered", "accepted", "ordered", "paid"] as const;
type Stage = (typeof STAGES)[number];

export function checkExecution(dossier: Case): Found {
  const contract = dossier.one("ContractPrepared");
  if (contract === null) return absent("noContract");
  const milestones = new Map(
    contract.said.list("milestones").map((milestone) => {
      const [value, due] = [milestone.money("amount"), milestone.text("due")];
      return [milestone.text("id"), new Milestone(value, due)] as const;
    }),
  );
  const perMille = BigInt(contract.said.number("penaltyPerDayPerMille"));
  const guarantee = dossier.one("GuaranteeLodged")?.said.money("amount");
  const penalties = { perMille, left: guarantee?.centavos ?? 0n };
  const acts = dossier.public().filter(({ type }) => ACTS.includes(type));
  for (const event of acts) {
    dossier.needed("ContractActivated", event);
    const id = event.said.text("milestoneId");
    const milestone = milestones.get(id);
    if (milestone === undefined) throw event.refuse("noMilestone", id);
    milestone.follow(event, penalties);
  }
  const all = [...milestones.values()];
  checkSettlement(dossier, contract, all);
  if (acts.length === 0) return absent("noDelivery");
  const paid = all.filter(({ stage }) => stage === "paid").length;
  const late = all.filter(({ daysLate }) => (daysLate ?? 0) > 0).length;
  return proven("execution", { paid, of: all.length, late });
}

/** What a day of delay costs, and what is left of the guarantee that covers it. */
type Penalties = { readonly perMille: bigint; left: bigint };

/** The penalty of a deliverable: no more than its value and what is left of the guarantee. */
export function penaltyOf({ perMille, left }: Penalties, value: bigint, daysLate: number): bigint {
  const full = halfUp(value * BigInt(daysLate) * perMille, 1000n);
  return [value, left].reduce((least, limit) => (limit < least ? limit : least), full);
}

/** A deliverable, and what became of it. */
class Milestone {
  readonly #value: Money;
  readonly #due: string;
  stage: Stage = "expected";
  /** Measured at the first delivery. */
  daysLate: number | null = null;
  penalty: bigint | null = null;
  invoiced: Money | null = null;

  constructor(value: Money, due: string) {
    this.#value = value;
    this.#due = due;
  }

  follow(event: Event, penalties: Penalties): void {
    switch (event.type) {
      case "DeliverableSubmitted":
        return this.#deliver(event);
      case "DeliverableReturned":
        return this.#decide(event, "expected");
      case "DeliverableAccepted":
        return this.#decide(event, "accepted");
      case "PenaltyApplied":
        return this.#penalise(event, penalties);
      case "InvoiceRegistered":
        return this.#invoice(event, penalties);
      case "PaymentOrdered":
        return this.#pay(event, "accepted", "ordered");
      default:
        return this.#pay(event, "ordered", "paid");
    }
  }

  #deliver(event: Event): void {
    event.must(this.stage === "expected", "nothingExpected");
    this.stage = "delivered";
    const said = event.said.number("daysLate");
    if (this.daysLate !== null) return event.same("firstDaysLate", said, this.daysLate);
    this.daysLate = said;
    const due = uninstant(`${this.#due}T00:00:00.000Z`);
    if (due === null) throw event.refuse("dueDay", this.#due);
    const [winter = 0n, summer = 0n] = OFFSETS.map((hours) => {
      const days = dayOf(event.effectiveAt - hours * HOUR_MS) - dayOf(due);
      return days > 0n ? days : 0n;
    });
    const shown = String(winter);
    const detail = { kind: "differs", recorded: String(said), shown } as const;
    event.must([winter, summer].includes(BigInt(said)), "daysLate", detail);
  }

  #decide(event: Event, after: Stage): void {
    event.must(this.stage === "delivered", "nothingWaits");
    this.stage = after;
  }

  #isAccepted(): boolean {
    return STAGES.indexOf(this.stage) >= STAGES.indexOf("accepted");
  }

  #penalise(event: Event, penalties: Penalties): void {
    event.must(this.#isAccepted(), "notAccepted");
    event.must(this.penalty === null, "earlierOne");
    event.must(this.invoiced === null, "invoicedBefore");
    const days = this.daysLate ?? 0;
    event.same("daysLate", event.said.number("daysLate"), days);
    const amount = this.#amount(event);
    event.same("penalty", amount, penaltyOf(penalties, this.#value.centavos, days));
    penalties.left -= amount;
    this.penalty = amount;
  }

  #invoice(event: Event, penalties: Penalties): void {
    event.must(this.#isAccepted(), "notAccepted");
    event.must(this.invoiced === null, "earlierOne");
    const due = penaltyOf(penalties, this.#value.centavos, this.daysLate ?? 0);
    event.must(this.penalty !== null || due === 0n, "penaltyMissing");
    event.same("lessPenalty", this.#amount(event), this.#value.centavos - (this.penalty ?? 0n));
    this.invoiced = event.said.money("amount");
  }

  #pay(event: Event, before: Stage, after: Stage): void {
    if (this.invoiced === null) throw event.refuse("noInvoice");
    const amount = event.said.money("amount");
    event.same("otherInvoiced", moneyText(amount), moneyText(this.invoiced));
    event.must(this.stage === before, "paymentOrder");
    this.stage = after;
  }

  /** The event's amount in centavos, of the contract's currency. */
  #amount(event: Event): bigint {
    const { centavos, currency } = event.said.money("amount");
    event.same("currency", currency, this.#value.currency);
    return centavos;
  }
}

/** The day since 1970 that an instant is in. */
function dayOf(millis: bigint): bigint {
  return millis < 0n ? (millis - DAY_MS + 1n) / DAY_MS : millis / DAY_MS;
}

/** Whether all was paid when the contract was completed, and its accounts are the sums. */
function checkSettlement(dossier: Case, contract: Event, milestones: readonly Milestone[]): void {
  const completed = dossier.one("ContractCompleted");
  const arePaid = milestones.every(({ stage }) => stage === "paid");
  completed?.must(arePaid, "notPaid");
  const settlement = dossier.one("SettlementIssued");
  if (settlement === null) return;
  dossier.needed("ContractCompleted", settlement);
  const { centavos, currency } = contract.said.money("amount");
  const sums = [
    ["settledAmount", "amount", centavos],
    ["settledPenalties", "penalties", sum(milestones, ({ penalty }) => penalty)],
    ["settledPaid", "paid", sum(milestones, paidOf)],
  ] as const;
  for (const [what, name, total] of sums) {
    const said = moneyText(settlement.said.money(name));
    settlement.same(what, said, moneyText({ centavos: total, currency }));
  }
}

function paidOf({ invoiced, stage }: Milestone): bigint | null {
  return stage === "paid" ? (invoiced?.centavos ?? null) : null;
}

function sum(
  milestones: readonly Milestone[],
  part: (milestone: Milestone) => bigint | null,
): bigint {
  return milestones.reduce((total, milestone) => total + (part(milestone) ?? 0n), 0n);
}
