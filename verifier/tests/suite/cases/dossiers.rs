//! Dossiers: what the tests of dossiers judge, as vectors. The tests say how each must end.

use std::cell::{LazyCell, RefCell};
use std::sync::LazyLock;

use serde_json::{Value, json};
use verifier::dossier::{DossierError, Finding, Opinion, Standing};

use super::policies;
use crate::patches::{self, Base};
use crate::world::story::honest;
use crate::{dossier_files, dossiers};

/// The largest dossier that is a vector.
const BYTES_MAX: usize = 1024 * 1024;

/// Names of dossiers that others are patches of: a whole one that is stored, a short one that is
/// deflated.
const BASES: [&str; 2] = [
    "an honest dossier is proven in every topic, 1",
    "stored and deflated files are the same dossier, 2",
];

/// A dossier as a test judged it.
pub struct Judged {
    name: String,
    policy: &'static str,
    bytes: Vec<u8>,
    /// `opinion` and `topics`, as a vector says them.
    ending: Value,
}

thread_local! {
    /// What is judged, while the cases are collected; and the name of the test that does.
    static JUDGED: RefCell<Option<(String, Vec<Judged>)>> = const { RefCell::new(None) };
}

/// Called by the tests with each dossier and how it ended.
pub fn judged(policy: &Value, bytes: &[u8], found: &Result<Opinion, DossierError>) {
    JUDGED.with_borrow_mut(|judged| {
        let Some((test, all)) = judged else { return };
        if bytes.len() > BYTES_MAX {
            return;
        }
        let number = all.iter().filter(|it| it.name.starts_with(test.as_str())).count() + 1;
        let name = format!("{test}, {number}");
        let policy = name_of(policy);
        all.push(Judged { name, policy, bytes: bytes.to_vec(), ending: ending(found) });
    });
}

/// The policies that dossiers are judged with.
pub static POLICIES: LazyLock<[(&str, Value); 2]> = LazyLock::new(|| {
    let policy = honest().policy;
    [("dossiers", policy.clone()), ("dossiers, development", policies::development(policy))]
});

fn name_of(policy: &Value) -> &'static str {
    let known = POLICIES.iter().find(|(_, known)| known == policy);
    known.map(|(name, _)| *name).unwrap()
}

/// The opinion, and of each topic that is not proven its standing and the position that is refused.
fn ending(found: &Result<Opinion, DossierError>) -> Value {
    let Ok(opinion) = found else { return json!({"opinion": "no-dossier", "topics": []}) };
    let open = opinion.findings.iter().filter(|it| it.standing != Standing::Proven);
    let topic = |it: &Finding| json!([it.topic, it.standing.word(), position(&it.says)]);
    json!({"opinion": opinion.word(), "topics": open.map(topic).collect::<Vec<_>>()})
}

fn position(says: &str) -> Option<&str> {
    says.strip_prefix("position ")?.split_once(',').map(|(position, _)| position)
}

/// Test functions, each with its name as a sentence.
macro_rules! tests {
    ($($test:path,)*) => { [$((sentence(stringify!($test)), $test as fn())),*] };
}

fn sentence(path: &str) -> String {
    path.rsplit("::").next().unwrap_or_default().replace('_', " ")
}

/// Every dossier that the tests judge.
fn all() -> Vec<Judged> {
    let mut all = Vec::new();
    for (name, test) in tests() {
        JUDGED.set(Some((name, all)));
        test();
        all = JUDGED.take().unwrap().1;
    }
    all
}

/// The tests whose dossiers are vectors.
fn tests() -> Vec<(String, fn())> {
    tests![
        dossiers::an_honest_dossier_is_proven_in_every_topic,
        dossiers::a_procedure_that_is_under_way_is_proven_as_far_as_it_is,
        dossiers::what_is_not_anchored_in_a_sealed_chain_is_complete_and_not_proven,
        dossiers::nothing_is_concluded_from_events_whose_proof_is_refused,
        dossiers::what_a_dossier_says_commands_no_terminal,
        dossiers::a_gap_in_a_public_stream_is_refused,
        dossiers::an_event_of_another_procedure_or_stream_is_refused,
        dossiers::a_document_is_there_byte_for_byte,
        dossiers::a_release_is_there_byte_for_byte,
        dossiers::order::an_event_without_what_it_rests_on_is_refused,
        dossiers::order::a_tender_that_is_deserted_rests_on_its_opening_alone,
        dossiers::order::accounts_without_any_delivery_are_examined,
        dossiers::order::a_dossier_without_its_plan_is_of_no_procedure,
        dossiers::order::the_wall_clock_is_the_hour_of_recording,
        dossiers::order::no_envelope_is_opened_before_its_hour,
        dossiers::procedure::receipt_ends_at_the_deadline_and_commits_to_what_is_live,
        dossiers::procedure::the_opening_says_what_became_of_each_sealed_proposal,
        dossiers::procedure::what_was_never_opened_may_be_erased,
        dossiers::procedure::what_is_called_unopenable_is_counted,
        dossiers::procedure::what_is_opened_is_what_was_sealed,
        dossiers::procedure::no_sheet_is_opened_once_a_price_is_known,
        dossiers::procedure::the_panel_is_drawn_again,
        dossiers::procedure::a_draw_by_a_later_block_than_another_proof_shows_is_refused,
        dossiers::procedure::a_panel_has_no_more_than_fifteen_seats,
        dossiers::procedure::a_ballot_is_the_one_its_seat_committed_to_last,
        dossiers::result::the_points_are_computed_again,
        dossiers::result::points_are_computed_only_from_a_quorum_of_whole_ballots,
        dossiers::result::the_award_follows_from_the_points,
        dossiers::result::the_contract_is_what_was_awarded_and_its_parts_add_up,
        dossiers::result::penalties_and_payments_are_computed_again,
        dossiers::result::penalties_stop_where_the_guarantee_is_used_up,
        dossiers::result::a_tie_goes_to_the_smaller_company,
        dossiers::result::a_tie_of_companies_of_one_size_goes_by_the_seed,
        dossiers::shapes::what_is_there_once_is_not_there_twice,
        dossiers::shapes::a_member_has_its_shape,
        dossiers::shapes::amounts_are_of_one_currency_and_no_share_is_more_than_the_whole,
        dossiers::shapes::a_seat_that_committed_neither_leaves_nor_misses_before_the_end,
        dossiers::shapes::nothing_that_was_recorded_after_receipt_is_opened,
        dossiers::turns::what_rests_on_another_comes_after_it,
        dossiers::turns::a_company_takes_part_before_it_submits,
        dossiers::turns::a_company_has_one_proposal,
        dossiers::turns::an_entry_continues_its_own_stream_and_alone,
        dossiers::turns::an_envelope_more_than_was_opened_is_refused,
        dossiers::turns::a_release_is_json,
        dossier_files::stored_and_deflated_files_are_the_same_dossier,
        dossier_files::a_name_that_could_leave_the_folder_is_no_name,
        dossier_files::a_bomb_is_not_unpacked_beyond_its_limit,
        dossier_files::files_that_overlap_or_come_in_front_are_no_dossier,
        dossier_files::a_file_has_one_end_record_and_no_reader_looks_for_another,
        dossier_files::a_file_has_one_header_that_says_what_the_directory_says,
        dossier_files::nothing_lies_in_front_of_or_between_the_files,
        dossier_files::damage_is_not_repaired,
        dossier_files::the_list_names_all_files_and_no_others,
        dossier_files::the_list_has_one_spelling,
    ]
    .into()
}

/// The vectors, with the patches of those committed that still stand for the same bytes.
pub fn vectors(committed: &[Value]) -> Vec<Value> {
    let judged = all();
    let base = |name: &str| judged.iter().find(|it| it.name == name).unwrap();
    let bytes = |vector: &Value| {
        let base = vector["base"].as_str().map_or([].as_slice(), |name| &base(name).bytes);
        patches::read(base, &vector["archive"])
    };
    let bases = LazyCell::new(|| BASES.map(|name| (name, Base::new(&base(name).bytes))));
    let vector = |it: &Judged| {
        let written = committed.iter().find(|vector| vector["name"] == it.name.as_str());
        let written = written.filter(|vector| bytes(vector) == it.bytes);
        let (base, archive) = written.map_or_else(
            || it.patch(bases.as_slice()),
            |vector| (vector["base"].clone(), vector["archive"].clone()),
        );
        json!({
            "name": it.name, "policy": it.policy, "base": base, "archive": archive,
            "opinion": it.ending["opinion"], "topics": it.ending["topics"],
        })
    };
    judged.iter().map(vector).collect()
}

impl Judged {
    /// The name of the base that it has most in common with, and what is to be written then.
    fn patch(&self, bases: &[(&str, Base)]) -> (Value, Value) {
        if BASES.contains(&self.name.as_str()) {
            return (Value::Null, Base::new(&[]).write(&self.bytes));
        }
        let patches = bases.iter().map(|(name, base)| (json!(name), base.write(&self.bytes)));
        patches.min_by_key(|(_, archive)| archive.to_string().len()).unwrap()
    }
}
