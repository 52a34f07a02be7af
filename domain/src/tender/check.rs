//! The rules a call has to meet: alone, and at the hour it is published.

use crate::catalogue::resolve;
use crate::content::{CallDays, Item, Schedule};
use crate::event::{CatalogItemAdded, PlanApproved};
use crate::rule_set::{RuleSet, Rules, Waiver};
use crate::tender::command::TenderDraft;
use crate::tender::rejection::{DayRelation, TenderRejection};
use crate::time::{Day, Timestamp};

impl Schedule {
    /// Whether proposals are received: from `receipt_start`, until just before `receipt_end`.
    #[must_use]
    pub fn is_receiving(&self, now: Timestamp) -> bool {
        // The deadline is exclusive: a proposal at `receipt_end` is late.
        self.receipt_start <= now && now < self.receipt_end
    }

    /// The hours in their order, each with whether it must be strictly after the one before.
    fn steps(&self) -> [(&'static str, Timestamp, bool); 10] {
        [
            ("receiptStart", self.receipt_start, true),
            ("receiptEnd", self.receipt_end, true),
            ("technicalOpening", self.technical_opening, false),
            ("panelDraw", self.panel_draw, false),
            ("commitStart", self.commit_start, true),
            ("commitEnd", self.commit_end, true),
            ("revealStart", self.reveal_start, false),
            ("revealEnd", self.reveal_end, true),
            ("economicOpening", self.economic_opening, false),
            ("awardAt", self.award_at, true),
        ]
    }
}

impl TenderDraft {
    /// Checks that the call is complete and consistent in itself.
    ///
    /// # Errors
    /// [`TenderRejection`] with the first rule that does not hold.
    pub fn check(&self, rules: &RuleSet) -> Result<(), TenderRejection> {
        self.check_data(rules.rules())?;
        self.check_points(rules.rules())?;
        check_order(&self.schedule)?;
        check_days(&self.schedule, &self.call, rules.rules())?;
        if rules.waives(Waiver::WorkingDays) {
            return Ok(());
        }
        let acts = [
            ("technicalOpening", self.schedule.technical_opening),
            ("awardAt", self.schedule.award_at),
        ];
        acts.into_iter().try_for_each(|(field, at)| match at.local_day() {
            day if day.is_weekend() => Err(TenderRejection::NotAWorkingDay { field, day }),
            _ => Ok(()),
        })
    }

    fn check_data(&self, rules: &Rules) -> Result<(), TenderRejection> {
        if !rules.procurement_methods.contains(&self.procurement_method) {
            return Err(TenderRejection::MethodNotAllowed);
        }
        if !rules.aggregations.contains(&self.aggregation) {
            return Err(TenderRejection::AggregationNotAllowed);
        }
        if self.budget.currency() != rules.currency {
            return Err(TenderRejection::Currency { currency: rules.currency });
        }
        if self.budget.centavos() == 0 {
            return Err(TenderRejection::ZeroBudget);
        }
        if self.items.is_empty() {
            return Err(TenderRejection::NothingIn { field: "items" });
        }
        if self.requirements.is_empty() {
            return Err(TenderRejection::NothingIn { field: "requirements" });
        }
        Ok(())
    }

    fn check_points(&self, rules: &Rules) -> Result<(), TenderRejection> {
        let weights = self.weights;
        let sum = sum([weights.technical, weights.economic, weights.social]);
        if sum != u64::from(rules.weights_total) {
            return Err(TenderRejection::WeightsSum { sum, expected: rules.weights_total });
        }
        let maxima = self::sum(self.technical_criteria.iter().map(|criterion| criterion.maximum));
        if maxima != u64::from(weights.technical) {
            let expected = weights.technical;
            return Err(TenderRejection::TechnicalCriteriaSum { sum: maxima, expected });
        }
        let shares = self::sum(self.social_criteria.iter().map(|it| it.weight_percent));
        let expected = if weights.social == 0 { 0 } else { 100 };
        if shares != u64::from(expected) {
            return Err(TenderRejection::SocialCriteriaSum { sum: shares, expected });
        }
        if self.technical_minimum > weights.technical {
            return Err(TenderRejection::TechnicalMinimum {
                minimum: self.technical_minimum,
                weight: weights.technical,
            });
        }
        Ok(())
    }

    /// The plan and the items the call cites, if they are approved and fit it.
    ///
    /// # Errors
    /// [`TenderRejection`] with the first thing that does not fit.
    pub fn cite(
        &self,
        plan: Option<PlanApproved>,
        cited: &[CatalogItemAdded],
    ) -> Result<(PlanApproved, Vec<Item>), TenderRejection> {
        let plan = plan.ok_or(TenderRejection::PlanNotApproved)?;
        if self.procedure_unit().as_ref() != Some(&plan.unit_key) {
            return Err(TenderRejection::ProcedureNumberUnit { unit_key: plan.unit_key });
        }
        let is_within_plan = self.budget.currency() == plan.amount.currency()
            && self.budget.centavos() <= plan.amount.centavos();
        if !is_within_plan {
            return Err(TenderRejection::BudgetAbovePlan { amount: plan.amount });
        }
        let items = resolve(&self.items, cited).map_err(|(index, line)| {
            let (scheme, item) = (line.scheme.clone(), line.item.clone());
            TenderRejection::UnknownItem { index, scheme, item }
        })?;
        Ok((plan, items))
    }

    /// Checks that the call may be published at `now`.
    ///
    /// # Errors
    /// [`TenderRejection::ReceiptStarted`] or [`TenderRejection::MinimumPeriod`].
    pub fn check_publication(
        &self,
        rules: &RuleSet,
        now: Timestamp,
    ) -> Result<(), TenderRejection> {
        let receipt_start = self.schedule.receipt_start;
        // A call published exactly when receipt starts is on time.
        if receipt_start < now {
            return Err(TenderRejection::ReceiptStarted { receipt_start, now });
        }
        let minimum_days = rules.rules().minimum_days_publication_to_opening;
        match earliest_opening(now, minimum_days) {
            Some(earliest) if earliest <= self.schedule.technical_opening => Ok(()),
            Some(earliest) => Err(TenderRejection::MinimumPeriod { earliest, minimum_days }),
            // The calendar ends before the period does.
            None => Err(TenderRejection::ReceiptStarted { receipt_start, now }),
        }
    }

    /// The instant from which the call may no longer be published: exclusive, so that an append
    /// which waits for its turn is refused rather than late.
    #[must_use]
    pub fn publishable_until(&self, rules: &RuleSet) -> Timestamp {
        let start = self.schedule.receipt_start;
        let after_start = Timestamp::from_millis(start.as_millis() + 1).unwrap_or(start);
        let minimum_days = rules.rules().minimum_days_publication_to_opening;
        // Published a day later, the opening would have to be a day later.
        let too_late = self.schedule.technical_opening.local_day().minus_days(minimum_days);
        let day_after = too_late.and_then(|day| day.plus_days(1));
        match day_after.and_then(|day| day.local_start().ok()) {
            Some(midnight) => after_start.min(midnight),
            None => after_start,
        }
    }
}

/// The first instant of the day that is `days` natural days after the day of publication: the day
/// of publication does not count, the day of the opening does.
fn earliest_opening(publication: Timestamp, days: u16) -> Option<Timestamp> {
    publication.local_day().plus_days(days)?.local_start().ok()
}

fn check_order(schedule: &Schedule) -> Result<(), TenderRejection> {
    let steps = schedule.steps();
    for pair in steps.windows(2) {
        let [(earlier, earlier_at, _), (later, later_at, is_strict)] = [pair[0], pair[1]];
        let is_ordered = earlier_at < later_at || (!is_strict && earlier_at == later_at);
        if !is_ordered {
            return Err(TenderRejection::ScheduleOrder { earlier, later, earlier_at });
        }
    }
    Ok(())
}

fn check_days(schedule: &Schedule, call: &CallDays, rules: &Rules) -> Result<(), TenderRejection> {
    use DayRelation::{From, On, Until};
    let opening = schedule.technical_opening.local_day();
    let award = schedule.award_at.local_day();
    let last_award = opening.plus_days(rules.maximum_days_opening_to_award);
    let last_contract = award.plus_days(rules.maximum_days_award_to_contract);
    let rules = [
        ("tenderStart", call.tender_start, On, Some(schedule.receipt_start.local_day())),
        ("tenderEnd", call.tender_end, On, Some(schedule.receipt_end.local_day())),
        ("awardStart", call.award_start, From, Some(call.tender_end)),
        ("awardStart", call.award_start, Until, Some(award)),
        ("awardEnd", call.award_end, On, Some(award)),
        ("awardEnd", call.award_end, Until, last_award),
        ("contractingStart", call.contracting_start, From, Some(call.award_end)),
        ("contractingEnd", call.contracting_end, From, Some(call.contracting_start)),
        ("contractingEnd", call.contracting_end, Until, last_contract),
    ];
    for (field, actual, relation, day) in rules {
        // After the end of the calendar nothing is too late.
        let Some(day) = day else { continue };
        if !holds(actual, relation, day) {
            return Err(TenderRejection::CallDay { field, relation, day });
        }
    }
    Ok(())
}

fn holds(actual: Day, relation: DayRelation, day: Day) -> bool {
    match relation {
        DayRelation::On => actual == day,
        DayRelation::From => actual >= day,
        DayRelation::Until => actual <= day,
    }
}

fn sum(parts: impl IntoIterator<Item = u32>) -> u64 {
    parts.into_iter().map(u64::from).sum()
}
