//! Tokens that stand for values, and the way back for those who may know.
//!
//! Responsible for making the same token of the same value, for remembering a bounded number of values, and for putting
//! them back into a text. It must never decide who may know: whoever holds the tokens does.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use super::kind::Category;

/// Tokens for values, and values for tokens. The oldest values are forgotten first.
pub struct Tokens {
    key: [u8; 32],
    most: usize,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    values: HashMap<String, String>,
    oldest: VecDeque<String>,
}

/// Hexadecimal digits of a token: 80 bits are not guessed.
const DIGITS: usize = 20;

impl Tokens {
    /// Tokens under a key that nobody else knows, with memory for `most` values.
    #[must_use]
    pub fn new(key: [u8; 32], most: usize) -> Self {
        Self { key, most, known: Mutex::default() }
    }

    /// The token of a value: the same for the same kind and value under the same key.
    pub fn token(&self, category: Category, value: &str) -> String {
        let mut token = format!("[{}-", category.name());
        for byte in self.mac(category, value).iter().take(DIGITS / 2) {
            let _ = write!(token, "{byte:02x}");
        }
        token.push(']');
        let mut known = self.known();
        if !known.values.contains_key(&token) {
            if known.values.len() >= self.most
                && let Some(oldest) = known.oldest.pop_front()
            {
                known.values.remove(&oldest);
            }
            if self.most > 0 {
                known.oldest.push_back(token.clone());
                known.values.insert(token.clone(), value.to_owned());
            }
        }
        token
    }

    /// The value of a token; `None` when it is none of these, or forgotten.
    pub fn value(&self, token: &str) -> Option<String> {
        self.known().values.get(token).cloned()
    }

    /// `text` with every token in it replaced by its value; `None` when there is none that is known.
    pub fn restore(&self, text: &str) -> Option<String> {
        let known = self.known();
        let mut restored = String::with_capacity(text.len());
        let mut rest = text;
        let mut is_changed = false;
        while let Some((before, after)) = rest.split_once('[') {
            restored.push_str(before);
            let value = after.split_once(']').and_then(|(inside, after)| {
                Some((known.values.get(&format!("[{inside}]")).filter(|_| inside.len() < 64)?, after))
            });
            match value {
                Some((value, after)) => {
                    restored.push_str(value);
                    is_changed = true;
                    rest = after;
                }
                None => {
                    restored.push('[');
                    rest = after;
                }
            }
        }
        restored.push_str(rest);
        is_changed.then_some(restored)
    }

    /// HMAC (RFC 2104) with SHA-256 over the kind and the value.
    fn mac(&self, category: Category, value: &str) -> [u8; 32] {
        let pad = |with: u8| {
            let mut block = [with; 64];
            block.iter_mut().zip(self.key).for_each(|(byte, key)| *byte ^= key);
            block
        };
        let inner =
            Sha256::new_with_prefix(pad(0x36)).chain_update(category.name()).chain_update([0]).chain_update(value);
        Sha256::new_with_prefix(pad(0x5c)).chain_update(inner.finalize()).finalize().into()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Neither the key nor any value.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("most", &self.most).field("known", &self.known().values.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back_for_its_token_and_keeps_it() {
        let tokens = Tokens::new([7; 32], 10);
        let token = tokens.token(Category::Email, "a@firma.de");
        assert_eq!(tokens.token(Category::Email, "a@firma.de"), token);
        assert_ne!(tokens.token(Category::Phone, "a@firma.de"), token);
        assert_ne!(Tokens::new([8; 32], 10).token(Category::Email, "a@firma.de"), token);
        assert!(token.starts_with("[email-") && !token.contains("firma"), "{token}");
        assert_eq!(tokens.value(&token).as_deref(), Some("a@firma.de"));
        let text = format!("to [x] {token}, [email-0000] {token}!");
        assert_eq!(tokens.restore(&text).as_deref(), Some("to [x] a@firma.de, [email-0000] a@firma.de!"));
        assert_eq!(tokens.restore("to [x] nobody]"), None);
    }

    #[test]
    fn the_oldest_value_is_forgotten_first() {
        let tokens = Tokens::new([7; 32], 2);
        let of = |value| tokens.token(Category::Email, value);
        let (one, two, three) = (of("1"), of("2"), of("3"));
        let known = [&one, &two, &three].map(|token| tokens.value(token).is_some());
        assert_eq!(known, [false, true, true]);
        assert_eq!(Tokens::new([7; 32], 0).value(&one), None);
    }

    #[test]
    fn what_is_printed_of_them_tells_nothing() {
        let tokens = Tokens::new([7; 32], 2);
        tokens.token(Category::Email, "a@firma.de");
        assert_eq!(format!("{tokens:?}"), "Tokens { most: 2, known: 1 }");
    }
}
