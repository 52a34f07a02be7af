//! Laws that hold for any amount, any terms and any order of commands.

use super::*;
use crate::contract::amount::{penalty, share, share_rounded_up};
use crate::money::{CENTAVOS_MAX, Money};
use crate::time::Timestamp;
use proptest::prelude::*;

/// Shares of a hundred per cent, each of one at least.
fn percents() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::btree_set(1_u32..100, 0..30).prop_map(|cuts| {
        let ends: Vec<u32> = cuts.into_iter().chain([100]).collect();
        let starts = [0].into_iter().chain(ends.clone());
        ends.iter().zip(starts).map(|(end, start)| end - start).collect()
    })
}

/// Any command of the case, in time and out of it.
fn command() -> impl Strategy<Value = ContractCommand> {
    let milestone = prop::sample::select(vec!["D1", "D2", "D3"]);
    (0_usize..15, milestone, 0_u64..3).prop_map(|(which, id, off)| match which {
        0 => case::prepare(),
        1 => case::lodge(17_900_000 - off),
        2 => case::sign(Party::Buyer),
        3 => case::sign(Party::Supplier),
        4 | 5 => case::deliver(id),
        6 => case::send_back(id),
        7 => case::accept(id),
        8 => case::penalty(id),
        9 => case::invoice(id, 100 - off),
        10 => case::order(id),
        11 => case::pay(id, 100 - off),
        12 => case::rate_performance(5),
        13 => ContractCommand::Complete,
        _ => case::rate_work(5),
    })
}

/// The command that asks for the amount which the contract expects.
fn with_expected_amount(contract: &Contract, command: ContractCommand) -> ContractCommand {
    let value = |id| {
        let milestones = contract.milestones();
        let milestone = milestones.iter().find(|milestone| milestone.id == id)?;
        let penalty = milestone.penalty.map_or(0, |penalty| penalty.centavos());
        Some(case::mxn(milestone.amount.centavos() - penalty))
    };
    match command {
        ContractCommand::RegisterInvoice {
            caller,
            supplier_account,
            milestone_id,
            invoice_id,
            amount,
        } => ContractCommand::RegisterInvoice {
            amount: value(milestone_id.clone()).unwrap_or(amount),
            caller,
            supplier_account,
            milestone_id,
            invoice_id,
        },
        ContractCommand::RecordPayment {
            caller,
            supplier_account,
            milestone_id,
            amount,
            reference,
        } => ContractCommand::RecordPayment {
            amount: value(milestone_id.clone()).unwrap_or(amount),
            caller,
            supplier_account,
            milestone_id,
            reference,
        },
        other => other,
    }
}

/// A contract of three deliverables, so that a walk at random reaches its end.
fn short_contract() -> ContractCommand {
    let mut prepare = case::prepare_contract();
    prepare.terms.milestones.pop();
    prepare.terms.milestones[2].percent = 50;
    ContractCommand::Prepare(Box::new(prepare))
}

proptest! {
    #[test]
    fn the_values_of_the_deliverables_add_up_to_the_amount(
        centavos in prop_oneof![1_u64..1_000, 1..=CENTAVOS_MAX], percents in percents()
    ) {
        let mut prepare = case::prepare_contract();
        let amount = Money::mxn(centavos).unwrap();
        prepare.award.as_mut().unwrap().amount = amount;
        let first = prepare.terms.milestones[0].clone();
        prepare.terms.milestones = percents
            .iter()
            .enumerate()
            .map(|(index, &percent)| MilestoneInput {
                id: format!("D{index}"), percent, ..first.clone()
            })
            .collect();
        let command = ContractCommand::Prepare(Box::new(prepare));
        match Contract::Absent.decide(command, local("2018-04-16T10:00:00")) {
            Ok(events) => {
                let contract = Contract::replay(&events).unwrap();
                let values: Vec<u64> =
                    contract.milestones().iter().map(|it| it.amount.centavos()).collect();
                prop_assert_eq!(values.iter().sum::<u64>(), centavos);
                prop_assert!(values.iter().all(|value| *value > 0));
                for (value, percent) in values.iter().zip(&percents).take(percents.len() - 1) {
                    prop_assert_eq!(*value, share(amount, *percent));
                }
            }
            // Only of a tiny amount there is not a centavo for each.
            Err(rejection) => {
                prop_assert_eq!(rejection.code(), "milestone-amount-zero");
                prop_assert!(centavos < 1_000);
            }
        }
    }

    #[test]
    fn a_share_is_half_up_and_a_minimum_is_rounded_up(
        centavos in 0..=CENTAVOS_MAX, percent in 0_u32..=100
    ) {
        let amount = Money::mxn(centavos).unwrap();
        let exact = u128::from(centavos) * u128::from(percent);
        let half_up = u128::from(share(amount, percent));
        // floor(x + 1/2): the one integer h with h - 1/2 <= x < h + 1/2.
        prop_assert!(200 * half_up <= 2 * exact + 100 && 2 * exact + 100 < 200 * (half_up + 1));
        let up = u128::from(share_rounded_up(amount, percent));
        prop_assert!(100 * up >= exact && 100 * up < exact + 100);
    }

    #[test]
    fn a_penalty_is_half_up_of_days_and_per_mille(
        centavos in 0..=CENTAVOS_MAX, days in 0_u32..3_000_000, per_mille in 0_u32..=50
    ) {
        let exact = u128::from(centavos) * u128::from(days) * u128::from(per_mille);
        let half_up = penalty(Money::mxn(centavos).unwrap(), days, per_mille);
        prop_assert!(2_000 * half_up <= 2 * exact + 1_000);
        prop_assert!(2 * exact + 1_000 < 2_000 * (half_up + 1));
    }

    #[test]
    fn what_decide_emits_evolve_accepts(
        commands in prop::collection::vec((command(), 0_i64..6), 0..120)
    ) {
        let mut contract = Contract::default();
        let mut now = local("2018-04-16T10:00:00").as_millis();
        let mut start = vec![(short_contract(), 0), (case::lodge(17_900_000), 1)];
        start.extend([(case::sign(Party::Supplier), 1), (case::sign(Party::Buyer), 0)]);
        for (command, days) in start.into_iter().chain(commands) {
            now += days * 86_400_000;
            let command = with_expected_amount(&contract, command);
            let answer = contract.decide(command, Timestamp::from_millis(now).unwrap());
            for event in answer.unwrap_or_default() {
                contract = contract.evolve(&event).unwrap();
            }
            let sum = |part: fn(&MilestoneState) -> Option<Money>| -> u64 {
                let milestones = contract.milestones();
                milestones.iter().filter_map(part).map(|amount| amount.centavos()).sum()
            };
            prop_assert!(sum(|it| it.penalty) <= 17_900_000);
            prop_assert!(sum(|it| it.paid) + sum(|it| it.penalty) <= 179_000_000);
        }
    }
}

#[test]
fn half_a_centavo_of_penalty_is_a_centavo() {
    let of = |centavos, days, per_mille| penalty(Money::mxn(centavos).unwrap(), days, per_mille);
    assert_eq!(of(71_600_000, 4, 5), 1_432_000);
    assert_eq!((of(100, 1, 5), of(99, 1, 5)), (1, 0));
    assert_eq!((of(300, 1, 5), of(299, 1, 5)), (2, 1));
}
