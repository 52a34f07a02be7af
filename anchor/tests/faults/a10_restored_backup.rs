//! A10 and A11: the files of the private Postgres are put back as they were earlier, with entries missing that are
//! anchored, or that were batched and signed and are not anchored yet.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anchor::{AnchorError, BatchState, Service, Signer, SignerError, Step};
use eventstore::{LogSetup, PgStore, initialise};
use private_postgres::{Cluster, find_binaries};
use serde_json::json;

use crate::refused;
use crate::support::{ORIGIN, Rig, TestService, append, chain_key, connect, log_key, open_url};

/// A server of its own, whose files can be copied while it is stopped.
struct Server {
    folder: PathBuf,
    data: PathBuf,
    running: Option<Cluster>,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.running.take());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

impl Server {
    /// With an empty log.
    async fn start() -> Self {
        let folder = PathBuf::from(format!("/var/tmp/anchor-backup-{}", uuid::Uuid::new_v4()));
        let mut server = Self { folder, data: PathBuf::new(), running: None };
        server.resume();
        server.data = server.cluster().data_folder().to_owned();
        let admin = connect(&server.cluster().url("postgres", "postgres")).await;
        admin.batch_execute("CREATE DATABASE system").await.unwrap();
        let url = server.cluster().url("postgres", "system");
        let mut owner = connect(&url).await;
        migrations::run(&mut owner).await.unwrap();
        let setup = LogSetup { origin: ORIGIN.into(), epoch: 1, simulated_clock: None };
        initialise(&owner, &setup).await.unwrap();
        server
    }

    fn resume(&mut self) {
        let preferred = std::env::var_os("PG_BINDIR").map(PathBuf::from);
        let binaries = find_binaries(preferred.as_deref()).unwrap();
        self.running = Some(Cluster::start(&self.folder, binaries).unwrap());
    }

    fn cluster(&self) -> &Cluster {
        self.running.as_ref().unwrap()
    }

    async fn store(&self) -> Arc<PgStore> {
        open_url(&self.cluster().url("smart_tenders_service", "system")).await
    }

    /// Copies all files of the stopped server.
    fn back_up(&mut self, name: &str) -> PathBuf {
        let backup = self.folder.join(name);
        drop(self.running.take());
        copy(&self.data, &backup);
        self.resume();
        backup
    }

    fn restore(&mut self, backup: &Path) {
        drop(self.running.take());
        std::fs::remove_dir_all(&self.data).unwrap();
        copy(backup, &self.data);
        self.resume();
    }
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(copied.success());
}

/// A service on the server as it is now, with or without the file of what was signed.
async fn service(
    rig: &Rig,
    store: &Arc<PgStore>,
    signer: Signer,
) -> Result<TestService, AnchorError> {
    let contract = rig.contract_with(chain_key()).await;
    Service::start(Arc::clone(store), contract, store.pool(), signer, rig.rules).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_is_refused_by_what_is_anchored_and_by_what_was_signed() {
    let mut rig = Rig::new().await;
    rig.rules.resend_after = Duration::ZERO;
    let mut server = Server::start().await;
    let signer = Signer::remembering(log_key(), server.folder.join("log.signed"));
    rig.store = server.store().await;
    let mut first = service(&rig, &rig.store, signer.clone()).await.unwrap();
    rig.anchor_batch(&mut first, 3).await;
    drop(first);
    let anchored_3 = server.back_up("anchored-3");

    // Batched, signed and sent, and in no block.
    rig.store = server.store().await;
    let mut second = service(&rig, &rig.store, signer.clone()).await.unwrap();
    append(&rig.store, 4).await;
    second.flush_handle().flush();
    while second.step().await.unwrap() != (Step::Sent { index: 1 }) {}
    drop(second);
    rig.anvil.call("anvil_dropAllTransactions", json!([])).await;
    let sent_7 = server.back_up("sent-7");
    server.restore(&anchored_3);
    rig.store = server.store().await;
    let error = refused(service(&rig, &rig.store, signer.clone()).await);
    let behind = SignerError::LogBehind { log_size: 3, signed: 7 };
    assert_eq!(error.to_string(), behind.to_string());
    assert!(error.to_string().contains("restore the entries from 3 on from a newer backup"));
    append(&rig.store, 4).await;
    let error = refused(service(&rig, &rig.store, signer.clone()).await);
    assert!(matches!(error, AnchorError::Signer(SignerError::OtherRoot { size: 7 })), "{error}");
    assert!(!error.is_transient());

    // The newer backup goes on where it was: the same bytes are sent again.
    server.restore(&sent_7);
    rig.store = server.store().await;
    let mut third = service(&rig, &rig.store, signer.clone()).await.unwrap();
    let steps = rig.until(&mut third, |step| step == Step::Confirmed { index: 1 }).await;
    assert!(!steps.iter().any(|step| matches!(step, Step::Closed { .. } | Step::Signed { .. })));
    rig.assert_one_root_per_range().await;
    drop(third);

    // Without the file the contract knows better, once it is anchored.
    server.restore(&anchored_3);
    rig.store = server.store().await;
    let error = refused(service(&rig, &rig.store, log_key().into()).await);
    assert!(matches!(error, AnchorError::LogBehind { log_size: 3, anchored: 7 }), "{error}");
    assert!(error.to_string().contains("restore the entries from 3 on from a newer backup"));
    let view = rig.reader().batch_of(0).await.unwrap().unwrap();
    assert_eq!(view.state, BatchState::Confirmed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_that_is_cut_off_under_a_running_service_stops_it() {
    for step in [Step::Closed { index: 0 }, Step::Sent { index: 0 }, Step::Confirmed { index: 0 }] {
        let rig = Rig::new().await;
        let mut service = rig.service().await;
        append(&rig.store, 4).await;
        service.flush_handle().flush();
        rig.until(&mut service, |now| now == step).await;
        let owner = connect(&rig.database.owner_url).await;
        owner
            .batch_execute(
                "ALTER TABLE log.events DISABLE TRIGGER USER;
                 DELETE FROM log.events WHERE position >= 2;
                 UPDATE log.head SET next_position = 2",
            )
            .await
            .unwrap();
        let mut stopped = None;
        for _ in 0..20 {
            match service.step().await {
                Ok(Step::Sent { .. } | Step::Mined { .. } | Step::Idle) => rig.anvil.mine(1).await,
                Ok(_) => {}
                Err(error) => {
                    stopped = Some(error);
                    break;
                }
            }
        }
        let error = stopped.expect("the service stops");
        assert!(matches!(error, AnchorError::LogBehind { log_size: 2, anchored: 4 }), "{error}");
        drop(service);
        let error = refused(rig.try_service().await);
        assert!(matches!(error, AnchorError::LogBehind { log_size: 2, anchored: 4 }), "{error}");
    }
}
