//! Questions and events over plain lines, written by hand: a load must not weigh more than what it
//! measures.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::scaffold::Failed;

/// One question on a line of its own, answered in full.
pub(crate) async fn request(port: u16, method: &str, path: &str) -> Result<Vec<u8>, Failed> {
    let mut line = TcpStream::connect(("127.0.0.1", port)).await?;
    let question = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    line.write_all(question.as_bytes()).await?;
    let mut answer = Vec::with_capacity(64 * 1024);
    line.read_to_end(&mut answer).await?;
    let status = answer.get(9..12).unwrap_or_default();
    if status.first() != Some(&b'2') {
        let status = String::from_utf8_lossy(status);
        return Err(format!("{method} {path} answers {status}").into());
    }
    let head = position(&answer, b"\r\n\r\n").ok_or("an answer without a body")?;
    Ok(answer.split_off(head + 4))
}

pub(crate) fn json(body: &[u8]) -> Result<Value, Failed> {
    Ok(serde_json::from_slice(body)?)
}

pub(crate) fn text(value: &Value, name: &str) -> Option<String> {
    Some(value.get(name)?.as_str()?.to_owned())
}

/// An order that a list shows.
pub(crate) struct Order {
    /// Its posting.
    pub(crate) id: String,
    pub(crate) number: String,
    /// The month it stands in: `2026-10`.
    pub(crate) month: String,
}

/// The first order of a list.
pub(crate) fn first_order(body: &[u8]) -> Option<Order> {
    let list: Value = serde_json::from_slice(body).ok()?;
    let postings = list.get("postings")?.as_array()?;
    let kind = |posting: &&Value| text(posting, "source_kind").is_some_and(|kind| kind == "order");
    let posting = postings.iter().find(kind)?;
    Some(Order {
        id: text(posting, "id")?,
        number: text(posting, "number")?,
        month: text(posting, "date")?.get(..7)?.to_owned(),
    })
}

/// Reads events and notes how old each is when it is there. Nothing is parsed but the id, which is the
/// microsecond in which it was published.
pub(crate) async fn listen(
    port: u16,
    path: &str,
    delays: &Mutex<Vec<Duration>>,
    events: &AtomicU64,
) -> std::io::Result<()> {
    let mut line = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n\r\n"
    );
    line.write_all(request.as_bytes()).await?;
    let mut buffer = vec![0; 64 * 1024];
    let mut first = true;
    loop {
        let length = line.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let read = buffer.get(..length).unwrap_or_default();
        let ids = ids(read);
        events.fetch_add(ids.len() as u64, Relaxed);
        // what a new reader is told first happened before it came
        if !std::mem::take(&mut first) {
            let late = ids
                .into_iter()
                .map(|id| now.saturating_sub(Duration::from_micros(id)));
            if let Ok(mut delays) = delays.lock() {
                delays.extend(late);
            }
        }
    }
}

/// The numbers behind `id:` at the beginning of a line; one that is cut in two is left out.
fn ids(text: &[u8]) -> Vec<u64> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = position(rest, b"\nid: ") {
        rest = rest.get(at + 5..).unwrap_or_default();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = std::str::from_utf8(rest.get(..digits).unwrap_or_default());
        if let Some(Ok(number)) = number.ok().map(str::parse::<u64>)
            && rest.get(digits) == Some(&b'\n')
        {
            found.push(number);
        }
    }
    found
}

fn position(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|part| part == wanted)
}
