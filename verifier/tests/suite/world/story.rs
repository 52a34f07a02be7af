//! A small procedure with everything in it: two companies, one of which replaces its proposal, a
//! proposal that is withdrawn, three seats, one of them taken by an alternate, one late deliverable.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::chain::hex;
use super::dossier::{Dossier, Edit, Writer};
use super::{BLOCKS, Hash, World, b64u, commit, jcs, salt, sha256};

pub const OCID: &str = "ocds-000000-009000999-2018-1";
const PLAN: &str = "01620000-0000-7000-8000-000000000001";
const TENDER: &str = "01620000-0000-7000-8000-000000000002";
const CONTRACT: &str = "01620000-0000-7000-8000-000000000004";
const AWARD: &str = "01620000-0000-7000-8000-0000000000b0";
/// Pseudonyms and organisations of the candidates.
const CANDIDATES: [(&str, &str); 5] =
    [("EV-AAA", "Uno"), ("EV-BBB", "Uno"), ("EV-CCC", "Uno"), ("EV-DDD", "Dos"), ("EV-EEE", "Dos")];
const CONTRIBUTION: Hash = [7; 32];
/// The scores of each seat for A and for B.
pub const SCORES: [[[u32; 2]; 2]; 3] =
    [[[80, 70], [60, 50]], [[75, 65], [70, 60]], [[90, 80], [65, 55]]];

fn uuid(kind: u8, number: usize) -> String {
    format!("01620000-0000-7000-8000-0000000{kind:02x}{number:03x}")
}

pub fn tender() -> String {
    format!("tender-{TENDER}")
}

fn evaluation() -> String {
    format!("eval-{TENDER}")
}

fn contract() -> String {
    format!("contract-{CONTRACT}")
}

pub fn money(centavos: u64) -> Value {
    json!({"centavos": centavos.to_string(), "currency": "MXN"})
}

fn company(number: usize) -> Value {
    json!({
        "companyId": uuid(0x80, number), "legalName": format!("COMPAÑÍA {number}"),
        "rfc": format!("AIM16090{number}H25"), "size": "micro",
    })
}

/// An object with members of its own and the procedure's ids.
fn of_tender(data: Value) -> Value {
    with(data, &[("tenderId", TENDER), ("ocid", OCID)])
}

fn of_contract(data: Value) -> Value {
    with(data, &[("contractId", CONTRACT), ("ocid", OCID)])
}

fn with(mut data: Value, members: &[(&str, &str)]) -> Value {
    for (name, value) in members {
        data[*name] = (*value).into();
    }
    data
}

/// HMAC-SHA256 by its definition (RFC 2104), of a key of 32 bytes.
pub fn hmac(key: &Hash, message: &str) -> Hash {
    let pad = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = sha256(&[pad(0x36).as_slice(), message.as_bytes()].concat());
    sha256(&[pad(0x5c).as_slice(), &inner].concat())
}

fn call() -> Value {
    of_tender(json!({
        "planId": PLAN, "budget": money(200_000_000), "technicalMinimum": 3000,
        "weights": {"technical": 5000, "economic": 3000, "social": 2000}, "aggregation": "median",
        "technicalCriteria": [
            {"id": "T1", "title": "Método", "maximum": 3000},
            {"id": "T2", "title": "Equipo", "maximum": 2000},
        ],
        "socialCriteria": [
            {"id": "S1", "title": "Claridad", "weightPercent": 60},
            {"id": "S2", "title": "Utilidad", "weightPercent": 40},
        ],
        "schedule": {
            "receiptStart": "2018-04-12T15:00:00.000Z", "receiptEnd": "2018-04-13T23:00:00.000Z",
            "technicalOpening": "2018-04-13T23:30:00.000Z", "panelDraw": "2018-04-14T00:00:00.000Z",
            "commitStart": "2018-04-14T15:00:00.000Z", "commitEnd": "2018-04-15T01:00:00.000Z",
            "revealStart": "2018-04-15T15:00:00.000Z", "revealEnd": "2018-04-15T17:00:00.000Z",
            "economicOpening": "2018-04-15T17:30:00.000Z", "awardAt": "2018-04-15T18:00:00.000Z",
        },
        "call": {"contractingEnd": "2018-04-28"},
    }))
}

const BEFORE: &str = "2018-04-02T14:00:00.000Z";
const BIDDING: &str = "2018-04-13T16:00:00.000Z";
const CLOSING: &str = "2018-04-13T23:00:00.000Z";
const OPENING: &str = "2018-04-13T23:30:00.000Z";
const DRAWING: &str = "2018-04-14T00:00:00.000Z";
const COMMITTING: &str = "2018-04-14T16:00:00.000Z";
const REVEALING: &str = "2018-04-15T16:00:00.000Z";
const AWARDING: &str = "2018-04-15T18:00:00.000Z";

/// The dossier of the story as it is, or as `edit` changes it, up to a part from 0.
pub fn told(edit: Edit<'_>, part: Option<usize>) -> Dossier {
    let mut writer = Writer::new(edit);
    let (parts, sizes) = tell(&mut writer);
    let size = part.map_or(sizes[2], |part| parts[part]);
    Dossier::new(&writer, OCID, sizes, size)
}

/// The same, whole, with the block of the draw's announcement and no other.
pub fn told_without_blocks(edit: Edit<'_>) -> Dossier {
    let mut writer = Writer::new(edit);
    let (_, sizes) = tell(&mut writer);
    let is_announcement =
        |entry: &[u8]| String::from_utf8_lossy(entry).contains("\"type\":\"PanelDrawScheduled\"");
    Dossier::anchored(&writer, OCID, sizes, sizes[2], is_announcement)
}

/// The log of the story as it is.
pub fn world() -> World {
    let mut writer = Writer::new(&|_, _, _| {});
    let (_, sizes) = tell(&mut writer);
    writer.world(sizes)
}

/// Writes the story; returns the log's sizes after its parts, and after its batches.
fn tell(writer: &mut Writer<'_>) -> (Vec<u64>, [u64; 3]) {
    let mut parts = Vec::new();
    register(writer);
    parts.push(writer.position());
    let masks = bid(writer);
    parts.push(writer.position());
    schedule(writer);
    let first = writer.position();
    parts.push(first);
    let hash = writer.block_hash();
    let panel = draw(writer, &hash);
    let sheets = vote(writer, &panel);
    parts.push(writer.position());
    open(writer, &masks, &sheets);
    parts.push(writer.position());
    evaluate(writer);
    let second = writer.position();
    parts.push(second);
    deliver(writer);
    parts.push(writer.position());
    (parts, [first, second, writer.position()])
}

/// The story as it is.
pub fn honest() -> Dossier {
    static HONEST: LazyLock<Dossier> = LazyLock::new(|| told(&|_, _, _| {}, None));
    HONEST.clone()
}

fn publish(writer: &mut Writer<'_>, position: u64, at: &str) {
    let release_id = format!("{OCID}-{position}");
    let bytes = jcs(&json!({"id": release_id, "ocid": OCID, "tag": ["tender"]})).into_bytes();
    let data = json!({
        "ocid": OCID, "releaseId": release_id, "sha256": hex(&sha256(&bytes)), "mapping": "1"
    });
    let proof = writer.open(&format!("releases-{OCID}"), "ReleasePublished", at, data);
    writer.releases.insert(release_id, (proof, bytes));
}

/// Plan, call, companies and evaluators.
fn register(writer: &mut Writer<'_>) {
    let plan = json!({"planId": PLAN, "ocid": OCID});
    writer.open(&format!("plan-{PLAN}"), "PlanApproved", BEFORE, plan);
    let published = writer.open(&tender(), "TenderPublished", BEFORE, call());
    publish(writer, published, BEFORE);
    for number in 1..=2 {
        let stream = format!("company-{}", uuid(0x80, number));
        writer.open(&stream, "CompanyRegistered", BEFORE, company(number));
        let approved = json!({"companyId": uuid(0x80, number)});
        writer.open(&stream, "CompanyApproved", BEFORE, approved);
    }
    for number in 0..CANDIDATES.len() {
        writer.open("evaluators", "EvaluatorAccredited", BEFORE, evaluator(number));
    }
}

fn evaluator(number: usize) -> Value {
    let (pseudonym, organisation) = CANDIDATES[number];
    json!({
        "evaluatorId": uuid(0xe0, number), "pseudonym": pseudonym, "organisation": organisation
    })
}

/// What A and B offer: positions of the proposal and the participation, what is opened.
struct Offer {
    mask: &'static str,
    position: u64,
    participation: u64,
    proposal_id: String,
    tenderer: Value,
    price: u64,
    documents: Value,
}

fn bid(writer: &mut Writer<'_>) -> Vec<Offer> {
    let participations = [1, 2].map(|number| {
        let id = uuid(0x90, number);
        let data = json!({"participationId": id, "tenderId": TENDER, "tenderer": company(number)});
        let stream = format!("participation-{id}");
        writer.seal(&stream, "ParticipantRegistered", BIDDING, data, vec![])
    });
    let mut act = |number: usize, kind: &str, technical: &str, price: u64| {
        let id = uuid(0x70, number);
        let documents = json!([writer.document(&format!("{technical}.md"))]);
        let costs = json!([writer.document(&format!("{technical}-precio.md"))]);
        let withheld = vec![
            ("/data/company", company(number)),
            ("/data/economic", json!({"price": money(price), "documents": costs})),
            ("/data/technical", json!({"documents": documents})),
        ];
        let data = json!({"proposalId": id, "tenderId": TENDER});
        let position = writer.seal(&format!("proposal-{id}"), kind, BIDDING, data, withheld);
        (position, documents, costs)
    };
    let (replaced, ..) = act(1, "ProposalSubmitted", "a-primera", 190_000_000);
    let (a, a_technical, a_costs) = act(1, "ProposalReplaced", "a", 179_000_000);
    let (b, b_technical, b_costs) = act(2, "ProposalSubmitted", "b", 150_000_000);
    let (taken_back, ..) = act(3, "ProposalSubmitted", "c", 100_000_000);
    let id = uuid(0x70, 3);
    let data = json!({"proposalId": id, "tenderId": TENDER});
    let stream = format!("proposal-{id}");
    let withdrawal = writer.seal(&stream, "ProposalWithdrawn", BIDDING, data, vec![]);
    // What was replaced or taken back is never opened; so its documents are nobody's to see.
    for position in [replaced, taken_back] {
        writer.shown.entry(position).and_modify(|shown| shown.truncate(1));
    }
    writer
        .documents
        .retain(|_, (name, _)| !name.starts_with("a-primera") && !name.starts_with('c'));

    let closed = of_tender(json!({"deadline": CLOSING}));
    let positions = json!([a.to_string(), b.to_string()]);
    let withheld = vec![("/data/positions", positions)];
    writer.withholding(&tender(), "ReceiptClosed", CLOSING, closed, withheld);
    for (mask, position, documents) in [("A", a, a_technical), ("B", b, b_technical)] {
        let data = json!({"mask": mask, "position": position.to_string(), "documents": documents});
        writer.open(&tender(), "ProposalOpened", OPENING, of_tender(data));
    }
    let text = |position: u64| position.to_string();
    let opened = of_tender(json!({"opened": 2, "proposals": [
        {"disposition": "replaced", "position": text(replaced), "by": text(a)},
        {"disposition": "opened", "position": text(a), "mask": "A"},
        {"disposition": "opened", "position": text(b), "mask": "B"},
        {"disposition": "withdrawn", "position": text(taken_back), "by": text(withdrawal)},
        {"disposition": "withdrawal", "position": text(withdrawal)},
    ]}));
    writer.open(&tender(), "ProposalsOpened", OPENING, opened);
    let [first, second] = participations;
    vec![
        offer("A", a, first, 1, 179_000_000, a_costs),
        offer("B", b, second, 2, 150_000_000, b_costs),
    ]
}

fn offer(
    mask: &'static str,
    position: u64,
    participation: u64,
    number: usize,
    price: u64,
    documents: Value,
) -> Offer {
    let (proposal_id, tenderer) = (uuid(0x70, number), company(number));
    Offer { mask, position, participation, proposal_id, tenderer, price, documents }
}

fn list_hash() -> String {
    let names: Vec<_> = CANDIDATES.iter().map(|(pseudonym, _)| *pseudonym).collect();
    hex(&sha256(jcs(&json!(names)).as_bytes()))
}

fn schedule(writer: &mut Writer<'_>) {
    let data = json!({
        "seats": 3, "alternates": 1, "candidates": 5, "listHash": list_hash(),
        "contributionHash": hex(&sha256(&CONTRIBUTION)),
    });
    writer.open(&evaluation(), "PanelDrawScheduled", CLOSING, of_tender(data));
}

fn seat(number: usize, candidate: usize) -> Value {
    json!({
        "seat": number, "evaluatorId": uuid(0xe0, candidate), "pseudonym": CANDIDATES[candidate].0
    })
}

/// Draws with the hash of a block, and returns the places of the candidates by rank: at most three
/// of one organisation sit, which never happens here, and the fifth one stands by for nobody.
fn draw(writer: &mut Writer<'_>, block_hash: &Hash) -> Vec<usize> {
    // Nobody enters the register after the announcement, unless a test says so.
    writer.aside("evaluators", "EvaluatorAccredited", DRAWING, evaluator(4));
    let seed = sha256(
        jcs(&json!({
            "v": "smart-tenders/draw@v1", "tender": TENDER, "listHash": list_hash(),
            "contribution": hex(&CONTRIBUTION), "blockHash": hex(block_hash),
        }))
        .as_bytes(),
    );
    let mut ranked: Vec<usize> = (0..CANDIDATES.len()).collect();
    ranked.sort_by_key(|candidate| hmac(&seed, CANDIDATES[*candidate].0));
    let names: Vec<_> = CANDIDATES.iter().map(|(pseudonym, _)| *pseudonym).collect();
    let data = json!({
        "candidates": names, "contribution": hex(&CONTRIBUTION),
        "blockNumber": BLOCKS[0].to_string(), "blockHash": hex(block_hash), "seed": hex(&seed),
        "panel": [seat(1, ranked[0]), seat(2, ranked[1]), seat(3, ranked[2])],
        "alternates": [seat(1, ranked[3])],
    });
    writer.open(&evaluation(), "PanelDrawn", DRAWING, of_tender(data));
    ranked
}

/// Seats and ballots; returns the positions of the sealed technical sheets.
fn vote(writer: &mut Writer<'_>, ranked: &[usize]) -> [u64; 2] {
    let accept = |writer: &mut Writer<'_>, number: usize, candidate: usize| {
        let data = of_tender(seat(number, candidate));
        writer.open(&evaluation(), "AssignmentAccepted", DRAWING, data);
    };
    accept(writer, 1, ranked[0]);
    accept(writer, 2, ranked[1]);
    let data = json!({
        "seat": 3, "pseudonym": CANDIDATES[ranked[2]].0, "replacement": seat(3, ranked[3]),
        "reason": "Trabajó para la unidad",
    });
    writer.open(&evaluation(), "ConflictDeclared", DRAWING, of_tender(data));
    accept(writer, 3, ranked[3]);
    let holders = [ranked[0], ranked[1], ranked[3]];
    let ballots: Vec<Value> = (0..3).map(|place| ballot(writer, place, holders[place])).collect();
    let commitments = ballots.iter().map(|ballot| commit("/data/ballot", ballot));
    // The first seat commits twice: only the last one counts.
    let all = [(0, b64u(&[1; 32]))].into_iter().chain(commitments.enumerate());
    for (place, commitment) in all {
        let pseudonym = CANDIDATES[holders[place]].0;
        let data = json!({"seat": place + 1, "pseudonym": pseudonym, "commitment": commitment});
        writer.open(&evaluation(), "BallotCommitted", COMMITTING, of_tender(data));
    }
    let sheets = [("A", [2350, 2000]), ("B", [2000, 1900])].map(|(mask, scores)| {
        let id = uuid(0xa0, usize::from(mask == "B"));
        let data = json!({
            "sheetId": id, "tenderId": TENDER, "mask": mask, "scores": scores,
            "justification": "Método completo y equipo con experiencia comprobada",
        });
        let stream = format!("sheet-{id}");
        writer.seal(&stream, "TechnicalSheetSigned", COMMITTING, data, vec![])
    });
    for (place, ballot) in ballots.iter().enumerate() {
        let data =
            json!({"seat": place + 1, "ballot": ballot, "salt": b64u(&salt("/data/ballot"))});
        writer.open(&evaluation(), "BallotRevealed", REVEALING, of_tender(data));
    }
    sheets
}

fn ballot(writer: &mut Writer<'_>, place: usize, candidate: usize) -> Value {
    let pseudonym = CANDIDATES[candidate].0;
    let justification = writer.document(&format!("{pseudonym}.txt"));
    json!({
        "tenderId": TENDER, "pseudonym": pseudonym, "justification": justification,
        "deliveryProbabilityPercent": 80,
        "proposals": [
            {"mask": "A", "scores": SCORES[place][0]}, {"mask": "B", "scores": SCORES[place][1]}
        ],
    })
}

fn open(writer: &mut Writer<'_>, offers: &[Offer], sheets: &[u64; 2]) {
    let scores = [[2350, 2000], [2000, 1900]];
    for (place, offer) in offers.iter().enumerate() {
        let data = json!({
            "mask": offer.mask, "position": sheets[place].to_string(), "scores": scores[place],
            "justification": "Método completo y equipo con experiencia comprobada",
        });
        writer.open(&tender(), "TechnicalSheetOpened", AWARDING, of_tender(data));
    }
    for offer in offers {
        let data = json!({
            "mask": offer.mask, "proposalId": offer.proposal_id,
            "position": offer.position.to_string(),
            "participation": offer.participation.to_string(), "tenderer": offer.tenderer,
            "price": money(offer.price), "documents": offer.documents,
        });
        writer.open(&tender(), "EconomicOpened", AWARDING, of_tender(data));
    }
}

/// The points, worked out by hand, the ruling and the award.
fn evaluate(writer: &mut Writer<'_>) {
    let way = |aggregation: &str, social: u32, total: u32, rank: u32| json!({"aggregation": aggregation, "social": social, "total": total, "rank": rank});
    // A: 3000·150/179 = 2513.97; 20·(0.6·80 + 0.4·70) = 1520; 20·(0.6·81.6̅ + 0.4·71.6̅) = 1553.3̅.
    let a = json!({
        "mask": "A", "technical": 4350, "economic": 2514,
        "results": [way("median", 1520, 8384, 1), way("mean", 1553, 8417, 1)],
    });
    // B: the lowest price; 20·(0.6·65 + 0.4·55) = 1220, by median and by mean.
    let b = json!({
        "mask": "B", "technical": 3900, "economic": 3000,
        "results": [way("median", 1220, 8120, 2), way("mean", 1220, 8120, 2)],
    });
    let data = json!({
        "aggregation": "median", "scores": [a, b], "unsolvent": [], "outliers": [],
    });
    writer.open(&evaluation(), "EvaluationComputed", AWARDING, of_tender(data));
    // There is no tie, unless a test makes one.
    let tie = json!({"method": "companySize", "order": ["A", "B"]});
    writer.aside(&evaluation(), "TieBroken", AWARDING, of_tender(tie));
    let data = json!({"order": ["A", "B"], "unsolvent": [], "reasons": "Más puntos"});
    writer.open(&evaluation(), "RulingIssued", AWARDING, of_tender(data));
    let data = json!({
        "awardId": AWARD, "mask": "A", "supplier": company(1), "amount": money(179_000_000),
        "total": 8384, "signBy": "2018-04-28", "reasons": "Más puntos",
    });
    let award = writer.open(&tender(), "AwardIssued", AWARDING, of_tender(data));
    publish(writer, award, AWARDING);
}

const SIGNING: &str = "2018-04-20T17:00:00.000Z";

/// The contract, a deliverable that is sent back once, and one that is four days late.
fn deliver(writer: &mut Writer<'_>) {
    let prepared = json!({
        "tenderId": TENDER, "awardId": AWARD, "supplier": company(1), "amount": money(179_000_000),
        "signBy": "2018-04-28", "guaranteePercent": 10, "penaltyPerDayPerMille": 5,
        "milestones": [
            {"id": "D1", "percent": 50, "amount": money(89_500_000), "due": "2018-05-04"},
            {"id": "D2", "percent": 50, "amount": money(89_500_000), "due": "2018-06-01"},
        ],
    });
    let act = |writer: &mut Writer<'_>, kind: &str, at: &str, data: Value| {
        writer.open(&contract(), kind, at, of_contract(data))
    };
    act(writer, "ContractPrepared", SIGNING, prepared);
    let guarantee = json!({"amount": money(17_900_000), "reference": "FIANZA"});
    act(writer, "GuaranteeLodged", SIGNING, guarantee);
    act(writer, "ContractSigned", SIGNING, json!({"party": "supplier"}));
    act(writer, "ContractSigned", SIGNING, json!({"party": "buyer"}));
    act(writer, "ContractActivated", SIGNING, json!({"signedAt": SIGNING}));
    let in_time = "2018-05-03T17:00:00.000Z";
    for name in ["plan.md", "plan-2.md"] {
        let documents = json!([writer.document(name)]);
        let data = json!({"milestoneId": "D1", "daysLate": 0, "documents": documents});
        act(writer, "DeliverableSubmitted", in_time, data);
        let (kind, data) = match name {
            "plan.md" => ("DeliverableReturned", json!({"milestoneId": "D1", "reason": "Falta"})),
            _ => ("DeliverableAccepted", json!({"milestoneId": "D1"})),
        };
        act(writer, kind, in_time, data);
    }
    pay(writer, "D1", in_time, 89_500_000);
    let late = "2018-06-05T17:00:00.000Z";
    let documents = json!([writer.document("auditoria.md")]);
    let data = json!({"milestoneId": "D2", "daysLate": 4, "documents": documents});
    act(writer, "DeliverableSubmitted", late, data);
    act(writer, "DeliverableAccepted", late, json!({"milestoneId": "D2"}));
    // 89,500,000 · 4 · 5 / 1000.
    let data = json!({"milestoneId": "D2", "daysLate": 4, "amount": money(1_790_000)});
    act(writer, "PenaltyApplied", late, data);
    pay(writer, "D2", late, 87_710_000);
    act(writer, "ContractCompleted", late, json!({}));
    let data = json!({
        "amount": money(179_000_000), "penalties": money(1_790_000), "paid": money(177_210_000)
    });
    let settled = act(writer, "SettlementIssued", late, data);
    publish(writer, settled, late);
}

fn pay(writer: &mut Writer<'_>, milestone: &str, at: &str, centavos: u64) {
    for kind in ["InvoiceRegistered", "PaymentOrdered", "PaymentRecorded"] {
        let data = json!({"milestoneId": milestone, "amount": money(centavos)});
        writer.open(&contract(), kind, at, of_contract(data));
    }
}
