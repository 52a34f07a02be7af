//! What a plan or a call cites in other streams, with the versions at which it was read.

use std::collections::BTreeSet;

use domain::catalogue::Catalogue;
use domain::content::DraftItem;
use domain::event::{CatalogItemAdded, PlanApproved, UnitRegistered};
use domain::plan::Plan;
use domain::unit::Unit;
use domain::{CatalogueScheme, PlanId, UnitKey};
use eventstore::EventStore;

use crate::history::{Loaded, load};
use crate::outcome::Fault;

/// Streams a decision read but does not write; if one of them changes, it is decided anew.
pub(crate) type Unchanged = Vec<(String, u64)>;

/// The active items that the lines cite.
pub(crate) async fn items(
    store: &impl EventStore,
    lines: &[DraftItem],
    unchanged: &mut Unchanged,
) -> Result<Vec<CatalogItemAdded>, Fault> {
    let schemes: BTreeSet<&CatalogueScheme> = lines.iter().map(|line| &line.scheme).collect();
    let mut cited = Vec::new();
    for scheme in schemes {
        let catalogue: Loaded<Catalogue> = load(store, scheme.stream()).await?;
        let of_scheme = lines.iter().filter(|line| line.scheme == *scheme);
        cited.extend(of_scheme.filter_map(|line| catalogue.state.active(&line.item)).cloned());
        unchanged.push((catalogue.stream, catalogue.version));
    }
    Ok(cited)
}

/// The unit, if it is in the register.
pub(crate) async fn unit(
    store: &impl EventStore,
    key: &UnitKey,
    unchanged: &mut Unchanged,
) -> Result<Option<UnitRegistered>, Fault> {
    let unit: Loaded<Unit> = load(store, key.stream()).await?;
    unchanged.push((unit.stream, unit.version));
    Ok(unit.state.registered().cloned())
}

/// The plan, if it is approved.
pub(crate) async fn plan(
    store: &impl EventStore,
    plan_id: PlanId,
    unchanged: &mut Unchanged,
) -> Result<Option<PlanApproved>, Fault> {
    let plan: Loaded<Plan> = load(store, plan_id.stream()).await?;
    unchanged.push((plan.stream, plan.version));
    Ok(plan.state.approved().cloned())
}
