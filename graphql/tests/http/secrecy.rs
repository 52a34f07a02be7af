//! Before the opening nothing that anybody can get tells of a proposal: not what it says, not whose it is, not even
//! whether there are two or three. What an opening makes public is public then, and no more.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::Role;
use merkle::hash::{sha256, to_hex};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::anchored::anchored;
use crate::lines;
use crate::public::{Answers, Asked, readable};
use crate::support::World;

/// Names of what is sealed, and of what would count it.
const SEALED: [&str; 6] = [
    "ParticipantRegistered",
    "ProposalSubmitted",
    "ProposalReplaced",
    "submitProposal",
    "registerParticipant",
    "numberOfTenderers",
];

/// A company with what it sends.
struct Bidder {
    token: String,
    company_id: String,
    legal_name: String,
    rfc: String,
    account: String,
    price: String,
    technical: (String, String),
    economic: (String, String),
}

impl Bidder {
    fn documents(&self) -> [&(String, String); 2] {
        [&self.technical, &self.economic]
    }

    /// Whatever would say who it is.
    fn names(&self) -> [&str; 4] {
        [&self.company_id, &self.legal_name, &self.rfc, &self.account]
    }

    /// Whatever would say what it proposes.
    fn secrets(&self) -> Vec<String> {
        let mut secrets = vec![self.price.clone()];
        for (name, text) in self.documents() {
            let hash = sha256(text.as_bytes());
            secrets.extend([name.clone(), text.clone(), to_hex(&hash)[2..].to_owned()]);
            secrets.extend([URL_SAFE_NO_PAD.encode(hash), STANDARD.encode(text)]);
        }
        secrets
    }
}

/// A tender that receives proposals.
struct Bidding {
    world: World,
    ocid: String,
    tender_id: String,
    bidders: Vec<Bidder>,
    /// The notes of the receipts that bidders were given.
    notes: Vec<String>,
}

impl Bidding {
    /// A called tender with three companies, of which all take part and some propose; at the end of receipt.
    async fn with_proposals(count: usize) -> Self {
        let world = World::start().await;
        let (ocid, position) = world.play().await;
        let query = format!(
            "{{ tender(ocid: \"{ocid}\", minPosition: \"{position}\") {{ tenderId }}
                companies {{ nodes {{ companyId legalName rfc event {{ id }} }} }} }}"
        );
        let found = world.read("", &query).await;
        let tender_id = found["tender"]["tenderId"].as_str().unwrap().to_owned();
        let mut bidders = Vec::new();
        for (index, company) in found["companies"]["nodes"].as_array().unwrap().iter().enumerate() {
            bidders.push(bidder(&world, index, company).await);
        }
        world.record(&ocid, 2).await;
        let mut tender = Self { world, ocid, tender_id, bidders, notes: Vec::new() };
        tender.world.at("2018-04-12T09:30:00").await;
        for index in 0..3 {
            tender.sends(index, "registerParticipant").await;
        }
        for index in 0..count {
            // The last moment is in time.
            let at = if index + 1 == count { "17:59:59.999" } else { "10:00:00.000" };
            tender.world.at(&format!("2018-04-13T{at}")).await;
            tender.sends(index, "submitProposal").await;
        }
        tender.world.at("2018-04-13T18:00:00.000").await;
        for (index, mutation) in [(0, "replaceProposal"), (2, "submitProposal")] {
            let late = tender.answer(index, mutation).await;
            assert_eq!(late["code"], "submission-period-ended", "{mutation}: {late}");
        }
        tender
    }

    /// The answer to a mutation of a bidder.
    async fn answer(&self, index: usize, mutation: &str) -> Value {
        let bidder = &self.bidders[index];
        let mut input = json!({
            "commandId": Uuid::new_v4(),
            "tenderId": self.tender_id,
            "companyId": bidder.company_id,
        });
        if mutation == "registerParticipant" {
            input["declaresNoConflict"] = json!(true);
        } else {
            let [technical, economic] = bidder.documents().map(|(name, text)| {
                json!([{"name": name, "mediaType": "text/plain", "content": STANDARD.encode(text)}])
            });
            input["technical"] = technical;
            input["economic"] = economic;
            input["price"] = json!({"centavos": bidder.price, "currency": "MXN"});
        }
        let type_name = mutation[..1].to_uppercase() + &mutation[1..];
        let query = format!(
            "mutation($input: {type_name}Input!) {{ answer: {mutation}(input: $input) {{
               ... on CommandAccepted {{ receipt {{ note file }} }} ... on CommandRejected {{ code }} }} }}"
        );
        let answer = self.world.ask(&bidder.token, &query, json!({"input": input})).await;
        answer["data"]["answer"].clone()
    }

    /// What a bidder sends is recorded; its receipt holds what it sent, and the receipt's note nothing of it.
    async fn sends(&mut self, index: usize, mutation: &str) {
        let answer = self.answer(index, mutation).await;
        let receipt = &answer["receipt"];
        let file = receipt["file"].as_str().unwrap_or_else(|| panic!("{answer}"));
        assert!(file.contains(&self.bidders[index].company_id), "{file}");
        if mutation == "submitProposal" {
            for told in [&self.bidders[index].price, &self.bidders[index].technical.0] {
                assert!(file.contains(told), "{told} is not in the receipt's file");
            }
        }
        self.notes.push(receipt["note"].as_str().unwrap().to_owned());
    }

    fn asked(&self) -> Asked<'_> {
        let text = self.bidders.iter().flat_map(|bidder| bidder.documents().map(|it| &it.1));
        let documents = text.map(|text| to_hex(&sha256(text.as_bytes()))).collect();
        Asked { world: &self.world, ocid: self.ocid.clone(), documents }
    }

    /// Nothing in a text says what a proposal says, or who has to do with the tender.
    fn tells_nothing(&self, place: &str, text: &str) {
        for secret in self.bidders.iter().flat_map(Bidder::secrets) {
            assert!(!text.contains(&secret), "{place} holds {secret}: {text}");
        }
        for name in SEALED {
            assert!(!text.contains(name), "{place} speaks of {name}: {text}");
        }
        if text.contains(&self.tender_id) || text.contains(&self.ocid) {
            self.names_nobody(place, text);
        }
    }

    fn names_nobody(&self, place: &str, text: &str) {
        for name in self.bidders.iter().flat_map(Bidder::names) {
            assert!(!text.contains(name), "{place} holds {name}: {text}");
        }
    }
}

async fn bidder(world: &World, index: usize, company: &Value) -> Bidder {
    let text = |member: &str| company[member].as_str().unwrap().to_owned();
    let query = format!("{{ event(id: {}) {{ actor {{ ref }} }} }}", company["event"]["id"]);
    let account = world.read("", &query).await["event"]["actor"]["ref"].clone();
    Bidder {
        token: world.log_in(&format!("empresa-{index}")).await,
        company_id: text("companyId"),
        legal_name: text("legalName"),
        rfc: text("rfc"),
        account: account.as_str().unwrap().to_owned(),
        price: format!("17373101{index}"),
        technical: (format!("tecnica-{index}-7k.txt"), format!("Oferta técnica sellada {index}")),
        economic: (format!("precio-{index}-7k.txt"), format!("Oferta económica sellada {index}")),
    }
}

/// An answer without what is drawn anew in each run: ids, hashes, keys, and the hour of the machine.
fn comparable(answer: &Value, size: u64) -> Value {
    match answer {
        Value::Object(members) => {
            // A release is published whenever its publisher comes to it.
            let is_release = is_of(answer, "ReleasePublished");
            let is_drawn = |name: &str| {
                ["at", "entry", "leaf"].contains(&name) || is_release && name == "effectiveAt"
            };
            let member = |(name, value): (&String, &Value)| {
                let value = if is_drawn(name) { json!("…") } else { comparable(value, size) };
                (without_ids(name), value)
            };
            members.iter().map(member).collect()
        }
        Value::Array(members) => members.iter().map(|it| comparable(it, size)).collect(),
        Value::String(text) if *text == size.to_string() => json!("size"),
        Value::String(text) if *text == (size - 1).to_string() => json!("last"),
        Value::String(text) => json!(without_ids(text)),
        other => other.clone(),
    }
}

fn without_ids(text: &str) -> String {
    let is_word = |it: char| it.is_ascii_alphanumeric() || "-_".contains(it);
    let words = text.split_inclusive(|it: char| !is_word(it)).map(|word| {
        let letters = word.trim_end_matches(|it: char| !is_word(it));
        // Streams are named by what they are and an id.
        let is_drawn =
            Uuid::try_parse(letters.get(letters.len().saturating_sub(36)..).unwrap_or("")).is_ok()
                || (letters.len() >= 40 && !letters.contains("ocds"));
        if is_drawn { word.replace(letters, "…") } else { word.to_owned() }
    });
    words.collect()
}

/// Whether it is about an event of this type.
fn is_of(answer: &Value, event_type: &str) -> bool {
    [&answer["type"], &answer["event"]["type"]].contains(&&json!(event_type))
}

/// What everybody is told, in an order that does not depend on ids, and apart from it what is told of sealed entries.
fn compared(answers: &Answers, size: u64, url: &str) -> (Vec<String>, Vec<String>) {
    let of = |sealed: bool| {
        // An entry's members are compared where they are told one by one.
        let answers = answers.iter().filter(|(place, _)| place != "entry");
        let answers = answers.filter(|(_, it)| is_of(it, "Sealed") == sealed);
        let text = |(place, it): &(String, Value)| format!("{place} {}", comparable(it, size));
        let mut texts: Vec<String> = answers.map(|it| text(it).replace(url, "")).collect();
        texts.sort();
        texts
    };
    (of(false), of(true))
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_opening_nothing_public_tells_of_a_proposal() {
    lines::capture();
    let tender = Bidding::with_proposals(3).await;
    let answers = tender.asked().everything().await;
    for (place, answer) in &answers {
        tender.tells_nothing(place, &readable(answer));
    }
    let statuses = |of: &str| {
        let answers = answers.iter().filter(|(place, _)| place == of);
        answers.map(|(_, it)| it["status"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(statuses("documents"), [404; 6]);
    assert!(statuses("proofs").iter().all(|it| *it == 409), "nothing is in a batch yet");
    for note in &tender.notes {
        tender.tells_nothing("the note of a receipt", note);
        tender.names_nobody("the note of a receipt", note);
    }
    let _chain = anchored(&tender.world).await;
    let anchored = tender.asked().anchored().await;
    assert!(anchored.iter().any(|(place, it)| place == "proofs" && it["status"] == 200));
    for (place, answer) in &anchored {
        tender.tells_nothing(place, &readable(answer));
    }
    let metrics = tender.asked().metrics().await;
    tender.tells_nothing("the metrics", &metrics);
    tender.names_nobody("the metrics", &metrics);
    let lines = lines::text();
    assert!(lines.contains("command.name=\"sealed\""), "what is sealed is counted as that only");
    lines.lines().for_each(|line| tender.tells_nothing("the log", line));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_proposals_and_three_differ_in_the_number_of_sealed_entries_only() {
    let mut told = Vec::new();
    let mut sealed = Vec::new();
    for count in [2, 3] {
        let tender = Bidding::with_proposals(count).await;
        let (asked, url) = (tender.asked(), &tender.world.url);
        let (of_open, of_sealed) = compared(&asked.everything().await, asked.size().await, url);
        told.push(of_open);
        sealed.push(of_sealed);
    }
    // Proofs of sealed entries are asked for too, and are answered as those of all others.
    told.iter_mut().for_each(Vec::dedup);
    for (two, three) in told[0].iter().zip(&told[1]) {
        let differ = two.bytes().zip(three.bytes()).position(|(two, three)| two != three);
        let from = differ.unwrap_or_default().saturating_sub(80);
        assert_eq!(
            two,
            three,
            "from there on: {}",
            &String::from_utf8_lossy(&two.as_bytes()[from..])
        );
    }
    assert_eq!(told[0].len(), told[1].len());
    for (texts, count) in sealed.iter_mut().zip([5, 6]) {
        assert_eq!(texts.len(), 3 * count, "in three places: {texts:#?}");
        for text in texts.iter_mut() {
            let position = text.find("\"position\":\"").unwrap();
            *text = text[..position].to_owned() + text[position..].split_once(',').unwrap().1;
        }
        texts.dedup();
        assert_eq!(texts.len(), 3, "one is like any other: {texts:#?}");
    }
    assert_eq!(sealed[0], sealed[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_makes_public_what_it_opens_and_no_more() {
    let tender = Bidding::with_proposals(3).await;
    let world = &tender.world;
    let id = json!({"tenderId": tender.tender_id});
    world.at("2018-04-13T18:30:00").await;
    let contracting = world.log_in("u-convocante").await;
    world.accepted(&contracting, "openTechnical", id.clone()).await;
    let told = told(&tender).await;
    for bidder in &tender.bidders {
        assert!(told.contains(&bidder.technical.0) && told.contains(&bidder.technical.1));
        for sealed in [&bidder.price, &bidder.economic.0, &bidder.economic.1] {
            assert!(!told.contains(sealed), "{sealed} is public");
        }
    }
    for (place, answer) in tender.asked().everything().await {
        let text = readable(&answer);
        if text.contains(&tender.tender_id) || text.contains(&tender.ocid) {
            tender.names_nobody(&place, &text);
        }
    }
    world.at("2018-04-14T09:00:00").await;
    let technical = world.official("u-tecnica", &[Role::Technical]).await;
    for mask in ["A", "B", "C"] {
        let sheet = json!({
            "tenderId": tender.tender_id,
            "mask": mask,
            "scores": [1_711, 1_222, 833, 444],
            "justification": "Valoración fundada en la propuesta técnica y sus anexos",
        });
        world.accepted(&technical, "signTechnicalSheet", sheet).await;
    }
    assert!(!self::told(&tender).await.contains("1711"), "a sheet is public");
    world.at("2018-04-15T12:30:00").await;
    world.accepted(&contracting, "openEconomic", id).await;
    let told = self::told(&tender).await;
    assert!(told.contains("1711"));
    for bidder in &tender.bidders {
        for opened in bidder.documents().iter().flat_map(|(name, text)| [name, text]) {
            assert!(told.contains(opened), "{opened} is not public");
        }
        for opened in [&bidder.price, &bidder.company_id, &bidder.legal_name] {
            assert!(told.contains(opened), "{opened} is not public");
        }
        assert!(!told.contains(&bidder.account), "an account is public");
    }
}

/// What is told where the process or a document is asked for, and all that is told of its events.
async fn told(tender: &Bidding) -> String {
    let answers = tender.asked().everything().await;
    let of_process = |place: &String, text: &String| {
        place == "documents" || text.contains(&tender.tender_id) || text.contains(&tender.ocid)
    };
    let texts = answers.iter().map(|(place, it)| (place, readable(it)));
    texts.filter(|(place, text)| of_process(place, text)).map(|(_, text)| text).collect()
}
