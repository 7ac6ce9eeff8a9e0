//! Names of people and where they live, which only the name of a field makes sure.

use std::sync::LazyLock;

use doorward_core::guard::Severity;

use super::kind::Category;
use super::limits::FIELD_MAX;
use super::look::{Hit, Weight};

/// The name or address that `text` is, as the value of a member called `field`.
pub(super) fn in_field(field: &str, text: &str) -> Option<Hit> {
    if text.len() > FIELD_MAX || text.len() < 2 || field.len() > 40 || !may_be_known(field.as_bytes()) {
        return None;
    }
    let is_one_of = |fields: &[&str]| fields.iter().any(|known| letters(field.as_bytes()).eq(known.bytes()));
    if is_one_of(NAMES) && is_name(text) {
        return Some(hit("person-name", Category::Name, text));
    }
    (is_one_of(ADDRESSES) && is_address(text)).then(|| hit("postal-address", Category::Address, text))
}

/// Whether the first letters are those of a field we know.
fn may_be_known(field: &[u8]) -> bool {
    let first = match field.first_chunk::<4>() {
        Some(first) if first.iter().all(u8::is_ascii_alphanumeric) => first.map(|letter| letter.to_ascii_lowercase()),
        Some(_) | None => {
            let mut letters = letters(field);
            [(); 4].map(|()| letters.next().unwrap_or_default())
        }
    };
    let (place, bit) = bit(first);
    BEGINNINGS.get(place).is_some_and(|bits| bits & bit != 0)
}

/// Where the bit of a beginning stands.
const fn bit(first: [u8; 4]) -> (usize, u64) {
    let mixed = u32::from_le_bytes(first).wrapping_mul(0x9e37_79b1) >> 21;
    (mixed as usize / 64, 1 << (mixed % 64))
}

/// The letters and digits of a name, in small letters.
fn letters(field: &[u8]) -> impl Iterator<Item = u8> {
    field.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase)
}

/// A bit for the first four letters of every field we know.
static BEGINNINGS: LazyLock<[u64; 32]> = LazyLock::new(|| {
    let mut all = [0; 32];
    for field in [NAMES, ADDRESSES].into_iter().flatten() {
        let Some(first) = field.as_bytes().first_chunk() else { continue };
        let (place, bit) = bit(*first);
        all.iter_mut().skip(place).take(1).for_each(|bits| *bits |= bit);
    }
    all
});

fn hit(rule: &'static str, category: Category, text: &str) -> Hit {
    Hit { rule, category, range: 0..text.len(), weight: Weight::Labelled, sure: 90, most: Severity::High }
}

/// Fields that hold the name of a person and of nothing else.
const NAMES: &[&str] = &[
    "firstname",
    "lastname",
    "middlename",
    "givenname",
    "familyname",
    "surname",
    "maidenname",
    "fullname",
    "patientname",
    "cardholder",
    "cardholdername",
    "nameoncard",
    "accountholder",
    "accountholdername",
    "beneficiaryname",
    "contactname",
    "employeename",
    "customername",
    "passengername",
    "guestname",
    "recipientname",
    "mothersmaidenname",
    "nextofkin",
    "vorname",
    "nachname",
    "prenom",
    "nomdefamille",
    "apellido",
    "apellidos",
    "cognome",
];

/// Fields that hold where somebody lives or is sent things.
const ADDRESSES: &[&str] = &[
    "streetaddress",
    "homeaddress",
    "postaladdress",
    "mailingaddress",
    "billingaddress",
    "shippingaddress",
    "deliveryaddress",
    "residentialaddress",
    "address1",
    "address2",
    "addressline",
    "addressline1",
    "addressline2",
    "street",
    "street1",
    "streetname",
    "anschrift",
    "strasse",
    "direccion",
    "indirizzo",
];

/// Up to five words of letters.
fn is_name(text: &str) -> bool {
    let is_letter = |letter: char| letter.is_alphabetic() || " -'.\u{2019}".contains(letter);
    text.chars().all(is_letter) && text.split_whitespace().count() <= 5 && text.chars().any(char::is_alphabetic)
}

/// Words with a number, or several words.
fn is_address(text: &str) -> bool {
    let words = text.split_whitespace().count();
    let has_number = text.chars().any(|letter| letter.is_ascii_digit());
    text.chars().any(char::is_alphabetic)
        && !text.contains(['@', '{', '\\'])
        && !text.contains("://")
        && words > 1
        && (has_number || words < 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_told_by_their_fields() {
        for (field, text, rule) in [
            ("first_name", "Lucía", Some("person-name")),
            ("lastName", "O'Neil-Smith", Some("person-name")),
            ("name", "Lucía", None),
            ("first_name", "x = 1;", None),
            ("street", "12 Harbour Lane", Some("postal-address")),
            ("address", "0x12", None),
            ("billing-address", "12 Harbour Lane, Leeds", Some("postal-address")),
            ("street", "https://a.example/b c", None),
        ] {
            assert_eq!(in_field(field, text).map(|hit| hit.rule), rule, "{field} {text}");
        }
    }
}
