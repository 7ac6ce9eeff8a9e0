//! TLS on the HTTP face: who is let in by a certificate, who is not, and the way to a server over TLS.

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward_core::ids::ServerId;
use doorward_core::refusal::Code;
use doorward_server::config::{ClientCertificate, ClientCertificates, TlsConfig};
use doorward_server::identity::certificates::{CertificateRules, Mapping};
use doorward_server::upstream::Housekeeping;
use doorward_server::upstream::http::{Endpoint, HttpClient, HttpLink};
use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::client::{Ask, Http, LEGACY, initialize};
use super::rig::{PATIENCE, Plan, Rig, soon};

/// Somebody who vouches for others.
struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    fn vouch(&self, name: SanType) -> (Certificate, KeyPair) {
        let mut params = CertificateParams::default();
        params.subject_alt_names = vec![name];
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    fn client(&self, uri: &str) -> (Certificate, KeyPair) {
        self.vouch(SanType::URI(uri.try_into().unwrap()))
    }
}

/// A gateway that speaks TLS, as `localhost`.
async fn rig(authority: &Authority, wanted: Option<ClientCertificate>) -> Rig {
    let mut plan = Plan::new().with_token().with_child("bare", "bare-upstream", &["--stdio"]);
    let file = |name: &str, text: String| {
        let path = plan.scratch().path(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (certificate, key) = authority.vouch(SanType::DnsName("localhost".try_into().unwrap()));
    let tls = TlsConfig {
        certificate: file("cert.pem", certificate.pem()),
        key: file("key.pem", key.serialize_pem()),
        clients: wanted
            .map(|wanted| ClientCertificates { authority: file("ca.pem", authority.certificate.pem()), wanted }),
    };
    plan.config.listen.tls = Some(tls);
    plan.config.listen.certificates = CertificateRules {
        trust_domains: BTreeSet::from(["prod.example".to_owned()]),
        mappings: vec![Mapping::parse("uri:https://mapped.example/=user:ann;group:ci").unwrap()],
    };
    plan.start().await
}

/// One request over a connection of its own; `None` when there is no connection to be had.
async fn ask(
    rig: &Rig,
    authority: &Authority,
    client: Option<(Certificate, KeyPair)>,
    version: &'static SupportedProtocolVersion,
    ask: Ask,
) -> Option<(u16, String)> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap();
    let config = config.with_root_certificates(roots);
    let mut config = match client {
        None => config.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
            let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
            config.with_client_auth_cert(chain, key).unwrap()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = TcpStream::connect(rig.http).await.unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let mut stream = soon(connector.connect(ServerName::try_from("localhost").unwrap(), stream)).await.ok()?;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    stream.write_all(&ask.with("connection", "close").bytes(rig.http)).await.ok()?;
    let mut answer = Vec::new();
    // A server that closes without a farewell has still answered.
    let _ = soon(stream.read_to_end(&mut answer)).await;
    let answer = String::from_utf8(answer).unwrap();
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    Some((status, answer))
}

fn hello() -> Ask {
    Ask::post("bare", initialize(LEGACY).to_string())
}

fn hello_with_token(rig: &Rig) -> Ask {
    hello().with("authorization", &format!("Bearer {}", rig.token()))
}

const TLS13: &SupportedProtocolVersion = &rustls::version::TLS13;

#[tokio::test]
async fn tls_is_spoken_and_nothing_else() {
    let authority = Authority::new();
    let rig = rig(&authority, None).await;
    for version in [TLS13, &rustls::version::TLS12] {
        let (status, _) = ask(&rig, &authority, None, version, hello_with_token(&rig)).await.unwrap();
        assert_eq!(status, 200);
        assert_eq!(ask(&rig, &authority, None, version, hello()).await.unwrap().0, 401);
    }
    let mut clear = Http::open(rig.http).await;
    clear.write(&hello_with_token(&rig).bytes(rig.http)).await;
    assert!(soon(clear.answer()).await.is_none(), "it was answered in the clear");
    rig.stop().await;
}

#[tokio::test]
async fn a_client_is_whom_its_certificate_names() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let rig = rig(&authority, Some(ClientCertificate::Require)).await;
    let tried = async |client| ask(&rig, &authority, client, TLS13, hello()).await.map(|(status, _)| status);
    assert_eq!(tried(Some(authority.client("spiffe://prod.example/a"))).await, Some(200));
    assert_eq!(tried(Some(authority.client("https://mapped.example/"))).await, Some(200));
    assert_eq!(tried(Some(authority.client("spiffe://other.example/a"))).await, Some(401));
    assert_eq!(tried(Some(authority.client("https://unmapped.example/"))).await, Some(401));
    assert_eq!(tried(Some(stranger.client("spiffe://prod.example/a"))).await, None);
    assert_eq!(tried(None).await, None);
    let workload = rig.record(|record| record.principal == "spiffe://prod.example/a").await;
    assert_eq!((workload.proof.as_str(), workload.details.kind.as_deref()), ("certificate", Some("agent")));
    let mapped = rig.record(|record| record.principal == "ann").await;
    assert_eq!(mapped.details.groups, ["ci"]);
    // Who shows a token as well is whom the token names.
    let client = Some(authority.client("spiffe://prod.example/a"));
    let token = hello_with_token(&rig);
    assert_eq!(ask(&rig, &authority, client, TLS13, token).await.unwrap().0, 200);
    rig.record(|record| record.proof == "local-token").await;
    rig.stop().await;
}

#[tokio::test]
async fn a_certificate_that_is_asked_for_may_be_missing_but_not_wrong() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let rig = rig(&authority, Some(ClientCertificate::Request)).await;
    let tried = async |client, asked| ask(&rig, &authority, client, TLS13, asked).await.map(|(status, _)| status);
    assert_eq!(tried(None, hello_with_token(&rig)).await, Some(200));
    assert_eq!(tried(None, hello()).await, Some(401));
    assert_eq!(tried(Some(authority.client("spiffe://prod.example/a")), hello()).await, Some(200));
    let wrong = Some(stranger.client("spiffe://prod.example/a"));
    assert_eq!(tried(wrong, hello_with_token(&rig)).await, None);
    rig.stop().await;
}

#[tokio::test]
async fn a_server_over_tls_is_reached_by_whoever_trusts_its_authority() {
    let authority = Authority::new();
    let rig = rig(&authority, None).await;
    let reached = async |trusted: &Authority| {
        let client = HttpClient::trusting(&trusted.certificate.pem()).unwrap();
        let url = format!("https://localhost:{}/s/bare/mcp", rig.http.port()).parse().unwrap();
        let token = format!("Bearer {}", rig.token()).parse().unwrap();
        let headers = vec![(hyper::header::AUTHORIZATION, token)];
        let endpoint = Endpoint::new(ServerId::parse("up").unwrap(), url, headers, PATIENCE).unwrap();
        HttpLink::legacy(client, Arc::new(endpoint)).keep_house(Housekeeping::Initialize).await
    };
    let answer = soon(reached(&authority)).await.unwrap();
    assert!(answer.result().is_some_and(|result| result.member("serverInfo").is_some()));
    let refusal = soon(reached(&Authority::new())).await.unwrap_err();
    assert_eq!(refusal.code, Code::Unreachable);
    rig.stop().await;
}
