//! What stands beside the weights: what they were learned from and with.

use doorward_guards::training::{LEXICON, Weights};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::examples::{Examples, hexadecimal};
use super::learn::SEED;

/// The card of weights, as JSON.
pub(super) fn card(examples: &Examples, weights: &Weights, bytes: &[u8]) -> String {
    let learned = examples.all.iter().filter(|example| example.weight > 0.0);
    let hostile = learned.clone().filter(|example| example.is_hostile).count();
    let [definition, answer] = weights.places.map(|meaning| {
        json!({"medium": meaning.medium, "suspected": meaning.suspected, "high": meaning.high, "slope": meaning.slope, "shift": meaning.shift})
    });
    let card = json!({
        "command": "cargo xtask train injection",
        "seed": SEED,
        "data_sha256": examples.digest,
        "texts": {"hostile": hostile, "harmless": learned.count() - hostile, "makers": examples.groups.len()},
        "lexicon_sha256": sha256(LEXICON.as_bytes()),
        "weights_sha256": sha256(bytes),
        "features": weights.features.len(),
        "definition": definition,
        "answer": answer,
    });
    format!("{card:#}\n")
}

/// SHA-256, in digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}
