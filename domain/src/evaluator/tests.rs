//! The rules of evaluators and their register, one test each.

use super::*;
use crate::aggregate::tests::given;
use crate::event::DomainEvent;
use uuid::Uuid;

const ID: EvaluatorId = EvaluatorId(Uuid::from_u128(1));
const APPLICANT: AccountRef = AccountRef(Uuid::from_u128(10));
const APPROVER: AccountRef = AccountRef(Uuid::from_u128(11));

fn input() -> ApplyAsEvaluator {
    ApplyAsEvaluator {
        pseudonym: " ev-7q2 ".to_owned(),
        organisation: "Organización 1".to_owned(),
        interests: vec!["009000999".to_owned(), "twd-110728-kb1".to_owned()],
    }
}

fn apply(input: ApplyAsEvaluator) -> EvaluatorCommand {
    EvaluatorCommand::Apply { evaluator_id: ID, input }
}

fn application() -> EvaluatorApplied {
    EvaluatorApplied {
        evaluator_id: ID,
        pseudonym: "EV-7Q2".parse().unwrap(),
        organisation: "Organización 1".to_owned(),
        interests: Some(vec!["009000999".to_owned(), "TWD110728KB1".to_owned()]),
    }
}

fn applied() -> EvaluatorEvent {
    EvaluatorEvent::Applied(Box::new(application()))
}

fn accredit() -> RegisterCommand {
    RegisterCommand::Accredit {
        application: Some(application()),
        approver: APPROVER,
        applicant: Some(APPLICANT),
    }
}

fn accredited() -> RegisterEvent {
    RegisterEvent::Accredited(Box::new(EvaluatorAccredited {
        evaluator_id: ID,
        pseudonym: "EV-7Q2".parse().unwrap(),
        organisation: "Organización 1".to_owned(),
    }))
}

#[test]
fn somebody_applies_under_a_pseudonym() {
    given::<Evaluator>([]).when(apply(input())).then([applied()]);
}

#[test]
fn interests_are_committed_to_and_never_in_the_data() {
    let event = DomainEvent::from(applied());
    assert!(event.to_data().get("interests").is_none());
    assert_eq!(event.private_parts()[0].path, "/data/interests");
}

#[test]
fn an_id_applies_once() {
    given::<Evaluator>([applied()])
        .when(apply(input()))
        .then_rejected(EvaluatorRejection::AlreadyApplied);
    assert_eq!(Evaluator::replay(&[applied()]).unwrap().application(), Some(&application()));
    assert!(Evaluator::replay(&[applied(), applied()]).is_err());
}

#[test]
fn a_pseudonym_of_another_shape_is_refused() {
    let command = apply(ApplyAsEvaluator { pseudonym: "Luis".to_owned(), ..input() });
    given::<Evaluator>([]).when(command).then_rejected(
        InputRejection::Format {
            field: "pseudonym".to_owned(),
            expected: "un seudónimo como EV-7Q2: EV- y de 3 a 12 letras mayúsculas o dígitos",
        }
        .into(),
    );
}

#[test]
fn an_organisation_is_named() {
    let command = apply(ApplyAsEvaluator { organisation: " ".to_owned(), ..input() });
    let empty = InputRejection::Empty { field: "organisation".to_owned() };
    given::<Evaluator>([]).when(command).then_rejected(empty.into());
}

#[test]
fn an_interest_is_a_unit_or_an_rfc_and_is_declared_once() {
    let with = |interests: &[&str]| {
        let interests = interests.iter().map(|text| (*text).to_owned()).collect();
        given::<Evaluator>([]).when(apply(ApplyAsEvaluator { interests, ..input() }))
    };
    with(&["009000999", "Juan Pérez"]).then_rejected(
        InputRejection::Format {
            field: "interests[1]".to_owned(),
            expected: "la clave de una unidad compradora o el RFC de una empresa",
        }
        .into(),
    );
    with(&["TWD110728KB1", "twd 110728 kb1"]).then_rejected(
        InputRejection::RepeatedId { field: "interests".to_owned(), id: "TWD110728KB1".to_owned() }
            .into(),
    );
    with(&["009000999"; 101]).then_rejected(
        InputRejection::OutOfRange { field: "interests".to_owned(), min: 0, max: 100 }.into(),
    );
    with(&[]).then_events();
}

#[test]
fn a_taken_pseudonym_is_refused_in_words_that_name_its_field() {
    let taken = EvaluatorRejection::PseudonymTaken { pseudonym: "EV-7Q2".parse().unwrap() };
    assert_eq!((taken.code(), taken.field().as_deref()), ("pseudonym-taken", Some("pseudonym")));
    assert_eq!(taken.details(), [("pseudonym", "EV-7Q2".to_owned())]);
}

#[test]
fn another_account_accredits() {
    given::<EvaluatorRegister>([]).when(accredit()).then([accredited()]);
    let register = EvaluatorRegister::replay(&[accredited()]).unwrap();
    let pseudonyms: Vec<&str> = register.accredited().map(|it| it.pseudonym.as_str()).collect();
    assert_eq!(pseudonyms, ["EV-7Q2"]);
}

#[test]
fn nobody_is_accredited_without_an_application() {
    let without = |application, applicant| {
        let command = RegisterCommand::Accredit { application, approver: APPROVER, applicant };
        given::<EvaluatorRegister>([]).when(command).then_rejected(EvaluatorRejection::Unknown);
    };
    without(None, Some(APPLICANT));
    without(Some(application()), None);
}

#[test]
fn nobody_accredits_themselves() {
    let command = RegisterCommand::Accredit {
        application: Some(application()),
        approver: APPLICANT,
        applicant: Some(APPLICANT),
    };
    given::<EvaluatorRegister>([])
        .when(command)
        .then_rejected(EvaluatorRejection::ApproverIsAuthor);
}

#[test]
fn an_evaluator_is_accredited_once() {
    given::<EvaluatorRegister>([accredited()])
        .when(accredit())
        .then_rejected(EvaluatorRejection::AlreadyAccredited);
    assert!(EvaluatorRegister::replay(&[accredited(), accredited()]).is_err());
}

#[test]
fn interests_are_not_printed() {
    for printed in [format!("{:?}", input()), format!("{:?}", applied())] {
        assert!(printed.contains("Organización 1"), "{printed}");
        assert!(!printed.contains("009000999"), "{printed}");
    }
}
