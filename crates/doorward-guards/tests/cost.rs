//! Large honest texts are inspected to the end; what would take too long is refused.
#![expect(clippy::unwrap_used, reason = "tests")]

use doorward_core::guard::{Content, GuardSettings, Surface, Verdict};
use doorward_core::ids::ServerId;
use doorward_core::refusal::Code;
use doorward_guards::{Around, Guards, Options};
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;

const LARGE: usize = 512 * 1024;

/// What becomes of a result whose text is `piece` over and over.
fn verdict(guards: &Guards, piece: &str) -> Verdict {
    let text = piece.repeat(LARGE / piece.len());
    let json = format!(r#"{{"content":[{{"type":"text","text":"{text}"}}],"isError":false}}"#);
    let message = RawJson::parse(json.into_bytes(), &Limits::for_results()).unwrap();
    let (server, none) = (ServerId::parse("files").unwrap(), GuardSettings::default());
    let content = Content::outside(Surface::Result, "tools/call", &server, &none, &message);
    guards.inspect(&content, &Around::default(), "mark").verdict
}

#[test]
fn large_honest_texts_pass() {
    let guards = Guards::new(Options::standard());
    for piece in [
        "2026-03-02T10:00:00.123Z INFO api[4711] GET /v1/items/42 200 12ms bytes=512 peer=10.0.0.7\\n",
        "[[package]]\\nname = \\\"serde\\\"\\nversion = \\\"1.0.1\\\"\\nchecksum = \\\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\\\"\\n",
        "4711,Stones,2026-03-02,12.50,north valley,open\\n",
        "<div class='row'><a href='/items/42' title='Stones of the north'>Stones</a></div>",
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk/x8AAwMCAO",
        "{\\\"id\\\":42,\\\"title\\\":\\\"Stones\\\",\\\"created\\\":\\\"2026-03-02T10:00:00Z\\\"},",
    ] {
        assert_eq!(verdict(&guards, piece), Verdict::Pass, "{piece}");
    }
}

#[test]
fn what_would_take_too_long_is_refused_as_unfinished() {
    let guards = Guards::new(Options::standard());
    let verdict = verdict(&guards, "-----BEGIN PRIVATE KEY----- ");
    assert!(matches!(verdict, Verdict::Block { code: Code::GuardUnfinished, .. }), "{verdict:?}");
}
