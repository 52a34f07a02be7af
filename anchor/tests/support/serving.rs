//! Checkpoint, tiles and entries over HTTP, as an auditor's program asks for them.

use anchor::reader::Reader;
use eventstore::PgStore;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Serves the log on a free port of loopback until the test ends; returns its base URL.
pub async fn serve_log(reader: Reader<PgStore>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(answer(client, reader.clone()));
        }
    });
    url
}

async fn answer(client: TcpStream, reader: Reader<PgStore>) {
    let mut lines = BufReader::new(client).lines();
    let Ok(Some(request)) = lines.next_line().await else { return };
    while lines.next_line().await.is_ok_and(|line| line.is_some_and(|line| !line.is_empty())) {}
    let body = match request.split(' ').nth(1) {
        Some("/log/checkpoint") => reader.checkpoint().await.unwrap().map(String::into_bytes),
        Some(path) => part(path, &reader).await,
        None => None,
    };
    let status = if body.is_some() { "200 OK" } else { "404 Not Found" };
    let body = body.unwrap_or_default();
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    let mut client = lines.into_inner().into_inner();
    client.write_all(&[head.into_bytes(), body].concat()).await.unwrap();
}

/// `/log/tile/<level or entries>/<index>[.p/<width>]`, for logs of fewer than 256,000 entries.
async fn part(path: &str, reader: &Reader<PgStore>) -> Option<Vec<u8>> {
    let (level, rest) = path.strip_prefix("/log/tile/")?.split_once('/')?;
    let (index, width) = rest.split_once(".p/").unwrap_or((rest, "256"));
    let (index, width) = (index.parse().ok()?, width.parse().ok()?);
    match level {
        "entries" => reader.entries_tile(index, width).await.unwrap(),
        level => reader.tile(level.parse().ok()?, index, width).await.unwrap(),
    }
}
