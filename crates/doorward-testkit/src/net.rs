//! Sockets and start-up lines shared by the test peers.
//!
//! Responsible for listening on loopback with `TCP_NODELAY` set on every accepted socket: without
//! it, small answers wait for the peer's delayed acknowledgement and every measurement is wrong.
//! It must never listen on anything but loopback.

use std::{
    io::{self, Write as _},
    net::{Ipv4Addr, SocketAddr},
};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Longest body of a request that a test peer reads.
const LONGEST_BODY: usize = 16 * 1024 * 1024;

/// A request over HTTP/1.1, as it came.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: String,
    /// What is asked for: a path, perhaps with a query.
    pub target: String,
    /// Names in small letters and trimmed values, in their order.
    pub headers: Vec<(String, String)>,
    /// The body, as long as announced.
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of that name, which is in small letters.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Reads the next request; `None` once the client has closed.
///
/// # Errors
///
/// Fails when the connection does, and when the body is too long or shorter than announced.
pub async fn read_request(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
    let mut first = String::new();
    if stream.read_line(&mut first).await? == 0 {
        return Ok(None);
    }
    let mut words = first.split(' ').map(ToOwned::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut request = Request { method, target, headers: Vec::new(), body: Vec::new() };
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.split_once(':') else { break };
        request.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = request.header("content-length").map_or(Ok(0), str::parse).map_err(io::Error::other)?;
    if length > LONGEST_BODY {
        return Err(io::Error::other("the body is too long"));
    }
    request.body = vec![0; length];
    stream.read_exact(&mut request.body).await?;
    Ok(Some(request))
}

/// Listens on `127.0.0.1:port`; port 0 picks a free one.
///
/// # Errors
///
/// Fails when the port is taken.
pub async fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await
}

/// Accepts the next connection, with `TCP_NODELAY` set.
///
/// # Errors
///
/// Fails when the listener does. A connection that is gone before it can be set up is passed over.
pub async fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    loop {
        let (stream, _) = listener.accept().await?;
        if stream.set_nodelay(true).is_ok() {
            return Ok(stream);
        }
    }
}

/// Prints `listening on http://ADDRESS/PATH` on stdout, which is how a parent learns the port.
///
/// # Errors
///
/// Fails when stdout is closed.
pub fn announce(listener: &TcpListener, path: &str) -> io::Result<()> {
    let address = listener.local_addr()?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "listening on http://{address}{path}")?;
    stdout.flush()
}

/// The value after `flag` in the process arguments, if both are there.
#[must_use]
pub fn argument(flag: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != flag);
    arguments.nth(1)
}

/// Whether `flag` is among the process arguments.
#[must_use]
pub fn has_argument(flag: &str) -> bool {
    std::env::args().any(|argument| argument == flag)
}
