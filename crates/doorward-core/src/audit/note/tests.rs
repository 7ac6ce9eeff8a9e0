//! The examples of the specifications, and forms that are refused.

use super::*;
use crate::limits::KEY_NAME_MAX;
use crate::time::Timestamp;
use proptest::prelude::*;

const KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const NOTE: &str = "This is an example message.\n\n\
    \u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

#[test]
fn the_example_of_the_specification_verifies() {
    let (key, note) = (VerifierKey::parse(KEY).unwrap(), Note::parse(NOTE.as_bytes()).unwrap());
    assert_eq!(note.text(), "This is an example message.\n");
    assert_eq!(key.verify(note.text(), &note.signatures()[0]), Ok(None));
    assert_eq!(key.verify("This is another message.\n", &note.signatures()[0]), Err(BadSignature));
    assert_eq!(key.to_string(), KEY);
    assert_eq!(note.to_string(), NOTE);
}

fn signer(algorithm: Algorithm) -> SignerKey {
    SignerKey::from_seed(KeyName::parse("log.example/1").unwrap(), algorithm, &[7; 32]).unwrap()
}

#[test]
fn each_algorithm_signs_and_is_told_apart() {
    let at = Timestamp::from_micros(1_679_315_147_999_999);
    let (plain, timed) = (signer(Algorithm::Ed25519), signer(Algorithm::Cosignature));
    let text = "line\n";
    let signature = plain.sign(text, at).unwrap();
    assert_eq!(plain.verifier().verify(text, &signature), Ok(None));
    assert_eq!(timed.verifier().verify(text, &signature), Err(BadSignature));
    let signature = timed.sign(text, at).unwrap();
    assert_eq!(timed.verifier().verify(text, &signature), Ok(Some(1_679_315_147)));
    assert_eq!(timed.sign(text, Timestamp::from_micros(-1)).unwrap_err(), SignError::Time);
    // Another time than the signed one.
    let mut later = signature.clone();
    later.bytes[7] ^= 1;
    assert_eq!(timed.verifier().verify(text, &later), Err(BadSignature));
    // What the specification has signed.
    let raw = Signature { bytes: signature.bytes[8..].to_vec(), ..plain.sign("", at).unwrap() };
    assert_eq!(plain.verifier().verify("cosignature/v1\ntime 1679315147\nline\n", &raw), Ok(None));
}

#[test]
fn keys_go_both_ways_and_wrong_ones_are_named() {
    let key = signer(Algorithm::Cosignature).verifier().clone();
    assert_eq!(VerifierKey::parse(&key.to_string()), Ok(key));
    for (text, error) in [
        ("", KeyError::Form),
        ("a+b", KeyError::Form),
        ("a+00000000+!", KeyError::Form),
        ("a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", KeyError::Name),
        ("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", KeyError::Id),
        ("example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", KeyError::Id),
        ("example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", KeyError::Algorithm(2)),
        ("example.com/foo+530d903a+Aeky", KeyError::Length),
    ] {
        assert_eq!(VerifierKey::parse(text), Err(error), "{text}");
    }
    assert!(KeyName::parse(&"a".repeat(KEY_NAME_MAX)).is_ok());
    assert!(KeyName::parse(&"a".repeat(KEY_NAME_MAX + 1)).is_err());
}

#[test]
fn other_forms_are_refused() {
    let line = "\u{2014} a AAAAAAE=\n";
    for (note, error) in [
        (String::new(), NoteError::Form),
        ("text\n".to_owned(), NoteError::Form),
        (format!("text\n{line}"), NoteError::Form),
        (format!("text\n\n{line}").trim_end().to_owned(), NoteError::Form),
        (format!("text\u{1}\n\n{line}"), NoteError::Text),
        (format!("text\r\n\n{line}"), NoteError::Text),
        ("text\n\n- a AAAAAAE=\n".to_owned(), NoteError::Signature(1)),
        (format!("text\n\n{line}\u{2014} a AAAAAA==\n"), NoteError::Signature(2)),
        (format!("text\n\n{line}\u{2014} a AAAAAAF=\n"), NoteError::Signature(2)),
        (format!("text\n\n{line}\u{2014} a  AAAAAAE=\n"), NoteError::Signature(2)),
        (format!("text\n\n{line}\u{2014} a+b AAAAAAE=\n"), NoteError::Signature(2)),
        (format!("text\n\n{}", line.repeat(NOTE_SIGNATURES_MAX + 1)), NoteError::Count),
        (format!("{}\n\n{line}", "x".repeat(NOTE_BYTES_MAX)), NoteError::Size),
    ] {
        assert_eq!(Note::parse(note.as_bytes()), Err(error), "{note:.80}");
    }
    assert_eq!(Note::parse(b"\xff\n\n"), Err(NoteError::Text));
    let most = format!("text\n\n{}", line.repeat(NOTE_SIGNATURES_MAX));
    let mut note = Note::parse(most.as_bytes()).unwrap();
    assert_eq!(note.push(note.signatures()[0].clone()), Err(NoteError::Count));
}

#[test]
fn empty_lines_may_stand_in_the_text() {
    let note = Note::parse("a\n\nb\n\n\u{2014} a AAAAAAE=\n".as_bytes()).unwrap();
    assert_eq!(note.text(), "a\n\nb\n");
    assert!(Note::unsigned("no end".to_owned()).is_none());
}

proptest! {
    #[test]
    fn whatever_parses_is_written_as_it_was(text in "(\u{2014} |[a-z+=/A]|\n| ){0,60}") {
        if let Ok(note) = Note::parse(text.as_bytes()) {
            prop_assert_eq!(note.to_string(), text);
        }
    }
}
