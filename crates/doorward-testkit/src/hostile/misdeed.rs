//! The ways to misbehave, and what each sends.

use serde_json::{Value, json};

/// Bytes of text in the answer of [`Mode::Huge`].
pub(super) const HUGE_BYTES: usize = 100_000_000;
/// How deep the answer of [`Mode::Deep`] nests.
const DEPTH: usize = 100_000;

/// One way to misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Does nothing wrong.
    Good,
    /// Ends the process after it has received the call.
    Exit,
    /// Never answers.
    Silent,
    /// Answers twice, with different texts.
    Twice,
    /// Answers an id that was never asked.
    UnknownId,
    /// Answers another call that is still open, and never its own.
    OtherId,
    /// Sends notifications without end.
    Flood,
    /// Answers with a hundred megabytes.
    Huge,
    /// Answers with text that is not JSON.
    NotJson,
    /// Answers with a byte that is not UTF-8 inside a JSON string.
    NotUtf8,
    /// Answers with duplicate keys.
    DuplicateKeys,
    /// Answers with nesting no reader should follow.
    Deep,
    /// Sends half an answer, then closes.
    Half,
    /// Sends its answer a byte per second.
    Drip,
    /// Prints log lines where messages belong, then answers well.
    Noise,
    /// Leaves a process behind that holds its pipes, then ends (stdio; over HTTP it only ends).
    Grandchild,
    /// Stays after its stdin is closed (stdio).
    IgnoreEof,
    /// Stays after its stdin is closed and after SIGTERM (stdio).
    IgnoreTerm,
    /// Redirects the call elsewhere (HTTP; over stdio it is silent).
    Redirect,
    /// Answers, then keeps the response open (HTTP; over stdio it answers).
    Lingering,
}

/// Every mode by its name on the command line.
pub const MODES: [(&str, Mode); 20] = [
    ("good", Mode::Good),
    ("exit", Mode::Exit),
    ("silent", Mode::Silent),
    ("twice", Mode::Twice),
    ("unknown-id", Mode::UnknownId),
    ("other-id", Mode::OtherId),
    ("flood", Mode::Flood),
    ("huge", Mode::Huge),
    ("not-json", Mode::NotJson),
    ("not-utf8", Mode::NotUtf8),
    ("duplicate-keys", Mode::DuplicateKeys),
    ("deep", Mode::Deep),
    ("half", Mode::Half),
    ("drip", Mode::Drip),
    ("noise", Mode::Noise),
    ("grandchild", Mode::Grandchild),
    ("ignore-eof", Mode::IgnoreEof),
    ("ignore-term", Mode::IgnoreTerm),
    ("redirect", Mode::Redirect),
    ("lingering", Mode::Lingering),
];

impl Mode {
    /// The mode named `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let mut modes = MODES.into_iter();
        modes.find_map(|(known, mode)| (known == name).then_some(mode))
    }
}

/// What to do about a call, for a transport to carry out.
#[derive(Debug)]
pub(super) enum Misdeed {
    /// Send these pieces, one after the other.
    Send(Vec<Piece>),
    /// Send this message again and again.
    Flood(Vec<u8>),
    /// Send the text between the two halves of an answer, [`HUGE_BYTES`] long.
    Huge { before: Vec<u8>, after: Vec<u8> },
    /// Send this and close.
    Half(Vec<u8>),
    /// Send this a byte per second.
    Drip(Vec<u8>),
    /// Never answer.
    Silence,
    /// End the process.
    Exit,
    /// Start a process that inherits the pipes, then end.
    Grandchild,
    /// Point elsewhere.
    Redirect,
    /// Send this and stay open.
    Linger(Vec<u8>),
}

/// One thing on the wire.
#[derive(Debug)]
pub(super) enum Piece {
    /// A message, well formed or not.
    Message(Vec<u8>),
    /// Text that is no message.
    Noise(&'static str),
}

/// What `mode` does to the call `id`, whose right answer is `answer`, while `other` is open too.
pub(super) fn plan(mode: Mode, id: &Value, answer: &Value, other: Option<&Value>) -> Misdeed {
    let good = answer.to_string().into_bytes();
    match mode {
        Mode::Good | Mode::IgnoreEof | Mode::IgnoreTerm => one(good),
        Mode::Exit => Misdeed::Exit,
        Mode::Silent => Misdeed::Silence,
        Mode::Twice => {
            let again = with_text(answer, id, "a second answer");
            Misdeed::Send(vec![Piece::Message(good), Piece::Message(again)])
        }
        Mode::UnknownId => one(with_text(answer, &json!(987_654_321), "for nobody")),
        Mode::OtherId => match other {
            Some(other) => one(with_text(answer, other, "an answer to another call")),
            None => Misdeed::Silence,
        },
        Mode::Flood => Misdeed::Flood(progress()),
        Mode::Huge => huge(answer),
        Mode::NotJson => one(b"<html>Bad gateway, try <again> later".to_vec()),
        Mode::NotUtf8 => one(replaced(&good, b"boom", b"bo\xffm")),
        Mode::DuplicateKeys => one(duplicated(&good)),
        Mode::Deep => one(deep(id)),
        Mode::Half => Misdeed::Half(good.split_at(good.len() / 2).0.to_vec()),
        Mode::Drip => Misdeed::Drip(good),
        Mode::Noise => Misdeed::Send(vec![
            Piece::Noise("INFO starting up"),
            Piece::Noise("{not json: at all}"),
            Piece::Message(good),
        ]),
        Mode::Grandchild => Misdeed::Grandchild,
        Mode::Redirect => Misdeed::Redirect,
        Mode::Lingering => Misdeed::Linger(good),
    }
}

fn one(message: Vec<u8>) -> Misdeed {
    Misdeed::Send(vec![Piece::Message(message)])
}

fn with_text(answer: &Value, id: &Value, text: &str) -> Vec<u8> {
    let mut answer = answer.clone();
    if let Some(member) = answer.pointer_mut("/id") {
        *member = id.clone();
    }
    if let Some(member) = answer.pointer_mut("/result/content/0/text") {
        *member = json!(text);
    }
    answer.to_string().into_bytes()
}

fn progress() -> Vec<u8> {
    let params = json!({ "progressToken": "never-given", "progress": 1 });
    let message = json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params });
    message.to_string().into_bytes()
}

fn huge(answer: &Value) -> Misdeed {
    let answer = answer.to_string();
    // The answer is ours and says "boom" once; were it not there, the text would follow it.
    let (before, after) = answer.split_once("boom").unwrap_or((&answer, ""));
    Misdeed::Huge { before: before.as_bytes().to_vec(), after: after.as_bytes().to_vec() }
}

fn replaced(message: &[u8], wanted: &[u8], by: &[u8]) -> Vec<u8> {
    let at = message.windows(wanted.len()).position(|window| window == wanted);
    let Some((before, rest)) = at.and_then(|at| message.split_at_checked(at)) else {
        return message.to_vec();
    };
    let after = rest.get(wanted.len()..).unwrap_or_default();
    [before, by, after].concat()
}

fn duplicated(message: &[u8]) -> Vec<u8> {
    let second = br#"{"result":{"content":[]},"id":987654321,"#;
    let rest = message.strip_prefix(b"{").unwrap_or(message);
    [second, rest].concat()
}

fn deep(id: &Value) -> Vec<u8> {
    let (open, close) = ("[".repeat(DEPTH), "]".repeat(DEPTH));
    let result = format!(r#"{{"content":[],"structuredContent":{open}{close}}}"#);
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#).into_bytes()
}
