//! Messages of RFC 5424 over TCP or TLS, their lengths counted (RFC 5425 §4.3, RFC 6587 §3.4.1).
//!
//! Syslog confirms nothing, so each batch is a connection of its own: all of it is sent, our side is closed, and it counts
//! as delivered when the receiver has closed its side without breaking the connection. That is the most that can be known:
//! a receiver that reads to the end has read everything by then, one that closes early can have lost it. One that breaks
//! the connection, or keeps it open, gets the batch again.

mod message;

use std::sync::Arc;

use doorward_store::RecordView;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::config::Syslog;
use crate::deliver::Packed;
use crate::failure::Failure;
use crate::limits::ANSWER_BYTES_MAX;
use crate::tls;

/// A receiver of syslog.
#[derive(Debug)]
pub(crate) struct SyslogSink {
    config: Syslog,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

impl SyslogSink {
    /// # Errors
    /// In words, why it cannot be spoken to.
    pub(crate) fn new(config: &Syslog) -> Result<Self, String> {
        let tls = match &config.trust {
            None => None,
            Some(trust) => {
                let name = ServerName::try_from(config.host.clone());
                let name = name.map_err(|_| format!("'{}' is no name of a server", config.host))?;
                Some((Arc::new(tls::client_config(trust)?), name))
            }
        };
        Ok(Self { config: config.clone(), tls })
    }

    /// Sends the first of `records`, as many as fit into one batch; how many those were.
    pub(crate) async fn deliver(&self, records: &[RecordView]) -> Result<usize, Failure> {
        let mut packed = Packed::frames();
        for record in records {
            let message = message::of(record, self.config.hostname.as_deref());
            if !packed.add(&format!("{} {message}", message.len())) {
                break;
            }
        }
        let (count, frames) = packed.finish();
        let stream = TcpStream::connect((self.config.host.as_str(), self.config.port)).await;
        let stream = stream.map_err(|error| Failure::of("it cannot be reached", &error))?;
        match &self.tls {
            None => send(stream, &frames).await?,
            Some((config, name)) => {
                let connected = TlsConnector::from(config.clone()).connect(name.clone(), stream).await;
                let stream = connected.map_err(|error| Failure::of("it speaks no TLS we trust", &error))?;
                send(stream, &frames).await?;
            }
        }
        Ok(count)
    }
}

/// Sends everything, closes our side, and waits until the other has closed its own.
async fn send(mut stream: impl AsyncRead + AsyncWrite + Unpin, frames: &[u8]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::of("it broke the connection", &error);
    stream.write_all(frames).await.map_err(failed)?;
    stream.flush().await.map_err(failed)?;
    stream.shutdown().await.map_err(failed)?;
    let mut rest = stream.take(u64::try_from(ANSWER_BYTES_MAX).unwrap_or(u64::MAX));
    match tokio::io::copy(&mut rest, &mut tokio::io::sink()).await {
        Ok(_) => Ok(()),
        // Many close without the farewell of TLS, once they have read ours: nothing of our batch came after it.
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(()),
        Err(error) => Err(failed(error)),
    }
}
