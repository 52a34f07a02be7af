//! A log and a chain node over HTTP on loopback, each answer of which a test may replace.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use alloy_primitives::keccak256;
use serde_json::{Value, json};

use super::chain::{Chain, LAST_BLOCK, hex, word};
use super::tree::root;
use super::{BLOCKS, Hash, World};

/// Answers a request line's path (GET) or a method with its parameters (POST).
pub type Log = dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync;
pub type Node = dyn Fn(&str, &Value) -> Value + Send + Sync;

/// The paths and bytes of a log with its checkpoint at `size`.
pub fn log(world: &World, size: u64) -> impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + use<> {
    let checkpoint = world.checkpoint(size).into_bytes();
    let entries = world.entries[..usize::try_from(size).unwrap()].to_vec();
    let leaves = world.leaves()[..entries.len()].to_vec();
    move |path| {
        if path == "/log/checkpoint" {
            return Some(checkpoint.clone());
        }
        let (level, rest) = path.strip_prefix("/log/tile/")?.split_once('/')?;
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, width.parse().ok()?),
            None => (rest, 256),
        };
        let first = index.parse::<usize>().ok()? * 256;
        if level == "entries" {
            let range = entries.get(first..first + width)?;
            let one = |entry: &Vec<u8>| {
                [&u16::try_from(entry.len()).unwrap().to_be_bytes(), entry.as_slice()].concat()
            };
            return Some(range.iter().flat_map(one).collect());
        }
        let span = 256usize.pow(level.parse().ok()?);
        let hashes: Vec<Hash> = leaves.chunks_exact(span).map(root).collect();
        Some(hashes.get(first..first + width)?.concat())
    }
}

/// A node of the world's chain.
pub fn node(world: World) -> impl Fn(&str, &Value) -> Value + Send + Sync {
    move |method, params| match method {
        "eth_chainId" => format!("{:#x}", world.chain.id).into(),
        "eth_blockNumber" => format!("{LAST_BLOCK:#x}").into(),
        "eth_getBlockByNumber" => block(world.chain.header(number(&params[0]))),
        "eth_getLogs" => {
            logs(&world.chain, number(&params[0]["fromBlock"]), number(&params[0]["toBlock"]))
        }
        "eth_getProof" => proof(&world.chain, &params[1], number(&params[2])),
        _ => panic!("no such method: {method}"),
    }
}

pub fn number(value: &Value) -> u64 {
    u64::from_str_radix(&value.as_str().unwrap()[2..], 16).unwrap()
}

pub fn block(rlp: &[u8]) -> Value {
    let names = [
        "parentHash",
        "sha3Uncles",
        "miner",
        "stateRoot",
        "transactionsRoot",
        "receiptsRoot",
        "logsBloom",
        "difficulty",
        "number",
        "gasLimit",
        "gasUsed",
        "timestamp",
        "extraData",
        "mixHash",
        "nonce",
        "baseFeePerGas",
    ];
    let quantities = ["difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas"];
    let mut payload = alloy_rlp::Header::decode_bytes(&mut &*rlp, true).unwrap();
    let mut block = json!({"hash": hex(keccak256(rlp).as_slice()), "transactions": []});
    for name in names {
        let field = hex(alloy_rlp::Header::decode_bytes(&mut payload, false).unwrap());
        block[name] = if quantities.contains(&name) {
            let digits = field[2..].trim_start_matches('0');
            format!("0x{}", if digits.is_empty() { "0" } else { digits }).into()
        } else {
            field.into()
        };
    }
    block
}

fn logs(chain: &Chain, from: u64, to: u64) -> Value {
    let mut first = 0;
    let mut logs = Vec::new();
    for (index, (batch_root, log_root)) in chain.roots.iter().enumerate() {
        let count = chain.sizes[index] - first;
        if (from..=to).contains(&BLOCKS[index]) {
            let topic = keccak256("BatchAnchored(uint64,uint64,uint64,bytes32,bytes32)");
            let data = [word(first), word(count), *batch_root, *log_root].concat();
            let topics = [hex(topic.as_slice()), hex(&word(index as u64))];
            logs.push(json!({"topics": topics, "data": hex(&data)}));
        }
        first = chain.sizes[index];
    }
    logs.into()
}

fn proof(chain: &Chain, slots: &Value, block: u64) -> Value {
    let hexes = |nodes: Vec<Vec<u8>>| nodes.iter().map(|node| hex(node)).collect::<Vec<_>>();
    let storage = chain.storage(block);
    let slot = |key: &Value| {
        let key = key.as_str().unwrap();
        let (slot, value) = storage.iter().find(|(slot, _)| hex(slot) == key).unwrap();
        let digits = hex(value)[2..].trim_start_matches('0').to_owned();
        let proof = hexes(chain.slot_proof(block, slot).1);
        json!({"key": key, "value": format!("0x{digits}"), "proof": proof})
    };
    let proofs: Vec<_> = slots.as_array().unwrap().iter().map(slot).collect();
    json!({"accountProof": hexes(chain.state(block, &chain.contract).1), "storageProof": proofs})
}

/// Serves both on one port until the process ends, and returns the address.
pub fn serve(log: Arc<Log>, node: Arc<Node>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (log, node) = (log.clone(), node.clone());
            std::thread::spawn(move || answer(stream, &*log, &*node));
        }
    });
    address
}

fn answer(mut stream: TcpStream, log: &Log, node: &Node) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut request = String::new();
    if reader.read_line(&mut request).is_err() {
        return;
    }
    let mut body_bytes = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).is_err() || line.trim().is_empty() {
            break;
        }
        if let Some(length) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            body_bytes = length.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; body_bytes];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let path = request.split(' ').nth(1).unwrap_or_default();
    let answer = if request.starts_with("POST") {
        let one = |call: &Value| {
            let result = node(call["method"].as_str().unwrap(), &call["params"]);
            json!({"jsonrpc": "2.0", "id": call["id"], "result": result})
        };
        Some(match serde_json::from_slice(&body).unwrap() {
            // In another order than asked: a client has to look at the ids.
            Value::Array(calls) => Value::Array(calls.iter().rev().map(one).collect()),
            call => one(&call),
        })
        .map(|answer| answer.to_string().into_bytes())
    } else {
        log(path)
    };
    let status = if answer.is_some() { "200 OK" } else { "404 Not Found" };
    let bytes = answer.unwrap_or_default();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        bytes.len()
    );
    // The client may have hung up: it reads no more than it wants.
    if stream.write_all(head.as_bytes()).is_ok() {
        stream.write_all(&bytes).ok();
    }
}
