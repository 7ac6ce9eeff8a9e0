//! Values in the forms by which they are compared.
//!
//! Responsible for saying when two values are the same: a value has one or a few forms, each of a kind, and two values are
//! the same when they share one. Forms are only kept as keyed 64-bit hashes. It must never call two values the same of which
//! a server could make different things, and never keep a value.

pub(crate) mod address;
pub(crate) mod normal;
#[cfg(test)]
pub(crate) mod plainly;
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

/// Texts of no more bytes are hashed in one piece.
const SHORT: usize = 62;

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
        let mut bytes = [0; SHORT + 2];
        if let Some((place, rest)) = bytes.split_at_mut_checked(text.len())
            && let Some((end, _)) = rest.split_at_mut_checked(2)
        {
            place.copy_from_slice(text.as_bytes());
            end.copy_from_slice(&[0xff, kind as u8]);
            return self.0.hash(bytes.get(..text.len() + 2).unwrap_or_default());
        }
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
        // Names of people and things, numbers and ids are most of what there is, and have none of the signs.
        let (forms, reaches) = if !address::has_sign(text) {
            (self.name_forms(&plain, &folded), address::is_account(&plain, &folded))
        } else if reference::is_odd(text) {
            // What is read in two ways is the same as nothing else.
            (Forms::none(self.hash(Kind::Apart, text)), true)
        } else {
            let forms = self.address_forms(&plain, &folded).unwrap_or_else(|| self.name_forms(&plain, &folded));
            let reaches = forms.count == 0 || address::is_address(&plain, &folded) || reference::is_followed(text);
            (forms, reaches)
        };
        let sort = if folded.is_empty() {
            Sort::Blank
        } else if reaches {
            Sort::Address
        } else {
            Sort::Plain
        };
        Value { plain, folded, sort, forms }
    }

    /// The forms of what is only compared as an address, a URL or a host.
    fn address_forms(&self, plain: &str, folded: &str) -> Option<Forms> {
        let bare = normal::bare(folded);
        let mut forms = Forms::none(self.hash(Kind::Apart, plain));
        if address::is_email(bare) {
            address::email(bare).iter().for_each(|email| forms.add(self.hash(Kind::Email, email)));
            return Some(forms);
        }
        let is_url = address::slashes(folded).is_some() || folded.starts_with("www.");
        if !is_url && !address::is_host_and_path(folded) && !address::is_ipv4(folded) {
            return None;
        }
        let Some(url) = address::url(plain) else { return Some(forms) };
        forms.add(self.hash(Kind::Url, &url));
        // A path has a case, so a URL is not compared as text; a name such as `notes.md` is.
        let is_only_url = is_url || folded.contains('/') && address::is_named_host(folded);
        if !is_only_url {
            self.add_name(&mut forms, plain, folded);
        }
        Some(forms)
    }

    /// The forms of everything else.
    fn name_forms(&self, plain: &str, folded: &str) -> Forms {
        let mut forms = Forms::none(self.hash(Kind::Apart, plain));
        if !folded.is_empty() {
            self.add_name(&mut forms, plain, folded);
        }
        forms
    }

    fn add_name(&self, forms: &mut Forms, plain: &str, folded: &str) {
        if address::is_wallet(plain) {
            forms.add(self.hash(Kind::Wallet, &wallet(plain)));
            return;
        }
        let bare = normal::bare(folded);
        forms.add(self.hash(Kind::Text, folded));
        if bare.len() != folded.len() {
            forms.add(self.hash(Kind::Text, bare));
        }
        self.add_numbers(forms, folded);
    }

    fn add_numbers(&self, forms: &mut Forms, folded: &str) {
        if let Some(number) = number(folded) {
            forms.add(self.hash(Kind::Number, &number));
        }
        let digits = address::digits(folded.as_bytes());
        if digits < 2 {
            return;
        }
        let may_be_account = digits >= 10 || folded.len() >= 14;
        if let Some(compact) = may_be_account.then(|| address::compact(folded)).flatten() {
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
pub(crate) fn number(folded: &str) -> Option<Cow<'_, str>> {
    let (sign, digits) = match folded.as_bytes().first()? {
        b'-' => ("-", folded.get(1..)?),
        b'+' => ("", folded.get(1..)?),
        b'0'..=b'9' => ("", folded),
        _ => return None,
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(part) || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    let part = part.trim_end_matches('0');
    let sign = if whole == "0" && part.is_empty() { "" } else { sign };
    Some(match (sign, part) {
        ("", "") => Cow::Borrowed(whole),
        (sign, "") => Cow::Owned(format!("{sign}{whole}")),
        (sign, part) => Cow::Owned(format!("{sign}{whole}.{part}")),
    })
}

impl fmt::Debug for Keyed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyed(..)")
    }
}

/// Text of any sort, most of it made of pieces of addresses and numbers.
#[cfg(test)]
pub(crate) fn any_text() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;

    #[rustfmt::skip]
    const PIECES: &[&str] = &[
        " ", " ", "\n", "\t ", "  ", "\u{a0}", "\u{200b}", "\u{301}", ".", ".", "@", "@", "/", "//", ":", "-", "_", "'", "\"", "<", ">",
        ",", "+", "(", ")", "\\", "?", "#", "%40", "%2F", "&#46;", "a", "b", "Z", "7", "12", "é", "İ", "K", "ß", "ａ", "．", "＠", "а", "中",
        "a@b.com", "Ann.Lee@Example.org", "ann@pаypal.com", "a@b.c", "@b.com", "http:", "https://", "HTTP://", "ftp://", "www.", ".com",
        "evil.com", "x.example", "notes.md", "xn--", "10.0.0.1", "1.2.3.4.5", ":80", "DE89370400440532013000", "DE89 3704 0044 0532 0130 00",
        "AA11 ", "US13", "+1 (555) 123-4567", "+15551234567", "4111 1111 1111 1111", "1234567", "2024-05-13", " 10:00", "3.50", "-5.0",
        "0x52908400098527886E0F7030069857D2E4169EE7", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        "YUBiLmNvbSBodHRwczovL2V2aWwuY29t", "mailto:", "javascript:x", "\u{3002}com",
    ];
    prop_oneof![
        1 => any::<String>(),
        1 => "[a-cA-C0-3@./:+ =%&é'<,-]{0,80}",
        4 => proptest::collection::vec(proptest::sample::select(PIECES), 0..16).prop_map(|pieces| pieces.concat()),
    ]
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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        /// What is written to be fast says what is written plainly.
        #[test]
        fn the_fast_ways_agree_with_the_plain_ones(text in any_text(), more in any_text()) {
            for text in [text.clone(), text.clone().repeat(9), format!("{text}{more}"), format!("{text} {more}")] {
                let value = keyed().value(&text);
                let (plain, folded, sort, forms) = plainly::value(&keyed(), &text);
                prop_assert_eq!(&value.plain, &plain);
                prop_assert_eq!(&value.folded, &folded);
                prop_assert_eq!((value.sort, value.forms), (sort, forms), "{:?}", &text);
                prop_assert_eq!(keyed().hash(Kind::Path, &text), plainly::hash(&keyed(), Kind::Path, &text));
                prop_assert_eq!(number(&folded), plainly::number(&folded).map(Cow::Owned));
                prop_assert_eq!(normal::bare(&folded), plainly::bare(&folded));
                prop_assert_eq!(address::url(&plain), plainly::url(&plain));
                prop_assert_eq!(address::email(&folded), plainly::email(&folded).map(Cow::Owned));
                prop_assert_eq!(address::is_address(&plain, &folded), plainly::is_address(&plain, &folded));
                prop_assert_eq!(address::is_email(&folded), plainly::is_email(&folded));
                prop_assert_eq!(address::holds_email(&folded), plainly::holds_email(&folded));
                prop_assert_eq!(address::is_host_and_path(&folded), plainly::is_host_and_path(&folded));
                prop_assert_eq!(address::has_usual_end(&folded), plainly::has_usual_end(&folded));
                prop_assert_eq!(address::is_ipv4(&folded), plainly::is_ipv4(&folded));
                prop_assert_eq!(address::digits(text.as_bytes()), plainly::digits(&text));
            }
        }
    }
}
