//! A web server on loopback that keeps every request it gets: where stolen data would arrive, or where honest pages are.
//!
//! It ends with its value. It must never miss a connection: one without a request counts as well.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a connection may take to send its request.
const READ_LIMIT: Duration = Duration::from_secs(5);

/// How much of a request is kept.
const HEAD_BYTES_MAX: usize = 256 * 1024;

/// What the honest page says.
pub(super) const PAGE_TEXT: &str = "The office is open from nine to five.";

/// The path of the honest page.
pub(super) const PAGE_PATH: &str = "/hours";

/// A running web server.
#[derive(Debug)]
pub(super) struct Sink {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Sink {
    /// Starts one on a port of its own.
    pub(super) fn start() -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("the sink cannot listen: {error}");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let (heads, ends) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<AtomicBool>::default());
        let (kept, stop) = (heads.clone(), ends.clone());
        let serve = move || {
            for stream in listener.incoming().take_while(|_| !stop.load(Ordering::SeqCst)) {
                let mut stream = stream.ok();
                let head = stream.as_mut().map(heard).unwrap_or_default();
                // Before the answer, so that whoever has the answer finds the request here.
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(head.clone());
                stream.iter_mut().for_each(|stream| answer(stream, &head));
            }
        };
        Ok(Self { port, heads, ends, thread: Some(std::thread::spawn(serve)) })
    }

    /// Where it listens.
    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// What it got so far, a request a text.
    pub(super) fn requests(&self) -> Vec<String> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        // It looks whether it ends when somebody comes.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// One request, to the end of its head.
fn heard(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut chunk = [0; 4096];
    let _ = stream.set_read_timeout(Some(READ_LIMIT));
    while head.len() < HEAD_BYTES_MAX && !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => break,
            Ok(read) => head.extend(chunk.iter().take(read)),
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

fn answer(stream: &mut TcpStream, head: &str) {
    let (status, text) =
        if head.starts_with("GET /robots.txt ") { ("404 Not Found", "") } else { ("200 OK", PAGE_TEXT) };
    let page = format!("<html><body><p>{text}</p></body></html>");
    let length = page.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{page}"
    );
    // Whoever does not wait for the answer has still asked.
    let _ = stream.write_all(answer.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_connection_is_kept() {
        let sink = Sink::start().unwrap();
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, sink.port())).unwrap());
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, sink.port())).unwrap();
        stream.write_all(b"GET /hours HTTP/1.1\r\n\r\n").unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).unwrap();
        assert!(page.contains(PAGE_TEXT), "{page}");
        assert_eq!(sink.requests(), ["", "GET /hours HTTP/1.1\r\n\r\n"]);
    }
}
