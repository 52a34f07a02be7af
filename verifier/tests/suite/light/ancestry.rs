//! A bundle's block, looked for in the chain that was followed from the genesis block.

use verifier::light::Followed;
use verifier::policy::Policy;
use verifier::refusal::Check;
use verifier::verdict::Outcome;
use verifier::verify_bundle;

use super::forge::decode;
use crate::world::chain::LAST_BLOCK;
use crate::world::{World, jcs};

fn policy(world: &World) -> Policy {
    Policy::parse(world.policy().to_string().as_bytes()).unwrap()
}

fn followed(world: &World, last: u64) -> Followed {
    let header = |number| decode(world.chain.header(number));
    let mut followed = Followed::genesis(&policy(world).chain, &header(0)).unwrap();
    let mut branch = followed.branch(0).unwrap();
    followed.extend(&mut branch, (1..=last).map(header).collect()).unwrap();
    assert_eq!(followed.adopt(&mut branch), None);
    followed
}

#[test]
fn a_block_of_the_followed_chain_has_an_ancestry() {
    let world = World::new();
    let bundle = jcs(&world.bundle(1));
    let mut report = verify_bundle(bundle.as_bytes(), &policy(&world));
    let examined = |report: &verifier::verdict::Report| {
        !report.not_examined().iter().any(|gap| gap.contains("ancestry"))
    };
    assert!(matches!(report.outcome, Outcome::Anchored { .. }), "{report}");
    report.check_ancestry(&followed(&world, 5));
    assert!(!examined(&report), "block 12 is newer than what was followed: {report}");
    report.check_ancestry(&followed(&world, LAST_BLOCK));
    assert!(examined(&report), "{report}");
    assert_eq!(report.ancestry, Some(LAST_BLOCK));
    assert_eq!(report.outcome.exit_code(), 0);
}

/// A17: all signers together seal another history. Each proof of it is right by itself; whoever
/// followed the chain before sees it.
#[test]
fn a_chain_that_all_signers_rewrote_is_refused_by_whoever_followed_it() {
    let honest = World::new();
    let rewritten = honest.rewritten(1, |envelope| envelope["data"]["rewritten"] = "yes".into());
    let bundle = jcs(&rewritten.bundle(1));
    let mut report = verify_bundle(bundle.as_bytes(), &policy(&honest));
    assert!(matches!(report.outcome, Outcome::Anchored { .. }), "{report}");
    report.check_ancestry(&followed(&honest, LAST_BLOCK));
    let Outcome::Refused(refusal) = &report.outcome else { panic!("{report}") };
    assert_eq!(refusal.check, Check::Ancestry, "{report}");
}
