//! Tokens that stand for values, and the way back for those who may know.
//!
//! Responsible for making the same token of the same value, and for remembering a bounded number of values for a bounded
//! number of principals. A token of one principal is a plain word to another. It must never decide who may know: whoever
//! asks does.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorward_core::ids::ServerId;
use memchr::memmem;
use sha2::{Digest, Sha256};

use super::kind::Category;
use super::limits::{TOKEN_PRINCIPALS_MAX, TOKEN_SEARCH_MAX, TOKEN_VALUE_MAX, TOKEN_VALUES_MAX};

/// Tokens for values, and values for tokens, of every principal. Whoever has a copy has the same ones.
#[derive(Clone, Default)]
pub struct Tokens(Arc<Memory>);

#[derive(Default)]
struct Memory {
    key: [u8; 16],
    people: Mutex<People>,
}

/// What each principal was shown; the one who was shown something longest ago is forgotten first.
#[derive(Default)]
struct People {
    known: HashMap<[u8; 32], Known>,
    turn: u64,
}

#[derive(Default)]
struct Known {
    values: HashMap<String, Value>,
    oldest: VecDeque<String>,
    turn: u64,
}

struct Value {
    category: Category,
    text: String,
    /// The servers that got it for its token.
    given: BTreeSet<ServerId>,
}

/// A value, and where its token was found, if that was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remembered {
    pub(super) range: Range<usize>,
    pub(super) category: Category,
    pub(super) token: String,
    pub(super) value: String,
}

/// Hexadecimal digits of a token: 80 bits are not guessed.
const DIGITS: usize = 20;

impl Tokens {
    /// Tokens under a key that nobody else knows.
    #[must_use]
    pub fn new(key: [u8; 16]) -> Self {
        Self(Arc::new(Memory { key, people: Mutex::default() }))
    }

    /// The token of a value that this principal is shown instead: the same for the same kind and value.
    pub(super) fn token(&self, whose: &[u8], category: Category, value: &str) -> String {
        let whose: [u8; 32] = Sha256::digest(whose).into();
        let mut token = format!("[{}-", category.name());
        for byte in self.mac(&whose, category, value).iter().take(DIGITS / 2) {
            let _ = write!(token, "{byte:02x}");
        }
        token.push(']');
        if value.len() <= TOKEN_VALUE_MAX {
            self.people().known(whose).keep(&token, category, value);
        }
        token
    }

    /// The tokens of this principal in `text`, with the values they stand for.
    pub(super) fn in_text(&self, whose: &[u8], text: &str) -> Vec<Remembered> {
        let mut found = Vec::new();
        let people = self.people();
        let Some(known) = people.known.get(&<[u8; 32]>::from(Sha256::digest(whose))) else { return found };
        for (start, _) in text.match_indices('[') {
            let Some(token) = text.get(start..).and_then(|rest| rest.split_once(']')).map(|(inside, _)| inside) else {
                break;
            };
            let token = format!("{token}]");
            if let Some(Value { category, text, given: _ }) = known.values.get(&token) {
                let range = start..start + token.len();
                found.push(Remembered { range, category: *category, token, value: text.clone() });
            }
        }
        found
    }

    /// Remembers that a server got the values of these tokens of this principal.
    pub(super) fn give(&self, whose: &[u8], server: &ServerId, tokens: &[String]) {
        let mut people = self.people();
        let Some(known) = people.known.get_mut(&<[u8; 32]>::from(Sha256::digest(whose))) else { return };
        for token in tokens {
            if let Some(value) = known.values.get_mut(token) {
                value.given.insert(server.clone());
            }
        }
    }

    /// The values of this principal that the server got, as they stand in `said`: all of them where looking for each would
    /// take long.
    pub(super) fn given_in(&self, whose: &[u8], server: &ServerId, said: &[&str]) -> Vec<Remembered> {
        let people = self.people();
        let known = people.known.get(&<[u8; 32]>::from(Sha256::digest(whose)));
        let values = known.into_iter().flat_map(|known| &known.values);
        let given: Vec<_> = values.filter(|(_, value)| value.given.contains(server)).collect();
        let work = given.len().saturating_mul(said.iter().map(|text| text.len()).sum());
        let stands = |value: &Value| {
            work > TOKEN_SEARCH_MAX
                || said.iter().any(|text| memmem::find(text.as_bytes(), value.text.as_bytes()).is_some())
        };
        let found = given.into_iter().filter(|(_, value)| stands(value));
        found.map(|(token, value)| remembered(token, value)).collect()
    }

    /// The values of this principal that stand in `text`.
    pub(super) fn values_in(&self, whose: &[u8], text: &[u8]) -> Vec<Remembered> {
        let people = self.people();
        let known = people.known.get(&<[u8; 32]>::from(Sha256::digest(whose)));
        let values = known.into_iter().flat_map(|known| &known.values);
        let found = values.filter(|(_, value)| memmem::find(text, value.text.as_bytes()).is_some());
        found.map(|(token, value)| remembered(token, value)).collect()
    }

    /// HMAC (RFC 2104) with SHA-256 over the principal, the kind and the value.
    fn mac(&self, whose: &[u8; 32], category: Category, value: &str) -> [u8; 32] {
        let pad = |with: u8| {
            let mut block = [with; 64];
            block.iter_mut().zip(self.0.key).for_each(|(byte, key)| *byte ^= key);
            block
        };
        let inner = Sha256::new_with_prefix(pad(0x36)).chain_update(whose).chain_update(category.name());
        let inner = inner.chain_update([0]).chain_update(value).finalize();
        Sha256::new_with_prefix(pad(0x5c)).chain_update(inner).finalize().into()
    }

    fn people(&self) -> MutexGuard<'_, People> {
        self.0.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl People {
    fn known(&mut self, whose: [u8; 32]) -> &mut Known {
        if self.known.len() >= TOKEN_PRINCIPALS_MAX && !self.known.contains_key(&whose) {
            let last = self.known.iter().min_by_key(|(_, known)| known.turn).map(|(whose, _)| *whose);
            last.map(|last| self.known.remove(&last));
        }
        self.turn = self.turn.saturating_add(1);
        let known = self.known.entry(whose).or_default();
        known.turn = self.turn;
        known
    }
}

impl Known {
    fn keep(&mut self, token: &str, category: Category, value: &str) {
        if self.values.contains_key(token) {
            return;
        }
        if self.values.len() >= TOKEN_VALUES_MAX
            && let Some(oldest) = self.oldest.pop_front()
        {
            self.values.remove(&oldest);
        }
        self.oldest.push_back(token.to_owned());
        let value = Value { category, text: value.to_owned(), given: BTreeSet::new() };
        self.values.insert(token.to_owned(), value);
    }
}

fn remembered(token: &str, value: &Value) -> Remembered {
    Remembered { range: 0..0, category: value.category, token: token.to_owned(), value: value.text.clone() }
}

/// Whether they are the same ones, not merely alike.
impl PartialEq for Tokens {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Tokens {}

/// Neither the key nor any value.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("principals", &self.people().known.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: &[u8] = b"ann";

    #[test]
    fn a_value_comes_back_for_its_token_and_for_nobody_else() {
        let tokens = Tokens::new([7; 16]);
        let token = tokens.token(ANN, Category::Email, "a@firma.de");
        assert_eq!(tokens.token(ANN, Category::Email, "a@firma.de"), token);
        let others = [
            tokens.token(ANN, Category::Phone, "a@firma.de"),
            tokens.token(b"bob", Category::Email, "a@firma.de"),
            Tokens::new([8; 16]).token(ANN, Category::Email, "a@firma.de"),
        ];
        assert!(!others.contains(&token));
        assert!(token.starts_with("[email-") && !token.contains("firma"), "{token}");
        let text = format!("to [x] {token}, [email-0000] [{token}!");
        let found: Vec<_> = tokens.in_text(ANN, &text).into_iter().map(|one| (one.range.start, one.value)).collect();
        let again = 7 + token.len() + 16;
        assert_eq!(found, [(7, "a@firma.de".to_owned()), (again, "a@firma.de".to_owned())]);
        assert_eq!(tokens.in_text(b"eve", &text), []);
        assert_eq!(tokens.in_text(ANN, "to [x] nobody] [email-"), []);
    }

    #[test]
    fn the_oldest_values_and_principals_are_forgotten_first() {
        let tokens = Tokens::new([7; 16]);
        let first = tokens.token(ANN, Category::Email, "first");
        for number in 1..=TOKEN_VALUES_MAX {
            assert_eq!(tokens.in_text(ANN, &first).len(), 1, "{number}");
            tokens.token(ANN, Category::Email, &number.to_string());
        }
        assert_eq!(tokens.in_text(ANN, &first), []);
        let last = tokens.token(ANN, Category::Email, "last");
        for number in 0..TOKEN_PRINCIPALS_MAX {
            assert_eq!(tokens.in_text(ANN, &last).len(), 1, "{number}");
            tokens.token(&number.to_be_bytes(), Category::Email, "theirs");
        }
        assert_eq!(tokens.in_text(ANN, &last), []);
    }

    #[test]
    fn what_was_given_is_known_for_its_server_however_much_is_said() {
        let (tokens, [crm, web]) = (Tokens::new([7; 16]), ["crm", "web"].map(|id| ServerId::parse(id).unwrap()));
        let token = tokens.token(ANN, Category::Name, "Ann");
        tokens.token(ANN, Category::Name, "Bea");
        tokens.give(ANN, &crm, std::slice::from_ref(&token));
        let long = format!("{}Ann", " ".repeat(TOKEN_SEARCH_MAX));
        for (whose, server, said, expected) in [
            (ANN, &crm, "Ann and Bea", 1),
            (ANN, &crm, &long, 1),
            (ANN, &crm, "nobody", 0),
            (ANN, &web, "Ann and Bea", 0),
            (b"eve", &crm, "Ann and Bea", 0),
        ] {
            let found = tokens.given_in(whose, server, &["", said]);
            assert_eq!(found.iter().filter(|one| one.token == token).count(), expected, "{server}");
            assert_eq!(found.len(), expected, "{server}");
        }
    }

    #[test]
    fn what_is_printed_of_them_tells_nothing() {
        let tokens = Tokens::new([7; 16]);
        tokens.token(ANN, Category::Email, "a@firma.de");
        assert_eq!(format!("{tokens:?}"), "Tokens { principals: 1 }");
    }
}
