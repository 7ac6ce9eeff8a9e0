//! Asking an issuer about a token (RFC 7662).
//!
//! The token goes to the one issuer configured for it and nowhere else, and what is asked is bounded. No answer is no
//! permission.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::HeaderValue;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::fetch::{FetchError, Fetcher};
use super::flaw::Flaw;
use super::json::{self, Object};
use super::limits::QUESTIONS_MAX;
use super::metadata::discover;
use crate::config::IntrospectionConfig;

/// Where and how one issuer is asked.
#[derive(Debug)]
pub(super) struct Introspection {
    issuer: String,
    config: IntrospectionConfig,
    fetcher: Arc<Fetcher>,
    /// Where the issuer's metadata say it is asked, once they were read.
    discovered: ArcSwapOption<String>,
    open: Semaphore,
}

impl Introspection {
    pub(super) fn new(issuer: String, config: IntrospectionConfig, fetcher: Arc<Fetcher>) -> Self {
        let (discovered, open) = (ArcSwapOption::empty(), Semaphore::new(QUESTIONS_MAX));
        Self { issuer, config, fetcher, discovered, open }
    }

    pub(super) const fn config(&self) -> &IntrospectionConfig {
        &self.config
    }

    /// What the issuer says of an active token.
    pub(super) async fn ask(&self, token: &str) -> Result<Object, Flaw> {
        let answer = self.answer(token).await.map_err(|error| {
            tracing::warn!(issuer = %self.issuer, %error, "an issuer cannot be asked about a token");
            Flaw::Unavailable
        })?;
        let answer = json::object(&answer).ok_or(Flaw::Unavailable)?;
        match answer.get("active") {
            Some(Value::Bool(true)) => {}
            Some(_) | None => return Err(Flaw::Inactive),
        }
        match answer.get("iss") {
            Some(issuer) if issuer.as_str() != Some(self.issuer.as_str()) => Err(Flaw::Issuer),
            Some(_) | None => Ok(of_itself(answer)),
        }
    }

    async fn answer(&self, token: &str) -> Result<bytes::Bytes, FetchError> {
        let _turn = self.open.acquire().await.map_err(|_| FetchError::Unreachable)?;
        let url = self.endpoint().await?;
        let form = format!("token={}&token_type_hint=access_token", encoded(token));
        self.fetcher.post(&url, self.authorization()?, form).await
    }

    async fn endpoint(&self) -> Result<String, FetchError> {
        if let Some(url) = &self.config.url {
            return Ok(url.clone());
        }
        if let Some(url) = self.discovered.load_full() {
            return Ok(url.as_ref().clone());
        }
        let published = discover(&self.fetcher, &self.issuer).await?;
        let url = published.introspection.ok_or(FetchError::Content("its metadata name no introspection endpoint"))?;
        self.discovered.store(Some(Arc::new(url.clone())));
        Ok(url)
    }

    /// Id and secret are encoded as forms are before they are joined (RFC 6749 §2.3.1).
    fn authorization(&self) -> Result<HeaderValue, FetchError> {
        let (id, secret) = (encoded(&self.config.client_id), encoded(self.config.client_secret.reveal()));
        let value = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        let mut value = HeaderValue::from_str(&value).map_err(|_| FetchError::Address)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// A token that nobody signed in for is its client's own; some issuers then name no subject.
fn of_itself(mut said: Object) -> Object {
    let names_somebody = ["sub", "username"].iter().any(|name| said.contains_key(*name));
    let client = said.get("client_id").filter(|_| !names_somebody).cloned();
    if let Some(client) = client {
        said.insert("sub".to_owned(), client);
    }
    said
}

/// `text` as it stands in a form (`application/x-www-form-urlencoded`).
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    #[test]
    fn forms_hold_no_second_field() {
        assert_eq!(super::encoded("a&b=c d+é"), "a%26b%3Dc%20d%2B%C3%A9");
    }
}
