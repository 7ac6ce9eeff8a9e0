//! TLS on the HTTP face: versions 1.2 and 1.3, HTTP/1.1, and client certificates where they are wanted.
//!
//! Responsible for the handshake, and for renewed certificates without a new start: the files are looked at now and then,
//! and what cannot be used leaves in force what was. It must never speak in the clear on a port that has TLS.

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use aws_lc_rs::digest::{SHA256, digest};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::config::{ClientCertificate, TlsConfig};
use crate::identity::certificates::ClientProof;
use crate::limits::{TLS_FILE_MAX, TLS_HANDSHAKE_WAIT, TLS_LOOK};

/// TLS as it is in force.
pub struct Tls {
    files: TlsConfig,
    inner: ArcSwap<InForce>,
}

struct InForce {
    server: Arc<ServerConfig>,
    /// Of the files it was made of.
    digest: Vec<u8>,
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// What the files hold does not fit together.
    #[error("the certificate {} and its key cannot be used: {reason}", path.display())]
    Unusable {
        /// The certificate's file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`] says which cannot be used.
    pub fn load(files: TlsConfig) -> Result<Self, TlsError> {
        let inner = ArcSwap::from_pointee(InForce::read(&files)?);
        Ok(Self { files, inner })
    }

    /// Looks for renewed files, for as long as it is driven.
    pub async fn renew(&self) {
        loop {
            tokio::time::sleep(TLS_LOOK).await;
            self.look();
        }
    }

    /// Puts renewed files in force, if there are any and they can be used.
    pub fn look(&self) {
        match InForce::read(&self.files) {
            Ok(read) if read.digest != self.inner.load().digest => {
                self.inner.store(Arc::new(read));
                tracing::info!("renewed certificates are in force");
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "certificates are not renewed; those before stay in force"),
        }
    }

    /// The handshake, within bounded time; with what the client proves, where it proves something.
    ///
    /// # Errors
    /// The client's side of it, for the log.
    pub(super) async fn accept(
        &self,
        stream: TcpStream,
    ) -> std::io::Result<(TlsStream<TcpStream>, Option<Arc<ClientProof>>)> {
        let acceptor = TlsAcceptor::from(self.inner.load().server.clone());
        let late = |_| std::io::Error::from(std::io::ErrorKind::TimedOut);
        let stream = tokio::time::timeout(TLS_HANDSHAKE_WAIT, acceptor.accept(stream)).await.map_err(late)??;
        let shown = stream.get_ref().1.peer_certificates().and_then(<[CertificateDer<'_>]>::first);
        let proof = match shown {
            None => None,
            // One that TLS takes and we cannot read proves nothing; going on without it would hide that.
            Some(der) => Some(ClientProof::read(der).ok_or(std::io::ErrorKind::InvalidData)?),
        };
        Ok((stream, proof.map(Arc::new)))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

impl InForce {
    fn read(files: &TlsConfig) -> Result<Self, TlsError> {
        let TlsConfig { certificate, key, clients } = files;
        let (chain, secret) = (read(certificate)?, read(key)?);
        let authority = clients.as_ref().map(|clients| read(&clients.authority)).transpose()?;
        let parts = [Some(&chain), Some(&secret), authority.as_ref()];
        let digests: Vec<u8> =
            parts.into_iter().flatten().flat_map(|part| digest(&SHA256, part).as_ref().to_vec()).collect();
        let unusable =
            |reason: &dyn fmt::Display| TlsError::Unusable { path: certificate.clone(), reason: reason.to_string() };
        let chain = certificates(&chain).map_err(|reason| unusable(&reason))?;
        let secret = PrivateKeyDer::from_pem_slice(&secret).map_err(|error| unusable(&error))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(|error| unusable(&error))?;
        let builder = match (clients, authority) {
            (Some(clients), Some(authority)) => {
                let mut roots = RootCertStore::empty();
                for root in certificates(&authority).map_err(|reason| unusable(&reason))? {
                    roots.add(root).map_err(|error| unusable(&error))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                let verifier = match clients.wanted {
                    ClientCertificate::Request => verifier.allow_unauthenticated(),
                    ClientCertificate::Require => verifier,
                };
                builder.with_client_cert_verifier(verifier.build().map_err(|error| unusable(&error))?)
            }
            (Some(_) | None, _) => builder.with_no_client_auth(),
        };
        let mut server = builder.with_single_cert(chain, secret).map_err(|error| unusable(&error))?;
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        // A resumed session would prove who the client is by a certificate that nobody looks at again.
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        Ok(Self { server: Arc::new(server), digest: digests })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    let failed = |error: std::io::Error| TlsError::File { path: path.to_owned(), reason: error.to_string() };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(TLS_FILE_MAX.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > TLS_FILE_MAX {
        return Err(TlsError::File { path: path.to_owned(), reason: "it is too long".to_owned() });
    }
    Ok(bytes)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let read = read.map_err(|error| error.to_string())?;
    if read.is_empty() { Err("there is no certificate in it; it must be in PEM form".to_owned()) } else { Ok(read) }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertifiedKey, generate_simple_self_signed};

    use super::*;

    fn renew(files: &TlsConfig) {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(&files.certificate, cert.pem()).unwrap();
        std::fs::write(&files.key, signing_key.serialize_pem()).unwrap();
    }

    #[test]
    fn renewed_certificates_come_in_force_and_unusable_ones_do_not() {
        let folder = std::env::temp_dir().join(format!("doorward-tls-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
        let files = TlsConfig { certificate, key, clients: None };
        assert!(matches!(Tls::load(files.clone()), Err(TlsError::File { .. })));
        renew(&files);
        let tls = Tls::load(files.clone()).unwrap();
        let in_force = || tls.inner.load().digest.clone();
        let first = in_force();
        tls.look();
        assert_eq!(in_force(), first);
        renew(&files);
        tls.look();
        let second = in_force();
        assert_ne!(second, first);
        std::fs::write(&files.certificate, "words").unwrap();
        tls.look();
        assert_eq!(in_force(), second);
        assert!(matches!(Tls::load(files.clone()), Err(TlsError::Unusable { .. })));
        std::fs::write(&files.certificate, vec![b'x'; usize::try_from(TLS_FILE_MAX).unwrap() + 1]).unwrap();
        assert!(matches!(Tls::load(files), Err(TlsError::File { .. })));
        let _ = std::fs::remove_dir_all(&folder);
    }
}
