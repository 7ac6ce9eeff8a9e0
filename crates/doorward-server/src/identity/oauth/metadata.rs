//! What an issuer publishes about itself (RFC 8414, OpenID Connect Discovery).
//!
//! Metadata that name another issuer than the one they were asked of are refused: whoever can place a file on a host could
//! otherwise speak for everybody.

use hyper::Uri;

use super::fetch::{FetchError, Fetcher};
use super::json::{self, Object};

/// The parts used here.
#[derive(Debug, Clone)]
pub(super) struct Published {
    pub(super) keys: Option<String>,
    pub(super) introspection: Option<String>,
}

/// Fetches the metadata of `issuer` from the first place that has any.
pub(super) async fn discover(fetcher: &Fetcher, issuer: &str) -> Result<Published, FetchError> {
    let mut last = FetchError::Address;
    for place in places(issuer).ok_or(FetchError::Address)? {
        match fetcher.get(&place).await {
            Ok(body) => return read(&body, issuer),
            // Another place may have them; anything else fails there just so.
            Err(FetchError::Status(status)) => last = FetchError::Status(status),
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

/// Where an issuer's metadata may be, in the order in which MCP wants them looked for.
fn places(issuer: &str) -> Option<Vec<String>> {
    let uri: Uri = issuer.parse().ok()?;
    let origin = format!("{}://{}", uri.scheme_str()?, uri.authority()?);
    let path = uri.path().trim_end_matches('/');
    let oauth = format!("{origin}/.well-known/oauth-authorization-server{path}");
    let inserted = format!("{origin}/.well-known/openid-configuration{path}");
    let appended = format!("{origin}{path}/.well-known/openid-configuration");
    Some(if path.is_empty() { vec![oauth, inserted] } else { vec![oauth, inserted, appended] })
}

fn read(body: &[u8], issuer: &str) -> Result<Published, FetchError> {
    let object = json::object(body).ok_or(FetchError::Content("its metadata are no JSON object"))?;
    if json::text(&object, "issuer") != Some(issuer) {
        return Err(FetchError::Content("its metadata name another issuer"));
    }
    let named = |object: &Object, name: &str| json::text(object, name).map(str::to_owned);
    Ok(Published { keys: named(&object, "jwks_uri"), introspection: named(&object, "introspection_endpoint") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_are_looked_for_in_order() {
        assert_eq!(
            places("https://issuer.example/").unwrap(),
            [
                "https://issuer.example/.well-known/oauth-authorization-server",
                "https://issuer.example/.well-known/openid-configuration",
            ]
        );
        assert_eq!(
            places("https://issuer.example/realms/one").unwrap(),
            [
                "https://issuer.example/.well-known/oauth-authorization-server/realms/one",
                "https://issuer.example/.well-known/openid-configuration/realms/one",
                "https://issuer.example/realms/one/.well-known/openid-configuration",
            ]
        );
    }

    #[test]
    fn the_issuer_is_compared_exactly() {
        let body = br#"{"issuer":"https://issuer.example","jwks_uri":"https://issuer.example/keys"}"#;
        assert!(read(body, "https://issuer.example").is_ok());
        for other in ["https://issuer.example/", "https://ISSUER.example", "https://issuer.example.evil.test"] {
            assert!(matches!(read(body, other), Err(FetchError::Content(_))), "{other}");
        }
        let twice = br#"{"issuer":"https://issuer.example","issuer":"https://issuer.example"}"#;
        assert!(read(twice, "https://issuer.example").is_err());
    }
}
