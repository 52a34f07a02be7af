//! Documents, known by their hash; kept encrypted under the key of the stream that names them.

use domain::content::Document;
use domain::document::{DOCUMENTS_MAX, read_document};
use domain::rejection::in_range;
use merkle::hash::{sha256, to_hex};

use crate::acts::DocumentInput;
use crate::execute::Application;
use crate::outcome::{ExecuteError, Fault, rejected};
use eventstore::EventStore;

/// Reads documents as they are named in an event; nothing is kept yet.
pub(crate) fn read_documents(
    field: &str,
    inputs: &[DocumentInput],
) -> Result<Vec<Document>, ExecuteError> {
    in_range(field, inputs.len() as u64, 0, DOCUMENTS_MAX as u64).map_err(rejected)?;
    let read = |(index, input): (usize, &DocumentInput)| {
        let hash = to_hex(&sha256(&input.bytes));
        let bytes = u32::try_from(input.bytes.len()).unwrap_or(u32::MAX);
        let field = format!("{field}[{index}]");
        read_document(&field, &input.name, &input.media_type, hash, bytes).map_err(rejected)
    };
    inputs.iter().enumerate().map(read).collect()
}

impl<S: EventStore> Application<S> {
    /// Keeps documents for a stream whose next event, which the rules accepted, names them.
    ///
    /// A crash after this leaves documents that nothing names: nobody is shown them, and the repeated command keeps
    /// them again or, sealed under another stream, beside them.
    pub(crate) async fn keep_documents(
        &self,
        stream: &str,
        inputs: &[DocumentInput],
    ) -> Result<(), Fault> {
        for input in inputs {
            self.keep(stream, &input.bytes).await?;
        }
        Ok(())
    }

    /// Keeps bytes for a stream that is about to name their hash.
    pub(crate) async fn keep(&self, stream: &str, bytes: &[u8]) -> Result<(), Fault> {
        let hash = sha256(bytes);
        let parts = self.parts();
        let sealed =
            parts.keyring.seal_bytes(stream, &hash, bytes, &*parts.entropy).map_err(Fault::Keys)?;
        let client = self.pool().get().await?;
        let statement = client
            .prepare_cached(
                "INSERT INTO app.documents (sha256, subject, sealed) VALUES ($1, $2, $3)
                 ON CONFLICT ON CONSTRAINT documents_pkey DO NOTHING",
            )
            .await?;
        client.execute(&statement, &[&hash.as_slice(), &stream, &sealed]).await?;
        Ok(())
    }

    /// The bytes with this hash, if somebody kept them and their key was not destroyed.
    ///
    /// Whether they may be shown is not asked here: only what a public event names is public.
    ///
    /// # Errors
    /// [`Fault`] when the database or the keys cannot be used.
    pub async fn document(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, Fault> {
        let client = self.pool().get().await?;
        let statement = client
            .prepare_cached("SELECT subject, sealed FROM app.documents WHERE sha256 = $1")
            .await?;
        for row in client.query(&statement, &[&hash.as_slice()]).await? {
            let keyring = &self.parts().keyring;
            let opened = keyring.open_bytes(row.get("subject"), hash, row.get("sealed"));
            if let Some(bytes) = opened.map_err(Fault::Keys)? {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }
}
