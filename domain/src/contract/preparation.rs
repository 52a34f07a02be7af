//! How a contract follows from an award and its terms.

use crate::content::Milestone;
use crate::contract::amount::{part, share};
use crate::contract::command::{MilestoneInput, PrepareContract};
use crate::contract::rejection::{ContractRejection, TermsRejection};
use crate::event::ContractPrepared;
use crate::id::LocalId;
use crate::input::{read_id, read_list};
use crate::money::Money;
use crate::rejection::{InputRejection, in_range, unique_ids};
use crate::text::{self, TITLE_CHARS_MAX};
use crate::time::{Day, Timestamp};

/// The least a guarantee covers, in per cent of the amount.
pub const GUARANTEE_PERCENT_MIN: u32 = 10;

/// The most a day of delay costs, in per mille of the late deliverable's value.
pub const PENALTY_PER_MILLE_MAX: u32 = 50;

/// A deliverable whose value is not worked out yet.
struct Share {
    id: LocalId,
    title: String,
    percent: u32,
    due: Day,
}

pub(super) fn prepare(
    command: PrepareContract,
    now: Timestamp,
) -> Result<ContractPrepared, ContractRejection> {
    let PrepareContract { contract_id, award, call, terms } = command;
    let award = award.ok_or(TermsRejection::AwardMissing)?;
    let call = call.filter(|call| call.tender_id == award.tender_id);
    let call = call.ok_or(TermsRejection::TenderUnknown)?;
    let sign_by = award.sign_by;
    if now.local_day() > sign_by {
        return Err(TermsRejection::SigningEnded { sign_by, now }.into());
    }
    let percent = u64::from(terms.guarantee_percent);
    in_range("guaranteePercent", percent, u64::from(GUARANTEE_PERCENT_MIN), 100)?;
    let per_mille = u64::from(terms.penalty_per_day_per_mille);
    in_range("penaltyPerDayPerMille", per_mille, 0, u64::from(PENALTY_PER_MILLE_MAX))?;
    let shares = read_shares(&terms.milestones)?;
    check_shares(&shares, call.schedule.award_at.local_day())?;
    Ok(ContractPrepared {
        contract_id,
        ocid: award.ocid,
        tender_id: award.tender_id,
        award_id: award.award_id,
        unit_key: call.unit_key,
        title: call.title,
        supplier: award.supplier,
        amount: award.amount,
        sign_by,
        guarantee_percent: terms.guarantee_percent,
        penalty_per_day_per_mille: terms.penalty_per_day_per_mille,
        milestones: split(award.amount, shares)?,
    })
}

fn read_shares(inputs: &[MilestoneInput]) -> Result<Vec<Share>, InputRejection> {
    let shares = read_list("milestones", inputs, |at, input| {
        in_range(&format!("{at}.percent"), u64::from(input.percent), 1, 100)?;
        Ok(Share {
            id: read_id(at, &input.id)?,
            title: text::line(&format!("{at}.title"), &input.title, TITLE_CHARS_MAX)?,
            percent: input.percent,
            due: input.due,
        })
    })?;
    unique_ids("milestones", shares.iter().map(|share| &share.id))?;
    Ok(shares)
}

fn check_shares(shares: &[Share], award_day: Day) -> Result<(), TermsRejection> {
    if shares.is_empty() {
        return Err(TermsRejection::NoMilestones);
    }
    let sum: u64 = shares.iter().map(|share| u64::from(share.percent)).sum();
    if sum != 100 {
        return Err(TermsRejection::PercentsSum { sum });
    }
    match shares.iter().position(|share| share.due <= award_day) {
        Some(index) => Err(TermsRejection::DueBeforeAward { index, award_day }),
        None => Ok(()),
    }
}

/// Gives each share its value, half up to the centavo; the last one takes what is left.
fn split(amount: Money, shares: Vec<Share>) -> Result<Vec<Milestone>, TermsRejection> {
    let last = shares.len() - 1;
    let mut left = amount.centavos();
    let mut milestones = Vec::with_capacity(shares.len());
    for (index, Share { id, title, percent, due }) in shares.into_iter().enumerate() {
        let value = if index == last { left } else { share(amount, percent) };
        // Of a tiny amount the shares before may take more than all, half up as they are.
        if value == 0 || value > left {
            return Err(TermsRejection::WorthlessMilestone { index });
        }
        left -= value;
        milestones.push(Milestone { id, title, percent, amount: part(value, amount), due });
    }
    Ok(milestones)
}
