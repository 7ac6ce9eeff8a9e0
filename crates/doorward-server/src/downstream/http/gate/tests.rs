//! Host, Origin and token, one line per case.

use hyper::HeaderMap;
use hyper::header::HeaderValue;

use super::*;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(*name, HeaderValue::from_str(value).unwrap());
    }
    map
}

fn code(pairs: &[(&'static str, &str)]) -> Option<Code> {
    let gate = Gate::new(
        vec!["gateway.example.com".into()],
        vec!["https://app.example.com".into()],
        Identity::local(None, "local"),
    );
    gate.host_and_origin(&headers(pairs), &Uri::from_static("/s/a/mcp")).err().map(|refusal| refusal.code)
}

#[test]
fn hosts() {
    for ours in [
        "localhost",
        "localhost:8420",
        "LOCALHOST:1",
        "127.0.0.1:8420",
        "[::1]:8420",
        "gateway.example.com",
        "gateway.example.com:443",
    ] {
        assert_eq!(code(&[("host", ours)]), None, "{ours}");
    }
    for foreign in [
        "evil.example.com",
        "localhost.evil.example.com",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "evil@localhost",
        "127.0.0.2",
        "",
        "0.0.0.0:8420",
    ] {
        assert_eq!(code(&[("host", foreign)]), Some(Code::ForeignHost), "{foreign}");
    }
    assert_eq!(code(&[]), Some(Code::ForeignHost));
    assert_eq!(code(&[("host", "localhost"), ("host", "localhost")]), Some(Code::ForeignHost));
}

#[test]
fn origins() {
    for ours in ["http://localhost:3000", "https://127.0.0.1", "http://[::1]:1", "https://app.example.com"] {
        assert_eq!(code(&[("host", "localhost"), ("origin", ours)]), None, "{ours}");
    }
    for foreign in [
        "http://evil.example.com",
        "null",
        "http://localhost.evil.example",
        "file://",
        "localhost",
        "http://evil@localhost",
        "https://app.example.com.evil.example",
    ] {
        assert_eq!(code(&[("host", "localhost"), ("origin", foreign)]), Some(Code::ForeignOrigin), "{foreign}");
    }
}
