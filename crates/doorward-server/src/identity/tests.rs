//! The one set of credentials of a request, one line per case.

use super::*;

async fn identify(identity: &Identity, target: &str, pairs: &[(&'static str, &str)]) -> Result<Principal, Unproven> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_str(value).unwrap());
    }
    let uri: Uri = target.parse().unwrap();
    identity
        .identify(Presented { method: &Method::POST, uri: &uri, headers: &headers, certificate: None, peer: None })
        .await
}

#[tokio::test]
async fn the_local_token() {
    let token = LocalToken::generate().unwrap();
    let shown = format!("Bearer {}", token.reveal());
    let mut shorter = shown.clone();
    shorter.pop();
    let identity = Identity::local(Some(token), "local");
    for right in [&shown, &shown.replace("Bearer", "bearer"), &shown.replace(' ', "  ")] {
        assert!(identify(&identity, "/mcp", &[("authorization", right)]).await.is_ok(), "{right}");
    }
    for (wrong, why) in [
        ("", Unproven::Nothing),
        ("Basic abc", Unproven::Nothing),
        ("Bearer", Unproven::Malformed),
        ("Bearer ", Unproven::Malformed),
        ("Bearer a b", Unproven::Malformed),
        ("Bearer \"quoted\"", Unproven::Malformed),
        ("Bearer x", Unproven::Wrong),
        (shorter.as_str(), Unproven::Wrong),
        (&format!("{shown}x"), Unproven::Wrong),
        (&shown.replace("Bearer", "DPoP"), Unproven::Wrong),
    ] {
        assert_eq!(identify(&identity, "/mcp", &[("authorization", wrong)]).await, Err(why), "{wrong}");
    }
    assert_eq!(identify(&identity, "/mcp", &[]).await, Err(Unproven::Nothing));
}

#[tokio::test]
async fn one_set_of_credentials_in_its_place() {
    let token = LocalToken::generate().unwrap();
    let shown = format!("Bearer {}", token.reveal());
    let identity = Identity::local(Some(token), "local");
    let twice = [("authorization", shown.as_str()), ("authorization", shown.as_str())];
    assert_eq!(identify(&identity, "/mcp", &twice).await, Err(Unproven::Malformed));
    for target in ["/mcp?access_token=x", "/mcp?a=b&access_token=x", "/mcp?access_token"] {
        let once = [("authorization", shown.as_str())];
        assert_eq!(identify(&identity, target, &once).await, Err(Unproven::Malformed), "{target}");
    }
    assert!(identify(&identity, "/mcp?access_tokens=x", &[("authorization", &shown)]).await.is_ok());
}

#[tokio::test]
async fn a_closed_door_without_any_source_stays_closed() {
    let identity = Identity::local(None, "local").with_issuers(Wanted::Credentials, None);
    assert_eq!(identify(&identity, "/mcp", &[]).await, Err(Unproven::Nothing));
    assert_eq!(identify(&identity, "/mcp", &[("authorization", "Bearer x")]).await, Err(Unproven::Wrong));
    let open = Identity::local(None, "local");
    assert!(identify(&open, "/mcp", &[]).await.is_ok());
}
