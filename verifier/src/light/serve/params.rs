//! Parameters of a call.

use super::answers::Fault;
use crate::chain::Address;
use crate::chain::contract::Word;
use crate::encoding::unhex_array;
use crate::json::Value;
use crate::light::reads::LogFilter;
use crate::rpc::quantity_bytes;

/// The parameter at `index`, read by `read`; `expected` says what it has to be.
pub(super) fn param<T>(
    params: &[Value],
    index: usize,
    expected: &'static str,
    read: impl FnOnce(&Value) -> Option<T>,
) -> Result<T, Fault> {
    params.get(index).and_then(read).ok_or(Fault::Param { index, expected })
}

pub(super) fn address(params: &[Value], index: usize) -> Result<Address, Fault> {
    param(params, index, "an address", hex_of)
}

pub(super) fn hash(params: &[Value], index: usize) -> Result<Word, Fault> {
    param(params, index, "a hash of 32 bytes", hex_of)
}

/// A slot of storage: 32 bytes, or a number.
pub(super) fn slot(value: &Value) -> Option<Word> {
    if let Some(word) = hex_of(value) {
        return Some(word);
    }
    let bytes = quantity_bytes(value.as_str()?)?;
    let mut word = [0; 32];
    word.get_mut(32usize.checked_sub(bytes.len())?..)?.copy_from_slice(&bytes);
    Some(word)
}

/// The block a parameter names; the newest one if there is none.
pub(super) fn block(params: &[Value], index: usize, newest: u64) -> Result<u64, Fault> {
    match params.get(index) {
        None | Some(Value::Null) => Ok(newest),
        Some(value) => block_of(value, newest).ok_or(Fault::Block { index }),
    }
}

fn block_of(value: &Value, newest: u64) -> Option<u64> {
    match value.as_str()? {
        "latest" => Some(newest),
        "earliest" => Some(0),
        text => u64::from_str_radix(text.strip_prefix("0x")?, 16).ok(),
    }
}

/// The filter of `eth_getLogs`, and its first and last block.
pub(super) fn filter(params: &[Value], newest: u64) -> Result<(LogFilter, u64, u64), Fault> {
    let expected = "a filter: address, topics, fromBlock and toBlock; blockHash is not served";
    param(params, 0, expected, |value| {
        let members = value.as_object()?;
        let known =
            |name: &String| ["address", "topics", "fromBlock", "toBlock"].contains(&name.as_str());
        members.keys().all(known).then_some(())?;
        let end = |name| match value.get(name) {
            None | Some(Value::Null) => Some(newest),
            Some(block) => block_of(block, newest),
        };
        let topics = match value.get("topics") {
            None | Some(Value::Null) => Vec::new(),
            Some(topics) => topics.as_array()?.iter().map(any_of).collect::<Option<_>>()?,
        };
        let addresses = value.get("address").map_or(Some(Vec::new()), any_of)?;
        Some((LogFilter { addresses, topics }, end("fromBlock")?, end("toBlock")?))
    })
}

/// Nothing, one, or several.
fn any_of<const N: usize>(value: &Value) -> Option<Vec<[u8; N]>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::Array(items) => items.iter().map(hex_of).collect(),
        one => Some(vec![hex_of(one)?]),
    }
}

/// Hexadecimal of any case: wallets write addresses with a checksum in their letters.
fn hex_of<const N: usize>(value: &Value) -> Option<[u8; N]> {
    unhex_array(&value.as_str()?.to_ascii_lowercase())
}
