//! Deliverables, penalties and payments, followed one by one.

use std::collections::BTreeMap;

use super::case::Case;
use super::contradiction::Contradiction;
use super::event::Event;
use super::opinion::Found;
use super::record::{Money, half_up};
use crate::encoding::instant_ms;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// How far Mexico City is behind UTC, in hours: in winter, and in the summers until 2022.
const OFFSETS_H: [i64; 2] = [6, 5];

/// The types of events of a deliverable.
const ACTS: [&str; 7] = [
    "DeliverableSubmitted",
    "DeliverableReturned",
    "DeliverableAccepted",
    "PenaltyApplied",
    "InvoiceRegistered",
    "PaymentOrdered",
    "PaymentRecorded",
];

/// A deliverable, and what became of it.
struct Milestone<'a> {
    value: Money<'a>,
    due: &'a str,
    /// Measured at the first delivery.
    days_late: Option<u32>,
    stage: Stage,
    penalty: Option<u64>,
    invoiced: Option<Money<'a>>,
}

/// What a delay costs, and what is left of the guarantee that covers it.
struct Penalties {
    per_mille: u32,
    /// In centavos.
    left: u64,
}

impl Penalties {
    fn read(case: &Case, contract: &Event) -> Result<Self, Contradiction> {
        let per_mille = contract.record().number("penaltyPerDayPerMille")?;
        let guarantee = case.one("GuaranteeLodged")?;
        let guarantee = guarantee.map(|lodged| lodged.record().money("amount")).transpose()?;
        Ok(Self { per_mille, left: guarantee.map_or(0, |guarantee| guarantee.centavos) })
    }

    /// The penalty of a deliverable in centavos: half up, no more than its value and what is left of the guarantee.
    fn of(&self, value: u64, days_late: u32) -> u128 {
        let factor = u128::from(days_late) * u128::from(self.per_mille);
        half_up(u128::from(value) * factor, 1000).min(self.left.min(value).into())
    }
}

/// How far a deliverable is; what is sent back is expected again.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Expected,
    Delivered,
    Accepted,
    Ordered,
    Paid,
}

/// Checks what was delivered and paid.
pub(super) fn check(case: &Case) -> Result<Found, Contradiction> {
    let Some(contract) = case.one("ContractPrepared")? else {
        return Ok(Found::Absent("no contract is prepared so far"));
    };
    let mut milestones = BTreeMap::new();
    for milestone in contract.record().list("milestones")? {
        let item = Milestone {
            value: milestone.money("amount")?,
            due: milestone.text("due")?,
            days_late: None,
            stage: Stage::Expected,
            penalty: None,
            invoiced: None,
        };
        milestones.insert(milestone.text("id")?, item);
    }
    let mut penalties = Penalties::read(case, contract)?;
    let mut acts = 0;
    for event in case.events.iter().filter(|event| !event.sealed) {
        if !ACTS.contains(&event.kind()) {
            continue;
        }
        acts += 1;
        case.needed("ContractActivated", event)?;
        let id = event.record().text("milestoneId")?;
        let milestone = milestones.get_mut(id);
        let milestone =
            milestone.ok_or_else(|| event.refuse("the contract has no such deliverable", id))?;
        milestone.follow(event, &mut penalties)?;
    }
    check_settlement(case, contract, &milestones)?;
    if acts == 0 {
        return Ok(Found::Absent("nothing is delivered so far"));
    }
    let paid = milestones.values().filter(|it| it.stage == Stage::Paid).count();
    let late = milestones.values().filter(|it| it.days_late > Some(0)).count();
    let all = milestones.len();
    Ok(Found::Proven(format!(
        "{paid} of {all} deliverables paid at value less penalty, {late} of them late"
    )))
}

impl<'a> Milestone<'a> {
    fn follow(&mut self, event: &'a Event, penalties: &mut Penalties) -> Result<(), Contradiction> {
        match event.kind() {
            "DeliverableSubmitted" => self.deliver(event),
            "DeliverableReturned" | "DeliverableAccepted" => {
                let waits = self.stage == Stage::Delivered;
                event.require(waits, "nothing waits for a decision")?;
                let accepted = event.kind() == "DeliverableAccepted";
                self.stage = if accepted { Stage::Accepted } else { Stage::Expected };
                Ok(())
            }
            "PenaltyApplied" => self.penalise(event, penalties),
            "InvoiceRegistered" => self.invoice(event, penalties),
            _ => self.pay(event),
        }
    }

    fn deliver(&mut self, event: &Event) -> Result<(), Contradiction> {
        event.require(self.stage == Stage::Expected, "nothing was to be delivered")?;
        self.stage = Stage::Delivered;
        let said = event.record().number("daysLate")?;
        if let Some(first) = self.days_late {
            return event.same("how late the first delivery was", said, first);
        }
        self.days_late = Some(said);
        let due = instant_ms(&format!("{}T00:00:00.000Z", self.due));
        let due = due.ok_or_else(|| event.refuse("its deliverable is due on no day", self.due))?;
        let days = OFFSETS_H.map(|hours| {
            let local_ms = event.effective_at_ms() - hours * HOUR_MS;
            (local_ms.div_euclid(DAY_MS) - due.div_euclid(DAY_MS)).max(0)
        });
        let fits = days.contains(&i64::from(said));
        let days = format_args!("recorded {said}, it is {}", days[0]);
        if fits { Ok(()) } else { Err(event.refuse("how many days late it is", days)) }
    }

    fn penalise(&mut self, event: &Event, penalties: &mut Penalties) -> Result<(), Contradiction> {
        event
            .require(self.stage >= Stage::Accepted, "its deliverable is not accepted before it")?;
        event.require(self.penalty.is_none(), "there is an earlier one")?;
        event.require(self.invoiced.is_none(), "its deliverable is invoiced before it")?;
        let days = self.days_late.unwrap_or_default();
        event.same("how many days late it is", event.record().number("daysLate")?, days)?;
        let amount = self.amount(event)?;
        let computed = penalties.of(self.value.centavos, days);
        event.same("the penalty in centavos", u128::from(amount), computed)?;
        penalties.left -= amount;
        self.penalty = Some(amount);
        Ok(())
    }

    fn invoice(&mut self, event: &'a Event, penalties: &Penalties) -> Result<(), Contradiction> {
        event
            .require(self.stage >= Stage::Accepted, "its deliverable is not accepted before it")?;
        event.require(self.invoiced.is_none(), "there is an earlier one")?;
        let late = self.days_late.unwrap_or_default();
        let due = self.penalty.is_none() && penalties.of(self.value.centavos, late) > 0;
        event.require(!due, "its late deliverable has no penalty")?;
        let rest = self.value.centavos - self.penalty.unwrap_or_default();
        event.same("the value less the penalty in centavos", self.amount(event)?, rest)?;
        self.invoiced = Some(event.record().money("amount")?);
        Ok(())
    }

    fn pay(&mut self, event: &Event) -> Result<(), Contradiction> {
        let invoiced = self.invoiced.ok_or_else(|| event.refuse("there is no invoice", ""))?;
        event.same("the amount invoiced", event.record().money("amount")?, invoiced)?;
        let (before, after) = match event.kind() {
            "PaymentOrdered" => (Stage::Accepted, Stage::Ordered),
            _ => (Stage::Ordered, Stage::Paid),
        };
        event.require(
            self.stage == before,
            "the payment was not to be ordered, or not to be made",
        )?;
        self.stage = after;
        Ok(())
    }

    /// The event's amount in centavos, of the contract's currency.
    fn amount(&self, event: &Event) -> Result<u64, Contradiction> {
        let amount = event.record().money("amount")?;
        event.same("the currency", amount.currency, self.value.currency)?;
        Ok(amount.centavos)
    }
}

/// Whether all was paid when the contract was completed, and its accounts are the sums.
fn check_settlement(
    case: &Case,
    contract: &Event,
    milestones: &BTreeMap<&str, Milestone<'_>>,
) -> Result<(), Contradiction> {
    if let Some(completed) = case.one("ContractCompleted")? {
        let paid = milestones.values().all(|milestone| milestone.stage == Stage::Paid);
        completed.require(paid, "a deliverable is not paid")?;
    }
    let Some(settlement) = case.one("SettlementIssued")? else { return Ok(()) };
    case.needed("ContractCompleted", settlement)?;
    let amount = contract.record().money("amount")?;
    settlement.same("the amount", settlement.record().money("amount")?, amount)?;
    let sum = |part: fn(&Milestone<'_>) -> u64| {
        let centavos = milestones.values().map(part).sum();
        Money { centavos, ..amount }
    };
    let penalties = sum(|milestone| milestone.penalty.unwrap_or_default());
    settlement.same("all penalties", settlement.record().money("penalties")?, penalties)?;
    let paid = sum(|milestone| {
        let amount = milestone.invoiced.filter(|_| milestone.stage == Stage::Paid);
        amount.map_or(0, |amount| amount.centavos)
    });
    settlement.same("all payments", settlement.record().money("paid")?, paid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_penalty_is_half_up_and_no_more_than_is_left_of_the_guarantee() {
        let of = |left, value| Penalties { per_mille: 5, left }.of(value, 3);
        // Of a long delay no more than the value.
        assert_eq!(Penalties { per_mille: 50, left: 900 }.of(100, 30), 100);
        assert_eq!([of(9, 100), of(9, 99), of(9, 1_000), of(1, 100), of(0, 100)], [2, 1, 9, 1, 0]);
    }
}
