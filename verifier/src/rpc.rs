//! A chain node's JSON-RPC: what it says is evidence to check, not truth.

use alloy_primitives::keccak256;
use alloy_rlp::{Encodable as _, Header as RlpHeader};

use crate::chain::Address;
use crate::chain::contract::Word;
use crate::encoding::{hex, unhex, unhex_array};
use crate::http::{Client, HttpError};
use crate::json::{self, Rules, Value, canonical_profile, object};
use crate::merkle::Hash;

const BLOCK_BY_NUMBER: &str = "eth_getBlockByNumber";
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Fields of a header that are quantities; the others are byte strings.
const QUANTITIES: [&str; 8] = [
    "difficulty",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "baseFeePerGas",
    "blobGasUsed",
    "excessBlobGas",
];
const FIELDS: [&str; 15] = [
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
];
/// Those a header of a later fork has too. Some chains for development skip some; the hash tells.
const LATER_FIELDS: [&str; 6] = [
    "baseFeePerGas",
    "withdrawalsRoot",
    "blobGasUsed",
    "excessBlobGas",
    "parentBeaconBlockRoot",
    "requestsHash",
];

/// Why a node gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
    /// No answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The node answered with an error.
    #[error("the chain node refused {method} with code {code}")]
    Refused {
        /// The method.
        method: &'static str,
        /// Its error code, 0 if there was none.
        code: i64,
    },
    /// The answer is not what the method returns.
    #[error("the chain node's answer to {method} is not one")]
    Malformed {
        /// The method.
        method: &'static str,
    },
    /// The node's header of a block does not have the hash that the node gives the block.
    #[error("the node's header of block {number} does not have the hash it gives the block")]
    BlockHash {
        /// The block.
        number: u64,
    },
}

/// An event of the contract.
pub(crate) struct Event {
    pub(crate) topics: Vec<Word>,
    pub(crate) data: Vec<u8>,
}

/// An answer to `eth_getProof`.
pub(crate) struct Proof {
    pub(crate) account: Vec<Vec<u8>>,
    /// Value and proof of each slot, in the order asked for.
    pub(crate) slots: Vec<(Word, Vec<Vec<u8>>)>,
}

/// A chain node.
#[derive(Debug)]
pub(crate) struct Node {
    client: Client,
}

impl Node {
    pub(crate) fn new(url: &str) -> Self {
        Self { client: Client::new(url) }
    }

    pub(crate) fn call(&self, method: &'static str, params: Vec<Value>) -> Result<Value, RpcError> {
        let request = canonical_profile(&request(1, method, params));
        let answer = self.client.post_json(&request, ANSWER_BYTES_MAX)?;
        let answer =
            json::parse(&answer, Rules::Any).map_err(|_| RpcError::Malformed { method })?;
        result(&answer, method)
    }

    fn quantity(&self, method: &'static str) -> Result<u64, RpcError> {
        let answer = self.call(method, Vec::new())?;
        let number = answer.as_str().and_then(|text| text.strip_prefix("0x"));
        let number = number.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        number.ok_or(RpcError::Malformed { method })
    }

    pub(crate) fn chain_id(&self) -> Result<u64, RpcError> {
        self.quantity("eth_chainId")
    }

    pub(crate) fn block_number(&self) -> Result<u64, RpcError> {
        self.quantity("eth_blockNumber")
    }

    /// Many calls of one method in one request; the answers in order of `params`.
    pub(crate) fn call_many(
        &self,
        method: &'static str,
        params: impl Iterator<Item = Vec<Value>>,
    ) -> Result<Vec<Value>, RpcError> {
        let requests: Vec<Value> =
            (0..).zip(params).map(|(id, params)| request(id, method, params)).collect();
        let wanted = requests.len();
        let sent = canonical_profile(&Value::Array(requests));
        let malformed = || RpcError::Malformed { method };
        let answers = self.client.post_json(&sent, ANSWER_BYTES_MAX)?;
        let answers = json::parse(&answers, Rules::Any).map_err(|_| malformed())?;
        let mut found = vec![None; wanted];
        // A node answers in any order, or the whole request with one error.
        let each = answers.as_array().ok_or_else(|| refused(&answers, method))?;
        for answer in each {
            let Some(Value::Integer(id)) = answer.get("id") else { return Err(malformed()) };
            let place = usize::try_from(*id).ok().and_then(|id| found.get_mut(id));
            *place.ok_or_else(malformed)? = Some(result(answer, method)?);
        }
        found.into_iter().collect::<Option<_>>().ok_or_else(malformed)
    }

    /// The headers of the blocks `first..=last`, as [`Self::header`] reads one.
    pub(crate) fn headers(&self, first: u64, last: u64) -> Result<Vec<Vec<u8>>, RpcError> {
        let params = (first..=last).map(|number| vec![quantity(number).into(), false.into()]);
        let blocks = self.call_many(BLOCK_BY_NUMBER, params)?;
        (first..).zip(&blocks).map(|(number, block)| own_header(block, number)).collect()
    }

    /// The RLP of a block's header; its hash is the one the node gives the block.
    pub(crate) fn header(&self, number: u64) -> Result<Vec<u8>, RpcError> {
        let block = self.call(BLOCK_BY_NUMBER, vec![quantity(number).into(), false.into()])?;
        own_header(&block, number)
    }

    /// The number of the block with this hash, as the node says; `None` if it knows none.
    pub(crate) fn number_of(&self, hash: &Hash) -> Result<Option<u64>, RpcError> {
        let method = "eth_getBlockByHash";
        let block = self.call(method, vec![hex(hash).into(), false.into()])?;
        number_in(&block, "number", method)
    }

    /// The number of the block that has this transaction, as the node says; `None` if it knows none.
    pub(crate) fn block_of_transaction(&self, hash: &Hash) -> Result<Option<u64>, RpcError> {
        let method = "eth_getTransactionReceipt";
        let receipt = self.call(method, vec![hex(hash).into()])?;
        number_in(&receipt, "blockNumber", method)
    }

    /// The events `topic` of a contract in the blocks `from..=to`.
    pub(crate) fn events(
        &self,
        contract: &Address,
        topic: &Hash,
        from: u64,
        to: u64,
    ) -> Result<Vec<Event>, RpcError> {
        let method = "eth_getLogs";
        let filter = object([
            ("address", hex(contract).into()),
            ("fromBlock", quantity(from).into()),
            ("toBlock", quantity(to).into()),
            ("topics", Value::Array(vec![hex(topic).into()])),
        ]);
        let answer = self.call(method, vec![filter])?;
        let read = |event: &Value| {
            let topics = event.get("topics")?.as_array()?;
            let topics: Option<_> =
                topics.iter().map(|topic| unhex_array(topic.as_str()?)).collect();
            Some(Event { topics: topics?, data: unhex(event.get("data")?.as_str()?)? })
        };
        let events: Option<_> =
            answer.as_array().and_then(|events| events.iter().map(read).collect());
        events.ok_or(RpcError::Malformed { method })
    }

    /// Account and storage proofs in the state after block `number`.
    pub(crate) fn proof(
        &self,
        contract: &Address,
        slots: &[Word],
        number: u64,
    ) -> Result<Proof, RpcError> {
        let method = "eth_getProof";
        let keys = slots.iter().map(|slot| hex(slot).into()).collect();
        let params = vec![hex(contract).into(), Value::Array(keys), quantity(number).into()];
        let answer = self.call(method, params)?;
        let read = || {
            let storage = answer.get("storageProof")?.as_array()?;
            let slot = |item: &Value| {
                let value = item.get("value")?.as_str().and_then(quantity_bytes)?;
                let mut word = [0; 32];
                word.get_mut(32usize.checked_sub(value.len())?..)?.copy_from_slice(&value);
                Some((word, byte_list(item.get("proof")?)?))
            };
            let account = byte_list(answer.get("accountProof")?)?;
            let found: Vec<_> = storage.iter().map(slot).collect::<Option<_>>()?;
            (found.len() == slots.len()).then_some(Proof { account, slots: found })
        };
        read().ok_or(RpcError::Malformed { method })
    }
}

/// A number in an answer that may be `null`.
fn number_in(answer: &Value, name: &str, method: &'static str) -> Result<Option<u64>, RpcError> {
    if *answer == Value::Null {
        return Ok(None);
    }
    let digits = answer.get(name).and_then(Value::as_str).and_then(|text| text.strip_prefix("0x"));
    let number = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    number.map(Some).ok_or(RpcError::Malformed { method })
}

fn request(id: i64, method: &'static str, params: Vec<Value>) -> Value {
    object([
        ("id", Value::Integer(id)),
        ("jsonrpc", "2.0".into()),
        ("method", method.into()),
        ("params", Value::Array(params)),
    ])
}

/// What an answer says, unless it is an error.
fn result(answer: &Value, method: &'static str) -> Result<Value, RpcError> {
    let is_error = answer.get("error").is_some_and(|error| *error != Value::Null);
    let result = answer.get("result").filter(|_| !is_error).cloned();
    result.ok_or_else(|| refused(answer, method))
}

fn refused(answer: &Value, method: &'static str) -> RpcError {
    match answer.get("error") {
        None | Some(Value::Null) => RpcError::Malformed { method },
        Some(error) => {
            let code = if let Some(Value::Integer(code)) = error.get("code") { *code } else { 0 };
            RpcError::Refused { method, code }
        }
    }
}

/// The RLP of the header of `block`, whose hash is the one the node gives it.
fn own_header(block: &Value, number: u64) -> Result<Vec<u8>, RpcError> {
    let malformed = RpcError::Malformed { method: BLOCK_BY_NUMBER };
    let (rlp, hash) = header_rlp(block)
        .zip(block.get("hash").and_then(Value::as_str).and_then(unhex_array::<32>))
        .ok_or(malformed)?;
    if keccak256(&rlp).0 == hash { Ok(rlp) } else { Err(RpcError::BlockHash { number }) }
}

fn byte_list(value: &Value) -> Option<Vec<Vec<u8>>> {
    value.as_array()?.iter().map(|item| unhex(item.as_str()?)).collect()
}

pub(crate) fn quantity(number: u64) -> String {
    format!("{number:#x}")
}

/// The bytes of a quantity, without leading zeros.
pub(crate) fn quantity_bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x")?;
    let padding = if digits.len().is_multiple_of(2) { "" } else { "0" };
    let bytes = unhex(&format!("0x{padding}{digits}"))?;
    Some(bytes.into_iter().skip_while(|byte| *byte == 0).collect())
}

fn header_rlp(block: &Value) -> Option<Vec<u8>> {
    let present = |name: &&&str| block.get(name).is_some_and(|field| *field != Value::Null);
    let later = LATER_FIELDS.iter().filter(present);
    let mut payload = Vec::new();
    for name in FIELDS.iter().chain(later) {
        let text = block.get(name)?.as_str()?;
        let bytes = if QUANTITIES.contains(name) { quantity_bytes(text) } else { unhex(text) };
        bytes?.as_slice().encode(&mut payload);
    }
    let mut rlp = Vec::new();
    RlpHeader { list: true, payload_length: payload.len() }.encode(&mut rlp);
    rlp.extend_from_slice(&payload);
    Some(rlp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::header::Header;

    /// A block whose header has the fields of every fork and those in `later`.
    fn block(later: &[&'static str]) -> Value {
        let field = |name: &&'static str| {
            let text = match *name {
                "miner" => hex(&[1; 20]),
                "logsBloom" => hex(&[0; 256]),
                "nonce" => hex(&[0; 8]),
                "number" => "0x0".to_owned(),
                quantity if QUANTITIES.contains(&quantity) => "0x102".to_owned(),
                _ => hex(&[2; 32]),
            };
            ((*name).to_owned(), text.into())
        };
        Value::Object(FIELDS.iter().chain(later).map(field).collect())
    }

    #[test]
    fn a_header_has_the_fields_its_block_shows() {
        for later in [&LATER_FIELDS[..0], &LATER_FIELDS[..1], &["baseFeePerGas", "blobGasUsed"]] {
            let header = Header::decode(&header_rlp(&block(later)).unwrap()).unwrap();
            assert_eq!(header.field_count(), 15 + later.len());
            assert_eq!((header.number, header.timestamp_s), (0, 0x102));
        }
    }

    #[test]
    fn a_block_that_lacks_a_field_has_no_header() {
        assert_eq!(header_rlp(&Value::Null), None);
        let Value::Object(mut members) = block(&[]) else { unreachable!() };
        members.insert("gasUsed".to_owned(), "102".into());
        assert_eq!(header_rlp(&Value::Object(members)), None);
    }
}
