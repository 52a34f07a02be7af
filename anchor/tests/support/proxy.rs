//! A bad node: hangs, takes a chain transaction and never answers, or lies.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const PASS: u8 = 0;
const HANG: u8 = 1;
const CUT_AFTER_SENDING: u8 = 2;

/// Stands between the service and the node.
pub struct Proxy {
    pub url: String,
    mode: Arc<AtomicU8>,
    lie: Lie,
}

/// What is done to an answer.
#[derive(Clone, Default)]
enum Told {
    #[default]
    Truth,
    /// The character after this text is altered.
    After(&'static str),
    /// The result of a method's call is replaced.
    Instead(Arc<Invention>),
}

/// Is given a method, its parameters and the node's result.
type Invention = dyn Fn(&str, &Value, &mut Value) + Send + Sync;
type Lie = Arc<Mutex<Told>>;

impl Proxy {
    pub async fn before(node_url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let node = node_url.trim_start_matches("http://").to_owned();
        let mode = Arc::new(AtomicU8::new(PASS));
        let lie = Lie::default();
        let (shared, told) = (Arc::clone(&mode), Arc::clone(&lie));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, node.clone(), Arc::clone(&shared), Arc::clone(&told)));
            }
        });
        Self { url, mode, lie }
    }

    pub fn pass(&self) {
        self.mode.store(PASS, Ordering::SeqCst);
    }

    /// Alters the character after the first `text` of every answer that has it, to another hexadecimal digit.
    pub fn lie_after(&self, text: Option<&'static str>) {
        *self.lie.lock().unwrap() = text.map_or(Told::Truth, Told::After);
    }

    /// Lets `invention` change the result of every call.
    pub fn invent(&self, invention: impl Fn(&str, &Value, &mut Value) + Send + Sync + 'static) {
        *self.lie.lock().unwrap() = Told::Instead(Arc::new(invention));
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

async fn serve(mut client: TcpStream, node: String, mode: Arc<AtomicU8>, lie: Lie) {
    let mut upstream = TcpStream::connect(node).await.unwrap();
    while let Some(request) = message(&mut client).await {
        let mode = mode.load(Ordering::SeqCst);
        if mode == HANG {
            std::future::pending::<()>().await;
        }
        upstream.write_all(&request).await.unwrap();
        let Some(mut answer) = message(&mut upstream).await else { return };
        let told = lie.lock().unwrap().clone();
        match told {
            Told::Truth => {}
            Told::After(text) => alter(&mut answer, text),
            Told::Instead(invention) => replace(&request, &mut answer, &*invention),
        }
        let sends = String::from_utf8_lossy(&request).contains("eth_sendRawTransaction");
        if mode == CUT_AFTER_SENDING && sends {
            return;
        }
        if client.write_all(&answer).await.is_err() {
            return;
        }
    }
}

fn alter(answer: &mut [u8], text: &str) {
    if let Some(at) = String::from_utf8_lossy(answer).find(text) {
        let digit = &mut answer[at + text.len()];
        *digit = if *digit == b'7' { b'8' } else { b'7' };
    }
}

fn replace(request: &[u8], answer: &mut Vec<u8>, invention: &Invention) {
    let body = |message: &[u8]| -> Value {
        let end = message.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        serde_json::from_slice(&message[end + 4..]).unwrap()
    };
    let (asked, mut answered) = (body(request), body(answer));
    let Some(result) = answered.get_mut("result") else { return };
    invention(asked["method"].as_str().unwrap(), &asked["params"], result);
    let text = answered.to_string();
    *answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{text}",
        text.len()
    )
    .into_bytes();
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
