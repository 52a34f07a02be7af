//! A real, migrated database for each test; one private cluster for each test process.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio_postgres::NoTls;

use crate::{Cluster, find_binaries};

/// A database of its own, cloned from a migrated template.
///
/// It is dropped with its cluster, when the test process ends.
#[derive(Debug, Clone)]
pub struct TestDatabase {
    /// Connection string of the service's role, which owns nothing.
    pub service_url: String,
    /// Connection string of the owner: for set-up and for attacks.
    pub owner_url: String,
}

static CLUSTER: tokio::sync::OnceCell<Cluster> = tokio::sync::OnceCell::const_new();
static COUNT: AtomicU64 = AtomicU64::new(0);
/// `CREATE DATABASE … TEMPLATE` fails while another session copies the same template.
static TEMPLATE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

impl TestDatabase {
    /// Makes a database with all migrations applied.
    ///
    /// # Panics
    /// When there is no `PostgreSQL` or it fails: a test cannot go on without one.
    pub async fn create() -> Self {
        let cluster = CLUSTER.get_or_init(start_with_template).await;
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let guard = TEMPLATE.lock().await;
        let admin = connect(&cluster.url("postgres", "postgres")).await;
        admin
            .batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template_smart_tenders"))
            .await
            .expect("the template can be cloned");
        drop(guard);
        Self {
            service_url: cluster.url("smart_tenders_service", &name),
            owner_url: cluster.url("postgres", &name),
        }
    }
}

async fn start_with_template() -> Cluster {
    let preferred = std::env::var_os("PG_BINDIR").map(PathBuf::from);
    let binaries = find_binaries(preferred.as_deref()).expect("tests need PostgreSQL");
    let folder = PathBuf::from(format!("/var/tmp/smart-tenders-test-{}", std::process::id()));
    remove_left_behind();
    let cluster = tokio::task::spawn_blocking(move || Cluster::start(&folder, binaries))
        .await
        .expect("the starting thread does not panic")
        .expect("the private cluster starts");
    let admin = connect(&cluster.url("postgres", "postgres")).await;
    admin
        .batch_execute("CREATE DATABASE template_smart_tenders")
        .await
        .expect("a database can be made");
    let mut template = connect(&cluster.url("postgres", "template_smart_tenders")).await;
    migrations::run(&mut template).await.expect("the migrations run on an empty database");
    cluster
}

/// Folders of test processes that are gone.
fn remove_left_behind() {
    let Ok(entries) = std::fs::read_dir("/var/tmp") else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.strip_prefix("smart-tenders-test-"))
        else {
            continue;
        };
        if !std::path::Path::new("/proc").join(pid).exists() {
            // Another test process may be removing it too; whoever comes second finds nothing.
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.expect("the private cluster accepts connections");
    tokio::spawn(connection);
    client
}
