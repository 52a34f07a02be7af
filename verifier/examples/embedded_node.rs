//! A program with a node inside: it follows the chain from its genesis block and reads what the
//! contract has anchored, believing nothing the node it asks says.
//!
//! ```sh
//! cargo run -p verifier --example embedded_node -- http://127.0.0.1:8545 policy.json
//! ```

use std::error::Error;

use verifier::chain::contract::{HEAD_SLOT, ROOT_SLOT};
use verifier::encoding::hex;
use verifier::light::LightClient;
use verifier::policy::Policy;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(rpc), Some(policy)) = (arguments.next(), arguments.next()) else {
        return Err("usage: embedded_node RPC POLICY".into());
    };
    let policy = Policy::parse(&std::fs::read(policy)?)?;

    // Without a folder nothing is kept: the chain is followed from its genesis block each time.
    let mut node = LightClient::open(&rpc, &policy.chain, None)?;
    let synced = node.sync(&mut |reached, newest| eprintln!("block {reached} of {newest}"))?;
    let head = node.followed().head().number;
    println!("followed {} headers to block {head}", synced.headers);

    for contract in &policy.contracts {
        let Some(account) = node.account(&contract.address, head)? else {
            println!("{}: proven not to be there", hex(&contract.address));
            continue;
        };
        if account.code_hash != contract.code_hash {
            return Err("the contract's code is not the policy's".into());
        }
        let size = node.storage(&contract.address, &HEAD_SLOT, head)?;
        let root = node.storage(&contract.address, &ROOT_SLOT, head)?;
        let size = size[16..24].iter().fold(0, |size, byte| (size << 8) | u64::from(*byte));
        println!("{}: {size} entries anchored, log root {}", hex(&contract.address), hex(&root));
    }
    Ok(())
}
