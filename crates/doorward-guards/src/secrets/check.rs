//! What providers build into their tokens so that a mistyped one is known: checksums, and structure.

use super::shape::position;

/// How a token is checked beyond its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// Its form says everything.
    None,
    /// The last six characters are the CRC-32 of those before, after the prefix, in base 62 (GitHub, npm).
    Crc32Base62,
    /// The last eight characters are the CRC-32 of those before, in hexadecimal, after an underscore (Grafana).
    Crc32Hex,
    /// A JSON Web Token: the header is JSON and names an algorithm.
    Jwt,
    /// What follows must not be what a person wrote.
    Random,
}

/// What a check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checked {
    /// It is right: nobody makes that up.
    Right,
    /// There is nothing to check.
    Open,
    /// It is wrong: mistyped, made up, or changed to slip past.
    Wrong,
}

impl Check {
    /// Checks a token that begins with `prefix`.
    pub(super) fn of(self, token: &[u8], prefix: usize) -> Checked {
        let right = match self {
            Self::None => return Checked::Open,
            Self::Random => {
                let body = token.get(prefix..).unwrap_or_default();
                return if super::shape::Shape::of(body).is_random() { Checked::Open } else { Checked::Wrong };
            }
            Self::Crc32Base62 => crc_base62(token.get(prefix..).unwrap_or_default()),
            Self::Crc32Hex => crc_hex(token),
            Self::Jwt => jwt(token),
        };
        if right { Checked::Right } else { Checked::Wrong }
    }
}

fn crc_base62(body: &[u8]) -> bool {
    let Some((random, sum)) = body.split_last_chunk::<6>() else { return false };
    let value = sum.iter().try_fold(0_u64, |value, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            b'a'..=b'z' => byte - b'a' + 36,
            _ => return None,
        };
        Some(value * 62 + u64::from(digit))
    });
    value == Some(u64::from(crc32(random)))
}

fn crc_hex(token: &[u8]) -> bool {
    let Some((random, sum)) = token.split_last_chunk::<8>() else { return false };
    let Some(random) = random.strip_suffix(b"_") else { return false };
    let sum = std::str::from_utf8(sum).ok().and_then(|sum| u32::from_str_radix(sum, 16).ok());
    // Grafana writes the sum's lowest byte first.
    sum.is_some_and(|sum| sum.swap_bytes() == crc32(random))
}

/// CRC-32 as in ISO 3309 (reflected, polynomial 0xEDB88320).
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}

/// RFC 7519: base64url of a JSON object with `alg`, then the claims.
fn jwt(token: &[u8]) -> bool {
    let Some(header) = token.split(|byte| *byte == b'.').next() else { return false };
    let Some(header) = decode_base64(header) else { return false };
    let trimmed = header.trim_ascii();
    trimmed.starts_with(b"{") && trimmed.ends_with(b"}") && position(trimmed, b"\"alg\"").is_some()
}

/// Decodes base64 of either alphabet, padded or not; `None` when it is none.
pub(super) fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in text.iter().filter(|byte| **byte != b'=') {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            decoded.push(u8::try_from(bits >> held & 0xff).ok()?);
        }
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The six base-62 digits of a CRC-32, as GitHub appends them.
    fn base62(mut value: u32) -> String {
        let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut written = vec![b'0'; 6];
        for place in written.iter_mut().rev() {
            *place = digits[(value % 62) as usize];
            value /= 62;
        }
        String::from_utf8(written).unwrap()
    }

    #[test]
    fn the_crc_is_the_usual_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_checksum_tells_a_real_token_from_one_with_a_letter_changed() {
        let random = "9fQ2xLr7Zp0VbK4wTmH3sJ6yDcN8gR";
        let token = format!("{}{random}{}", "ghp_", base62(crc32(random.as_bytes())));
        assert_eq!(Check::Crc32Base62.of(token.as_bytes(), 4), Checked::Right);
        assert_eq!(Check::Crc32Base62.of(token.replace("9f", "8f").as_bytes(), 4), Checked::Wrong);
        let random = format!("{}9fQ2xLr7Zp0VbK4wTmH3sJ6yDcN8gRaa", "glsa_");
        let token = format!("{random}_{:08x}", crc32(random.as_bytes()).swap_bytes());
        assert_eq!(Check::Crc32Hex.of(token.as_bytes(), 5), Checked::Right);
        assert_eq!(Check::Crc32Hex.of(token.replace("9f", "8f").as_bytes(), 5), Checked::Wrong);
    }

    #[test]
    fn a_json_web_token_begins_with_json() {
        let claims = "eyJzdWIiOiJhIn0";
        assert_eq!(Check::Jwt.of(format!("eyJhbGciOiJIUzI1NiJ9.{claims}.x").as_bytes(), 0), Checked::Right);
        assert_eq!(Check::Jwt.of(format!("eyJBBBBBBBB.{claims}.x").as_bytes(), 0), Checked::Wrong);
    }
}
