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
use tokio::time::timeout;

use super::fetch::{FetchError, Fetcher};
use super::flaw::Flaw;
use super::json::{self, Object};
use super::limits::{FETCH_WAIT, QUESTIONS_MAX};
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
        if !is_access_token(&answer) {
            return Err(Flaw::Kind);
        }
        match answer.get("iss") {
            Some(issuer) if issuer.as_str() != Some(self.issuer.as_str()) => Err(Flaw::Issuer),
            Some(_) | None => Ok(of_itself(answer)),
        }
    }

    async fn answer(&self, token: &str) -> Result<bytes::Bytes, FetchError> {
        // Whoever shows tokens that nobody knows must not keep the others waiting for ever.
        let turn = timeout(FETCH_WAIT, self.open.acquire()).await.map_err(|_| FetchError::Late)?;
        let _turn = turn.map_err(|_| FetchError::Unreachable)?;
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

/// Whether an active token is an access token, as far as the issuer says: refresh tokens are active as well. Ory names the
/// kind in `token_use`, Keycloak in `typ`, others in `token_type`.
fn is_access_token(answer: &Object) -> bool {
    const KINDS: [(&str, &[&str]); 2] =
        [("token_use", &["access", "access_token"]), ("typ", &["bearer", "dpop", "jwt", "at+jwt"])];
    let named = |name: &str| answer.get(name).map(|kind| kind.as_str().unwrap_or_default().to_ascii_lowercase());
    let other = |kind: String| kind.contains("refresh") || kind.contains("id_token");
    KINDS.iter().all(|(name, wanted)| named(name).is_none_or(|kind| wanted.contains(&kind.as_str())))
        && !named("token_type").is_some_and(other)
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
    use std::time::Duration;

    use serde_json::json;

    use super::super::fetch::Reach;
    use super::*;
    use crate::config::{Introspected, Secret};

    #[test]
    fn forms_hold_no_second_field() {
        assert_eq!(encoded("a&b=c d+é"), "a%26b%3Dc%20d%2B%C3%A9");
    }

    #[test]
    fn active_tokens_of_another_kind_are_no_access_tokens() {
        for (said, taken) in [
            (json!({}), true),
            (json!({"token_type": "Bearer"}), true),
            (json!({"token_type": "Bearer", "token_use": "access_token"}), true),
            (json!({"token_type": "DPoP", "typ": "Bearer"}), true),
            (json!({"token_type": "Bearer", "token_use": "refresh_token"}), false),
            (json!({"token_use": "id"}), false),
            (json!({"typ": "Refresh"}), false),
            (json!({"typ": "ID"}), false),
            (json!({"typ": ["Bearer"]}), false),
            (json!({"token_type": "Refresh"}), false),
            (json!({"token_type": "urn:ietf:params:oauth:token-type:refresh_token"}), false),
        ] {
            assert_eq!(is_access_token(said.as_object().unwrap()), taken, "{said}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_a_turn_for_ever() {
        let client_secret = Secret::new("secret");
        let config = IntrospectionConfig {
            url: Some("http://127.0.0.1:1/introspect".to_owned()),
            client_id: "gateway".to_owned(),
            client_secret,
            life: Duration::from_secs(30),
            tokens: Introspected::Opaque,
        };
        let asked =
            Introspection::new("http://127.0.0.1:1".to_owned(), config, Arc::new(Fetcher::new(Reach::Loopback)));
        let _all = asked.open.acquire_many(u32::try_from(QUESTIONS_MAX).unwrap()).await.unwrap();
        let waited = timeout(2 * FETCH_WAIT, asked.ask("token")).await;
        assert_eq!(waited.unwrap().err(), Some(Flaw::Unavailable));
    }
}
