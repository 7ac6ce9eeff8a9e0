//! Keys and credentials that belong to no provider: key files, web tokens, headers, passwords in addresses.

use crate::secrets::check::Check;
use crate::secrets::rule::Alphabet::Capitals;
use crate::secrets::rule::{Rule, pattern, token};

pub(super) const RULES: &[Rule] = &[
    pattern(
        "private-key",
        &["-----begin", "---- begin"],
        r"-----BEGIN (?:(?:RSA|EC|DSA|OPENSSH|ENCRYPTED|SSH2 ENCRYPTED|ANY) )?PRIVATE KEY(?: BLOCK)?-----(?P<s>(?:\s|\\+[nr]|[A-Za-z0-9+/=,:;\x22'\\ -])*?[A-Za-z0-9+/]{16,}(?:\s|\\+[nr]|[A-Za-z0-9+/=,\x22'\\])*(?:-----END[A-Z ]{1,40}-----)?)",
    ),
    pattern(
        "pgp-private-key",
        &["-----begin pgp"],
        r"-----BEGIN PGP PRIVATE KEY BLOCK-----(?P<s>(?:\s|\\+[nr]|[A-Za-z0-9+/=:.,()@<> -])*?[A-Za-z0-9+/]{16,}(?:\s|\\+[nr]|[A-Za-z0-9+/=])*(?:-----END[A-Z ]{1,40}-----)?)",
    ),
    pattern(
        "putty-private-key",
        &["private-lines:"],
        r"Private-Lines:\s*\d+(?:\s|\\+[nr])+(?P<s>(?:[A-Za-z0-9+/=]{16,64}(?:\s|\\+[nr])*){1,64})",
    ),
    token("age-secret-key", "AGE-SECRET-KEY-1", Capitals, 58, 58),
    token("age-secret-key", "AGE-SECRET-KEY-PQ-1", Capitals, 58, 120),
    // PKCS#12: the version, then the data's object identifier. Anything of it in a text came through a wrong door.
    pattern("key-store", &["miij", "miik", "miii", "miim"], r"MII[A-Za-z0-9+/]{2}[A-Za-z0-9+/]IBAzCC[A-Za-z0-9+/]{40,}={0,2}"),
    // JSON Web Tokens: a header that is JSON and names an algorithm.
    pattern(
        "jwt",
        &["eyj", "ewo"],
        r"(?:eyJ|ewo)[A-Za-z0-9_-]{10,1000}\.(?:eyJ|ewo|[A-Za-z0-9_-]{4})[A-Za-z0-9_-]{8,6000}\.[A-Za-z0-9_=-]{10,2000}(?:\.[A-Za-z0-9_-]{1,4000}\.[A-Za-z0-9_-]{10,64})?",
    )
    .checked(Check::Jwt),
    pattern("jwk-private", &["\"kty\"", "\\\"kty\\\""], r#"(?s)"kty\\?"\s*:\s*\\?"(?:RSA|EC|OKP)\\?".{0,2000}?"d\\?"\s*:\s*\\?"(?P<s>[A-Za-z0-9_-]{40,700})"#),
    // Headers (RFC 9110 §11.4, RFC 6750).
    pattern(
        "authorization-basic",
        &["authorization"],
        r#"(?i)authorization\\?["']?\s{0,4}[:=,]{0,2}\s{0,4}\\?["']?basic\s+(?P<s>[A-Za-z0-9+/]{8,400}={0,2})"#,
    )
    .likely(90),
    pattern(
        "authorization-bearer",
        &["authorization"],
        r#"(?i)authorization\\?["']?\s{0,4}[:=,]{0,2}\s{0,4}\\?["']?(?:bearer|token|apikey|bot|key)\s+(?P<s>[A-Za-z0-9._~+/=-]{16,2000})"#,
    )
    .checked(Check::Random)
    .likely(90),
    pattern("session-cookie", &["set-cookie", "cookie:"], COOKIE).checked(Check::Random).likely(80),
    pattern("ethereum-key", &["wallet", "private key"], r"(?s)(?P<s>0x[0-9a-fA-F]{64})\b.{0,120}?(?:wallet|private key)").reaching_back(200),
    // An Ethereum key is 32 bytes; so is a transaction, which words beside it tell.
    pattern(
        "ethereum-key",
        &["wallet", "mnemonic", "privatekey", "private key", "private_key"],
        r"(?i)(?:wallet|mnemonic|private[ _]?key)[^\n]{0,60}?(?P<s>0x[0-9a-f]{64})\b",
    ),
];

const COOKIE: &str = r"(?i)(?:set-)?cookie\s?:\s?[^\n]{0,200}?(?:sess|sid|auth|token|jwt|login|remember)[a-z0-9_.-]{0,24}=(?P<s>[A-Za-z0-9%._~+/=-]{16,1000})";
