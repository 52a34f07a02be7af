//! Clients of the live feeds: one that speaks graphql-transport-ws, one that reads server-sent events.

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::support::World;

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// An open WebSocket.
pub struct Socket(pub Stream);

impl Socket {
    /// Connects as a page of nobody does; `Err` is what the server said instead of yes.
    pub async fn connect(
        world: &World,
        headers: &[(&str, &str)],
    ) -> Result<Self, Box<Response<Option<Vec<u8>>>>> {
        let url = world.url.replace("http://", "ws://") + "/graphql";
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
        match connect_async(request).await {
            Ok((stream, _)) => Ok(Self(stream)),
            Err(Error::Http(response)) => Err(response),
            Err(error) => panic!("{error}"),
        }
    }

    /// Connects and begins.
    pub async fn open(world: &World) -> Self {
        let protocol = [("sec-websocket-protocol", "graphql-transport-ws")];
        let mut socket = Self::connect(world, &protocol).await.unwrap();
        socket.send(&json!({"type": "connection_init"})).await;
        assert_eq!(socket.answer().await["type"], "connection_ack");
        socket
    }

    /// Connects, begins, and follows one subscription.
    pub async fn follow(world: &World, subscription: &str) -> Self {
        let mut socket = Self::open(world).await;
        socket.subscribe("1", &format!("subscription {{ {subscription} }}")).await;
        socket
    }

    pub async fn subscribe(&mut self, id: &str, query: &str) {
        self.send(&json!({"type": "subscribe", "id": id, "payload": {"query": query}})).await;
    }

    pub async fn send(&mut self, message: &Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    /// The next message of the protocol.
    pub async fn answer(&mut self) -> Value {
        loop {
            match self.0.next().await.expect("the server closed").unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// What the subscription's field says next.
    pub async fn next(&mut self, field: &str) -> Value {
        let answer = self.answer().await;
        assert_eq!(answer["type"], "next", "{answer}");
        assert!(answer["payload"].get("errors").is_none(), "{answer}");
        answer["payload"]["data"][field].clone()
    }

    /// The slug of the error that ends a subscription.
    pub async fn error(&mut self) -> String {
        let answer = self.answer().await;
        let code = &answer["payload"]["errors"][0]["extensions"]["code"];
        let code = code.as_str().unwrap_or_else(|| panic!("no error: {answer}")).to_owned();
        assert_eq!(self.answer().await["type"], "complete");
        code
    }

    /// Answers until the server has asked `count` times whether it is there.
    pub async fn pings(&mut self, count: u32) {
        let mut heard = 0;
        while heard < count {
            let message = self.0.next().await.expect("the server closed").unwrap();
            heard += u32::from(matches!(message, Message::Ping(_)));
        }
    }

    /// How the server closes, whatever it says before.
    pub async fn closed(&mut self) -> Option<CloseFrame> {
        while let Some(Ok(message)) = self.0.next().await {
            if let Message::Close(frame) = message {
                return frame;
            }
        }
        None
    }
}

/// What an event stream said.
#[derive(Debug, Default, PartialEq)]
pub struct Sent {
    pub event: String,
    pub id: String,
    pub data: Value,
}

/// An open event stream.
pub struct EventStream(Lines<BufReader<TcpStream>>);

impl EventStream {
    pub async fn open(world: &World, path: &str, last_event_id: Option<&str>) -> Self {
        Self::try_open(world, path, last_event_id).await.expect("the feed is refused")
    }

    /// `None` when it is refused.
    pub async fn try_open(world: &World, path: &str, last_event_id: Option<&str>) -> Option<Self> {
        let address = world.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let last = last_event_id.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{last}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut lines = BufReader::new(stream).lines();
        let status = lines.next_line().await.unwrap().unwrap();
        if status != "HTTP/1.1 200 OK" {
            return None;
        }
        let mut headers = Vec::new();
        loop {
            match lines.next_line().await.unwrap().unwrap() {
                line if line.is_empty() => break,
                line => headers.push(line),
            }
        }
        assert!(headers.contains(&"content-type: text/event-stream".to_owned()), "{headers:?}");
        assert!(headers.contains(&"x-accel-buffering: no".to_owned()), "{headers:?}");
        Some(Self(lines))
    }

    /// The `id` that the stream begins with: the first chunk is that line and a blank one, byte for byte.
    pub async fn begin(&mut self) -> String {
        let mut next = async || self.0.next_line().await.unwrap().expect("the stream ended");
        let size = usize::from_str_radix(&next().await, 16).unwrap();
        let line = next().await;
        assert_eq!((next().await.as_str(), size), ("", line.len() + 2), "{line}");
        line.strip_prefix("id: ").expect("no id").to_owned()
    }

    /// The next event; `None` at the end. Every line is whole within a chunk, whose size stands on a line of its own.
    pub async fn next(&mut self) -> Option<Sent> {
        let mut sent = Sent::default();
        while let Some(line) = self.0.next_line().await.unwrap() {
            match line.split_once(": ") {
                Some(("event", event)) => event.clone_into(&mut sent.event),
                Some(("id", id)) => id.clone_into(&mut sent.id),
                Some(("data", data)) => sent.data = serde_json::from_str(data).unwrap(),
                _ if line.is_empty() && !sent.event.is_empty() => return Some(sent),
                _ if line == "0" => return None,
                _ => {}
            }
        }
        None
    }

    /// Reads until the server has said `count` times that the stream lives.
    pub async fn comments(&mut self, count: u32) {
        let mut heard = 0;
        while heard < count {
            let line = self.0.next_line().await.unwrap().expect("the stream ended");
            heard += u32::from(line.starts_with(':'));
        }
    }
}
