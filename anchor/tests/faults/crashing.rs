//! A contract whose caller dies at a given call, and one whose caller is held up before it sends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anchor::{
    AnchoredBatch, BatchContract, BlockRef, ChainTx, Confirmation, ContractError, ContractHead,
    ContractIdentity, EthereumContract, Outlook, Sent,
};
use merkle::digest::BatchHead;
use merkle::hash::Hash;
use tokio::sync::Notify;

/// Where the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before the node is asked.
    Before,
    /// After the node did it, before anybody knows.
    After,
}

/// What happens to the caller.
pub enum Fate {
    /// It dies at its call number `call`, from 0.
    Dies { call: u32, moment: Moment },
    /// It stands still before it sends, says so, and goes on when it is told to.
    HeldUp { reached: Arc<Notify>, go_on: Arc<Notify> },
}

pub struct Fated {
    pub contract: EthereumContract,
    pub fate: Fate,
    pub calls: AtomicU32,
}

impl Fated {
    pub fn new(contract: EthereumContract, fate: Fate) -> Self {
        Self { contract, fate, calls: AtomicU32::new(0) }
    }

    async fn around<T>(&self, call: impl Future<Output = T>) -> T {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        self.die_at(number, Moment::Before);
        let done = call.await;
        self.die_at(number, Moment::After);
        done
    }

    fn die_at(&self, number: u32, now: Moment) {
        if let Fate::Dies { call, moment } = self.fate {
            assert!(number != call || moment != now, "the process dies here");
        }
    }
}

impl BatchContract for Fated {
    async fn head(&self) -> Result<ContractHead, ContractError> {
        self.around(self.contract.head()).await
    }

    async fn find(&self, index: u64, from: u64) -> Result<Option<AnchoredBatch>, ContractError> {
        self.around(self.contract.find(index, from)).await
    }

    async fn outlook(&self, chain_tx: &ChainTx) -> Result<Outlook, ContractError> {
        self.around(self.contract.outlook(chain_tx)).await
    }

    async fn sign(
        &self,
        batch: &BatchHead,
        proof: &[Hash],
        replaces: Option<&ChainTx>,
    ) -> Result<ChainTx, ContractError> {
        self.around(self.contract.sign(batch, proof, replaces)).await
    }

    async fn send(&self, index: u64, chain_tx: &ChainTx) -> Result<Sent, ContractError> {
        if let Fate::HeldUp { reached, go_on } = &self.fate {
            reached.notify_one();
            go_on.notified().await;
        }
        self.around(self.contract.send(index, chain_tx)).await
    }

    async fn is_canonical(&self, block: BlockRef) -> Result<bool, ContractError> {
        self.around(self.contract.is_canonical(block)).await
    }

    async fn confirmation(
        &self,
        batch: &BatchHead,
        block: BlockRef,
    ) -> Result<Confirmation, ContractError> {
        self.around(self.contract.confirmation(batch, block)).await
    }

    fn identity(&self) -> &ContractIdentity {
        self.contract.identity()
    }
}
