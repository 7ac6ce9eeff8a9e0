use super::*;

use proptest::prelude::*;

/// Each leaf as `record pointer=value`, with `~` before a name and `-` before a line.
fn leaves(text: &str) -> Vec<String> {
    read_text(text, |reading| {
        let show = |leaf: &Leaf<'_>| {
            let mark = match leaf.sort {
                Sort::Field => "",
                Sort::Name(_) => "~",
                Sort::Line => "-",
            };
            format!("{} {mark}{}={}", leaf.record, reading.paths.pointer(leaf.path).unwrap_or("?"), leaf.value)
        };
        reading.leaves.iter().map(show).collect()
    })
}

fn fields(text: &str) -> Vec<String> {
    leaves(text).into_iter().filter(|leaf| !leaf.contains(" ~")).collect()
}

#[test]
fn json_has_a_record_for_each_element() {
    assert_eq!(
        fields(r#"[{"name":"Ann","at":{"mail":["a@b.c"]}},{"name":"Bob","n":5,"ok":true,"no":null}]"#),
        ["1 /*/name=Ann", "1 /*/at/mail/*=a@b.c", "2 /*/name=Bob", "2 /*/n=5"]
    );
    assert_eq!(
        fields(r#"{"people":[{"name":"Ann"},{"name":"Bob"}]}"#),
        ["2 /people/*/name=Ann", "3 /people/*/name=Bob"]
    );
    assert_eq!(fields(r#"{"name":"Ann","tags":["x"]}"#), ["1 /name=Ann", "1 /tags/*=x"]);
    assert_eq!(leaves(r#"{"Inn":{"stars":4}}"#), ["1 ~=Inn", "1 ~/Inn=stars", "1 /Inn/stars=4"]);
}

#[test]
fn literals_read_as_json_does() {
    assert_eq!(
        fields("[{'name': 'O\\'Hara', 'n': (1, 2.5), 'x': None}]"),
        ["1 /*/name=O'Hara", "1 /*/n/*=1", "1 /*/n/*=2.5"]
    );
    assert_eq!(fields("{'a', 'b'}"), ["1 /*=a", "2 /*=b"]);
    for bad in ["[1, 2", "[f(x)]", "{'a': 1, 'a': 2}", "['a' 'b']", "[1] 2", "{'a': 1, 2}", "['\\q']"] {
        assert!(fields(bad).iter().all(|leaf| leaf.contains(" -")), "{bad}: {:?}", fields(bad));
    }
}

#[test]
fn yaml_reads_as_emitters_write_it() {
    let text = "- id_: '24'\n  participants:\n  - a@b.c\n  - d@e.f\n  shared:\n    g@h.i: r\n  title: One\n    line\n- id_: '25'\n  note: 'two\n\n    lines'\n  code: |-\n    x: y\n  empty: []";
    assert_eq!(
        fields(text),
        [
            "1 /id_=24",
            "1 /participants=a@b.c",
            "1 /participants=d@e.f",
            "1 /shared/g@h.i=r",
            "1 /title=One line",
            "2 /id_=25",
            "2 -/note=two  lines",
            "2 -/code=x: y\n",
        ]
    );
}

#[test]
fn what_no_emitter_writes_is_lines() {
    for text in [
        "name: Ann\nname: Bob",
        "name: Ann\npeople:\n- a: 1\n- a: 2\nname: Bob",
        "- mail: a@b.c\n  to:\n  - d@e.f\n  mail: evil@x.y",
        "name: Ann\nand some prose",
        "name: Ann\n\tmail: x",
        "- a: 'x' y\n  b: z",
        "name: Ann # a comment: here\n* b",
    ] {
        assert!(fields(text).iter().all(|leaf| leaf.contains(" -")), "{text}");
    }
    assert_eq!(fields("From: Ann\n* Bob\n\n- Tel: 5"), ["0 -=Ann", "0 -=Bob", "0 -=5"]);
    assert_eq!(fields("- one\n- two"), ["1 -=one", "2 -=two"]);
    assert_eq!(fields("just a word"), ["0 -=just a word"]);
}

#[test]
fn what_was_cut_short_keeps_what_stood_before() {
    let text = "- a: 1\n  b: 2\n- a: 3\n  b: 4\n[... cut ...]";
    assert_eq!(fields(text), ["1 /a=1", "1 /b=2", "2 /a=3", "2 /b=4"]);
    assert!(fields("- a: 1\n  b: 2\n- a: 3\n  b: 4\nfree text").iter().all(|leaf| leaf.contains(" -")));
}

#[test]
fn what_is_beyond_the_bounds_is_left_out() {
    let wide = format!("[{}]", vec!["\"x\""; LEAVES_MAX + 10].join(","));
    assert!(leaves(&wide).len() <= LEAVES_MAX);
    let deep = format!("{}\"x\"{}", "[".repeat(100), "]".repeat(100));
    assert_eq!(leaves(&deep), Vec::<String>::new());
    let many: Vec<String> = (0..crate::limits::PATHS_MAX + 10).map(|n| format!("\"k{n}\":\"v\"")).collect();
    assert!(leaves(&format!("{{{}}}", many.join(","))).iter().any(|leaf| leaf.starts_with("1 ?=")));
}

#[test]
fn only_what_most_records_have_is_usual() {
    let server = doorward_core::ids::ServerId::parse("mail").unwrap();
    let mut shapes = Shapes::new(&crate::canonical::Key::from_bytes([1; 16]));
    let mut usual = |text: &str| -> Vec<String> {
        read_text(text, |reading| {
            let usual = shapes.see(&server, "list", reading);
            let names = reading.leaves.iter().filter_map(|leaf| match leaf.sort {
                Sort::Name(path) if usual.has(path) => reading.paths.pointer(path),
                Sort::Name(_) | Sort::Field | Sort::Line => None,
            });
            names.map(str::to_owned).collect()
        })
    };
    assert_eq!(usual("from: a@b.c\nto: d@e.f"), Vec::<String>::new(), "one record says nothing");
    assert_eq!(usual("from: a@b.c\nto: d@e.f\nreply: evil@x.y"), ["/from", "/to"]);
    assert_eq!(usual("from: a@b.c\nto: d@e.f\nreply: evil@x.y\nbody: z"), ["/from", "/to", "/reply"]);
    assert_eq!(usual(r#"{"from": "a@b.c"}"#), Vec::<String>::new(), "JSON is not asked about");
}

proptest! {
    #[test]
    fn any_text_is_read(text in "(- |  |a|b|:|'|\"|\\[|\\{|\\}|\\]|,|\n| |\\|){0,60}") {
        leaves(&text);
    }

    #[test]
    fn any_string_is_read(text in any::<String>()) {
        leaves(&text);
    }
}
