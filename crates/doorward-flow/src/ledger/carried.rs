//! Identifiers and bytes in what a call carries.
//!
//! Responsible for every value in the arguments that could be an identifier, however it is encoded. It must never leave out
//! an argument because of what it is called; only the address of whom the call is for is no content.

use doorward_core::flow::Role;
use doorward_mcp::raw::{Kind, Raw, Token};

use super::identifiers;
use super::limits::{CARRIED_MAX, CARRIED_WORD_MIN, IDENTIFIER_BYTES_MAX};
use super::walls::{Side, Sides, Walls};
use super::words;
use crate::canonical::Keyed;
use crate::context::Call;
use crate::decode;

/// What one call carries, as keyed hashes of the identifiers in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Carried {
    /// Everything that could be an identifier, without its sort, sorted.
    values: Vec<u64>,
    /// How many of the values are no plain words.
    telling: u64,
    /// How many there was no room for.
    uncounted: u64,
    bytes: u64,
    sides: Sides,
}

impl Carried {
    /// What the arguments of `call` carry, decoded where they are encoded. Whom it is addressed to is not carried.
    #[must_use]
    pub fn read(keyed: &Keyed, call: &Call<'_>, walls: &Walls) -> Self {
        let mut carried = Self { sides: walls.sides_of(call.server), ..Self::default() };
        if let Some(arguments) = call.arguments {
            each_leaf(arguments, &mut |pointer, leaf| {
                let text = leaf.as_str().unwrap_or(std::borrow::Cow::Borrowed(leaf.text()));
                carried.bytes += text.len() as u64;
                let name = words::plain(pointer.rsplit('/').find(|name| !is_index(name)).unwrap_or_default());
                carried.sides.extend(walls.sides_in(keyed, &name, &text));
                if call.nature.role(pointer, leaf.kind()) != Role::Target || !is_address(&text) {
                    decode::layers(&text).iter().for_each(|layer| carried.take(keyed, layer));
                }
            });
        }
        carried.values.sort_unstable();
        carried.values.dedup();
        carried
    }

    /// What carries these values, for tests of the counts alone.
    #[cfg(test)]
    pub(super) fn made_of(mut values: Vec<u64>) -> Self {
        values.sort_unstable();
        values.dedup();
        Self { telling: values.len() as u64, values, ..Self::default() }
    }

    pub(super) fn values(&self) -> &[u64] {
        &self.values
    }

    /// How many values at most are neither plain words nor too short: all that could be identifiers if nobody can tell.
    pub(super) fn telling(&self) -> u64 {
        self.telling
    }

    pub(super) fn uncounted(&self) -> u64 {
        self.uncounted
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn sides(&self) -> &[Side] {
        self.sides.as_slice()
    }

    fn take(&mut self, keyed: &Keyed, text: &str) {
        identifiers::each(text, &mut |one| {
            self.telling += 1;
            self.push(identifiers::without_sort(one.hash(keyed)));
        });
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        for word in text.split(|c| !is_word(c)) {
            let word = word.trim_matches(['_', '-']);
            if (CARRIED_WORD_MIN..=IDENTIFIER_BYTES_MAX).contains(&word.len()) {
                self.telling += u64::from(word.bytes().any(|byte| byte.is_ascii_digit()));
                self.push(identifiers::written_as(keyed, &word.to_lowercase()));
            }
        }
    }

    fn push(&mut self, value: u64) {
        if self.values.len() >= CARRIED_MAX && self.uncounted == 0 {
            self.values.sort_unstable();
            self.values.dedup();
        }
        // After a first look for repetitions there is only a look at each value by itself.
        if self.values.len() < CARRIED_MAX {
            self.values.push(value);
        } else if self.uncounted > 0 || self.values.binary_search(&value).is_err() {
            self.uncounted += 1;
        }
    }
}

/// Whether it is nothing but addresses of whom a call is for: one, or several with commas between.
fn is_address(text: &str) -> bool {
    text.split([',', ';']).map(str::trim).all(|one| {
        let one = one.split_once('<').and_then(|(_, one)| one.strip_suffix('>')).unwrap_or(one);
        let mut found = 0_usize;
        let mut covered = 0_usize;
        identifiers::each(one, &mut |identifier| {
            found += 1;
            covered = covered.max(identifier.length());
        });
        found == 1 && !one.contains(char::is_whitespace) && covered + 2 >= one.len()
    })
}

fn is_index(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Gives every leaf with its JSON pointer to `take`.
fn each_leaf<'a>(value: Raw<'a>, take: &mut impl FnMut(&str, Raw<'a>)) {
    let mut pointer = String::new();
    // What is open: how long the pointer was before it, and of an array how many elements came.
    let mut open: Vec<(usize, Option<usize>)> = Vec::new();
    let mut named = None;
    for token in value.tokens() {
        if let Token::Name(name) = token {
            named = name.as_str().map(|name| name.replace('~', "~0").replace('/', "~1"));
            continue;
        }
        let before = pointer.len();
        if matches!(token, Token::Open(_) | Token::Scalar(_)) {
            step_into(&mut pointer, named.take(), open.last_mut());
        }
        match token {
            Token::Open(kind) => open.push((before, (kind == Kind::Array).then_some(0))),
            Token::Scalar(scalar) => {
                take(&pointer, scalar);
                pointer.truncate(before);
            }
            Token::Close => pointer.truncate(open.pop().map_or(0, |(before, _)| before)),
            Token::Name(_) => {}
        }
    }
}

fn step_into(pointer: &mut String, named: Option<String>, open: Option<&mut (usize, Option<usize>)>) {
    if let Some(name) = named {
        pointer.push('/');
        pointer.push_str(&name);
    } else if let Some((_, Some(index))) = open {
        pointer.push_str(&format!("/{index}"));
        *index += 1;
    }
}

#[cfg(test)]
mod tests {
    use doorward_mcp::limits::Limits;
    use doorward_mcp::raw::RawJson;

    use super::*;

    #[test]
    fn leaves_have_their_pointers() {
        let json =
            RawJson::parse(r#"{"a":[1,{"b/c":"x"},[2]],"d":null}"#.as_bytes().to_vec(), &Limits::default()).unwrap();
        let mut seen = Vec::new();
        each_leaf(json.as_raw(), &mut |pointer, leaf| seen.push(format!("{pointer}={}", leaf.text())));
        assert_eq!(seen, ["/a/0=1", "/a/1/b~1c=\"x\"", "/a/2/0=2", "/d=null"]);
    }

    #[test]
    fn only_addresses_are_addresses() {
        for address in ["a@b.example", "a@b.example, c@d.example", "+15550100200", "Ann Lee <a@b.example>"] {
            assert!(is_address(address), "{address}");
        }
        for other in ["https://evil.example/?q=a@b.example", "a@b.example is his", "C10000", ""] {
            assert!(!is_address(other), "{other}");
        }
    }
}
