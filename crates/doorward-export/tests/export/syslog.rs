//! Syslog over TCP and TLS: lengths counted, and a batch counts only when the receiver has read it all.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};

use doorward_export::{Exporters, SinkConfig, Syslog, Target, Trust};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::sample::{Scratch, append, id, pace, sink, until};

/// What the receiver does with the first connections.
#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    /// As with every other.
    Read,
    /// Breaks them off after some bytes.
    Break,
}

type Heard = Arc<Mutex<Vec<u8>>>;

async fn listen(tls: Option<TlsAcceptor>, first: First) -> (u16, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Heard::default();
    let kept = heard.clone();
    tokio::spawn(async move {
        let mut number = 0;
        while let Ok((stream, _)) = listener.accept().await {
            number += 1;
            let breaks = first == First::Break && number <= 2;
            match &tls {
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => read(stream, &kept, breaks).await,
                    Err(_) => continue,
                },
                None => read(stream, &kept, breaks).await,
            }
        }
    });
    (port, heard)
}

async fn read(mut stream: impl AsyncRead + AsyncWrite + Unpin, heard: &Heard, breaks: bool) {
    let mut bytes = Vec::new();
    if breaks {
        let mut some = [0; 100];
        let _ = stream.read_exact(&mut some).await;
        return;
    }
    if stream.read_to_end(&mut bytes).await.is_ok() {
        heard.lock().unwrap().extend(bytes);
        let _ = stream.shutdown().await;
    }
}

/// The messages in what was heard, by their counted lengths.
fn messages(heard: &Heard) -> Vec<String> {
    let bytes = heard.lock().unwrap().clone();
    let (mut rest, mut messages) = (bytes.as_slice(), Vec::new());
    while !rest.is_empty() {
        let space = rest.iter().position(|byte| *byte == b' ').unwrap();
        let (length, after) = rest.split_at(space);
        let length: usize = std::str::from_utf8(length).unwrap().parse().unwrap();
        let (message, after) = after.split_at(1).1.split_at(length);
        messages.push(String::from_utf8(message.to_vec()).unwrap());
        rest = after;
    }
    messages
}

fn to(port: u16, trust: Option<Trust>) -> SinkConfig {
    let host = if trust.is_some() { "localhost" } else { "127.0.0.1" };
    sink("log", Target::Syslog(Syslog { host: host.to_owned(), port, trust, hostname: Some("gate".to_owned()) }))
}

async fn all_arrive(sink: SinkConfig, heard: &Heard) {
    let scratch = Scratch::new();
    let store = scratch.store().await;
    append(&store, 0..700);
    let exporters = Exporters::start(store.clone(), vec![sink], pace()).await.unwrap();
    until(|| exporters.standings().iter().all(|standing| standing.seq == 700)).await;
    exporters.stop().await;
    store.close().await.unwrap();
    let messages = messages(heard);
    assert_eq!(messages.len(), 700);
    for (number, message) in (0..).zip(&messages) {
        assert!(message.starts_with("<110>1 2026-07-28T"), "{message}");
        assert!(message.contains(&format!("id=\"{}\"", id(number))), "{message}");
    }
}

#[tokio::test]
async fn messages_arrive_over_tcp() {
    let (port, heard) = listen(None, First::Read).await;
    all_arrive(to(port, None), &heard).await;
}

#[tokio::test]
async fn what_a_receiver_has_not_read_comes_again() {
    let (port, heard) = listen(None, First::Break).await;
    all_arrive(to(port, None), &heard).await;
}

#[tokio::test]
async fn messages_arrive_over_tls_and_go_to_nobody_who_is_not_trusted() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
        )
        .unwrap();
    let (port, heard) = listen(Some(TlsAcceptor::from(Arc::new(config))), First::Read).await;
    let trust = Trust { roots: Some(certificate), identity: None };
    all_arrive(to(port, Some(trust)), &heard).await;
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.pem();
    let stranger = to(port, Some(Trust { roots: Some(other), identity: None }));
    let refused = doorward_export::trial(&stranger).await.unwrap_err().to_string();
    assert!(refused.contains("speaks no TLS we trust"), "{refused}");
}
