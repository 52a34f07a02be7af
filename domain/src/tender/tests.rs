//! The rules of tenders, one test each: here up to the publication.

mod stages;

use super::*;
use crate::aggregate::Aggregate;
use crate::aggregate::tests::given;
use crate::content::Schedule;
use crate::money::{Currency, Money};
use crate::rejection::Refusal;
use crate::rule_set::RuleSet;
use crate::sample::{self, day, local};
use crate::time::Timestamp;
use crate::vocabulary::{Aggregation, ProcurementMethod};
use proptest::prelude::*;

fn published_at(at: &str, change: impl FnOnce(&mut PublishCall)) -> Result<(), TenderRejection> {
    let mut command = sample::publish_call();
    change(&mut command);
    let command = TenderCommand::PublishCall(Box::new(command));
    Tender::default().decide(command, local(at)).map(|_| ())
}

fn rejected(change: impl FnOnce(&mut PublishCall)) -> TenderRejection {
    let mut command = sample::publish_call();
    change(&mut command);
    let command = TenderCommand::PublishCall(Box::new(command));
    let rejection = Tender::default().decide(command, local("2018-04-12T09:00:00")).unwrap_err();
    assert!(!rejection.message_es().is_empty() && !rejection.message_es().contains("  "));
    rejection
}

#[test]
fn the_call_of_the_case_is_published_at_the_hour_receipt_starts() {
    let command = TenderCommand::PublishCall(Box::new(sample::publish_call()));
    let events = given::<Tender>([]).at(local("2018-04-12T09:00:00")).when(command).then_events();
    let TenderEvent::Published(tender) = &events[0] else { panic!("not published") };
    assert_eq!(tender.ocid.as_str(), "ocds-000000-009000999-2018-1");
    assert_eq!(tender.items[0].unit, "Servicio");
}

#[test]
fn a_call_is_published_once() {
    let command = TenderCommand::PublishCall(Box::new(sample::publish_call()));
    given::<Tender>([TenderEvent::Published(Box::new(sample::tender_published()))])
        .at(local("2018-04-12T09:00:00"))
        .when(command)
        .then_rejected(TenderRejection::AlreadyPublished);
}

#[test]
fn an_author_does_not_approve_their_own_call() {
    assert_eq!(rejected(|call| call.approver = call.author), TenderRejection::ApproverIsAuthor);
}

#[test]
fn the_weights_add_up_to_a_hundred_points() {
    let rejection = rejected(|call| call.draft.weights.economic = 2999);
    assert_eq!(rejection, TenderRejection::WeightsSum { sum: 9999, expected: 10000 });
    assert!(rejection.message_es().contains("99.99"));
    let rejection = rejected(|call| {
        call.draft.weights.economic = u32::MAX;
        call.draft.weights.social = u32::MAX;
    });
    assert_eq!(rejection.code(), "weights-sum");
}

#[test]
fn the_technical_maxima_add_up_to_the_technical_weight() {
    let rejection = rejected(|call| call.draft.technical_criteria[0].maximum = 2001);
    assert_eq!(rejection, TenderRejection::TechnicalCriteriaSum { sum: 5001, expected: 5000 });
}

#[test]
fn the_social_shares_add_up_to_a_hundred_per_cent() {
    let rejection = rejected(|call| call.draft.social_criteria[0].weight_percent = 39);
    assert_eq!(rejection, TenderRejection::SocialCriteriaSum { sum: 99, expected: 100 });
}

#[test]
fn without_a_social_weight_there_are_no_social_criteria() {
    let without = |call: &mut PublishCall| {
        call.draft.weights.social = 0;
        call.draft.weights.economic = 5000;
    };
    let rejection = TenderRejection::SocialCriteriaSum { sum: 100, expected: 0 };
    assert_eq!(rejected(without), rejection);
    let answer = published_at("2018-04-12T09:00:00", |call| {
        without(call);
        call.draft.social_criteria.clear();
    });
    assert_eq!(answer, Ok(()));
}

#[test]
fn the_technical_minimum_can_be_reached() {
    let rejection = rejected(|call| call.draft.technical_minimum = 5001);
    assert_eq!(rejection, TenderRejection::TechnicalMinimum { minimum: 5001, weight: 5000 });
    let all = published_at("2018-04-12T09:00:00", |call| call.draft.technical_minimum = 5000);
    assert_eq!(all, Ok(()));
}

#[test]
fn a_call_has_an_item_and_a_requirement() {
    let no_items = rejected(|call| call.draft.items.clear());
    assert_eq!(no_items, TenderRejection::NothingIn { field: "items" });
    let no_requirements = rejected(|call| call.draft.requirements.clear());
    assert_eq!(no_requirements, TenderRejection::NothingIn { field: "requirements" });
}

#[test]
fn the_budget_is_positive_in_pesos_and_within_the_plan() {
    let zero = rejected(|call| call.draft.budget = Money::mxn(0).unwrap());
    assert_eq!(zero, TenderRejection::ZeroBudget);
    let usd = Currency::try_from("USD".to_owned()).unwrap();
    let foreign = rejected(|call| call.draft.budget = Money::new(1, usd).unwrap());
    assert_eq!(foreign, TenderRejection::Currency { currency: Currency::MXN });
    let amount = Money::mxn(200_000_000).unwrap();
    let above = rejected(|call| call.draft.budget = Money::mxn(200_000_001).unwrap());
    assert_eq!(above, TenderRejection::BudgetAbovePlan { amount });
}

#[test]
fn the_rules_name_the_methods_and_the_aggregations() {
    let direct = rejected(|call| call.draft.procurement_method = ProcurementMethod::Direct);
    assert_eq!(direct, TenderRejection::MethodNotAllowed);
    let mean = rejected(|call| call.draft.aggregation = Aggregation::Mean);
    assert_eq!(mean, TenderRejection::AggregationNotAllowed);
}

#[test]
fn a_call_cites_an_approved_plan_of_its_unit() {
    assert_eq!(rejected(|call| call.plan = None), TenderRejection::PlanNotApproved);
    let unit_key: crate::UnitKey = "009000998".parse().unwrap();
    let other =
        rejected(|call| call.plan.as_mut().unwrap().unit_key = "009000998".parse().unwrap());
    assert_eq!(other, TenderRejection::ProcedureNumberUnit { unit_key });
}

#[test]
fn an_item_that_is_in_no_catalogue_is_refused() {
    let rejection = rejected(|call| call.cited.clear());
    assert_eq!(rejection.code(), "catalogue-item-unknown");
    assert_eq!(rejection.field().as_deref(), Some("items[0].item"));
}

#[test]
fn a_call_published_after_receipt_started_is_late() {
    let late = published_at("2018-04-12T09:00:00.001", |_| ());
    assert_eq!(late.unwrap_err().code(), "receipt-started");
}

#[test]
fn the_refusal_of_a_short_period_names_the_earliest_legal_opening() {
    let rejection = published_at("2018-04-12T08:00:00", |call| {
        let schedule = &mut call.draft.schedule;
        schedule.receipt_end = local("2018-04-12T18:00:00");
        schedule.technical_opening = local("2018-04-12T23:59:59.999");
        call.draft.call.tender_end = day("2018-04-12");
        call.draft.call.award_end = day("2018-04-14");
        schedule.commit_start = local("2018-04-14T08:00:00");
        schedule.commit_end = local("2018-04-14T09:00:00");
        schedule.reveal_start = local("2018-04-14T10:00:00");
        schedule.reveal_end = local("2018-04-14T11:00:00");
        schedule.economic_opening = local("2018-04-14T12:00:00");
        schedule.award_at = local("2018-04-14T13:00:00");
    })
    .unwrap_err();
    let earliest = local("2018-04-13T00:00:00");
    assert_eq!(rejection, TenderRejection::MinimumPeriod { earliest, minimum_days: 1 });
    let named = ("earliest", "2018-04-13T05:00:00.000Z".to_owned());
    assert!(rejection.details().contains(&named));
    assert!(rejection.message_es().contains("13 de abril de 2018, 00:00 h (hora del centro)"));
}

#[test]
fn fifteen_days_count_from_the_day_after_publication() {
    let text = include_str!("../../rules/piloto-2018.json");
    let text = text.replace(r#"PublicationToOpening": 1"#, r#"PublicationToOpening": 15"#);
    let rules = RuleSet::from_json(&text).unwrap();
    let at = |at: &str| published_at(at, |call| call.rules = rules.clone());
    assert_eq!(at("2018-03-29T23:59:59.999"), Ok(()));
    let earliest = local("2018-04-14T00:00:00");
    let refused = TenderRejection::MinimumPeriod { earliest, minimum_days: 15 };
    assert_eq!(at("2018-03-30T00:00:00"), Err(refused));
    let until = sample::publish_call().draft.publishable_until(&rules);
    assert_eq!(until, local("2018-03-30T00:00:00"));
}

#[test]
fn where_working_days_are_not_waived_an_award_on_sunday_is_refused() {
    let text = include_str!("../../rules/piloto-2018.json");
    let text = text.replace(r#", "workingDays""#, "");
    let rules = RuleSet::from_json(&text).unwrap();
    let rejection = rejected(|call| call.rules = rules);
    let field = "awardAt";
    assert_eq!(rejection, TenderRejection::NotAWorkingDay { field, day: day("2018-04-15") });
}

#[test]
fn every_hour_of_the_schedule_comes_after_the_one_before() {
    type Set = fn(&mut Schedule, Timestamp);
    let setters: [(&str, Set, bool); 9] = [
        ("receiptEnd", |schedule, at| schedule.receipt_end = at, true),
        ("technicalOpening", |schedule, at| schedule.technical_opening = at, false),
        ("panelDraw", |schedule, at| schedule.panel_draw = at, false),
        ("commitStart", |schedule, at| schedule.commit_start = at, true),
        ("commitEnd", |schedule, at| schedule.commit_end = at, true),
        ("revealStart", |schedule, at| schedule.reveal_start = at, false),
        ("revealEnd", |schedule, at| schedule.reveal_end = at, true),
        ("economicOpening", |schedule, at| schedule.economic_opening = at, false),
        ("awardAt", |schedule, at| schedule.award_at = at, true),
    ];
    let hours = |s: &Schedule| {
        [
            s.receipt_start,
            s.receipt_end,
            s.technical_opening,
            s.panel_draw,
            s.commit_start,
            s.commit_end,
            s.reveal_start,
            s.reveal_end,
            s.economic_opening,
        ]
    };
    for (index, (field, set, is_strict)) in setters.into_iter().enumerate() {
        let before = hours(&sample::schedule())[index];
        let rejection = published_at("2018-04-12T09:00:00", |call| {
            set(&mut call.draft.schedule, Timestamp::from_millis(before.as_millis() - 1).unwrap());
        })
        .unwrap_err();
        assert_eq!(rejection.code(), "schedule-order", "{field}");
        assert_eq!(rejection.field(), Some(format!("schedule.{field}")));
        let at_once = published_at("2018-04-12T09:00:00", |call| {
            set(&mut call.draft.schedule, before);
        });
        let is_out_of_order = at_once.is_err_and(|rejection| rejection.code() == "schedule-order");
        assert_eq!(is_out_of_order, is_strict, "{field}");
    }
}

#[test]
fn the_days_of_the_call_fit_the_hours_of_the_schedule() {
    let field = |change: fn(&mut PublishCall)| rejected(change).field().unwrap();
    assert_eq!(field(|c| c.draft.call.tender_start = day("2018-04-11")), "call.tenderStart");
    assert_eq!(field(|c| c.draft.call.tender_end = day("2018-04-14")), "call.tenderEnd");
    assert_eq!(field(|c| c.draft.call.award_start = day("2018-04-12")), "call.awardStart");
    assert_eq!(field(|c| c.draft.call.award_start = day("2018-04-16")), "call.awardStart");
    assert_eq!(field(|c| c.draft.call.award_end = day("2018-04-16")), "call.awardEnd");
    assert_eq!(
        field(|c| c.draft.call.contracting_start = day("2018-04-14")),
        "call.contractingStart"
    );
    assert_eq!(field(|c| c.draft.call.contracting_end = day("2018-04-15")), "call.contractingEnd");
}

#[test]
fn award_and_contract_have_their_last_day() {
    let late_award = rejected(|call| {
        call.draft.schedule.award_at = local("2018-04-16T13:00:00");
        call.draft.call.award_end = day("2018-04-16");
    });
    let relation = DayRelation::Until;
    let last = TenderRejection::CallDay { field: "awardEnd", relation, day: day("2018-04-15") };
    assert_eq!(late_award, last);
    let contract = rejected(|call| call.draft.call.contracting_end = day("2018-05-01"));
    let field = "contractingEnd";
    assert_eq!(contract, TenderRejection::CallDay { field, relation, day: day("2018-04-30") });
}

#[test]
fn the_deadline_of_receipt_is_exclusive() {
    let schedule = sample::schedule();
    assert!(!schedule.is_receiving(local("2018-04-12T08:59:59.999")));
    assert!(schedule.is_receiving(local("2018-04-12T09:00:00")));
    assert!(schedule.is_receiving(local("2018-04-13T17:59:59.999")));
    assert!(!schedule.is_receiving(local("2018-04-13T18:00:00")));
}

#[test]
fn a_procedure_number_has_four_parts() {
    for number in [
        "LA-009000999-E1",
        "LX-009000999-E1-2018",
        "LA-09000999-E1-2018",
        "LA-009000999-X1-2018",
        "LA-009000999-E0-2018",
        "LA-009000999-E-2018",
        "LA-009000999-E1-218",
        "",
    ] {
        let input = TenderInput { procedure_number: number.to_owned(), ..sample::tender_input() };
        assert_eq!(input.read().unwrap_err().field().as_deref(), Some("procedureNumber"));
    }
    let small = "la-009000999-n19-2015".to_owned();
    let input = TenderInput { procedure_number: small, ..sample::tender_input() };
    assert_eq!(input.read().unwrap().procedure_number, "LA-009000999-N19-2015");
}

#[test]
fn ids_within_a_list_are_unique() {
    let mut input = sample::tender_input();
    input.requirements[1].id = " R1 ".to_owned();
    assert_eq!(input.read().unwrap_err().code(), "repeated-id");
    let mut input = sample::tender_input();
    input.social_criteria[2].id = "S1".to_owned();
    assert_eq!(input.read().unwrap_err().code(), "repeated-id");
}

#[test]
fn a_second_publication_in_history_is_corrupt() {
    let published = TenderEvent::Published(Box::new(sample::tender_published()));
    assert!(Tender::replay(&[published.clone(), published]).is_err());
}

proptest! {
    #[test]
    fn a_call_is_publishable_exactly_until_its_limit(
        days in 0_u16..20, millis in 1_522_000_000_000_i64..1_523_600_000_000
    ) {
        let text = include_str!("../../rules/piloto-2018.json");
        let text = text.replace(
            r#"PublicationToOpening": 1"#, &format!(r#"PublicationToOpening": {days}"#));
        let rules = RuleSet::from_json(&text).unwrap();
        let now = Timestamp::from_millis(millis).unwrap();
        let draft = sample::publish_call().draft;
        let is_published = draft.check_publication(&rules, now).is_ok();
        prop_assert_eq!(is_published, now < draft.publishable_until(&rules));
    }

    #[test]
    fn what_decide_emits_evolve_accepts(
        technical in 0_u32..10_001, minimum in 0_u32..10_001, hour in -2_i64..3
    ) {
        let mut call = sample::publish_call();
        call.draft.weights.technical = technical;
        call.draft.technical_minimum = minimum;
        let now = local("2018-04-12T09:00:00").as_millis() + hour * 3_600_000;
        let command = TenderCommand::PublishCall(Box::new(call));
        let tender = Tender::default();
        if let Ok(events) = tender.decide(command, Timestamp::from_millis(now).unwrap()) {
            prop_assert!(Tender::replay(&events).is_ok());
        }
    }
}
