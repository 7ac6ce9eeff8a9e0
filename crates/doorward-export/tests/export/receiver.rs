//! A receiver on this machine that does what it is told, and remembers what it was sent and what it confirmed.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What it does about one message.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Takes it and says so.
    Take,
    /// Says this status, with these headers, and forgets it.
    Say(u16, &'static str),
    /// Takes it, and the connection breaks before it has answered.
    TakeAndBreak,
    /// Takes it, and breaks off within the answer.
    TakeAndHalf,
    /// Says nothing for this long, then takes it.
    Wait(Duration),
}

/// One message it got.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) head: String,
    pub(crate) body: String,
    /// Whether it would keep it.
    pub(crate) taken: bool,
}

impl Got {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")))?;
        line.split_once(':').map(|(_, value)| value.trim())
    }
}

#[derive(Debug, Default)]
struct State {
    acts: VecDeque<Act>,
    got: Vec<Got>,
    /// Records it took.
    taken: usize,
    otherwise: Option<Act>,
}

/// A receiver; it ends with the test.
#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    state: Arc<Mutex<State>>,
    address: SocketAddr,
}

impl Receiver {
    /// One that does these one after the other and then takes everything.
    pub(crate) async fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State { acts: acts.into_iter().collect(), ..State::default() }));
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Self { state, address }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/records", self.address)
    }

    /// From now on does this to everything.
    pub(crate) fn always(&self, act: Act) {
        self.state.lock().unwrap().otherwise = Some(act);
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.state.lock().unwrap().got.clone()
    }

    /// How many records it took, those that came twice counted twice.
    pub(crate) fn taken(&self) -> usize {
        self.state.lock().unwrap().taken
    }

    /// The ids of records it took, in the order in which they came.
    pub(crate) fn ids(&self) -> Vec<String> {
        let taken = self.got().into_iter().filter(|got| got.taken);
        taken.flat_map(|got| ids_of(&got.body)).collect()
    }
}

pub(crate) fn ids_of(body: &str) -> Vec<String> {
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let records = body.get("records").and_then(serde_json::Value::as_array).unwrap();
    records.iter().map(|record| record.get("id").and_then(serde_json::Value::as_str).unwrap().to_owned()).collect()
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    while let Some((head, body)) = read(&mut stream).await {
        let act = {
            let mut state = state.lock().unwrap();
            let otherwise = state.otherwise.clone().unwrap_or(Act::Take);
            let act = state.acts.pop_front().unwrap_or(otherwise);
            let taken = !matches!(act, Act::Say(_, _));
            if taken {
                state.taken += body.matches(r#"{"id":"#).count();
            }
            state.got.push(Got { head, body, taken });
            act
        };
        let answer = match act {
            Act::Take => "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_owned(),
            Act::Say(status, headers) => format!("HTTP/1.1 {status} no\r\ncontent-length: 0\r\n{headers}\r\n"),
            Act::TakeAndBreak => return,
            Act::TakeAndHalf => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{").await;
                return;
            }
            Act::Wait(pause) => {
                tokio::time::sleep(pause).await;
                "HTTP/1.1 204 fine\r\n\r\n".to_owned()
            }
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// One request: its head and its body.
async fn read(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let (head, rest) = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            break (String::from_utf8(bytes).unwrap(), rest);
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    let length: usize = length?.trim().parse().ok()?;
    let mut body = rest;
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some((head, String::from_utf8(body).unwrap()))
}
