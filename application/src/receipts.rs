//! Receipts (acuses): what somebody holds in their hands who was told that an event is recorded.

use std::time::Duration;

use eventstore::{EventStore, Recorded};
use merkle::bundle::Disclosure;
use merkle::receipt::{self, Receipt, ReceiptKey};

use crate::execute::Application;
use crate::outcome::Fault;

/// How receipts are signed and what they promise.
#[derive(Debug, Clone)]
pub struct Receipts {
    /// The key; never the one that signs checkpoints.
    pub key: ReceiptKey,
    /// How long after it is recorded an event is anchored at the latest.
    pub anchor_delay_max: Duration,
}

/// A receipt with all that its holder needs to prove what was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedReceipt {
    /// The signed note.
    pub note: String,
    /// The author's file: note, entry, and what the entry withholds from others.
    pub file: Vec<u8>,
}

impl<S: EventStore> Application<S> {
    /// The receipt of a recorded event, signed after it was committed, the same whenever it is asked for.
    ///
    /// A crash before it is stored leaves an event without a receipt: the repeated command signs it. Two that sign
    /// at once store one, and both answer with that.
    pub(crate) async fn receipt(&self, recorded: &Recorded) -> Result<SignedReceipt, Fault> {
        let note = self.note(recorded).await?;
        let mut disclosures: Vec<Disclosure> = Vec::new();
        let inner = self.store().unseal(recorded).await?;
        if inner.is_some() {
            disclosures.extend(self.store().disclose(recorded.id(), "").await?);
        }
        if let Some(envelope) = inner.as_ref().or(recorded.open()) {
            for path in envelope.cm.keys() {
                disclosures.extend(self.store().disclose(recorded.id(), path).await?);
            }
        }
        let file = receipt::file(&note, &recorded.entry, &disclosures)
            .map_err(|_| Fault::Stored("value of a receipt"))?;
        Ok(SignedReceipt { note, file })
    }

    /// The note that was stored first: what it promised stays so, whatever is configured later.
    async fn note(&self, recorded: &Recorded) -> Result<String, Fault> {
        let note = self.sign(recorded)?;
        let client = self.pool().get().await?;
        let insert = client
            .prepare_cached(
                "INSERT INTO app.receipts (event_id, note) VALUES ($1, $2)
                 ON CONFLICT ON CONSTRAINT receipts_pkey DO NOTHING",
            )
            .await?;
        if client.execute(&insert, &[&recorded.id(), &note]).await? == 1 {
            return Ok(note);
        }
        let select =
            client.prepare_cached("SELECT note FROM app.receipts WHERE event_id = $1").await?;
        Ok(client.query_one(&select, &[&recorded.id()]).await?.get("note"))
    }

    fn sign(&self, recorded: &Recorded) -> Result<String, Fault> {
        let receipts = &self.parts().receipts;
        let delay = i64::try_from(receipts.anchor_delay_max.as_millis()).unwrap_or(i64::MAX);
        let note = receipts.key.sign(&Receipt {
            log: recorded.content.log().to_owned(),
            id: recorded.id(),
            seq: recorded.position,
            leaf: recorded.leaf,
            at: recorded.at(),
            anchor_by: recorded.at().saturating_add(delay),
        });
        note.map_err(|_| Fault::Stored("origin of a receipt"))
    }
}
