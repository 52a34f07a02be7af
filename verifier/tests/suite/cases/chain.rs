//! Another chain or contract than the policy's, claimed or hidden.

use super::{Cases, HONEST, SEQ};
use crate::world::World;
use crate::world::chain::hex;

pub fn add(cases: &mut Cases) {
    claims(cases);
    ranges(cases);
    digest(cases);
}

fn claims(cases: &mut Cases) {
    let mut claim = |attacks, member: &str, value: &str| {
        cases.of(attacks);
        cases.edit(format!("a bundle that claims the {member} {value:.12}"), "anchor", |bundle| {
            bundle["anchor"][member] = value.into();
        });
    };
    claim(&["A29"], "chainId", "2027");
    claim(&["A29"], "chainId", "18446744073709551615");
    claim(&["A48"], "genesisHash", &hex(&[0; 32]));
    claim(&["A51"], "consensus", "dev");
    claim(&["A30"], "contract", &hex(&[0xbb; 20]));
    cases.of(&[]);
}

/// The bundle's log has 8 entries; a batch belongs to the contract whose range holds its end.
fn ranges(cases: &mut Cases) {
    cases.of(&["A30"]);
    let bundle = HONEST.bundle(SEQ);
    for (policy, ending) in [
        ("contract to size 7", "anchor"),
        ("contract to size 8", "anchored"),
        ("contract from size 7", "anchored"),
        ("contract from size 8", "anchor"),
    ] {
        cases.under(policy, format!("the batch that ends at size 8, {policy}"), &bundle, ending);
    }
    cases.of(&[]);
}

/// The same log anchored by the same signers elsewhere: only the digest tells.
fn digest(cases: &mut Cases) {
    let sealers = HONEST.chain.sealers.clone();
    let other = World::from_entries(HONEST.origin, HONEST.entries.clone(), sealers, 2027);
    let mut bundle = other.bundle(SEQ);
    cases.of(&["A29"]);
    cases.judge("anchored in a chain with another id", &bundle, "anchor");
    cases.under("another chain id", "anchored in the chain of that id", &bundle, "anchored");
    bundle["anchor"]["chainId"] = "2026".into();
    cases.judge("anchored in a chain with another id, hidden", &bundle, "storage");
    cases.of(&[]);
    let zero = World::with_leading_zero().bundle(SEQ);
    cases.under("leading zero", "a digest whose first byte is zero", &zero, "anchored");
}
