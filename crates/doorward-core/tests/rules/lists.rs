//! Lists: what is kept is kept byte for byte, what cannot be judged is withheld.

use doorward_core::access::{AccessRequest, Direction};
use doorward_core::exchange::Visibility;
use doorward_core::guard::Inspection;
use doorward_core::refusal::Code;
use doorward_mcp::revision::Revision;

use super::support::{LEGACY, MODERN, Played, allow, arrival, ask, play_with, result_of};

const LISTS: &[(&str, &str, &str, &str, &str)] = &[
    ("tools/list", "tools", "name", "tools/call", "Tool"),
    ("prompts/list", "prompts", "name", "prompts/get", "Prompt"),
    ("resources/list", "resources", "uri", "resources/read", "Resource"),
    ("resources/templates/list", "resourceTemplates", "uriTemplate", "resources/read", "Resource"),
];

fn list(revision: Revision, method: &str, result: &str, show: impl Fn(&AccessRequest) -> Visibility) -> Played {
    let request = format!(r#"{{"jsonrpc":"2.0","id":"mine","method":"{method}"}}"#);
    play_with(arrival(&request, Direction::ToServer, revision), result_of(result), allow, show)
}

#[test]
fn kept_items_keep_every_byte() {
    for (method, member, key, used_by, entity) in LISTS {
        let items = [
            format!(r#"{{ "{key}" : "a" , "big":12345678901234567890, "x":1.50 }}"#),
            format!(r#"{{"x":"\u00e9","{key}":"b"}}"#),
            format!(r#"{{"{key}":"\u0063","{member}":[1, 2]}}"#),
        ];
        let [a, b, c] = &items;
        for (hide, kept) in [
            ("", format!(" {a} ,{b},\n{c} ")),
            ("a", format!(" {b},\n{c} ")),
            ("b", format!(" {a},\n{c} ")),
            ("c", format!(" {a} ,{b} ")),
            ("abc", "  ".to_owned()),
        ] {
            let result =
                format!(r#"{{"nextCursor":"n","{member}":[ {a} ,{b},{s}{c} ],"_meta":{{"k":1e3}}}}"#, s = "\n");
            let played = list(LEGACY, method, &result, |request| {
                assert_eq!((request.action.name(), request.resource.type_name()), (*used_by, *entity));
                assert_eq!(request.resource.server().as_str(), "files");
                if hide.contains(request.resource.name().unwrap()) { Visibility::Hide } else { Visibility::Show }
            });
            let expected = format!(
                r#"{{"jsonrpc":"2.0","id":"mine","result":{{"nextCursor":"n","{member}":[{kept}],"_meta":{{"k":1e3}}}}}}"#
            );
            assert_eq!(played.answer(), expected, "{method} without {hide}");
            let notes =
                if hide.is_empty() { vec![] } else { vec![format!("{} of 3 items are not shown.", hide.len()).into()] };
            assert_eq!(played.last().reasons, notes);
        }
    }
}

#[test]
fn lists_that_cannot_be_judged_are_withheld() {
    for (method, member, key, ..) in LISTS {
        for (result, withheld) in [
            (format!(r#"{{"{member}":[]}}"#), false),
            (format!(r#"{{"{member}":[{{"{key}":"a"}}]}}"#), false),
            ("{}".to_owned(), true),
            (format!(r#"{{"{member}":null}}"#), true),
            (format!(r#"{{"{member}":{{"{key}":"a"}}}}"#), true),
            (format!(r#"{{"{member}":[{{"{key}":"a"}},{{"{key}":7}}]}}"#), true),
            (format!(r#"{{"{member}":[{{"{key}":"a"}},{{}}]}}"#), true),
            (format!(r#"{{"{member}":[{{"{key}":"a"}},null]}}"#), true),
            (format!(r#"{{"{member}":["a"]}}"#), true),
            (format!(r#"{{"{member}":[["{key}","a"]]}}"#), true),
            (r#"{"content":[],"isError":false}"#.to_owned(), true),
        ] {
            for revision in [LEGACY, MODERN] {
                let played = ask(revision, method, "{}", &result);
                if withheld {
                    assert_eq!(played.code(), Code::AnswerWithheld, "{method} {result}");
                } else {
                    assert!(played.answer().contains(&result), "{method} {result}");
                }
            }
        }
    }
}

/// What one principal may read, a shared cache must not show to another.
#[test]
fn what_depends_on_the_reader_leaves_shared_caches() {
    let read = r#"{"uri":"a:b"}"#;
    for (revision, method, params, body, private) in [
        (MODERN, "tools/list", "{}", r#""tools":[{"name":"a"}]"#, true),
        (MODERN, "resources/templates/list", "{}", r#""resourceTemplates":[]"#, true),
        (MODERN, "resources/read", read, r#""contents":[]"#, true),
        (MODERN, "server/discover", "{}", r#""capabilities":{}"#, false),
        (MODERN, "tools/call", r#"{"name":"a"}"#, r#""content":[]"#, false),
        (LEGACY, "tools/list", "{}", r#""tools":[]"#, false),
    ] {
        let result = |scope: &str| format!(r#"{{"cacheScope" : {scope},{body},"ttlMs":1.0}}"#);
        let expected = if private { result(r#""private""#) } else { result(r#""public""#) };
        let played = ask(revision, method, params, &result(r#""public""#));
        assert_eq!(played.answer(), format!(r#"{{"jsonrpc":"2.0","id":"mine","result":{expected}}}"#));
        let kept = ask(revision, method, params, &result(r#""private""#));
        assert!(kept.answer().contains(&result(r#""private""#)));
    }
}

#[test]
fn an_item_without_a_verdict_is_hidden() {
    use doorward_core::exchange::{Step, begin};
    use doorward_core::time::Timestamp;
    let at = Timestamp::from_micros(2_000);
    let request = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let mut step = begin(arrival(request, Direction::ToServer, LEGACY));
    let answer = loop {
        step = match step {
            Step::Decide(waiting) => {
                let decisions = waiting.requests().iter().map(allow).collect();
                waiting.decided(decisions, at)
            }
            Step::Record(waiting) => waiting.split().1.recorded(Ok(()), at),
            Step::Forward(_, waiting) => waiting.answered(result_of(r#"{"tools":[{"name":"a"},{"name":"b"}]}"#), at),
            Step::Guard(waiting) => waiting.guarded(Inspection::default(), at),
            Step::Sift(waiting) => waiting.sifted(&[Visibility::Show]),
            Step::Reply(outcome) => break outcome,
            Step::Consult(_) | Step::Meter(_) | Step::Recall(_) | Step::Keep(_) => {
                unreachable!("nothing is wanted first")
            }
        };
    };
    let doorward_core::exchange::Outcome::Answer(segments) = answer else { unreachable!("{answer:?}") };
    assert_eq!(super::support::text(segments), r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a"}]}}"#);
}
