//! Where a successor starts: at the end of the last confirmed batch that is the log's own.

use deadpool_postgres::Pool;
use merkle::hash::Hash;

use crate::contract::{BatchContract, ContractError};
use crate::error::AnchorError;
use crate::memory::last_confirmed_below;

/// The last honest boundary of a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boundary {
    /// Size of the log there.
    pub size: u64,
    /// Root of the log at that size.
    pub root: Hash,
    /// Batches of the contract that are not taken over: after the boundary, whoever anchored them.
    pub left_out: u64,
}

/// Finds the last confirmed batch that contract and memory agree on; `None` when there is none, and then the
/// contract's log has to start anew.
///
/// It reads only, so that it can be asked while the service, which will not go on, is still there.
///
/// # Errors
/// See [`AnchorError`].
pub async fn boundary<C: BatchContract>(
    pool: &Pool,
    contract: &C,
) -> Result<Option<Boundary>, AnchorError> {
    let batches = contract.head().await?.batches;
    let mut below = batches;
    while let Some(batch) = last_confirmed_below(pool, contract.identity(), below).await? {
        let anchored = contract.find(batch.head.index, 0).await?;
        let anchored = anchored.ok_or(ContractError::Missing("event of an anchored batch"))?;
        if anchored.head == batch.head {
            return Ok(Some(Boundary {
                size: batch.head.first + batch.head.count,
                root: batch.head.log_root,
                left_out: batches - batch.head.index - 1,
            }));
        }
        below = batch.head.index;
    }
    Ok(None)
}
