//! Sockets and start-up lines shared by the test peers.
//!
//! Responsible for listening on loopback with `TCP_NODELAY` set on every accepted socket: without
//! it, small answers wait for the peer's delayed acknowledgement and every measurement is wrong.
//! It must never listen on anything but loopback.

use std::{
    io::{self, Write as _},
    net::{Ipv4Addr, SocketAddr},
};

use tokio::net::{TcpListener, TcpStream};

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
