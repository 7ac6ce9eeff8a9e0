//! What a server claims of its own tool: annotations, and the members of `_meta` that the extensions
//! `io.modelcontextprotocol/trust-annotations` and `/action-metadata` define.
//!
//! A claim can make a tool more dangerous and its results more to be guarded. It never does the opposite, but for the
//! `readOnlyHint` of a server whose annotations the operator believes.

use doorward_core::flow::{Confidentiality, Integrity, Label};
use doorward_mcp::raw::Raw;
use doorward_mcp::views::tools::ToolDefinition;

use super::because::{About, Because, Witness};
use super::{Act, Nature};

/// How far the claims of a server are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Believed {
    /// When they make things worse.
    ToRaise,
    /// As they are given.
    AsGiven,
}

/// The member of `_meta` with claims about data.
const TRUST: &str = "io.modelcontextprotocol/trust-annotations";

/// The member of `_meta` with claims about effects.
const ACTION: &str = "io.modelcontextprotocol/action-metadata";

/// Where data stays with the server or its user, by [`ACTION`].
const INSIDE: [&str; 3] = ["ephemeral", "system", "internal"];

/// Kinds of data that need no guarding, by [`ACTION`].
const PLAIN: [&str; 3] = ["none", "public", "low"];

/// Adds what the server claims.
pub(super) fn add(nature: &mut Nature, tool: &ToolDefinition<'_>, believed: Believed) {
    let hints = &tool.annotations;
    let harmless = hints.read_only == Some(true) && hints.destructive != Some(true);
    if harmless && believed == Believed::AsGiven {
        set_act(nature, Act::Read, "readOnlyHint");
    }
    if hints.read_only == Some(false) && nature.act == Act::Read {
        set_act(nature, Act::Unknown, "readOnlyHint");
    }
    if hints.destructive == Some(true) && nature.act == Act::Read {
        set_act(nature, Act::Destroy, "destructiveHint");
    }
    if hints.open_world == Some(true) {
        reaches(nature, "openWorldHint");
    }
    if let Some(trust) = tool.meta.and_then(|meta| meta.member(TRUST)) {
        data(nature, trust);
    }
    if let Some(action) = tool.meta.and_then(|meta| meta.member(ACTION)) {
        effects(nature, action);
    }
}

/// The label that the `_meta` of a result claims: something to join, since a claim raises and its absence says nothing.
#[must_use]
pub fn claimed(meta: Raw<'_>) -> Label {
    let trust = meta.member(TRUST);
    let says = |name| trust.and_then(|trust| trust.member(name)).and_then(|claim| claim.as_bool()) == Some(true);
    let mut label = Label::default();
    if says("sensitive") {
        label.confidentiality = Confidentiality::Confidential;
    }
    if says("untrusted") {
        label.integrity = Integrity::AdversaryWritable;
    }
    label
}

fn data(nature: &mut Nature, trust: Raw<'_>) {
    if trust.member("sensitive").and_then(|sensitive| sensitive.as_bool()) == Some(true) {
        guard(nature, "claim sensitive");
    }
}

fn effects(nature: &mut Nature, action: Raw<'_>) {
    let outcome = words(action.member("outcome"));
    if outcome.iter().any(|word| word == "irreversible") && nature.act == Act::Read {
        set_act(nature, Act::Destroy, "claim outcome");
    }
    let acts = outcome.iter().any(|word| word == "consequential");
    let reviewed = action.member("requiresReview").and_then(|review| review.as_bool()) == Some(true);
    if (acts || reviewed) && nature.act == Act::Read {
        set_act(nature, Act::Unknown, if acts { "claim outcome" } else { "claim requiresReview" });
    }
    let destination = words(action.path(&["inputMetadata", "destination"]));
    if destination.iter().any(|word| !INSIDE.contains(&word.as_str())) {
        reaches(nature, "claim inputMetadata.destination");
    }
    let sensitivity = words(action.path(&["returnMetadata", "sensitivity"]));
    if sensitivity.iter().any(|word| !PLAIN.contains(&word.as_str())) {
        guard(nature, "claim returnMetadata.sensitivity");
    }
}

/// A claim is one word or a list of them.
fn words(claim: Option<Raw<'_>>) -> Vec<String> {
    let one = claim.and_then(|claim| claim.as_str());
    let several = claim.into_iter().flat_map(|claim| claim.elements()).filter_map(|word| word.as_str());
    one.into_iter().chain(several).map(|word| word.to_ascii_lowercase()).collect()
}

fn set_act(nature: &mut Nature, act: Act, claim: &'static str) {
    nature.act = act;
    nature.because.push(Because { about: About::Act(act), witness: Witness::Claim(claim) });
}

fn reaches(nature: &mut Nature, claim: &'static str) {
    if !nature.egress {
        nature.egress = true;
        nature.because.push(Because { about: About::Egress(true), witness: Witness::Claim(claim) });
    }
}

fn guard(nature: &mut Nature, claim: &'static str) {
    nature.result.confidentiality = nature.result.confidentiality.max(Confidentiality::Confidential);
    nature.because.push(Because { about: About::Result, witness: Witness::Claim(claim) });
}
