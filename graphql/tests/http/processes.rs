//! Contracting processes over HTTP: what a page reads, and what a proof discloses at each stage.

use base64::Engine as _;
use eventstore::{EventStore as _, PgStore};
use merkle::hash::{sha256, to_hex};
use merkle::{Commitment, Entry, Envelope};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::anchored::anchored;
use crate::case::{self, Case};
use crate::support::World;

/// Everything that a page of a process shows.
const PAGE: &str = "status tenderId position projection { position }
    planned { ...act } published { ...act } receiptClosed { ...act }
    opening { act { ...act } opened dispositions { position disposition mask by reason } }
    proposals { mask act { ...act } entry documents { ...document }
      sheet { act { ...act } entry scores justification }
      offer { act { ...act } proposalId participation tenderer { companyId legalName rfc size }
              price { centavos currency } documents { ...document } }
      score { technical economic results { aggregation social total rank } } unsolvent }
    panel {
      announcement { act { ...act } seats alternates candidates listHash contributionHash }
      draw { act { ...act } candidates contribution blockNumber blockHash seed
             panel { seat evaluatorId pseudonym } alternates { seat evaluatorId pseudonym } }
      seats { seat pseudonym accepted { ...act } committed { act { ...act } commitment }
              revealed { act { ...act } tenderId pseudonym proposals { mask scores }
                         justification { ...document } deliveryProbabilityPercent salt }
              missed { act { ...act } committed } }
      conflicts { act { ...act } seat pseudonym replacement reason } }
    evaluation { act { ...act } aggregation outliers { pseudonym cells of } }
    tie { act { ...act } method order }
    ruling { act { ...act } order unsolvent { mask cause } reasons }
    award { act { ...act } awardId mask supplier { legalName } amount { centavos } total signBy reasons }
    desertion { act { ...act } reasons }
    contract { act { ...act } contractId title amount { centavos } signBy guaranteePercent
      penaltyPerDayPerMille guarantee { act { ...act } amount { centavos } reference }
      signatures { act { ...act } party } activated { act { ...act } signedAt }
      milestones { id title percent amount { centavos } due status daysLate overdue
        deliveries { act { ...act } documents { ...document } } returns { act { ...act } reason }
        accepted { ...act } penalty { act { ...act } daysLate amount { centavos } }
        invoice { act { ...act } invoiceId amount { centavos } payBy } ordered { ...act }
        payment { act { ...act } amount { centavos } reference } }
      completed { ...act } settlement { act { ...act } penalties { centavos } paid { centavos } }
      performance { act { ...act } stars comment } work { count averageHundredths } }";

const FRAGMENTS: &str =
    "fragment act on ActRef { eventId position effectiveAt anchor { blockNumber } }
    fragment document on Document { name mediaType sha256 bytes }";

async fn called(world: &World) -> Case<'_, PgStore> {
    let (ocid, position) = world.play().await;
    let query =
        format!("{{ tender(ocid: \"{ocid}\", minPosition: \"{position}\") {{ tenderId }} }}");
    let tender = world.read("", &query).await["tender"]["tenderId"].clone();
    Case::new(&world.store, &ocid, tender.as_str().unwrap().parse().unwrap())
}

/// Everything that was appended is in the read models.
async fn followed(world: &World) -> String {
    world.store.head().await.unwrap().next_position.to_string()
}

async fn page(world: &World, ocid: &str) -> Value {
    let position = followed(world).await;
    let query = format!(
        "{{ procedure(ocid: \"{ocid}\", minPosition: \"{position}\") {{ {PAGE} }} }} {FRAGMENTS}"
    );
    world.read("", &query).await["procedure"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_shows_what_is_opened_and_nothing_of_what_is_sealed() {
    let world = World::start().await;
    let mut case = called(&world).await;
    let ocid = case.ocid.to_string();
    assert_eq!(page(&world, &ocid).await["status"], "published");
    case.seal_proposals().await;
    case.close_receipt().await;
    let closed = page(&world, &ocid).await;
    assert_eq!((&closed["status"], &closed["opening"]), (&json!("receiptClosed"), &Value::Null));
    assert_eq!(closed["proposals"], json!([]));
    case.open_technical().await;
    case.draw().await;
    case.seal_sheets().await;
    let opened = page(&world, &ocid).await;
    assert_eq!((&opened["status"], &opened["opening"]["opened"]), (&json!("opened"), &json!(2)));
    assert_eq!(opened["opening"]["dispositions"][0]["disposition"], "replaced");
    for proposal in opened["proposals"].as_array().unwrap() {
        assert_eq!((&proposal["offer"], &proposal["sheet"]), (&Value::Null, &Value::Null));
    }
    let text = opened.to_string();
    assert!(!text.contains("EMPRESA") && !text.contains("80000000"), "{text}");
    case.vote().await;
    case.open_economic().await;
    case.evaluate().await;
    case.award().await;
    case.sign().await;
    case.perform("D1").await;
    case.perform("D2").await;
    case.complete().await;
    let whole = page(&world, &ocid).await;
    assert_eq!(whole["status"], "completed");
    assert_eq!(whole["proposals"][0]["offer"]["price"]["centavos"], "80000000");
    assert_eq!(whole["proposals"][1]["unsolvent"], "budget");
    assert_eq!(whole["panel"]["seats"][2]["pseudonym"], "EV-004");
    assert_eq!(whole["panel"]["seats"][0]["revealed"]["proposals"][1]["scores"], json!([80, 60]));
    assert_eq!(whole["tie"]["method"], "companySize");
    let milestone = &whole["contract"]["milestones"][1];
    assert_eq!((&milestone["status"], &milestone["overdue"]), (&json!("paid"), &json!(false)));
    assert_eq!(whole["contract"]["work"], json!({"count": 3, "averageHundredths": 433}));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_logbook_of_a_process_is_read_page_by_page() {
    let world = World::start().await;
    let mut case = called(&world).await;
    case.play().await;
    let (ocid, position) = (case.ocid.to_string(), followed(&world).await);
    let mut types = Vec::new();
    let mut after = String::new();
    loop {
        let query = format!(
            "{{ acts(ocid: \"{ocid}\", first: 25, minPosition: \"{position}\" {after}) {{
               nodes {{ event {{ id position type stream }} actor {{ role }} effectiveAt data
                        anchor {{ state }} }}
               pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let acts = world.read("", &query).await["acts"].clone();
        for act in acts["nodes"].as_array().unwrap() {
            assert_eq!(act["data"]["ocid"], ocid);
            types.push(act["event"]["type"].as_str().unwrap().to_owned());
        }
        if acts["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = format!(", after: {}", acts["pageInfo"]["endCursor"]);
    }
    types.retain(|it| it != "ReleasePublished");
    let open = case.recorded.iter().filter(|it| !it.is_sealed()).count();
    // The approval of the plan and the call come before.
    assert_eq!((types.len(), types[2].as_str()), (open + 2, "ReceiptClosed"));
    assert!(types.iter().all(|it| it != "Sealed"));
    let refused = world.error("", "{ acts(ocid: \"x\") { nodes { data } } }").await;
    assert_eq!(refused, "invalid-format");
}

#[tokio::test(flavor = "multi_thread")]
async fn evaluators_and_documents_are_found() {
    let world = World::start().await;
    let mut case = called(&world).await;
    case.seal_proposals().await;
    case.close_receipt().await;
    case::evaluators(&*world.store).await;
    let (position, document) =
        (followed(&world).await, case::document("técnica 0 propuesta corregida"));
    let query = format!(
        "{{ evaluators(minPosition: \"{position}\") {{
             nodes {{ evaluatorId pseudonym organisation status appliedAt accreditedAt
                      event {{ stream }} anchor {{ state }} }} }}
            document(sha256: \"{}\") {{ name }} }}",
        document.sha256
    );
    let found = world.read("", &query).await;
    let evaluators = found["evaluators"]["nodes"].as_array().unwrap();
    assert_eq!(evaluators.len(), 4);
    assert_eq!(evaluators[0]["status"], "accredited");
    assert_eq!(
        (&evaluators[3]["status"], &evaluators[3]["accreditedAt"]),
        (&json!("applied"), &Value::Null)
    );
    assert_eq!(found["document"], Value::Null, "it is sealed");
    case.open_technical().await;
    let query = format!(
        "{{ document(sha256: \"{}\", minPosition: \"{}\") {{
             sha256 ocid name mediaType bytes position anchor {{ state }} }} }}",
        document.sha256,
        followed(&world).await
    );
    let shown = world.read("", &query).await["document"].clone();
    assert_eq!(shown["name"], document.name);
    assert_eq!((&shown["bytes"], &shown["ocid"]), (&json!(document.bytes), &json!(case.ocid)));
}

/// The paths that the bundle of the entry at `position` discloses, each found to fit its commitment.
async fn disclosed(world: &World, position: u64) -> Vec<String> {
    let recorded = world.store.read(position, 1).await.unwrap().remove(0);
    let id = recorded.id();
    let bundle = batched(world, id).await;
    let query = format!("{{ proof(eventId: \"{id}\") {{ bundle }} }}");
    let asked = world.read("", &query).await["proof"]["bundle"].clone();
    let asked: Value = serde_json::from_str(asked.as_str().unwrap()).unwrap();
    // The anchor may come between the two questions.
    assert_eq!(asked["entry"], bundle["entry"]);
    assert_eq!(asked["disclosures"], bundle["disclosures"]);
    let disclosures = bundle["disclosures"].as_array().unwrap();
    let mut commitments = match &recorded.content {
        Entry::Sealed(outer) => [(String::new(), outer.commitment)].into(),
        Entry::Open(envelope) => envelope.cm.clone(),
    };
    for disclosure in disclosures.iter().filter(|it| it["path"] == "") {
        let inner = Envelope::from_value(disclosure["value"].clone()).unwrap();
        commitments.extend(inner.cm);
    }
    let mut paths = Vec::new();
    for disclosure in disclosures {
        let path = disclosure["path"].as_str().unwrap();
        let salt = merkle::hash::hash_from_base64url(disclosure["salt"].as_str().unwrap()).unwrap();
        let commitment = Commitment::to(path, &merkle::Salt(salt), &disclosure["value"]).unwrap();
        assert_eq!(commitments.get(path), Some(&commitment), "{path}");
        paths.push(path.to_owned());
    }
    paths
}

/// The bundle of an event, once it is in a batch.
async fn batched(world: &World, id: Uuid) -> Value {
    for _ in 0..600 {
        let answer = world.get(&format!("/proofs/{id}")).await;
        if answer.status == 200 {
            return answer.json();
        }
        assert_eq!(answer.problem(), "not-yet-batched");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{id} was never in a batch")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_discloses_nothing_before_the_opening_and_then_what_it_opens() {
    let world = World::start().await;
    let _chain = anchored(&world).await;
    let mut case = called(&world).await;
    case.seal_proposals().await;
    case.close_receipt().await;
    followed_by_a_read(&world).await;
    let none: [&str; 0] = [];
    let sealed = case.sealed.clone();
    let [first, winner, _, taken_back, withdrawal] = sealed.proposals[..] else { panic!() };
    let company = sealed.participations[0];
    for position in [first, winner, taken_back, withdrawal, company, sealed.receipt_closed] {
        assert_eq!(disclosed(&world, position).await, none);
    }
    case.open_technical().await;
    case.seal_sheets().await;
    followed_by_a_read(&world).await;
    let sheet = case.sealed.sheets[0];
    assert_eq!(disclosed(&world, first).await, [""]);
    assert_eq!(disclosed(&world, winner).await, ["", "/data/technical"]);
    assert_eq!(disclosed(&world, taken_back).await, [""]);
    assert_eq!(disclosed(&world, withdrawal).await, [""]);
    assert_eq!(disclosed(&world, sealed.receipt_closed).await, ["/data/positions"]);
    for position in [company, sheet] {
        assert_eq!(disclosed(&world, position).await, none);
    }
    case.open_economic().await;
    followed_by_a_read(&world).await;
    let all = ["", "/actor", "/data/company", "/data/economic", "/data/technical"];
    assert_eq!(disclosed(&world, winner).await, all);
    assert_eq!(disclosed(&world, first).await, [""]);
    assert_eq!(disclosed(&world, company).await, [""]);
    assert_eq!(disclosed(&world, sealed.participations[2]).await, none);
    assert_eq!(disclosed(&world, sheet).await, [""]);
    personal_data_stay_withheld(&world).await;
}

async fn followed_by_a_read(world: &World) {
    let position = followed(world).await;
    let query = format!("{{ units(minPosition: \"{position}\") {{ nodes {{ key }} }} }}");
    world.read("", &query).await;
}

/// The contact of a company is withheld too, and no event ever discloses it.
async fn personal_data_stay_withheld(world: &World) {
    let query = "{ companies { nodes { event { position } } } }";
    let company = world.read("", query).await["companies"]["nodes"][0].clone();
    let position: u64 = company["event"]["position"].as_str().unwrap().parse().unwrap();
    assert!(disclosed(world, position).await.is_empty());
}

const TECHNICAL: &str = "propuesta técnica, con acentos";
const ECONOMIC: &str = "propuesta económica";

/// The first company takes part and proposes, within the time to receive.
async fn propose(world: &World, tender: &Value) {
    let company = world.log_in("empresa-0").await;
    let query = "{ companies { nodes { companyId } } }";
    let id = world.read("", query).await["companies"]["nodes"][0]["companyId"].clone();
    world.at("2018-04-12T09:30:00").await;
    let of = json!({"tenderId": tender, "companyId": id});
    let mut participant = of.clone();
    participant["declaresNoConflict"] = json!(true);
    world.accepted(&company, "registerParticipant", participant).await;
    let document = |name: &str, text: &str| {
        let content = base64::engine::general_purpose::STANDARD.encode(text);
        json!([{"name": name, "mediaType": "text/plain", "content": content}])
    };
    let mut proposal = of;
    proposal["technical"] = document("técnica.txt", TECHNICAL);
    proposal["economic"] = document("económica.txt", ECONOMIC);
    proposal["price"] = json!({"centavos": "150000000", "currency": "MXN"});
    world.accepted(&company, "submitProposal", proposal).await;
}

fn path_of(text: &str) -> String {
    format!("/documents/{}", to_hex(&sha256(text.as_bytes())))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_served_from_its_opening_on_and_before_it_is_as_unknown_as_any_other() {
    let world = World::start().await;
    let case = called(&world).await;
    let tender = json!(case.tender_id);
    propose(&world, &tender).await;
    followed_by_a_read(&world).await;
    let unknown = world.get(&path_of("nobody wrote this")).await;
    assert_eq!((unknown.status, unknown.problem().as_str()), (404, "not-found"));
    let without_prefix = path_of(TECHNICAL).replace("0x", "");
    for path in [path_of(TECHNICAL), path_of(ECONOMIC), without_prefix, "/documents/0x".into()] {
        let sealed = world.get(&path).await;
        assert_eq!((sealed.status, &sealed.body), (404, &unknown.body), "{path}");
    }
    world.at("2018-04-13T18:30:00").await;
    let contracting = world.log_in("u-convocante").await;
    world.accepted(&contracting, "openTechnical", json!({"tenderId": tender})).await;
    followed_by_a_read(&world).await;
    let opened = world.get(&path_of(TECHNICAL)).await;
    assert_eq!((opened.status, opened.text().as_str()), (200, TECHNICAL));
    let hash = path_of(TECHNICAL).replace("/documents/0x", "");
    for (name, value) in [
        ("content-type", "text/plain; charset=utf-8"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("x-content-type-options", "nosniff"),
        ("etag", &format!("\"{hash}\"")),
        (
            "content-disposition",
            "attachment; filename=\"t_cnica.txt\"; filename*=UTF-8''t%C3%A9cnica.txt",
        ),
    ] {
        assert_eq!(opened.header(name), value);
    }
    let known = ("if-none-match", opened.header("etag"));
    assert_eq!(world.send("GET", &path_of(TECHNICAL), &[known], b"").await.status, 304);
    let sealed = world.get(&path_of(ECONOMIC)).await;
    assert_eq!((sealed.status, &sealed.body), (404, &unknown.body));
}
