//! Keys and tokens for tests: an issuer's hand, also for what no issuer would sign.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// A private key.
pub(crate) enum Signer {
    Ed(Ed25519KeyPair),
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Signer {
    pub(crate) fn ed() -> Self {
        Self::Ed(Ed25519KeyPair::generate().unwrap())
    }

    pub(crate) fn ec() -> Self {
        Self::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub(crate) fn rsa() -> Self {
        Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    pub(crate) const fn algorithm(&self) -> &'static str {
        match self {
            Self::Ed(_) => "EdDSA",
            Self::Ec(_) => "ES256",
            Self::Rsa(_) => "RS256",
        }
    }

    /// The public half.
    pub(crate) fn jwk(&self) -> Value {
        match self {
            Self::Ed(pair) => json!({"kty": "OKP", "crv": "Ed25519", "x": encoded(pair.public_key().as_ref())}),
            Self::Ec(pair) => {
                let point = pair.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "x": encoded(&point[1..33]), "y": encoded(&point[33..65])})
            }
            Self::Rsa(pair) => {
                // A sequence of modulus and exponent (RFC 8017 §A.1.1), of 2048 bits and 65537.
                let der = pair.public_key().as_der().unwrap();
                let der = der.as_ref();
                let start = der.windows(4).position(|bytes| bytes == [0x82, 0x01, 0x01, 0x00]).unwrap() + 4;
                json!({"kty": "RSA", "n": encoded(&der[start..start + 256]), "e": "AQAB"})
            }
        }
    }

    /// The public half under an id.
    pub(crate) fn named(&self, id: &str) -> Value {
        let mut jwk = self.jwk();
        jwk["kid"] = json!(id);
        jwk
    }

    /// A token of exactly these texts.
    pub(crate) fn sign(&self, header: &str, payload: &str) -> String {
        let message = format!("{}.{}", encoded(header.as_bytes()), encoded(payload.as_bytes()));
        let random = SystemRandom::new();
        let signature = match self {
            Self::Ed(pair) => pair.sign(message.as_bytes()).as_ref().to_vec(),
            Self::Ec(pair) => pair.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec(),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap();
                signature
            }
        };
        format!("{message}.{}", encoded(&signature))
    }

    /// An access token with these claims, signed by the key `id`.
    pub(crate) fn access(&self, id: &str, claims: &Value) -> String {
        let header = json!({"typ": "at+jwt", "alg": self.algorithm(), "kid": id});
        self.sign(&header.to_string(), &claims.to_string())
    }

    /// A proof of possession for one request with `token`.
    pub(crate) fn proof(&self, token: &str, method: &str, url: &str, id: &str, issued: i64) -> String {
        let header = json!({"typ": "dpop+jwt", "alg": self.algorithm(), "jwk": self.jwk()});
        let hash = encoded(digest(&SHA256, token.as_bytes()).as_ref());
        let claims = json!({"htm": method, "htu": url, "iat": issued, "jti": id, "ath": hash});
        self.sign(&header.to_string(), &claims.to_string())
    }

    /// The key's thumbprint (RFC 7638), for those of Ed25519.
    pub(crate) fn thumbprint(&self) -> String {
        let jwk = self.jwk();
        let canonical = format!("{{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":{}}}", jwk["x"]);
        encoded(digest(&SHA256, canonical.as_bytes()).as_ref())
    }
}

pub(crate) fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    let elapsed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(elapsed.as_secs()).unwrap()
}
