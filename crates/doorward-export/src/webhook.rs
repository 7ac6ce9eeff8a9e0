//! Batches of JSON, posted and signed as Standard Webhooks has it: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
//!
//! The id of a batch names its records, so the same batch sent again has the same id. The signature covers id, time and
//! body (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use doorward_store::RecordView;
use hyper::header::{HeaderName, HeaderValue};
use serde::Serialize;

use crate::clock;
use crate::config::{Form, Webhook};
use crate::deliver::Packed;
use crate::failure::Failure;
use crate::http::Poster;
use crate::ident;
use crate::ocsf;

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// A receiver of batches that can be posted to.
#[derive(Debug)]
pub(crate) struct WebhookSink {
    webhook: Webhook,
    poster: Poster,
    key: Option<hmac::Key>,
}

/// One record in a batch.
#[derive(Serialize)]
struct Entry<'r> {
    /// The same whenever it is sent.
    id: String,
    #[serde(flatten)]
    record: &'r RecordView,
}

impl WebhookSink {
    /// # Errors
    /// In words, why it cannot be spoken to.
    pub(crate) fn new(webhook: &Webhook) -> Result<Self, String> {
        let key = webhook.key.as_ref().map(|key| hmac::Key::new(hmac::HMAC_SHA256, key.bytes()));
        Ok(Self { poster: Poster::new(&webhook.target)?, key, webhook: webhook.clone() })
    }

    /// Sends the first of `records`, as many as fit into one message; how many those were.
    pub(crate) async fn deliver(&self, records: &[RecordView]) -> Result<usize, Failure> {
        let mut packed = match self.webhook.form {
            Form::Records => Packed::array(r#"{"records":["#, "]}"),
            Form::Ocsf => Packed::array("[", "]"),
        };
        for record in records {
            let text = match self.webhook.form {
                Form::Records => written(&Entry { id: ident::of(record), record })?,
                Form::Ocsf => ocsf::events(record).map_err(|error| unwritten(&error))?.join(","),
            };
            if !packed.add(&text) {
                break;
            }
        }
        let (count, body) = packed.finish();
        let sent = records.get(..count).unwrap_or_default();
        let headers = self.headers(&batch_id(sent), &body)?;
        self.poster.post(self.webhook.target.url(), body, headers).await?;
        Ok(count)
    }

    fn headers(&self, id: &str, body: &Bytes) -> Result<Vec<(HeaderName, HeaderValue)>, Failure> {
        let time = (clock::now().as_unix_millis() / 1000).to_string();
        let value = |text: &str| HeaderValue::from_str(text).map_err(|error| Failure::of("a header", &error));
        let mut headers = vec![(ID, value(id)?), (TIMESTAMP, value(&time)?)];
        if let Some(key) = &self.key {
            headers.push((SIGNATURE, value(&format!("v1,{}", signature(key, id, &time, body)))?));
        }
        Ok(headers)
    }
}

fn written(entry: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(entry).map_err(|error| unwritten(&error))
}

fn unwritten(error: &serde_json::Error) -> Failure {
    Failure::of("a record cannot be written", error)
}

/// The first record of a batch and how many there are: the same for the same batch.
fn batch_id(records: &[RecordView]) -> String {
    let first = records.first().map(ident::of).unwrap_or_default();
    format!("{first}-{}", records.len())
}

fn signature(key: &hmac::Key, id: &str, time: &str, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(key);
    for part in [id.as_bytes(), b".", time.as_bytes(), b".", body] {
        context.update(part);
    }
    STANDARD.encode(context.sign().as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SigningKey;

    /// The example of the reference implementations.
    #[test]
    fn signatures_are_those_of_standard_webhooks() {
        let key = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.bytes());
        let signed = signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", br#"{"test": 2432232314}"#);
        assert_eq!(signed, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
