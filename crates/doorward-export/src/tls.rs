//! How TLS is spoken to receivers: one stack, the system's certificates unless others are named.

use std::sync::Arc;

use hyper_rustls::ConfigBuilderExt as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};

use crate::config::Trust;

/// The configuration of a connection to a receiver.
///
/// # Errors
/// In words, what of the certificates cannot be used.
pub(crate) fn client_config(trust: &Trust) -> Result<ClientConfig, String> {
    let builder = builder()?;
    let builder = match &trust.roots {
        Some(pem) => builder.with_root_certificates(roots(pem)?),
        None => builder.with_native_roots().map_err(|error| format!("the system's certificates: {error}"))?,
    };
    match &trust.identity {
        None => Ok(builder.with_no_client_auth()),
        Some((certificates, key)) => {
            let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates.as_bytes()).collect();
            let chain = chain.map_err(|error| format!("our certificate: {error}"))?;
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| "our key cannot be read".to_owned())?;
            builder.with_client_auth_cert(chain, key).map_err(|error| format!("our certificate: {error}"))
        }
    }
}

/// A configuration for connections that must not speak TLS: should one try, nobody is believed.
pub(crate) fn trusting_nobody() -> Result<ClientConfig, String> {
    Ok(builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())
}

fn roots(pem: &str) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| format!("the certificates to trust: {error}"))?;
        roots.add(certificate).map_err(|error| format!("the certificates to trust: {error}"))?;
    }
    if roots.is_empty() { Err("there is no certificate to trust in the file".to_owned()) } else { Ok(roots) }
}
