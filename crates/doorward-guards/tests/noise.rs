//! Tokens that nobody chose: what a server hands out to be brought back (cursors, states, ids) and what it encodes is
//! random to us, and random text must not look like a finding.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use doorward_core::guard::{Content, GuardSettings, Surface};
use doorward_core::ids::ServerId;
use doorward_guards::{Around, Guards, Options};
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use serde_json::json;
use sha2::{Digest as _, Sha256};

#[test]
fn random_text_is_no_finding() {
    let guards = Guards::new(Options::default());
    let server = ServerId::parse("files").unwrap();
    let settings = GuardSettings::default();
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for round in 0..5_000_u32 {
        let bytes = random(round);
        let id: String = bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let message = json!({
            "requestState": URL_SAFE_NO_PAD.encode(&bytes), "nextCursor": STANDARD.encode(&bytes),
            "taskId": id, "resultType": "input_required", "content": [],
        });
        let message = RawJson::parse(message.to_string(), &Limits::for_results()).unwrap();
        let content = Content::outside(Surface::Result, "tools/call", &server, &settings, &message);
        for (finding, action) in guards.inspect(&content, &Around::default(), "mark").findings {
            *found.entry(format!("{} {} {action:?}", finding.id(), finding.pointer)).or_default() += 1;
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// 96 to 160 bytes, always the same for a round.
fn random(round: u32) -> Vec<u8> {
    let blocks = (0..5_u32).flat_map(|block| Sha256::digest([round.to_be_bytes(), block.to_be_bytes()].concat()));
    blocks.take(96 + usize::try_from(round % 64).unwrap()).collect()
}
