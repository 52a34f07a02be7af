//! The rules of plans, one test each.

use super::*;
use crate::aggregate::tests::given;
use crate::sample;
use proptest::prelude::*;

fn approve(change: impl FnOnce(&mut ApprovePlan)) -> PlanCommand {
    let mut command = sample::approve_plan();
    change(&mut command);
    PlanCommand::Approve(Box::new(command))
}

#[test]
fn the_plan_of_the_case_is_approved_with_its_median() {
    let events = given::<Plan>([]).when(approve(|_| ())).then_events();
    let PlanEvent::Approved(plan) = &events[0];
    assert_eq!(plan.market_research.median, Money::mxn(185_000_000).unwrap());
    assert_eq!(plan.unit_name, "Unidad de prueba");
    assert_eq!(plan.items[0].description, "Servicios accesibilidad");
}

#[test]
fn a_plan_may_have_no_items() {
    let events = given::<Plan>([]).when(approve(|plan| plan.draft.items.clear())).then_events();
    let PlanEvent::Approved(plan) = &events[0];
    assert!(plan.items.is_empty());
}

#[test]
fn an_author_does_not_approve_their_own_plan() {
    given::<Plan>([])
        .when(approve(|plan| plan.approver = plan.author))
        .then_rejected(PlanRejection::ApproverIsAuthor);
}

#[test]
fn a_plan_is_approved_once() {
    given::<Plan>([PlanEvent::Approved(Box::new(sample::plan_approved()))])
        .when(approve(|_| ()))
        .then_rejected(PlanRejection::AlreadyApproved);
}

#[test]
fn one_source_is_no_market_research() {
    given::<Plan>([])
        .when(approve(|plan| plan.draft.quotes.truncate(1)))
        .then_rejected(PlanRejection::TooFewQuotes { sources: 1, minimum: 2 });
}

#[test]
fn the_same_source_twice_is_one_source() {
    given::<Plan>([])
        .when(approve(|plan| {
            for quote in &mut plan.draft.quotes {
                quote.source = "PROVEEDOR a".to_owned();
            }
            plan.draft.quotes[0].source = "Proveedor A".to_owned();
        }))
        .then_rejected(PlanRejection::TooFewQuotes { sources: 1, minimum: 2 });
}

#[test]
fn a_plan_of_nothing_is_refused() {
    given::<Plan>([])
        .when(approve(|plan| plan.draft.amount = Money::mxn(0).unwrap()))
        .then_rejected(PlanRejection::ZeroAmount { field: "amount".to_owned() });
}

#[test]
fn a_quote_in_another_currency_is_refused() {
    let usd = Currency::try_from("USD".to_owned()).unwrap();
    given::<Plan>([])
        .when(approve(|plan| plan.draft.quotes[1].amount = Money::new(1, usd).unwrap()))
        .then_rejected(PlanRejection::Currency {
            field: "quotes[1].amount".to_owned(),
            currency: Currency::MXN,
        });
}

#[test]
fn a_unit_that_is_not_registered_plans_nothing() {
    given::<Plan>([])
        .when(approve(|plan| plan.unit = None))
        .then_rejected(PlanRejection::UnknownUnit { unit_key: "009000999".parse().unwrap() });
}

#[test]
fn an_item_that_is_in_no_catalogue_is_refused() {
    given::<Plan>([]).when(approve(|plan| plan.cited.clear())).then_rejected(
        PlanRejection::UnknownItem {
            index: 0,
            scheme: "MX-LOCAL".parse().unwrap(),
            item: "33300001-ACC".parse().unwrap(),
        },
    );
}

#[test]
fn what_is_typed_in_is_read_into_normal_form() {
    let input = PlanInput { need: "  Mejora ".to_owned(), ..sample::plan_input() };
    assert_eq!(input.read().unwrap().need, "Mejora");
    assert_eq!(sample::plan_input().read().unwrap(), sample::plan_draft());
}

#[test]
fn what_is_not_of_its_shape_is_named() {
    let year = PlanInput { fiscal_year: 18, ..sample::plan_input() };
    assert_eq!(year.read().unwrap_err().field().as_deref(), Some("fiscalYear"));
    let line = PlanInput { budget_line: "333".to_owned(), ..sample::plan_input() };
    assert_eq!(line.read().unwrap_err().field().as_deref(), Some("budgetLine"));
    let mut quote = sample::plan_input();
    quote.quotes[2].amount.centavos = "1,000".to_owned();
    assert_eq!(quote.read().unwrap_err().field().as_deref(), Some("quotes[2].amount.centavos"));
    let mut repeated = sample::plan_input();
    repeated.items.push(repeated.items[0].clone());
    assert_eq!(repeated.read().unwrap_err().code(), "repeated-id");
    let mut none = sample::plan_input();
    none.items[0].quantity = 0;
    assert_eq!(none.read().unwrap_err().field().as_deref(), Some("items[0].quantity"));
}

proptest! {
    #[test]
    fn what_decide_emits_evolve_accepts(
        same in any::<bool>(), quotes in 0_usize..4, amount in 0_u64..3, twice in any::<bool>()
    ) {
        let now = Timestamp::from_millis(0).unwrap();
        let mut plan = Plan::default();
        for _ in 0..=u8::from(twice) {
            let command = approve(|plan| {
                plan.draft.quotes.truncate(quotes);
                plan.draft.amount = Money::mxn(amount).unwrap();
                if same { plan.approver = plan.author; }
            });
            for event in plan.decide(command, now).unwrap_or_default() {
                plan = plan.evolve(&event).unwrap();
            }
        }
        prop_assert_eq!(plan.approved().is_some(), !same && quotes >= 2 && amount > 0);
    }
}
