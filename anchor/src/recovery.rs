//! What is checked before anything is anchored, and how the memory catches up with the contract.

use eventstore::EventStore;
use merkle::digest::BatchHead;
use merkle::log_tree::{Question, Tiles, edge};

use crate::contract::{BatchContract, ContractError, ContractHead, ContractIdentity};
use crate::error::AnchorError;
use crate::log::{Cut, cut, leaves, root};
use crate::memory::Memory;
use crate::signed::{Signer, SignerError};

/// Recomputes every batched entry's leaf, every batch root and log root; writes the tiles anew where they differ.
/// Returns how many entries are batched.
pub(crate) async fn check_log<S: EventStore>(
    store: &S,
    memory: &mut Memory,
    identity: &ContractIdentity,
) -> Result<u64, AnchorError> {
    let log_size = store.head().await?.next_position;
    let mut end = identity.start_size;
    if log_size < end {
        return Err(AnchorError::LogBehind { log_size, anchored: end });
    }
    let mut tiles = Tiles::new();
    if end > 0 {
        // What a predecessor anchored is one piece here: its roots are in its own contract.
        let before = cut(0, 0, &leaves(store, 0, end).await?, &tiles)?;
        keep(memory, &mut tiles, before.tiles).await?;
    }
    let mut index = 0;
    while let Some(batch) = memory.batch(index).await? {
        let (first, next) = (batch.head.first, batch.head.first + batch.head.count);
        if log_size < next {
            return Err(AnchorError::LogBehind { log_size, anchored: next });
        }
        let Cut { head, tiles: changed } =
            cut(index, end, &leaves(store, end, next).await?, &tiles)?;
        if head != batch.head {
            return Err(AnchorError::MemoryDiffers { batch: index, first, last: next - 1 });
        }
        keep(memory, &mut tiles, changed).await?;
        end = next;
        index += 1;
    }
    Ok(end)
}

/// Stores tiles where they are missing or differ, and forgets those that are full.
async fn keep(memory: &mut Memory, tiles: &mut Tiles, changed: Tiles) -> Result<(), AnchorError> {
    let ids: Vec<_> = changed.keys().copied().collect();
    let stored = memory.tiles(&ids).await?;
    // A stored tile may be longer by now: later batches made it so.
    let wrong: Tiles = changed
        .iter()
        .filter(|(id, hashes)| !stored.get(id).is_some_and(|tile| tile.starts_with(hashes)))
        .map(|(id, hashes)| (*id, hashes.clone()))
        .collect();
    if !wrong.is_empty() {
        memory.put_tiles(&wrong).await?;
    }
    tiles.extend(changed);
    tiles.retain(|_, hashes| hashes.len() < 32 * 256);
    Ok(())
}

/// Compares the log with the newest head that was signed for it, which the database may have forgotten. The tiles
/// of the `batched` entries have been checked.
pub(crate) async fn check_signed<S: EventStore>(
    store: &S,
    memory: &Memory,
    signer: &Signer,
    batched: u64,
) -> Result<(), AnchorError> {
    let Some(newest) = signer.newest()? else { return Ok(()) };
    let log_size = store.head().await?.next_position;
    let size = newest.size;
    if log_size < size {
        return Err(SignerError::LogBehind { log_size, signed: size }.into());
    }
    let root_now = if size <= batched {
        let question = Question::Root { size };
        let ids: Vec<_> = question.tiles()?.into_keys().collect();
        root(size, &memory.tiles(&ids).await?)?
    } else {
        let tiles = memory.tiles(&edge(batched)).await?;
        cut(0, batched, &leaves(store, batched, size).await?, &tiles)?.head.log_root
    };
    if root_now != newest.root {
        return Err(SignerError::OtherRoot { size }.into());
    }
    Ok(())
}

/// Compares the newest batch that both know, and the anchored size with the log's.
pub(crate) async fn check_contract<S: EventStore, C: BatchContract>(
    store: &S,
    memory: &Memory,
    contract: &C,
    head: &ContractHead,
) -> Result<(), AnchorError> {
    let log_size = store.head().await?.next_position;
    if log_size < head.size {
        return Err(AnchorError::LogBehind { log_size, anchored: head.size });
    }
    let known = memory.last().await?.map_or(0, |last| last.head.index + 1);
    if head.batches == 0 {
        return check_start(store, contract, head).await;
    }
    let Some(shared) = known.min(head.batches).checked_sub(1) else { return Ok(()) };
    let Some(batch) = memory.batch(shared).await? else { return Ok(()) };
    let anchored = contract.find(shared, 0).await?;
    let anchored = anchored.ok_or(ContractError::Missing("event of an anchored batch"))?;
    if anchored.head != batch.head {
        return Err(AnchorError::OtherLog { batch: shared });
    }
    Ok(())
}

/// A successor that has no batch yet must start with this log's own root.
async fn check_start<S: EventStore, C: BatchContract>(
    store: &S,
    contract: &C,
    head: &ContractHead,
) -> Result<(), AnchorError> {
    let size = contract.identity().start_size;
    let tiles = match size {
        0 => Tiles::new(),
        _ => cut(0, 0, &leaves(store, 0, size).await?, &Tiles::new())?.tiles,
    };
    if head.size != size || head.log_root != root(size, &tiles)? {
        return Err(AnchorError::OtherLog { batch: 0 });
    }
    Ok(())
}

/// Remembers a batch that the contract has and the memory has not, if it is this log's own.
///
/// That is what a crash of the database, or a lost schema `anchor`, leaves. The batch is cut where the contract cut
/// it and goes on as pending, so that the next step finds it in its block.
pub(crate) async fn adopt<S: EventStore, C: BatchContract>(
    store: &S,
    memory: &mut Memory,
    contract: &C,
    signer: &Signer,
    index: u64,
) -> Result<(), AnchorError> {
    let last = memory.last().await?;
    let from_block = last.as_ref().and_then(|last| last.block).map_or(0, |block| block.number);
    let anchored = contract.find(index, from_block).await?;
    let anchored = anchored.ok_or(ContractError::Missing("event of an anchored batch"))?;
    let BatchHead { first, count, .. } = anchored.head;
    let end = last.map_or(contract.identity().start_size, |last| last.head.first + last.head.count);
    let log_size = store.head().await?.next_position;
    let next = first.saturating_add(count);
    if log_size < next {
        return Err(AnchorError::LogBehind { log_size, anchored: next });
    }
    if first != end {
        return Err(AnchorError::OtherLog { batch: index });
    }
    let tiles = memory.tiles(&edge(first)).await?;
    let cut = cut(index, first, &leaves(store, first, next).await?, &tiles)?;
    if cut.head != anchored.head {
        return Err(AnchorError::OtherLog { batch: index });
    }
    let checkpoint = signer.sign(next, &cut.head.log_root)?;
    memory.insert(&cut.head, &checkpoint, &cut.tiles).await?;
    Ok(())
}
