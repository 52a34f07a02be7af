//! The contract: it is the award's, and its parts add up.

use super::case::Case;
use super::contradiction::Contradiction;
use super::event::Event;
use super::opinion::Found;
use super::record::half_up;
use crate::json::Value;

/// Checks the contract and its guarantee.
pub(super) fn check(case: &Case) -> Result<Found, Contradiction> {
    let Some(contract) = case.one("ContractPrepared")? else {
        return Ok(Found::Absent("no contract is prepared so far"));
    };
    let award = case.needed("AwardIssued", contract)?;
    let record = contract.record();
    for name in ["awardId", "supplier", "amount", "signBy"] {
        let awarded = award.record().get(name)?.value;
        record.get(name)?.is("it is not what was awarded", awarded)?;
    }
    check_milestones(contract)?;
    let amount = record.money("amount")?;
    if let Some(guarantee) = case.one("GuaranteeLodged")? {
        let percent = u128::from(record.number("guaranteePercent")?);
        let least = (u128::from(amount.centavos) * percent).div_ceil(100);
        let lodged = guarantee.record().money("amount")?;
        let enough = u128::from(lodged.centavos) >= least && lodged.currency == amount.currency;
        guarantee.require(enough, "the guarantee is smaller than the contract asks for")?;
    }
    check_signatures(case)?;
    let milestones = record.list("milestones")?.len();
    Ok(Found::Proven(format!("{amount} as awarded, {milestones} deliverables add up to it")))
}

/// Whether each deliverable has its share, half up, and the last one what is left.
fn check_milestones(contract: &Event) -> Result<(), Contradiction> {
    let record = contract.record();
    let amount = record.money("amount")?;
    let milestones = record.list("milestones")?;
    let (mut percents, mut left) = (0_u64, u128::from(amount.centavos));
    let mut ids = std::collections::BTreeSet::new();
    for (place, milestone) in milestones.iter().enumerate() {
        let percent = milestone.number("percent")?;
        percents += u64::from(percent);
        let share = half_up(u128::from(amount.centavos) * u128::from(percent), 100);
        let wanted = if place + 1 == milestones.len() { left } else { share };
        let value = milestone.money("amount")?;
        contract.same("a deliverable's value", u128::from(value.centavos), wanted)?;
        contract.same("a deliverable's currency", value.currency, amount.currency)?;
        left = left
            .checked_sub(wanted)
            .ok_or_else(|| contract.refuse("its deliverables are worth more than it is", amount))?;
        contract.require(ids.insert(milestone.text("id")?), "two deliverables have one id")?;
    }
    contract.same("the sum of the shares, in per cent", percents, 100)
}

/// Whether it is in force only after its guarantee and both signatures.
fn check_signatures(case: &Case) -> Result<(), Contradiction> {
    let Some(activated) = case.one("ContractActivated")? else { return Ok(()) };
    case.needed("GuaranteeLodged", activated)?;
    let signed = |party: &str| {
        case.all("ContractSigned").any(|event| {
            event.position < activated.position
                && event.data.get("party").and_then(Value::as_str) == Some(party)
        })
    };
    activated.require(signed("buyer") && signed("supplier"), "a party did not sign before it")
}
