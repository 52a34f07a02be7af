//! How another process speaks to a running network: one line of JSON each way, over a Unix socket
//! that only the owner of the data folder can reach.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::chain::NodeStatus;
use crate::folders::Folders;
use crate::running::{NetworkError, Running};

/// What can be asked of a running network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase")]
pub enum Request {
    /// Nothing but the answer.
    Status,
    /// Start a stopped node.
    Start {
        /// Its name.
        node: String,
    },
    /// Stop a node, until it is started again.
    Stop {
        /// Its name.
        node: String,
    },
    /// End the whole network.
    Down,
}

/// What it answers: the state afterwards, or why nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// All nodes after the request.
    Nodes(Vec<NodeStatus>),
    /// There is no node of that name.
    Unknown(String),
}

/// Where the socket is, for [`ask`].
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    socket: PathBuf,
}

/// The open control socket of a running network.
#[derive(Debug)]
pub struct Control {
    task: JoinHandle<()>,
    down: Arc<Notify>,
    folders: Folders,
}

impl Control {
    /// Opens the control socket of `running`.
    ///
    /// # Errors
    /// [`NetworkError::File`] if the socket cannot be made.
    pub fn open(running: Arc<Running>, folders: &Folders) -> Result<Self, NetworkError> {
        let socket = folders.sockets().join("control.sock");
        let _ = std::fs::remove_file(&socket);
        let listener = UnixListener::bind(&socket)?;
        folders.write("control.json", &Place { socket })?;
        let down = Arc::new(Notify::new());
        let task = tokio::spawn(serve(listener, running, Arc::clone(&down)));
        Ok(Self { task, down, folders: folders.clone() })
    }

    /// Waits until somebody asks for the end of the network.
    pub async fn down_requested(&self) {
        self.down.notified().await;
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.task.abort();
        let _ = std::fs::remove_file(self.folders.control_file());
    }
}

/// Sends `request` to the network that runs on `folders`.
///
/// # Errors
/// [`NetworkError::NotRunning`] if none does.
pub async fn ask(folders: &Folders, request: &Request) -> Result<Answer, NetworkError> {
    let not_running = || NetworkError::NotRunning { folder: folders.data().to_owned() };
    let place: Place = folders.read("control.json")?.ok_or_else(not_running)?;
    let mut stream = UnixStream::connect(&place.socket).await.map_err(|_| not_running())?;
    let mut line = serde_json::to_string(request)?;
    line.push('\n');
    stream.write_all(line.as_bytes()).await?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).await?;
    Ok(serde_json::from_str(&answer)?)
}

async fn serve(listener: UnixListener, running: Arc<Running>, down: Arc<Notify>) {
    loop {
        let answered = match listener.accept().await {
            Ok((stream, _)) => answer(stream, &running, &down).await,
            Err(error) => Err(error),
        };
        if let Err(error) = answered {
            tracing::warn!(%error, "a request to the network's control socket broke off");
        }
    }
}

async fn answer(stream: UnixStream, running: &Running, down: &Notify) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let request = serde_json::from_str(&line)?;
    let done = match &request {
        Request::Status | Request::Down => Ok(()),
        Request::Start { node } => running.start_node(node),
        Request::Stop { node } => running.stop_node(node).await,
    };
    let answer = match done {
        Ok(()) => Answer::Nodes(running.status().await),
        Err(error) => Answer::Unknown(error.to_string()),
    };
    let mut line = serde_json::to_string(&answer)?;
    line.push('\n');
    stream.get_mut().write_all(line.as_bytes()).await?;
    if request == Request::Down {
        down.notify_one();
    }
    Ok(())
}
