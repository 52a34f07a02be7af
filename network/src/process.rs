//! One supervised child process: restarted when it dies, ended when its supervisor dies.
//!
//! The child is started through a few lines of `sh` that become the program (`exec`) and leave one
//! watcher behind. The watcher reads a pipe whose other end only the supervisor holds: whatever
//! ends the supervisor, even SIGKILL, closes the pipe, and the watcher sends SIGTERM to the
//! program, then SIGKILL after ten seconds. A stop on purpose takes the same way.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// `/proc/self` in a subshell is the subshell: its fourth field says whether the program it was
/// left beside is still its parent, so that a process number used again is never signalled.
const WATCHED: &str = r#"
main=$$
beside() { read -r _ _ _ parent _ </proc/self/stat && [ "$parent" = "$main" ]; }
exec 3<&0
(
  while read -r _; do :; done
  beside && kill -TERM "$main"
  tries=0
  while beside; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || kill -KILL "$main"
    sleep 0.1
  done
) <&3 3<&- &
exec "$@" 3<&- </dev/null
"#;

/// How long a program may take to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(12);
/// The wait before the first restart; it doubles up to [`BACKOFF_MAX`].
const BACKOFF_MIN: Duration = Duration::from_millis(200);
/// The longest wait before a restart, and the uptime after which the wait starts small again.
const BACKOFF_MAX: Duration = Duration::from_secs(5);

/// What to run, and where its output goes.
#[derive(Clone, Debug)]
pub struct ProcessSpec {
    /// Name in log lines and in [`Supervised::name`].
    pub name: String,
    /// The program: a path, or a name looked up in `PATH`.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables added to the environment of the supervisor.
    pub env: Vec<(OsString, OsString)>,
    /// File that standard output and error are appended to; `None` keeps those of the supervisor.
    pub log: Option<PathBuf>,
}

/// What a supervised process is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcessStatus {
    /// Process number while it runs.
    pub pid: Option<u32>,
    /// How often it was started after its first start.
    pub restarts: u32,
    /// Whether it is meant to run.
    pub wanted: bool,
}

/// A process that runs until it is stopped or this handle is dropped, whatever happens in between.
#[derive(Debug)]
pub struct Supervised {
    name: String,
    wanted: watch::Sender<bool>,
    status: watch::Receiver<ProcessStatus>,
}

impl Supervised {
    /// Starts the process and its supervision; needs a running tokio runtime.
    #[must_use]
    pub fn start(spec: ProcessSpec) -> Self {
        let name = spec.name.clone();
        let (wanted, wanted_seen) = watch::channel(true);
        let (status_set, status) = watch::channel(ProcessStatus::default());
        tokio::spawn(supervise(spec, wanted_seen, status_set));
        Self { name, wanted, status }
    }

    /// The name it was started under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is doing now.
    #[must_use]
    pub fn status(&self) -> ProcessStatus {
        self.status.borrow().clone()
    }

    /// Asks for the end of the process without waiting for it.
    pub fn request_stop(&self) {
        self.wanted.send_replace(false);
    }

    /// Ends the process and waits until it is gone; it stays stopped until [`Self::resume`].
    pub async fn stop(&self) {
        self.request_stop();
        let mut status = self.status.clone();
        // The sender only disappears when the task ended, which also means: nothing runs.
        let _ = status.wait_for(|status| status.pid.is_none() && !status.wanted).await;
    }

    /// Starts a stopped process again.
    pub fn resume(&self) {
        self.wanted.send_replace(true);
    }
}

async fn supervise(
    spec: ProcessSpec,
    mut wanted: watch::Receiver<bool>,
    status: watch::Sender<ProcessStatus>,
) {
    let mut backoff = BACKOFF_MIN;
    let mut starts = 0_u32;
    loop {
        status.send_modify(|status| {
            status.pid = None;
            status.wanted = *wanted.borrow();
        });
        // Whoever dropped the handle wants no process, whatever was wanted last.
        if wanted.wait_for(|wanted| *wanted).await.is_err() || wanted.has_changed().is_err() {
            return;
        }
        let started = Instant::now();
        match spawn(&spec) {
            Ok((mut child, pipe)) => {
                starts += 1;
                let pid = child.id();
                status.send_modify(|status| {
                    *status = ProcessStatus { pid, restarts: starts - 1, wanted: true };
                });
                if run_until_unwanted(&mut child, pipe, &spec, &mut wanted).await {
                    continue;
                }
            }
            Err(error) => {
                tracing::error!(process.name = %spec.name, %error, "a process could not be started");
            }
        }
        if started.elapsed() > BACKOFF_MAX {
            backoff = BACKOFF_MIN;
        }
        // A stop during the wait is seen at the top of the loop.
        let _ = timeout(backoff, wanted.wait_for(|wanted| !*wanted)).await;
        backoff = (backoff * 2).min(BACKOFF_MAX);
    }
}

/// Waits for the end of `child`; `true` if that end was asked for.
async fn run_until_unwanted(
    child: &mut Child,
    pipe: ChildStdin,
    spec: &ProcessSpec,
    wanted: &mut watch::Receiver<bool>,
) -> bool {
    let unwanted = async {
        let _ = wanted.wait_for(|wanted| !*wanted).await;
    };
    tokio::select! {
        ended = child.wait() => {
            let status = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
            tracing::warn!(
                process.name = %spec.name,
                process.status = %status,
                "a process ended by itself and is started again"
            );
            false
        }
        () = unwanted => {
            end(child, pipe, spec).await;
            true
        }
    }
}

/// Closes the pipe, which makes the watcher send SIGTERM, and waits.
async fn end(child: &mut Child, pipe: ChildStdin, spec: &ProcessSpec) {
    drop(pipe);
    if timeout(GRACE, child.wait()).await.is_err() {
        tracing::warn!(process.name = %spec.name, "a process did not end in time and is killed");
        let _ = child.kill().await;
    }
    // The watcher looks once more every 100 ms; give it that long, so that nothing is left.
    sleep(Duration::from_millis(110)).await;
}

/// The pipe is taken out of the child, because tokio closes it when the child is waited for.
fn spawn(spec: &ProcessSpec) -> std::io::Result<(Child, ChildStdin)> {
    let mut command = Command::new("sh");
    command.arg("-c").arg(WATCHED).arg(&spec.name).arg(&spec.program).args(&spec.args);
    command.envs(spec.env.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::piped());
    // Its own group: Ctrl-C in the terminal reaches the supervisor alone, which then stops in order.
    command.process_group(0);
    if let Some(path) = &spec.log {
        let log = OpenOptions::new().create(true).append(true).open(path)?;
        command.stdout(log.try_clone()?).stderr(log);
    }
    let mut child = command.spawn()?;
    let pipe = child.stdin.take().ok_or(std::io::ErrorKind::BrokenPipe)?;
    Ok((child, pipe))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alive(pid: u32) -> bool {
        std::path::Path::new(&format!("/proc/{pid}")).exists()
    }

    fn sleeper(name: &str) -> ProcessSpec {
        ProcessSpec {
            name: name.to_owned(),
            program: "sleep".into(),
            args: vec!["1000".into()],
            env: Vec::new(),
            log: None,
        }
    }

    async fn pid_other_than(process: &Supervised, before: Option<u32>) -> u32 {
        let mut status = process.status.clone();
        let seen = status.wait_for(|status| status.pid.is_some() && status.pid != before);
        let status = timeout(Duration::from_secs(10), seen).await.unwrap().unwrap().clone();
        status.pid.unwrap()
    }

    fn kill(pid: u32) {
        let done = std::process::Command::new("kill").arg("-9").arg(pid.to_string()).status();
        assert!(done.unwrap().success());
    }

    #[tokio::test]
    async fn a_killed_process_is_started_again() {
        let process = Supervised::start(sleeper("sleeper"));
        let first = pid_other_than(&process, None).await;
        kill(first);
        let second = pid_other_than(&process, Some(first)).await;
        assert!(alive(second));
        assert_eq!(process.status().restarts, 1);
        process.stop().await;
        assert!(!alive(second));
    }

    #[tokio::test]
    async fn a_stopped_process_stays_down_until_it_is_resumed() {
        let process = Supervised::start(sleeper("sleeper"));
        let first = pid_other_than(&process, None).await;
        process.stop().await;
        assert!(!alive(first));
        assert_eq!(process.status().pid, None);
        process.resume();
        let second = pid_other_than(&process, Some(first)).await;
        assert!(alive(second));
        process.stop().await;
    }

    #[tokio::test]
    async fn a_closed_pipe_ends_the_process_as_the_death_of_the_supervisor_does() {
        let (mut child, pipe) = spawn(&sleeper("orphan")).unwrap();
        let pid = child.id().unwrap();
        drop(pipe);
        timeout(Duration::from_secs(5), child.wait()).await.unwrap().unwrap();
        assert!(!alive(pid));
    }
}
