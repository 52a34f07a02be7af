//! One cluster: initialise, start, wait until ready, stop.

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Binaries;

/// Why a private cluster could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No server was found.
    #[error(
        "no PostgreSQL {major_min} or newer was found: install it (Debian: apt-get install postgresql), \
         or set PG_BINDIR to the folder that holds initdb and postgres, or run `make setup`"
    )]
    NoServer {
        /// Oldest version that is accepted.
        major_min: u32,
    },
    /// Root needs another account to run the server as.
    #[error("PostgreSQL does not run as root, and there is no account `postgres` or `nobody`")]
    NoAccount,
    /// A folder or file could not be made or read.
    #[error("cannot use {path}")]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A program could not be started.
    #[error("cannot run {program}")]
    Spawn {
        /// The program.
        program: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// `initdb` failed.
    #[error("initdb failed for {path}; its log is {log}")]
    Initdb {
        /// The data folder.
        path: PathBuf,
        /// Where the output went.
        log: PathBuf,
    },
    /// The server ended before it was ready.
    #[error("the server for {path} ended before it was ready; its log is {log}")]
    Ended {
        /// The data folder.
        path: PathBuf,
        /// Where the output went.
        log: PathBuf,
    },
    /// The server was not ready in time.
    #[error("the server for {path} was not ready within {seconds} s; its log is {log}")]
    NotReady {
        /// The data folder.
        path: PathBuf,
        /// Where the output went.
        log: PathBuf,
        /// How long was waited.
        seconds: u64,
    },
}

/// How long a start may take; recovery after a crash is part of it.
const READY_MAX: Duration = Duration::from_mins(2);

/// Stops the server when standard input ends, that is, when whoever started it is gone.
const GUARD: &str = r#"exec 3<&0; "$@" 3<&- </dev/null & pid=$!; ( cat <&3 >/dev/null; kill -INT $pid ) & wait $pid"#;

/// A running private server. Dropping it stops the server and waits.
#[derive(Debug)]
pub struct Cluster {
    data: PathBuf,
    sockets: PathBuf,
    log: PathBuf,
    binaries: Binaries,
    account: Option<Account>,
    guard: Child,
}

#[derive(Debug, Clone)]
struct Account {
    name: &'static str,
    uid: u32,
    gid: u32,
}

impl Cluster {
    /// Starts the cluster of `folder`, made first if there is none.
    ///
    /// `folder` gets `data/`, `server.log`; where root cannot let the server's account reach `folder`, the
    /// data lies under `/var/tmp` and is linked.
    ///
    /// # Errors
    /// See [`ClusterError`]; nothing is left running.
    pub fn start(folder: &Path, binaries: Binaries) -> Result<Self, ClusterError> {
        let account = server_account()?;
        std::fs::create_dir_all(folder).map_err(folder_error(folder))?;
        let folder = folder.canonicalize().map_err(folder_error(folder))?;
        let data = data_folder(&folder, account.as_ref())?;
        let sockets = private_folder(&short_folder("/tmp", "sock", &data), account.as_ref())?;
        let log = folder.join("server.log");
        if !data.join("PG_VERSION").is_file() {
            initdb(&data, &log, &binaries, account.as_ref())?;
        }
        let guard = spawn(&data, &sockets, &log, &binaries, account.as_ref())?;
        let mut cluster = Self { data, sockets, log, binaries, account, guard };
        cluster.wait_until_ready()?;
        Ok(cluster)
    }

    /// A libpq connection string for `database` as `user`.
    #[must_use]
    pub fn url(&self, user: &str, database: &str) -> String {
        format!("host={} user={user} dbname={database}", self.sockets.display())
    }

    /// Whether the server process has ended, for instance by a kill.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.guard.try_wait(), Ok(None))
    }

    /// Starts the server again after it ended; crash recovery is the server's own.
    ///
    /// # Errors
    /// See [`ClusterError`].
    pub fn restart(&mut self) -> Result<(), ClusterError> {
        self.stop();
        self.guard =
            spawn(&self.data, &self.sockets, &self.log, &self.binaries, self.account.as_ref())?;
        self.wait_until_ready()
    }

    /// The process id of the server, as it wrote it itself.
    #[must_use]
    pub fn server_pid(&self) -> Option<u32> {
        std::fs::read_to_string(self.data.join("postmaster.pid")).ok()?.lines().next()?.parse().ok()
    }

    /// The folder with the cluster's files.
    #[must_use]
    pub fn data_folder(&self) -> &Path {
        &self.data
    }

    fn stop(&mut self) {
        drop(self.guard.stdin.take());
        if let Err(error) = self.guard.wait() {
            tracing::warn!(%error, "could not wait for the private PostgreSQL to stop");
        }
    }

    fn wait_until_ready(&mut self) -> Result<(), ClusterError> {
        let started = Instant::now();
        while started.elapsed() < READY_MAX {
            if self.has_ended() {
                return Err(ClusterError::Ended { path: self.data.clone(), log: self.log.clone() });
            }
            if self.is_ready() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(ClusterError::NotReady {
            path: self.data.clone(),
            log: self.log.clone(),
            seconds: READY_MAX.as_secs(),
        })
    }

    /// Line 8 of `postmaster.pid` says `ready`; a stale file of a killed server is replaced at start, so the
    /// pid must also be a child of ours.
    fn is_ready(&self) -> bool {
        let Ok(text) = std::fs::read_to_string(self.data.join("postmaster.pid")) else {
            return false;
        };
        let lines: Vec<&str> = text.lines().collect();
        lines.get(7).is_some_and(|status| status.trim() == "ready")
            && lines.first().and_then(|pid| parent_of(pid)) == Some(self.guard.id())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

fn parent_of(pid: &str) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
}

fn initdb(
    data: &Path,
    log: &Path,
    binaries: &Binaries,
    account: Option<&Account>,
) -> Result<(), ClusterError> {
    let program = binaries.folder.join("initdb");
    let output =
        OpenOptions::new().create(true).append(true).open(log).map_err(folder_error(log))?;
    // Trust is safe here: the only way in is a socket in a folder that nobody else can enter.
    let status = as_account(account, &program)
        .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--pgdata"])
        .arg(data)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(output.try_clone().map_err(folder_error(log))?)
        .stderr(output)
        .status()
        .map_err(|source| ClusterError::Spawn { program, source })?;
    if status.success() {
        Ok(())
    } else {
        Err(ClusterError::Initdb { path: data.to_path_buf(), log: log.to_path_buf() })
    }
}

fn spawn(
    data: &Path,
    sockets: &Path,
    log: &Path,
    binaries: &Binaries,
    account: Option<&Account>,
) -> Result<Child, ClusterError> {
    let output =
        OpenOptions::new().create(true).append(true).open(log).map_err(folder_error(log))?;
    let server = as_account(account, &binaries.folder.join("postgres"));
    Command::new("/bin/sh")
        .args(["-c", GUARD, "postgres-guard"])
        .arg(server.get_program())
        .args(server.get_args())
        .arg("-D")
        .arg(data)
        // jit=off: it cost 27 times the query on the pages' short statements.
        .args(["-c", "listen_addresses=", "-c", "jit=off", "-c", "max_connections=400", "-c"])
        .arg(format!("unix_socket_directories={}", sockets.display()))
        .current_dir("/")
        // Ctrl-C at a terminal is for whoever started the server, not for the server.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(output.try_clone().map_err(folder_error(log))?)
        .stderr(output)
        .spawn()
        .map_err(|source| ClusterError::Spawn { program: "/bin/sh".into(), source })
}

/// The command itself, or the command through `setpriv` when root has to step down.
fn as_account(account: Option<&Account>, program: &Path) -> Command {
    let Some(account) = account else { return Command::new(program) };
    let mut command = Command::new("setpriv");
    command
        .arg(format!("--reuid={}", account.uid))
        .arg(format!("--regid={}", account.gid))
        .args(["--clear-groups", "--"])
        .arg(program);
    command
}

/// `None` when this process is not root and may run the server itself.
fn server_account() -> Result<Option<Account>, ClusterError> {
    let own = std::fs::metadata("/proc/self").map_err(folder_error(Path::new("/proc/self")))?;
    if own.uid() != 0 {
        return Ok(None);
    }
    let passwd = Path::new("/etc/passwd");
    let text = std::fs::read_to_string(passwd).map_err(folder_error(passwd))?;
    ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| account_in(&text, name))
        .map(Some)
        .ok_or(ClusterError::NoAccount)
}

fn account_in(passwd: &str, name: &'static str) -> Option<Account> {
    let fields: Vec<&str> = passwd
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|f| f.first() == Some(&name))?;
    Some(Account { name, uid: fields.get(2)?.parse().ok()?, gid: fields.get(3)?.parse().ok()? })
}

fn data_folder(folder: &Path, account: Option<&Account>) -> Result<PathBuf, ClusterError> {
    let inside = folder.join("data");
    if let Ok(target) = inside.canonicalize() {
        return Ok(target);
    }
    if account.is_none() || folder.ancestors().skip(1).all(is_searchable_by_all) {
        // The account must be able to pass through `folder` itself; what is in it guards itself.
        std::fs::set_permissions(folder, Permissions::from_mode(0o711))
            .map_err(folder_error(folder))?;
        return private_folder(&inside, account);
    }
    let elsewhere = private_folder(&short_folder("/var/tmp", "data", folder), account)?;
    std::os::unix::fs::symlink(&elsewhere, &inside).map_err(folder_error(&inside))?;
    Ok(elsewhere)
}

fn is_searchable_by_all(folder: &Path) -> bool {
    std::fs::metadata(folder).is_ok_and(|metadata| metadata.mode() & 0o001 != 0)
}

/// A short folder name that belongs to `path` alone: a socket's path has 107 bytes at most.
fn short_folder(parent: &str, what: &str, path: &Path) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    PathBuf::from(format!("{parent}/smart-tenders-{what}-{:016x}", hasher.finish()))
}

/// Makes `folder` with mode 0700 for the server's account, or checks that it is such a folder already.
fn private_folder(folder: &Path, account: Option<&Account>) -> Result<PathBuf, ClusterError> {
    let made = DirBuilder::new().mode(0o700).create(folder);
    match (made, account) {
        (Ok(()), Some(account)) => {
            std::os::unix::fs::chown(folder, Some(account.uid), Some(account.gid))
                .map_err(folder_error(folder))?;
        }
        (Ok(()), None) => {}
        (Err(error), _) if error.kind() == io::ErrorKind::AlreadyExists => {
            let metadata = std::fs::symlink_metadata(folder).map_err(folder_error(folder))?;
            let own = std::fs::metadata("/proc/self").map_err(folder_error(folder))?.uid();
            let owner = account.map_or(own, |account| account.uid);
            if metadata.uid() != owner || metadata.mode() & 0o077 != 0 || !metadata.is_dir() {
                let who = account.map_or("this user", |account| account.name);
                let text = format!("it exists and is not a folder of {who} alone; remove it");
                return Err(folder_error(folder)(io::Error::other(text)));
            }
        }
        (Err(error), _) => return Err(folder_error(folder)(error)),
    }
    Ok(folder.to_path_buf())
}

fn folder_error(path: &Path) -> impl Fn(io::Error) -> ClusterError + use<> {
    let path = path.to_path_buf();
    move |source| ClusterError::Folder { path: path.clone(), source }
}
