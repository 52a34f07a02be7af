//! The light node in front of what a real geth answered (`record.py`): it says the same, and says
//! nothing else when any answer is changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use verifier::light::{LightClient, LightNode};
use verifier::policy::Policy;

use crate::world::server::serve;

static RECORDED: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("answers.json")).unwrap());

/// What the node answers, by method and parameters.
type Answers = BTreeMap<String, Value>;

fn key(method: &str, params: &Value) -> String {
    format!("{method} {params}")
}

fn recorded() -> Answers {
    let asked = RECORDED["asked"].as_array().unwrap().iter();
    let mut answers: Answers =
        asked.map(|call| (key(call[0].as_str().unwrap(), &call[1]), call[2].clone())).collect();
    answers.insert(key("eth_blockNumber", &json!([])), RECORDED["newest"].clone());
    answers
}

/// A light node in front of a node whose answers a test may change.
struct Light {
    answers: Arc<Mutex<Answers>>,
    /// What the node was asked.
    asked: Arc<Mutex<BTreeSet<String>>>,
    node: Arc<LightNode>,
    url: String,
}

impl Light {
    fn start() -> Self {
        let answers = Arc::new(Mutex::new(recorded()));
        let asked = Arc::new(Mutex::new(BTreeSet::new()));
        let (shown, seen) = (answers.clone(), asked.clone());
        let upstream = move |method: &str, params: &Value| {
            let call = key(method, params);
            let answer = shown.lock().unwrap().get(&call).cloned().unwrap_or(Value::Null);
            seen.lock().unwrap().insert(call);
            answer
        };
        let upstream = serve(Arc::new(|_: &str| None), Arc::new(upstream));
        let policy = Policy::parse(RECORDED["policy"].to_string().as_bytes()).unwrap();
        let mut client = LightClient::open(&upstream, &policy.chain, None).unwrap();
        client.sync(&mut |_, _| ()).unwrap();
        let node = Arc::new(LightNode::bind(client, "127.0.0.1:0".parse().unwrap()).unwrap());
        let url = format!("http://{}", node.address().unwrap());
        let running = node.clone();
        std::thread::spawn(move || running.run(Duration::from_hours(1), &|_| ()));
        Self { answers, asked, node, url }
    }

    fn post(&self, body: &str) -> Value {
        let mut answer = ureq::post(&self.url).send(body).unwrap();
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
    }

    fn ask(&self, method: &str, params: &Value) -> Value {
        let call = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
        let answer = self.post(&call.to_string());
        assert_eq!((&answer["id"], &answer["jsonrpc"]), (&json!(7), &json!("2.0")), "{answer}");
        answer
    }
}

impl Drop for Light {
    fn drop(&mut self) {
        self.node.stop();
    }
}

/// Whether every member that the light node shows is what geth shows: it leaves out what no
/// header commits to.
fn agrees(light: &Value, geth: &Value) -> bool {
    match (light, geth) {
        (Value::Object(light), Value::Object(geth)) => {
            light.iter().all(|(name, value)| geth.get(name).is_some_and(|of| agrees(value, of)))
        }
        (Value::Array(light), Value::Array(geth)) => {
            light.len() == geth.len() && light.iter().zip(geth).all(|(a, b)| agrees(a, b))
        }
        (light, geth) => light == geth,
    }
}

fn expected() -> impl Iterator<Item = (&'static str, &'static Value, &'static Value)> {
    let expected = RECORDED["expected"].as_array().unwrap().iter();
    expected.map(|call| (call[0].as_str().unwrap(), &call[1], &call[2]))
}

#[test]
fn the_light_node_answers_what_geth_answers() {
    let light = Light::start();
    let mut compared = 0;
    for (method, params, geth) in expected() {
        let answer = light.ask(method, params);
        assert_eq!(answer.get("error"), None, "{method} {params}");
        assert!(agrees(&answer["result"], geth), "{method} {params}: {answer}\ngeth: {geth}");
        compared += 1;
    }
    assert!(compared > 25, "{compared} answers were compared");
    // The members that are left out are known: a receipt's are those of its transaction.
    let (_, params, geth) = expected().find(|call| call.0 == "eth_getTransactionReceipt").unwrap();
    let answer = light.ask("eth_getTransactionReceipt", params);
    let of = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let shown = of(&answer["result"]);
    let left: Vec<_> = of(geth).into_iter().filter(|name| !shown.contains(name)).collect();
    assert_eq!(left, ["contractAddress", "effectiveGasPrice", "from", "to"]);
}

/// Changes one digit or one item of a value in every place, one after the other.
fn changes(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) => {
            let Some(last) = text.chars().last().filter(|_| text.len() > 2) else { return vec![] };
            let digit = if last == '1' { '2' } else { '1' };
            vec![format!("{}{digit}", &text[..text.len() - 1]).into(), Value::Null]
        }
        Value::Array(items) => {
            let within = items
                .iter()
                .enumerate()
                .flat_map(|(at, item)| changes(item).into_iter().map(move |item| (at, item)));
            let mut all: Vec<_> = within
                .map(|(at, item)| {
                    let mut items = items.clone();
                    items[at] = item;
                    Value::Array(items)
                })
                .collect();
            if !items.is_empty() {
                all.push(Value::Array(items[1..].to_vec()));
            }
            all
        }
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, member)| changes(member).into_iter().map(move |m| (name, m)))
            .map(|(name, member)| {
                let mut members = members.clone();
                members[name] = member;
                Value::Object(members)
            })
            .collect(),
        _ => vec![],
    }
}

/// A42: a node that lies about one thing. The answer is the true one or none; `null` is one only
/// where the node says that it does not know a transaction or a hash.
#[test]
fn a_node_that_lies_about_anything_is_never_passed_on() {
    let light = Light::start();
    let mut resting: BTreeMap<String, Vec<(&str, &Value, Value)>> = BTreeMap::new();
    for (method, params, _) in expected() {
        light.asked.lock().unwrap().clear();
        let truth = light.ask(method, params);
        for call in light.asked.lock().unwrap().iter() {
            resting.entry(call.clone()).or_default().push((method, params, truth.clone()));
        }
    }
    let (mut lies, mut silent) = (0, 0);
    for (call, answers) in resting {
        let honest = light.answers.lock().unwrap()[&call].clone();
        let all = changes(&honest);
        // Long answers are proofs of many nodes: some of each are enough.
        for lie in all.iter().step_by(all.len() / 30 + 1).cloned() {
            light.answers.lock().unwrap().insert(call.clone(), lie);
            lies += 1;
            for (method, params, truth) in &answers {
                let said = light.ask(method, params);
                let known_gap = said["result"].is_null()
                    && ["eth_getTransactionReceipt", "eth_getBlockByHash"].contains(method);
                let refused = said.get("error").is_some();
                silent += u32::from(refused || known_gap);
                assert!(said == *truth || refused || known_gap, "{call}: {method}: {said}");
            }
        }
        light.answers.lock().unwrap().insert(call, honest);
    }
    assert!(lies > 200 && silent > 100, "{lies} lies, {silent} answers were refused");
}

#[test]
fn what_cannot_be_proven_is_refused_by_name() {
    let light = Light::start();
    let code = |method: &str, params: Value| {
        let answer = light.ask(method, &params);
        assert_eq!(answer.get("result"), None, "{method} {params}: {answer}");
        let message = answer["error"]["message"].as_str().unwrap().to_owned();
        (answer["error"]["code"].as_i64().unwrap(), message)
    };
    let (number, message) = code("eth_call", json!([{}, "latest"]));
    assert_eq!(number, -32601);
    assert!(message.contains("eth_call is not served") && message.contains("eth_getProof"));
    let nobody = "0x00000000000000000000000000000000000000AB";
    for (method, params, said) in [
        ("eth_getBalance", json!(["0x01"]), "parameter 0 has to be an address"),
        ("eth_getBalance", json!([nobody, "finalized"]), "parameter 1 has to be a block"),
        ("eth_getBalance", json!([nobody, "pending"]), "parameter 1 has to be a block"),
        ("eth_getBalance", json!([]), "parameter 0 has to be an address"),
        ("eth_getStorageAt", json!([nobody, "x"]), "parameter 1 has to be a slot"),
        ("eth_getBlockByNumber", json!(["latest", true]), "parameter 1 has to be false"),
        ("eth_getLogs", json!([{"blockHash": nobody}]), "blockHash is not served"),
        ("eth_sendRawTransaction", json!(["zz"]), "parameter 0 has to be the bytes"),
    ] {
        let (number, message) = code(method, params);
        assert_eq!(number, -32602, "{message}");
        assert!(message.contains(said), "{message}");
    }
    let beyond =
        [("eth_getBalance", json!([nobody, "0xffff"])), ("clique_getSigners", json!(["0xffff"]))];
    for (method, params) in beyond {
        let (number, message) = code(method, params);
        assert_eq!(number, -32000);
        assert!(message.contains("was not followed"), "{message}");
    }
    let everything = json!([{"fromBlock": "0x0", "toBlock": "0xffffffffffffffff"}]);
    assert!(code("eth_getLogs", everything).1.contains("10000 at most"));
}

#[test]
fn requests_that_are_none_are_told_so() {
    let light = Light::start();
    let many = Value::Array(vec![json!({"id": 1, "method": "net_version"}); 101]);
    for (body, code) in [
        ("{", -32700),
        ("[]", -32600),
        ("{}", -32600),
        (r#"{"id":1,"method":"net_version","params":{}}"#, -32600),
        (&many.to_string(), -32600),
        (&format!("\"{}\"", "x".repeat(1 << 20)), -32600),
        (&"[".repeat(100_000), -32700),
    ] {
        assert_eq!(light.post(body)["error"]["code"], code, "{body:.60}");
    }
    let two = light.post(r#"[{"id":"a","method":"net_version"},{"id":2,"method":"eth_syncing"}]"#);
    assert_eq!((&two[0]["id"], &two[1]["result"]), (&json!("a"), &json!(false)));
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    assert_eq!(agent.get(&light.url).call().unwrap().status(), 405);
    let rebound = agent.post(&light.url).header("host", "evil.example:1").send("{}").unwrap();
    assert_eq!(rebound.status(), 403);
}
