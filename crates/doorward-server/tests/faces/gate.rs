//! Who may speak to the gateway at all, and in which HTTP form.

use super::client::{Ask, Http, LEGACY, Session, call, denial, initialize};
use super::rig::{Plan, Rig, soon};
use super::scripted::{ECHO, Reply, Scripted, said};
use serde_json::json;

async fn bare() -> Rig {
    Plan::new().with_child("bare", "bare-upstream", &["--stdio"]).start().await
}

fn hello() -> Ask {
    Ask::post("bare", initialize(LEGACY).to_string())
}

/// Refused before anything is known of the client: counted, never recorded.
async fn turned_away(rig: &Rig, name: &str, ask: &Ask, status: u16, code: &str) {
    let count = |metrics: &str| {
        let line = metrics.lines().find(|line| line.contains("refusals") && line.contains(code)).map(str::to_owned);
        line.and_then(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).unwrap_or(0)
    };
    let before = count(&rig.metrics().await);
    let answer = Http::open(rig.http).await.ask(ask).await;
    assert_eq!(answer.status, status, "{name}: {}", answer.text());
    let message = answer.json();
    assert_eq!((denial(&message).0.as_str(), message.get("id")), (code, None), "{name}");
    let challenge = answer.header("www-authenticate");
    assert_eq!(
        challenge.is_some_and(|challenge| challenge.starts_with("Bearer")),
        matches!(status, 400 | 401),
        "{name}"
    );
    assert_eq!(count(&rig.metrics().await), before + 1, "{name}");
    assert_eq!(rig.records().await, [], "{name}");
}

#[tokio::test]
async fn foreign_hosts_and_origins_get_nowhere() {
    let rig = bare().await;
    let port = rig.http.port();
    let hosts = [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        format!("127.0.0.1.evil.example:{port}"),
        format!("127.0.0.1:{port}@evil.example"),
        format!("evil@127.0.0.1:{port}"),
        "localhost.".to_owned(),
        String::new(),
    ];
    for host in hosts {
        turned_away(&rig, &host, &hello().with("host", &host), 403, "DW1102").await;
    }
    let two = hello().with("host", &format!("127.0.0.1:{port}")).with("host", "evil.example");
    turned_away(&rig, "two hosts", &two, 403, "DW1102").await;
    for origin in [
        "https://evil.example",
        "null",
        "file://",
        "http://localhost.evil.example",
        "http://localhost@evil.example",
        "https://evil.example/http://localhost",
    ] {
        turned_away(&rig, origin, &hello().with("origin", origin), 403, "DW1103").await;
    }
    let two = hello().with("origin", "http://localhost").with("origin", "https://evil.example");
    turned_away(&rig, "two origins", &two, 403, "DW1103").await;
    // The same holds for every method.
    for method in ["GET", "DELETE", "OPTIONS"] {
        let ask = hello().by(method).with("origin", "https://evil.example");
        turned_away(&rig, method, &ask, 403, "DW1103").await;
    }
    for origin in ["http://localhost:3000", "https://127.0.0.1"] {
        let answer = Http::open(rig.http).await.ask(&hello().with("origin", origin)).await;
        assert_eq!(answer.status, 200, "{origin}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn nobody_passes_without_the_token() {
    let rig = Plan::new().with_token().with_child("bare", "bare-upstream", &["--stdio"]).start().await;
    let token = rig.token();
    let cases = [
        ("none", hello()),
        ("wrong", hello().with("authorization", "Bearer wrong")),
        ("cut short", hello().with("authorization", &format!("Bearer {}", &token[1..]))),
        ("longer", hello().with("authorization", &format!("Bearer {token}x"))),
        ("other scheme", hello().with("authorization", &format!("Basic {token}"))),
        ("no scheme", hello().with("authorization", &token)),
        ("unknown server", {
            let mut ask = hello();
            ask.path = "/s/other/mcp".to_owned();
            ask
        }),
    ];
    for (name, ask) in cases {
        turned_away(&rig, name, &ask, 401, "DW1101").await;
    }
    // RFC 6750 §3.1: what cannot be read is no wrong answer, but none.
    let unreadable = [
        ("no token", hello().with("authorization", "Bearer")),
        ("twice", hello().with("authorization", &format!("Bearer {token}")).with("authorization", "Bearer x")),
        ("in the query", {
            let mut ask = hello();
            ask.path.push_str(&format!("?access_token={token}"));
            ask
        }),
    ];
    for (name, ask) in unreadable {
        turned_away(&rig, name, &ask, 400, "DW1108").await;
    }
    for scheme in ["Bearer", "bearer"] {
        let answer = Http::open(rig.http).await.ask(&hello().with("authorization", &format!("{scheme} {token}"))).await;
        assert_eq!(answer.status, 200, "{scheme}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn unknown_servers_are_not_found_and_recorded() {
    let rig = bare().await;
    for path in [
        "/s/other/mcp",
        "/s//mcp",
        "/s/bare",
        "/v/other/mcp",
        "/",
        "/s/bare/mcp/",
        "/s/BARE/mcp",
        "/s/../bare/mcp",
        "/s/%62are/mcp",
    ] {
        let mut ask = hello();
        path.clone_into(&mut ask.path);
        let answer = Http::open(rig.http).await.ask(&ask).await;
        assert_eq!(answer.status, 404, "{path}");
        let (code, reference) = denial(&answer.json());
        assert_eq!(code, "DW1105", "{path}");
        let records = rig.exchange(&reference).await;
        assert_eq!((records.len(), records[0].server.as_deref()), (1, None), "{path}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn only_the_endpoints_own_http_methods_work() {
    let rig = bare().await;
    let session = Session::open(&rig, "bare").await;
    for method in ["PUT", "OPTIONS", "PATCH", "HEAD", "TRACE"] {
        let ask = session.ask(Vec::new()).by(method);
        let mut http = Http::open(rig.http).await;
        assert_eq!(http.begin(&ask).await.status, 405, "{method}");
    }
    // Some clients listen, or say goodbye, before they have a session.
    for method in ["GET", "DELETE"] {
        let answer = Http::open(rig.http).await.ask(&Ask::get("/s/bare/mcp").by(method)).await;
        assert_eq!(answer.status, 405, "{method}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_body_that_does_not_say_it_is_json_is_not_read() {
    let rig = bare().await;
    let session = Session::open(&rig, "bare").await;
    let message = call(1, "echo", json!({ "message": "x" })).to_string();
    for kind in [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/jsonx")] {
        let ask = session.ask(message.clone()).without("content-type");
        let ask = kind.map_or(ask.clone(), |kind| ask.with("content-type", kind));
        let answer = Http::open(rig.http).await.ask(&ask).await;
        let message = answer.json();
        let (code, reference) = denial(&message);
        assert_eq!((answer.status, code.as_str(), message.get("id")), (400, "DW1107", None), "{kind:?}");
        assert_eq!(rig.exchange(&reference).await.len(), 1);
    }
    let ask = session.ask(message).without("content-type").with("content-type", "Application/JSON; charset=utf-8");
    assert_eq!(Http::open(rig.http).await.ask(&ask).await.status, 200);
    rig.stop().await;
}

#[tokio::test]
async fn headers_without_end_close_one_connection() {
    let rig = bare().await;
    let mut session = Session::open(&rig, "bare").await;
    let ask = session.ask(Vec::new()).with("x-filler", &"a".repeat(256 * 1024));
    let mut http = Http::open(rig.http).await;
    http.write(&ask.bytes(rig.http)).await;
    let answer = soon(http.answer()).await;
    assert!(answer.as_ref().is_none_or(|answer| answer.status == 431), "{answer:?}");
    assert_eq!(session.call(&call(1, "echo", json!({ "message": "x" }))).await["id"], 1);
    rig.stop().await;
}

#[tokio::test]
async fn clients_that_dawdle_are_cut_off() {
    let upstream = Scripted::start(ECHO, |seen| Reply::Send(said(seen, "x"))).await;
    let rig = Plan::new().with_url("up", &upstream.url).start().await;
    let session = Session::open(&rig, "up").await;
    let mut slow_head = Http::open(rig.http).await;
    slow_head.write(b"POST /s/up/mcp HTTP/1.1\r\nhost: 127").await;
    let mut slow_body = Http::open(rig.http).await;
    let mut ask = session.ask(&b"{"[..]).with("content-length", "1000");
    ask.body = b"{\"jsonrpc\"".to_vec();
    slow_body.write(&ask.bytes(rig.http)).await;
    // With the clock stopped, waiting moves it to the next thing that is due.
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    tokio::time::pause();
    assert!(slow_head.answer().await.is_none_or(|answer| answer.status == 408));
    let answer = slow_body.answer().await.expect("a refusal");
    tokio::time::resume();
    assert_eq!((answer.status, denial(&answer.json()).0.as_str()), (400, "DW1107"));
    drop((slow_head, slow_body, session));
    rig.stop().await;
}
