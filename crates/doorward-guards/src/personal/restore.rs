//! Values for tokens on the way to a tool that may know them, and tokens again for what it repeats.
//!
//! Responsible for where that is done: in strings of a call's arguments, and in whatever the server says to that principal
//! from then on. It must never restore for a tool nobody has named.

use std::collections::BTreeSet;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use doorward_core::access::Direction;
use doorward_core::guard::{Confidence, Severity};
use doorward_mcp::raw::Token;

use super::kind::Category;
use super::tokens::{Remembered, Tokens};
use crate::guard::{Found, Report};
use crate::scene::Scene;
use crate::text::Role;

/// Reports what is replaced: on the way to a tool that may know `kinds`, and in what comes from a server that was given
/// something.
pub(super) fn restore(tokens: &Tokens, kinds: &BTreeSet<Category>, scene: &Scene<'_>, report: &mut Report) {
    let Some(principal) = scene.content.principal else { return };
    let whose = principal.id().to_bytes();
    match scene.content.surface.direction() {
        Direction::ToServer if kinds.is_empty() => {}
        Direction::ToServer => give(tokens, kinds, &whose, scene, report),
        Direction::ToClient => take_back(tokens, kinds, &whose, scene, report),
    }
}

fn give(tokens: &Tokens, kinds: &BTreeSet<Category>, whose: &[u8], scene: &Scene<'_>, report: &mut Report) {
    let params = scene.content.parts.first();
    let Some(arguments) = params.and_then(|params| params.member("arguments")).map(|raw| raw.range()) else { return };
    let mut given = Vec::new();
    for (place, text) in scene.texts.iter().enumerate() {
        let is_argument = text.part == 0 && arguments.contains(&text.raw.range().start);
        if text.origin.is_some() || text.role == Role::Name || !is_argument || !text.text.contains('[') {
            continue;
        }
        for found in tokens.in_text(whose, &text.text).into_iter().filter(|found| kinds.contains(&found.category)) {
            given.push(found.token);
            report.add(swapped("token", place, found.range, found.value));
        }
    }
    tokens.give(whose, scene.content.server, &given);
}

/// What a tool of the server was given does not come back as itself, on whatever way, even where nothing tells what it is.
fn take_back(tokens: &Tokens, kinds: &BTreeSet<Category>, whose: &[u8], scene: &Scene<'_>, report: &mut Report) {
    let said: Vec<&str> =
        scene.texts.iter().filter(|text| text.origin.is_none()).map(|text| text.text.as_ref()).collect();
    let mut given = tokens.given_in(whose, scene.content.server, &said);
    given.extend(asked(tokens, kinds, whose, scene));
    if given.is_empty() {
        return;
    }
    let finder =
        AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(given.iter().map(|one| &one.value));
    let Ok(finder) = finder else {
        report.give_up("What the tool was given cannot be looked for.");
        return;
    };
    for (place, text) in scene.texts.iter().enumerate().filter(|(_, text)| text.origin.is_none()) {
        for hit in finder.find_iter(text.text.as_bytes()).filter(|hit| is_whole(&text.text, &hit.range())) {
            let Some(one) = given.get(hit.pattern().as_usize()) else { continue };
            report.add(swapped("told", place, hit.range(), one.token.clone()));
        }
    }
}

/// What a call that may know `kinds` was given, whether for a token or as it is.
fn asked(tokens: &Tokens, kinds: &BTreeSet<Category>, whose: &[u8], scene: &Scene<'_>) -> Vec<Remembered> {
    let arguments = scene.content.asked.and_then(|asked| asked.member("arguments"));
    let Some(arguments) = arguments.filter(|_| !kinds.is_empty()) else { return Vec::new() };
    let strings = arguments.tokens().filter_map(|token| match token {
        Token::Scalar(value) => value.as_str(),
        Token::Open(_) | Token::Close | Token::Name(_) => None,
    });
    // Looked for in all of them at once: a value that is given a thousand times is one.
    let mut said = Vec::new();
    strings.for_each(|string| said.extend_from_slice(&[string.as_bytes(), b"\n"].concat()));
    let mut given = tokens.values_in(whose, &said);
    given.retain(|one| kinds.contains(&one.category));
    given
}

/// Whether no letter or digit goes on with what stands there: `Ann` is none of the words of an annual report.
fn is_whole(text: &str, range: &Range<usize>) -> bool {
    let (before, after) = (text.get(..range.start), text.get(range.end..));
    let goes_on = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    !goes_on(before.and_then(|before| before.chars().next_back()))
        && !goes_on(after.and_then(|after| after.chars().next()))
}

fn swapped(rule: &'static str, place: usize, range: Range<usize>, with: String) -> Found {
    let found = Found::new(rule, Severity::Low, Confidence::CERTAIN, place, range).with_placeholder(with);
    Found { is_swapped: true, ..found }
}
