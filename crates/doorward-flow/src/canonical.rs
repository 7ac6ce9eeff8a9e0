//! Values in the forms by which they are compared.
//!
//! Responsible for saying when two values are the same: a value has one or a few forms, each of a kind, and two values are
//! the same when they share one. Forms are only kept as keyed 64-bit hashes. It must never call two values the same of which
//! a server could make different things, and never keep a value.

pub(crate) mod address;
pub(crate) mod normal;
pub(crate) mod reference;

use std::borrow::Cow;
use std::fmt;
use std::hash::Hasher;

use siphasher::sip::SipHasher13;

use crate::limits::FORMS_MAX;

/// The key of all hashes of one context or one tenant. Nobody outside may know it: who does could find other values with
/// the same hash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key([u8; 16]);

impl Key {
    /// The key of these 16 random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// What sort of thing is hashed, so that a text never equals a number or an address that is written like it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Text of any sort.
    Text,
    /// A number, by value.
    Number,
    /// A URL or the name of a host.
    Url,
    /// An e-mail address.
    Email,
    /// An account, or a number as long as one.
    Account,
    /// A telephone number.
    Phone,
    /// The address of a wallet.
    Wallet,
    /// Text that equals nothing but itself, such as a host that mixes scripts.
    Apart,
    /// A word of a text.
    Word,
    /// The stem of a word of a text.
    Stem,
    /// A path into a result.
    Path,
    /// A server, with a tool or without.
    Place,
    /// Something of the ledger's.
    Entity,
    /// A call, as it was made.
    Call,
}

/// Hashes values under a key.
#[derive(Clone, Copy)]
pub struct Keyed(SipHasher13);

impl Keyed {
    /// Hashes under `key`.
    #[must_use]
    pub fn new(key: &Key) -> Self {
        Self(SipHasher13::new_with_key(&key.0))
    }

    /// The hash of `text` as one of its kind.
    #[must_use]
    pub fn hash(&self, kind: Kind, text: &str) -> u64 {
        let mut hasher = self.0;
        hasher.write(text.as_bytes());
        hasher.write(&[0xff, kind as u8]);
        hasher.finish()
    }
}

/// What a value is, before it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Nothing is left of it when what nobody means is taken away.
    Blank,
    /// It reaches somebody or something outside.
    Address,
    /// Everything else: a name, an id, a path, a word.
    Plain,
}

/// A value that was read once: in its plain spelling, and in all forms by which it is compared.
#[derive(Debug, Clone)]
pub(crate) struct Value<'a> {
    pub(crate) plain: Cow<'a, str>,
    pub(crate) folded: Cow<'a, str>,
    pub(crate) sort: Sort,
    pub(crate) forms: Forms,
}

impl Value<'_> {
    /// Whether it must not be taken for anything else, however it is written: only a person's approval is for it.
    pub(crate) fn equals_nothing(&self) -> bool {
        self.forms.count == 0
    }
}

/// The forms of a value, hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forms {
    hashes: [u64; FORMS_MAX],
    count: usize,
    itself: u64,
}

impl Forms {
    fn none(itself: u64) -> Self {
        Self { hashes: [0; FORMS_MAX], count: 0, itself }
    }

    /// The hashes. None of a value that is blank, or that must not equal any other.
    pub fn iter(&self) -> impl Iterator<Item = u64> + use<'_> {
        self.hashes.iter().take(self.count).copied()
    }

    /// The hash by which a person's approval knows the value.
    #[must_use]
    pub const fn itself(&self) -> u64 {
        self.itself
    }

    /// Whether two values share a form: then they are the same.
    #[must_use]
    pub fn meet(&self, other: &Self) -> bool {
        self.iter().any(|form| other.iter().any(|one| one == form))
    }

    fn add(&mut self, hash: u64) {
        if self.iter().any(|one| one == hash) {
            return;
        }
        if let Some(place) = self.hashes.get_mut(self.count) {
            *place = hash;
            self.count += 1;
        }
    }
}

impl Keyed {
    /// All forms of `text`.
    #[must_use]
    pub fn forms(&self, text: &str) -> Forms {
        self.value(text).forms
    }

    /// Reads `text` as a value.
    pub(crate) fn value<'a>(&self, text: &'a str) -> Value<'a> {
        let plain = normal::plain(text);
        let folded: Cow<'a, str> = match &plain {
            Cow::Borrowed(plain) => normal::folded(plain),
            Cow::Owned(plain) => Cow::Owned(normal::folded(plain).into_owned()),
        };
        // What is read in two ways is the same as nothing else.
        let forms = if reference::is_odd(text) {
            Forms::none(self.hash(Kind::Apart, text))
        } else {
            self.forms_of(&plain, &folded)
        };
        let sort = if folded.is_empty() {
            Sort::Blank
        } else if forms.count == 0 || address::is_address(&plain, &folded) || reference::is_followed(text) {
            Sort::Address
        } else {
            Sort::Plain
        };
        Value { plain, folded, sort, forms }
    }

    fn forms_of(&self, plain: &str, folded: &str) -> Forms {
        let mut forms = Forms::none(self.hash(Kind::Apart, plain));
        if folded.is_empty() {
            return forms;
        }
        let bare = normal::bare(folded);
        if address::is_email(bare) {
            address::email(bare).iter().for_each(|email| forms.add(self.hash(Kind::Email, email)));
            return forms;
        }
        let is_url = folded.contains("//") || folded.starts_with("www.");
        if is_url || address::is_host_and_path(folded) || address::is_ipv4(folded) {
            let Some(url) = address::url(plain) else { return forms };
            forms.add(self.hash(Kind::Url, &url));
            // A path has a case, so a URL is not compared as text; a name such as `notes.md` is.
            if is_url || folded.contains('/') && address::is_named_host(folded) {
                return forms;
            }
        }
        if address::is_wallet(plain) {
            forms.add(self.hash(Kind::Wallet, &wallet(plain)));
            return forms;
        }
        forms.add(self.hash(Kind::Text, folded));
        forms.add(self.hash(Kind::Text, bare));
        self.add_numbers(&mut forms, folded);
        forms
    }

    fn add_numbers(&self, forms: &mut Forms, folded: &str) {
        if let Some(number) = number(folded) {
            forms.add(self.hash(Kind::Number, &number));
        }
        let digits = address::digits(folded);
        if digits < 2 {
            return;
        }
        if let Some(compact) = address::compact(folded) {
            let is_long = (10..=20).contains(&compact.len()) && compact.bytes().all(|byte| byte.is_ascii_digit());
            if is_long || address::is_iban(&compact) {
                forms.add(self.hash(Kind::Account, &compact));
            }
        }
        if address::is_phone(folded) {
            let digits: String = folded.chars().filter(char::is_ascii_digit).collect();
            forms.add(self.hash(Kind::Phone, &digits));
        }
    }
}

/// Hexadecimal digits have no case, the other spellings have one.
pub(crate) fn wallet(plain: &str) -> Cow<'_, str> {
    if plain.starts_with("0x") { Cow::Owned(plain.to_ascii_lowercase()) } else { Cow::Borrowed(plain) }
}

/// A decimal number by its value: `5`, `5.0` and `+5` are one, `05` is none of them (ids are written so).
pub(crate) fn number(folded: &str) -> Option<String> {
    let (sign, digits) = match folded.as_bytes().first()? {
        b'-' => ("-", folded.get(1..)?),
        b'+' => ("", folded.get(1..)?),
        _ => ("", folded),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(part) || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    let part = part.trim_end_matches('0');
    let sign = if whole == "0" && part.is_empty() { "" } else { sign };
    Some(if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") })
}

impl fmt::Debug for Keyed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyed(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keyed() -> Keyed {
        Keyed::new(&Key::from_bytes([7; 16]))
    }

    fn same(left: &str, right: &str) -> bool {
        let keyed = keyed();
        keyed.forms(left).meet(&keyed.forms(right))
    }

    #[test]
    fn what_means_the_same_is_the_same() {
        for (left, right) in [
            ("Ann@Example.org", "ann@example.ORG"),
            ("<ann@example.org>", "ann@example.org"),
            ("https://www.example.com/", "example.com"),
            ("5", "5.0"),
            ("+5", "5"),
            ("DE89 3704 0044 0532 0130 00", "de89370400440532013000"),
            ("+1 (555) 123-4567", "15551234567"),
            ("#general", "General"),
            ("two  words", "Two Words"),
            ("0x52908400098527886E0F7030069857D2E4169EE7", "0x52908400098527886e0f7030069857d2e4169ee7"),
            ("bücher.example", "xn--bcher-kva.example"),
        ] {
            assert!(same(left, right), "{left} {right}");
        }
    }

    #[test]
    fn what_does_not_mean_the_same_is_not() {
        for (left, right) in [
            ("ann@example.org", "ann@example.org.evil.com"),
            ("ann@example.org", "bob@example.org"),
            ("https://example.com/a", "https://example.com/A"),
            ("https://example.com", "https://ann@example.com"),
            ("5", "50"),
            ("05", "5"),
            ("-5", "5"),
            ("pаypal.com", "paypal.com"),
            ("pаypal.com", "pаypal.com"),
            ("", ""),
            ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "1bvbmseystwetqtfn5au4m4gfg7xjanvn2"),
            ("a/b", "a b"),
        ] {
            assert!(!same(left, right), "{left} {right}");
        }
    }

    #[test]
    fn another_key_makes_other_hashes() {
        let other = Keyed::new(&Key::from_bytes([8; 16]));
        assert!(!keyed().forms("ann").meet(&other.forms("ann")));
        assert_ne!(keyed().hash(Kind::Text, "ann"), keyed().hash(Kind::Word, "ann"));
        assert_eq!(format!("{:?} {:?}", Key::from_bytes([8; 16]), keyed()), "Key(..) Keyed(..)");
    }

    proptest! {
        #[test]
        fn any_text_has_forms_and_only_blank_or_mixed_ones_have_none(text in any::<String>()) {
            let value = keyed().value(&text);
            prop_assert!(value.forms.iter().count() <= FORMS_MAX);
            prop_assert!(value.sort != Sort::Blank || value.forms.iter().count() == 0);
            prop_assert_eq!(value.forms, keyed().forms(&text));
        }

        /// Of plain words, numbers and addresses of different letters, no two are the same, whatever their types.
        #[test]
        fn different_values_are_different(
            left in "[a-z]{1,8}|[1-9][0-9]{0,5}|[a-z]{1,8}@[a-z]{1,8}\\.com|[a-z]{1,8}\\.(com|org)(/[a-z]{1,4})?|[A-Z]{2}[0-9]{16}|\\+[0-9]{9}",
            right in "[a-z]{1,8}|[1-9][0-9]{0,5}|[a-z]{1,8}@[a-z]{1,8}\\.com|[a-z]{1,8}\\.(com|org)(/[a-z]{1,4})?|[A-Z]{2}[0-9]{16}|\\+[0-9]{9}",
        ) {
            prop_assert_eq!(same(&left, &right), left == right);
        }

        /// Case, width and white space make no difference to a name.
        #[test]
        fn spelling_makes_no_difference(name in "[a-z]{1,6}( [a-z]{1,6}){0,2}") {
            let wide: String = name.to_uppercase().replace(' ', " \u{200b} ");
            prop_assert!(same(&name, &wide));
        }
    }
}
