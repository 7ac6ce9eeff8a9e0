//! Carries misdeeds out over HTTP, writing the bytes of each response itself so that it can also
//! write wrong ones.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

use super::{
    misdeed::{HUGE_BYTES, Misdeed, Mode, Piece},
    server::{Reaction, Server},
};
use crate::net;

type Stream = BufReader<TcpStream>;

/// Numbers the sessions of this process.
static NEXT_SESSION: AtomicU64 = AtomicU64::new(1);

/// Serves `mode` over HTTP until the process ends.
///
/// # Errors
///
/// Fails when the listener does.
pub async fn serve_http(listener: TcpListener, mode: Mode) -> io::Result<()> {
    let server = Arc::new(Server::new(mode));
    loop {
        let stream = net::accept(&listener).await?;
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            // A client that breaks its connection ends only that connection.
            let _ = converse(&server, BufReader::new(stream)).await;
        });
    }
}

/// Whether the connection can take another request.
enum Then {
    KeepOpen,
    Close,
}

async fn converse(server: &Arc<Server>, mut stream: Stream) -> io::Result<()> {
    while let Some(request) = net::read_request(&mut stream).await? {
        let then = match request.method.as_str() {
            "POST" => answer(server, &mut stream, &request.body).await?,
            "DELETE" => empty(&mut stream, "204 No Content").await?,
            _ => empty(&mut stream, "405 Method Not Allowed").await?,
        };
        match (request.header("connection"), then) {
            (Some("close"), _) | (_, Then::Close) => break,
            (_, Then::KeepOpen) => {}
        }
    }
    Ok(())
}

async fn answer(server: &Arc<Server>, stream: &mut Stream, body: &[u8]) -> io::Result<Then> {
    let (reaction, _open) = server.receive(body);
    match reaction {
        Reaction::Nothing => empty(stream, "202 Accepted").await,
        Reaction::Opened(answer) => {
            let number = NEXT_SESSION.fetch_add(1, Ordering::Relaxed);
            let session = format!("mcp-session-id: hostile-{number}\r\n");
            whole(stream, &session, &answer).await
        }
        Reaction::Do { wait, misdeed } => {
            tokio::time::sleep(wait).await;
            carry_out(stream, misdeed).await
        }
    }
}

async fn carry_out(stream: &mut Stream, misdeed: Misdeed) -> io::Result<Then> {
    match misdeed {
        Misdeed::Send(pieces) => send(stream, pieces).await,
        Misdeed::Flood(message) => {
            start_events(stream).await?;
            loop {
                event(stream, &message).await?;
            }
        }
        Misdeed::Huge { before, after } => {
            let chunk = [b'a'; 100_000];
            head(stream, "", before.len() + HUGE_BYTES + after.len()).await?;
            stream.write_all(&before).await?;
            for _ in 0..HUGE_BYTES / chunk.len() {
                stream.write_all(&chunk).await?;
            }
            stream.write_all(&after).await?;
            Ok(Then::KeepOpen)
        }
        Misdeed::Half(half) => {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                        transfer-encoding: chunked\r\n\r\n";
            stream.write_all(head.as_bytes()).await?;
            chunk(stream, &half).await?;
            Ok(Then::Close)
        }
        Misdeed::Drip(message) => {
            head(stream, "", message.len()).await?;
            for byte in message {
                stream.write_all(&[byte]).await?;
                stream.flush().await?;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Ok(Then::KeepOpen)
        }
        Misdeed::Linger(message) => {
            start_events(stream).await?;
            event(stream, &message).await?;
            until_closed(stream).await
        }
        Misdeed::Silence => until_closed(stream).await,
        Misdeed::Exit | Misdeed::Grandchild => std::process::exit(3),
        Misdeed::Redirect => {
            let head = "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:9/stolen\r\n\
                        content-length: 0\r\n\r\n";
            stream.write_all(head.as_bytes()).await?;
            Ok(Then::KeepOpen)
        }
    }
}

/// One message is a JSON response; anything more is an event stream.
async fn send(stream: &mut Stream, pieces: Vec<Piece>) -> io::Result<Then> {
    if let [Piece::Message(message)] = pieces.as_slice() {
        return whole(stream, "", message).await;
    }
    start_events(stream).await?;
    for piece in pieces {
        match piece {
            Piece::Message(message) => event(stream, &message).await?,
            Piece::Noise(text) => chunk(stream, format!("{text}\n").as_bytes()).await?,
        }
    }
    chunk(stream, b"").await?;
    Ok(Then::KeepOpen)
}

async fn whole(stream: &mut Stream, headers: &str, body: &[u8]) -> io::Result<Then> {
    head(stream, headers, body.len()).await?;
    stream.write_all(body).await?;
    stream.flush().await?;
    Ok(Then::KeepOpen)
}

async fn head(stream: &mut Stream, headers: &str, length: usize) -> io::Result<()> {
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await
}

async fn empty(stream: &mut Stream, status: &str) -> io::Result<Then> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    Ok(Then::KeepOpen)
}

async fn start_events(stream: &mut Stream) -> io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                transfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await
}

async fn event(stream: &mut Stream, message: &[u8]) -> io::Result<()> {
    chunk(stream, &[b"data: ", message, b"\n\n"].concat()).await
}

/// One chunk of a chunked body; an empty one ends the body.
async fn chunk(stream: &mut Stream, data: &[u8]) -> io::Result<()> {
    let length = format!("{:x}\r\n", data.len());
    stream.write_all(&[length.as_bytes(), data, b"\r\n"].concat()).await?;
    stream.flush().await
}

async fn until_closed(stream: &mut Stream) -> io::Result<Then> {
    let mut ignored = [0; 1024];
    while stream.read(&mut ignored).await? > 0 {}
    Ok(Then::Close)
}
