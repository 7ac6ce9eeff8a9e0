use bytes::Bytes;
use proptest::prelude::*;

use super::{KEEP_ALIVE, SseDecoder, SseEvent, SseTooLarge, encode, priming};

fn decode(limit: usize, chunks: &[&[u8]]) -> Vec<Result<SseEvent, SseTooLarge>> {
    let mut decoder = SseDecoder::new(limit);
    let mut events = Vec::new();
    for chunk in chunks {
        decoder.push(Bytes::copy_from_slice(chunk));
        while let Some(event) = decoder.next_event() {
            events.push(event);
        }
    }
    events
}

/// `type#id~retry=data`, each part only when present; `!` for a refusal.
fn show(events: Vec<Result<SseEvent, SseTooLarge>>) -> Vec<String> {
    events
        .into_iter()
        .map(|event| match event {
            Ok(SseEvent { id, event, data, retry_ms }) => format!(
                "{}{}{}={}",
                event.unwrap_or_default(),
                id.map(|id| format!("#{id}")).unwrap_or_default(),
                retry_ms.map(|retry| format!("~{retry}")).unwrap_or_default(),
                String::from_utf8_lossy(&data),
            ),
            Err(SseTooLarge { limit: _ }) => "!".to_owned(),
        })
        .collect()
}

#[test]
fn decodes() {
    let cases: &[(&str, &[u8], &[&str])] = &[
        ("data", b"data: a\n\n", &["=a"]),
        ("no space", b"data:a\n\n", &["=a"]),
        ("only one space goes", b"data:  a\n\n", &["= a"]),
        ("carriage returns", b"data: a\r\rdata: b\r\r", &["=a", "=b"]),
        ("both", b"data: a\r\n\r\ndata: b\r\n\r\n", &["=a", "=b"]),
        ("mixed", b"data: a\rdata: b\ndata: c\r\n\n", &["=a\nb\nc"]),
        ("several lines", b"data: a\ndata\ndata: c\n\n", &["=a\n\nc"]),
        ("empty data", b"data\n\n", &["="]),
        ("empty data, colon", b"data:\n\n", &["="]),
        ("two empty lines of data", b"data\ndata\n\n", &["=\n"]),
        ("all fields", b"event: e\nid: 7\nretry: 20\ndata: x\n\n", &["e#7~20=x"]),
        ("mark at the start", b"\xEF\xBB\xBFdata: a\n\n", &["=a"]),
        ("mark alone on its line", b"\xEF\xBB\xBF\ndata: a\n\n", &["=a"]),
        ("mark later is no mark", b"\n\xEF\xBB\xBFdata: a\n\n", &[]),
        ("mark twice", b"\xEF\xBB\xBF\xEF\xBB\xBFdata: a\n\n", &[]),
        ("comment", b": hello\ndata: a\n:\n\n", &["=a"]),
        ("only comments", b": a\n\n: b\n\n", &[]),
        ("priming, empty data", b"id: 1\ndata:\n\n", &["#1="]),
        ("id without data", b"id: 1\n\n", &["#1="]),
        ("retry without data", b"retry: 5\n\n", &["~5="]),
        ("type without data says nothing", b"event: e\n\ndata: a\n\n", &["=a"]),
        ("empty type", b"event: e\nevent:\ndata: a\n\n", &["=a"]),
        ("empty id", b"id\ndata: a\n\n", &["#=a"]),
        ("id with NUL", b"id: a\0b\ndata: a\n\n", &["=a"]),
        ("id with NUL keeps the one before", b"id: a\nid: \0\ndata: a\n\n", &["#a=a"]),
        ("bad retry", b"retry: 1s\nretry: +1\nretry:\nretry: 99999999999999999999\ndata: a\n\n", &["=a"]),
        ("bad retry keeps the one before", b"retry: 7\nretry: x\n\n", &["~7="]),
        ("unknown fields", b"foo: 1\ndatax: 2\nDATA: 3\n data: 4\ndata: a\n\n", &["=a"]),
        ("value with colon", b"data: a: b:c\n\n", &["=a: b:c"]),
        ("unfinished", b"data: a\n", &[]),
        ("unfinished line", b"data: a\n\ndata: b", &["=a"]),
        ("fields do not leak", b"event: e\nid: 1\ndata: a\n\ndata: b\n\n", &["e#1=a", "=b"]),
        ("bytes stay bytes", b"data: \xFF\n\n", &["=\u{FFFD}"]),
    ];
    for (name, stream, expected) in cases {
        assert_eq!(show(decode(100, &[stream])), *expected, "{name}");
        let bytewise: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(show(decode(100, &bytewise)), *expected, "{name}, byte by byte");
    }
}

#[test]
fn refuses_what_is_too_large_and_goes_on() {
    let long = [b"data: ".as_slice(), &[b'x'; 200], b"\ndata: y\n\ndata: ok\n\n"].concat();
    let comment = [b":".as_slice(), &[b'x'; 200], b"\ndata: y\n\ndata: ok\n\n"].concat();
    let cases: &[(&str, &[u8], &[&str])] = &[
        ("at the limit", b"data: abcd\n\n", &["=abcd"]),
        ("at the limit, with a mark", b"\xEF\xBB\xBFdata: abcd\n\n", &["=abcd"]),
        ("one above", b"data: abcde\n\ndata: ok\n\n", &["!", "=ok"]),
        ("joined at the limit", b"data: a\ndata: bc\n\n", &["=a\nbc"]),
        ("joined one above", b"data: ab\ndata: cd\ndata: e\n\ndata: ok\n\n", &["!", "=ok"]),
        ("many empty lines", b"data\ndata\ndata\ndata\ndata\n\n", &["=\n\n\n\n"]),
        ("one empty line more", b"data\ndata\ndata\ndata\ndata\ndata\n\ndata: ok\n\n", &["!", "=ok"]),
        ("reported once", b"data: abcde\ndata: abcde\nid: 1\n\ndata: ok\n\n", &["!", "=ok"]),
        ("line far above", &long, &["!", "=ok"]),
        ("comment far above", &comment, &["!", "=ok"]),
    ];
    for (name, stream, expected) in cases {
        assert_eq!(show(decode(4, &[stream])), *expected, "{name}");
        let bytewise: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(show(decode(4, &bytewise)), *expected, "{name}, byte by byte");
    }
}

#[test]
fn an_endless_line_is_reported_at_once_and_holds_no_memory() {
    let mut decoder = SseDecoder::new(16);
    decoder.push(Bytes::from(vec![b'x'; 64]));
    assert_eq!(decoder.next_event(), Some(Err(SseTooLarge { limit: 16 })));
    for _ in 0..100 {
        decoder.push(Bytes::from(vec![b'x'; 64]));
        assert_eq!(decoder.next_event(), None);
        assert!(decoder.chunks.is_empty());
        assert_eq!(decoder.line.carried.capacity(), 0);
    }
}

#[test]
fn one_line_of_data_is_not_copied() {
    let chunk = Bytes::from_static(b"id: 1\ndata: {\"a\":1}\n\n");
    let data = chunk.slice(12..19);
    let mut decoder = SseDecoder::new(100);
    decoder.push(chunk);
    let event = decoder.next_event().unwrap().unwrap();
    assert_eq!(event.data.as_ptr(), data.as_ptr());
    let [_, sent, _] = encode(&event).into_parts();
    assert_eq!(sent.as_ptr(), data.as_ptr());
}

#[test]
fn encodes() {
    let full = SseEvent {
        id: Some("7".to_owned()),
        event: Some("message".to_owned()),
        data: Bytes::from_static(b"a\nb\r\nc\rd"),
        retry_ms: Some(20),
    };
    let forged = SseEvent {
        id: Some("7\ndata: forged".to_owned()),
        event: Some("x\rid: forged".to_owned()),
        ..SseEvent::message(Bytes::from_static(b"a"))
    };
    let cases: &[(&str, &SseEvent, &str)] = &[
        ("message", &SseEvent::message(Bytes::from_static(b"{}")), "data: {}\n\n"),
        ("every field", &full, "event: message\nid: 7\nretry: 20\ndata: a\ndata: b\ndata: c\ndata: d\n\n"),
        ("line breaks forge no field", &forged, "data: a\n\n"),
    ];
    for (name, event, expected) in cases {
        assert_eq!(encode(event).to_bytes(), *expected, "{name}");
    }
    assert_eq!(priming("p", Some(3)).to_bytes(), "id: p\nretry: 3\ndata: \n\n");
    assert_eq!(show(decode(9, &[&KEEP_ALIVE, b"data: a\n\n"])), ["=a"]);
}

proptest! {
    #[test]
    fn chunking_does_not_matter(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "\n", "\r", "\r\n", "data", "data: ", "id: ", "event:", "retry: ", "1", "ab", ":", "\u{FEFF}", "\0", " ",
            ]),
            0..40,
        ),
        cuts in prop::collection::vec(0usize..120, 0..10),
        limit in 0usize..12,
    ) {
        let stream = pieces.concat().into_bytes();
        let whole = decode(limit, &[&stream]);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(stream.len())).collect();
        cuts.sort_unstable();
        let mut chunks = Vec::new();
        let mut start = 0;
        for end in cuts.into_iter().chain([stream.len()]) {
            chunks.push(&stream[start..end]);
            start = end;
        }
        prop_assert_eq!(decode(limit, &chunks), whole);
    }

    #[test]
    fn what_is_encoded_is_decoded(
        id in prop::option::of("[a-z0-9:/ \u{e9}]{0,8}"),
        event in prop::option::of("[a-z: ]{1,8}"),
        data in "[a-z:\u{e9} \n]{0,20}",
        retry_ms in prop::option::of(any::<u64>()),
    ) {
        let sent = SseEvent { id, event, data: Bytes::from(data), retry_ms };
        prop_assert_eq!(decode(1000, &[&encode(&sent).to_bytes()]), vec![Ok(sent)]);
    }
}
