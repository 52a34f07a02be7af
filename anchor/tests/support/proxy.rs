//! A node that lies down on the job: hangs, or takes a chain transaction and never answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const PASS: u8 = 0;
const HANG: u8 = 1;
const CUT_AFTER_SENDING: u8 = 2;

/// Stands between the service and the node.
pub struct Proxy {
    pub url: String,
    mode: Arc<AtomicU8>,
}

impl Proxy {
    pub async fn before(node_url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let node = node_url.trim_start_matches("http://").to_owned();
        let mode = Arc::new(AtomicU8::new(PASS));
        let shared = Arc::clone(&mode);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, node.clone(), Arc::clone(&shared)));
            }
        });
        Self { url, mode }
    }

    pub fn pass(&self) {
        self.mode.store(PASS, Ordering::SeqCst);
    }

    /// Takes every request and answers none.
    pub fn hang(&self) {
        self.mode.store(HANG, Ordering::SeqCst);
    }

    /// Hands chain transactions on, and closes the connection instead of answering.
    pub fn cut_after_sending(&self) {
        self.mode.store(CUT_AFTER_SENDING, Ordering::SeqCst);
    }
}

async fn serve(mut client: TcpStream, node: String, mode: Arc<AtomicU8>) {
    let mut upstream = TcpStream::connect(node).await.unwrap();
    while let Some(request) = message(&mut client).await {
        let mode = mode.load(Ordering::SeqCst);
        if mode == HANG {
            std::future::pending::<()>().await;
        }
        upstream.write_all(&request).await.unwrap();
        let Some(answer) = message(&mut upstream).await else { return };
        let sends = String::from_utf8_lossy(&request).contains("eth_sendRawTransaction");
        if mode == CUT_AFTER_SENDING && sends {
            return;
        }
        if client.write_all(&answer).await.is_err() {
            return;
        }
    }
}

/// One HTTP message with a content length; `None` at the end of the connection.
async fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some(end) = text.find("\r\n\r\n") {
            let length = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok())
                .unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                return Some(bytes);
            }
        }
        let mut chunk = [0; 8_192];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend(&chunk[..read]),
        }
    }
}
