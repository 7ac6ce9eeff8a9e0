//! TLS on the HTTP face, and whom client certificates stand for: `[listen.tls]` and `[identity.certificates]`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::build::Builder;
use super::key::Key;
use crate::identity::certificates::{CertificateRules, Mapping};

/// How the HTTP face speaks TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsConfig {
    /// The gateway's certificate and those between it and a root (PEM).
    pub certificate: PathBuf,
    /// Its private key (PEM).
    pub key: PathBuf,
    /// Who vouches for clients; `None` when they are not asked for certificates.
    pub clients: Option<ClientCertificates>,
}

/// What is asked of clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificates {
    /// The roots that vouch for them (PEM).
    pub authority: PathBuf,
    /// Whether there is a connection without one.
    pub wanted: ClientCertificate,
}

/// Whether a client needs a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientCertificate {
    /// It is asked, and may have none. One that nobody vouches for is refused.
    Request,
    /// Without one there is no connection.
    Require,
}

impl Builder<'_> {
    /// `Some(None)` when there is no TLS; `None` when it cannot be read.
    pub(super) fn tls(&mut self) -> Option<Option<TlsConfig>> {
        let (certificate, key) = (self.path(Key::ListenTlsCertificate), self.path(Key::ListenTlsKey));
        let authority = self.path(Key::ListenTlsClientCa);
        let wanted = self.client_certificate()?;
        let (certificate, key) = match (certificate, key) {
            (Some(certificate), Some(key)) => (certificate, key),
            (None, None) if authority.is_none() && wanted.is_none() => return Some(None),
            (Some(_) | None, _) => {
                let origin = self.origin(Key::ListenTlsCertificate);
                let advice = "name both: certificate = \"cert.pem\" and key = \"key.pem\" under [listen.tls]";
                self.problems.error(origin, "TLS needs a certificate and its key", advice);
                return None;
            }
        };
        let clients = match (authority, wanted) {
            (Some(authority), wanted) => {
                Some(ClientCertificates { authority, wanted: wanted.unwrap_or(ClientCertificate::Require) })
            }
            (None, None) => None,
            (None, Some(_)) => {
                let origin = self.origin(Key::ListenTlsClient);
                let advice = "name the certificates that vouch for clients: client_ca = \"clients.pem\"";
                self.problems.error(origin, "nobody vouches for client certificates", advice);
                return None;
            }
        };
        Some(Some(TlsConfig { certificate, key, clients }))
    }

    /// Whom certificates stand for.
    pub(super) fn certificate_rules(&mut self) -> Option<CertificateRules> {
        let mut fine = true;
        let mut trust_domains = BTreeSet::new();
        for element in self.list(Key::CertificatesTrustDomains) {
            if crate::identity::certificates::is_trust_domain(&element.text) {
                trust_domains.insert(element.text);
            } else {
                fine = false;
                let message = format!("'{}' is no SPIFFE trust domain", element.text);
                self.problems.error(element.origin, message, "write a name such as \"prod.example\"");
            }
        }
        let mut mappings = Vec::new();
        for element in self.list(Key::CertificatesMap) {
            match Mapping::parse(&element.text) {
                Some(mapping) => mappings.push(mapping),
                None => {
                    fine = false;
                    let message = format!("'{}' maps no certificate", element.text);
                    let advice = "write \"dns:build.example=agent:builder;group:ci\" or \"sha256:…=user:ann\"";
                    self.problems.error(element.origin, message, advice);
                }
            }
        }
        fine.then_some(CertificateRules { trust_domains, mappings })
    }

    fn client_certificate(&mut self) -> Option<Option<ClientCertificate>> {
        if !self.has(Key::ListenTlsClient) {
            return Some(None);
        }
        let (text, origin) = self.text(Key::ListenTlsClient, "require");
        match text.as_str() {
            "request" => Some(Some(ClientCertificate::Request)),
            "require" => Some(Some(ClientCertificate::Require)),
            _ => {
                let advice = "write \"request\" or \"require\"";
                self.problems.error(origin, format!("listen.tls.client cannot be '{text}'"), advice);
                None
            }
        }
    }

    fn path(&mut self, key: Key) -> Option<PathBuf> {
        if !self.has(key) {
            return None;
        }
        let (text, origin) = self.text(key, "");
        Some(self.based(Path::new(&text), &origin))
    }
}
