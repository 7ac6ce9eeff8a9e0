//! What the names of fields say of the data in them.
//!
//! Responsible for the words by which a record of a person is told from other objects. It must never look at values.

/// Kinds of data of a person, one bit each.
pub(super) const CONTACT: u8 = 1;
const IDENTITY: u8 = 1 << 1;
const PLACE: u8 = 1 << 2;
const MONEY: u8 = 1 << 3;
const HEALTH: u8 = 1 << 4;
const HR: u8 = 1 << 5;
const CREDENTIAL: u8 = 1 << 6;
/// Everything that is more than how to reach somebody.
pub(super) const BEYOND_CONTACT: u8 = !CONTACT;

/// A name as all are compared: words in lower case, joined by `_`.
pub(super) fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    for c in name.chars().take(128) {
        if c.is_uppercase() && (before.is_lowercase() || before.is_numeric()) {
            plain.push('_');
        }
        if c.is_alphanumeric() {
            plain.extend(c.to_lowercase());
        } else if !plain.ends_with('_') {
            plain.push('_');
        }
        before = c;
    }
    plain.trim_matches('_').to_owned()
}

/// Which kinds of data a field of this plain name holds.
pub(super) fn kinds(name: &str) -> u8 {
    match kind(name) {
        0 => name.split('_').map(kind).fold(0, |kinds, kind| kinds | kind),
        whole => whole,
    }
}

fn kind(word: &str) -> u8 {
    match word {
        "email" | "phone" | "mobile" | "tel" | "telephone" | "fax" => CONTACT,
        "ssn" | "passport" | "passport_number" | "national_id" | "tax_id" | "nin" | "id_number" | "license" | "dob"
        | "birth" | "date_of_birth" | "birthdate" | "birthday" => IDENTITY,
        "address" | "street" | "home_address" | "postcode" | "zip" => PLACE,
        "salary" | "iban" | "account_number" | "bank_account" | "card" | "card_number" | "credit" | "balance"
        | "income" | "wage" | "compensation" => MONEY,
        "diagnosis" | "condition" | "medication" | "allergy" | "blood" | "mrn" | "patient" | "insurance" => HEALTH,
        "performance" | "rating_review" | "manager" | "disciplinary" | "grade" | "title_level" => HR,
        "password" | "secret" | "token" | "api_key" => CREDENTIAL,
        _ => 0,
    }
}

/// Whether a field of this plain name makes its object a message or an event, which is no record of a person.
pub(super) fn is_of_message(name: &str) -> bool {
    matches!(
        name,
        "body"
            | "subject"
            | "message"
            | "content"
            | "text"
            | "start_time"
            | "end_time"
            | "participants"
            | "thread"
            | "snippet"
            | "url"
            | "path"
    )
}

/// What a field of this plain name holds, as far as it tells one person from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Email,
    Phone,
    /// A number that a state gave.
    National,
    Account,
    /// A number that an organisation gave, known by this name wherever it stands.
    Number,
    /// A number that means something on its server alone.
    LocalNumber,
    /// A name of a person.
    Person,
    Nothing,
}

pub(super) fn holds(name: &str) -> Holds {
    let last = name.rsplit('_').next().unwrap_or_default();
    match name {
        "sender" | "from" | "mail" | "e_mail" | "email_address" => Holds::Email,
        "id" | "number" | "no" => Holds::LocalNumber,
        "ssn" | "passport" | "passport_number" | "national_id" | "tax_id" | "nin" | "id_number" | "license" => {
            Holds::National
        }
        "iban" | "bank_account" => Holds::Account,
        "first_name" | "last_name" | "full_name" | "surname" | "given_name" | "family_name" | "employee_name"
        | "patient_name" | "customer_name" | "employee" | "patient" => Holds::Person,
        _ if last == "email" => Holds::Email,
        _ if matches!(last, "phone" | "mobile" | "tel" | "telephone") => Holds::Phone,
        _ if is_number(name) => Holds::Number,
        _ => Holds::Nothing,
    }
}

fn is_number(name: &str) -> bool {
    const WHOSE: &[&str] = &[
        "customer",
        "user",
        "employee",
        "patient",
        "contact",
        "member",
        "client",
        "person",
        "lead",
        "account",
        "subscriber",
        "student",
        "guest",
        "policy",
        "staff",
    ];
    let rest = WHOSE.iter().find_map(|whose| name.strip_prefix(whose)).map(|rest| rest.trim_start_matches('_'));
    matches!(rest.unwrap_or(name), "id" | "uid" | "uuid" | "number" | "no")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_however_they_are_written() {
        for name in ["dateOfBirth", "date_of_birth", "Date of birth", "DATE-OF-BIRTH"] {
            assert_eq!(kinds(&plain(name)), IDENTITY, "{name}");
        }
        for name in ["customerId", "customer_id", "Customer-ID", "customerid"] {
            assert_eq!(holds(&plain(name)), Holds::Number, "{name}");
        }
    }

    #[test]
    fn names_of_other_things_say_nothing() {
        for name in ["title", "price", "idea", "numbers", "street_art_count_of", "emails_sent_at"] {
            let name = plain(name);
            assert_eq!(holds(&name), Holds::Nothing, "{name}");
        }
        assert_eq!(kinds("title"), 0);
    }
}
