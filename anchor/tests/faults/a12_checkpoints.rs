//! A12: of one size no two checkpoints are signed, whatever happens between signing and storing.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use anchor::{AnchorError, MemoryError, Service, Signer, SignerError, Step};
use eventstore::PgStore;

use crate::refused;
use crate::support::{Rig, TestService, append, chain_key, connect, log, log_key};

struct SignedFile(PathBuf);

impl SignedFile {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("signed-{}", uuid::Uuid::new_v4())))
    }

    fn signer(&self) -> Signer {
        Signer::remembering(log_key(), self.0.clone())
    }
}

impl Drop for SignedFile {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

async fn service(
    rig: &Rig,
    store: &Arc<PgStore>,
    signed: &SignedFile,
) -> Result<TestService, AnchorError> {
    let contract = rig.contract_with(chain_key()).await;
    Service::start(Arc::clone(store), contract, store.pool(), signed.signer(), rig.rules).await
}

/// Lets the database fail where the batch is stored; gives the checkpoint that was signed for it.
async fn signed_and_not_stored(rig: &Rig, service: &mut TestService) -> String {
    let owner = connect(&rig.database.owner_url).await;
    owner
        .batch_execute(
            "CREATE FUNCTION anchor.fail() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION '%', NEW.checkpoint; END $$;
             CREATE TRIGGER fail BEFORE INSERT ON anchor.batches
             FOR EACH ROW EXECUTE FUNCTION anchor.fail()",
        )
        .await
        .unwrap();
    service.flush_handle().flush();
    let error = service.step().await.unwrap_err();
    assert!(matches!(error, AnchorError::Memory(MemoryError::Database(_))), "{error}");
    let source = error.source().and_then(|error| error.source()).unwrap();
    let failure = source.downcast_ref::<tokio_postgres::error::DbError>().unwrap();
    owner.batch_execute("DROP FUNCTION anchor.fail CASCADE").await.unwrap();
    failure.message().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_signing_and_storing_signs_the_same_bytes_or_a_longer_log() {
    let rig = Rig::new().await;
    let signed = SignedFile::new();
    let mut first = service(&rig, &rig.store, &signed).await.unwrap();
    append(&rig.store, 3).await;
    let lost = signed_and_not_stored(&rig, &mut first).await;
    assert_eq!(lost.lines().nth(1), Some("3"));
    drop(first);
    let mut second = service(&rig, &rig.store, &signed).await.unwrap();
    second.flush_handle().flush();
    assert_eq!(second.step().await.unwrap(), Step::Closed { index: 0 });
    assert_eq!(rig.reader().checkpoint().await.unwrap(), Some(lost));
    rig.until(&mut second, |step| step == Step::Confirmed { index: 0 }).await;

    append(&rig.store, 1).await;
    let lost = signed_and_not_stored(&rig, &mut second).await;
    assert_eq!(lost.lines().nth(1), Some("4"));
    drop(second);
    append(&rig.store, 2).await;
    let mut third = service(&rig, &rig.store, &signed).await.unwrap();
    third.flush_handle().flush();
    rig.until(&mut third, |step| step == Step::Confirmed { index: 1 }).await;
    let checkpoint = rig.reader().checkpoint().await.unwrap().unwrap();
    assert_eq!(checkpoint.lines().nth(1), Some("6"));
    rig.assert_one_root_per_range().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_lost_what_was_signed_and_never_stored_is_refused() {
    let rig = Rig::new().await;
    let signed = SignedFile::new();
    let mut first = service(&rig, &rig.store, &signed).await.unwrap();
    append(&rig.store, 3).await;
    signed_and_not_stored(&rig, &mut first).await;
    // Neither contract nor memory know anything of it; the file does.
    let (_database, other) = log().await;
    append(&other, 2).await;
    let error = refused(service(&rig, &other, &signed).await);
    let behind =
        matches!(error, AnchorError::Signer(SignerError::LogBehind { log_size: 2, signed: 3 }));
    assert!(behind, "{error}");
    append(&other, 1).await;
    let error = refused(service(&rig, &other, &signed).await);
    assert!(matches!(error, AnchorError::Signer(SignerError::OtherRoot { size: 3 })), "{error}");
}
