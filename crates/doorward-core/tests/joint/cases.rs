//! `fixtures/joint/*.json`; its README tells how to add a case.

use std::path::Path;

use bytes::Bytes;
use doorward_core::ids::ServerId;
use doorward_core::joint::{Apps, List, Plan, Route, Scope, Told};
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::revision::Era;
use doorward_mcp::{Limits, Message, Raw, RawJson, Request, Segments};

use super::plans::{KnownOffers, plan, server, text};

#[test]
fn every_case_of_every_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/joint");
    let mut ran = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let file = RawJson::parse(std::fs::read(&path).unwrap(), &Limits::default()).unwrap();
            for case in file.as_raw().elements() {
                check(case, &file);
                ran += 1;
            }
        }
    }
    assert!(ran >= 100, "only {ran} cases: the fixtures are gone");
}

/// What came of a case, in the words of its members.
#[derive(Debug, Default, PartialEq, Eq)]
struct Came {
    out: Option<String>,
    to: Option<String>,
    notes: usize,
}

struct Case<'c> {
    plan: Plan,
    raw: Raw<'c>,
    file: &'c RawJson,
}

fn check(raw: Raw<'_>, file: &RawJson) {
    let name = text(raw.member("name").unwrap());
    let case = Case { plan: plan(raw.member("plan").unwrap()), raw, file };
    let came = match text(raw.member("do").unwrap()).as_str() {
        "route" => case.route(),
        "notice" => case.notice(),
        "listen" => case.listen(),
        "answer" => Ok(case.out(case.plan.answer(&case.server(), &case.word("method"), &case.input()))),
        "notification" => Ok(case.out(case.plan.outward_notification(&case.server(), &case.input()))),
        "question" => Ok(case.out(case.plan.outward_question(&case.server(), &case.input()))),
        "client_answer" => Ok(case.client_answer()),
        "merge" => Ok(case.merge()),
        "acknowledged" => Ok(case.text_out(case.plan.acknowledged(&case.by_server(Case::bytes)))),
        "capabilities" => Ok(case.text_out(case.plan.capabilities(&case.by_server(Case::kept)))),
        other => panic!("{name}: no such thing to do: {other}"),
    };
    match (came, raw.member("refused")) {
        (Ok(came), None) => assert_eq!(came, case.wanted(), "{name}"),
        (Err(refusal), Some(refused)) => {
            let refused = text(refused);
            let (code, word) = refused.split_once(':').unwrap_or((&refused, ""));
            assert_eq!(refusal.code.to_string(), code, "{name}");
            assert!(refusal.detail.contains(word), "{name}: {}", refusal.detail);
        }
        (Ok(came), Some(_)) => panic!("{name}: not refused but {came:?}"),
        (Err(refusal), None) => panic!("{name}: refused: {refusal:?}"),
    }
}

impl<'c> Case<'c> {
    fn route(&self) -> Result<Came, Refusal> {
        let known = KnownOffers::read(self.raw.member("known"));
        let request = self.request();
        let route = self.plan.route(&request, self.client(), &|server, what| known.of(server, what))?;
        if let Route::One { server, .. } = &route {
            assert_eq!(
                self.plan.addressed(&request).as_ref(),
                Some(server),
                "the server that is learned of beforehand"
            );
        }
        Ok(match route {
            Route::One { server, request } => {
                Came { out: Some(utf8(request.bytes())), to: Some(server.to_string()), notes: 0 }
            }
            Route::All(list) => {
                assert_eq!(list.method(), request.method());
                Came { to: Some("all".to_owned()), ..Came::default() }
            }
            Route::Own => Came { to: Some("own".to_owned()), ..Came::default() },
        })
    }

    fn notice(&self) -> Result<Came, Refusal> {
        let Message::Notification(notification) = message(self.input()) else { panic!("no notification") };
        let to = match self.plan.inward_notification(&notification)? {
            Told::All => "all",
            Told::Own => "own",
        };
        Ok(Came { to: Some(to.to_owned()), ..Came::default() })
    }

    fn listen(&self) -> Result<Came, Refusal> {
        let wanted: Vec<(String, String)> = self.by_server_in("out", |value| utf8(&Case::bytes(self, value)));
        let parts = self.plan.listen_parts(&self.request())?;
        let parts: Vec<_> = parts.iter().map(|(server, part)| (server.to_string(), utf8(part.bytes()))).collect();
        assert_eq!(parts, wanted);
        Ok(self.wanted())
    }

    fn client_answer(&self) -> Came {
        let Message::Response(response) = message(self.input()) else { panic!("no response") };
        self.out(self.plan.inward_answer(&self.server(), &response))
    }

    fn merge(&self) -> Came {
        let era = match self.word("era").as_str() {
            "modern" => Era::Modern,
            "legacy" => Era::Legacy,
            other => panic!("era: {other}"),
        };
        let pages = self.by_server(|case, pages| pages.elements().map(|page| Case::bytes(case, page)).collect());
        let list = List::of(&self.word("list")).expect("a list");
        let merged = self.plan.merge(list, era, self.client(), &pages);
        Came { out: Some(merged.result), to: None, notes: merged.notes.len() }
    }

    fn wanted(&self) -> Came {
        Came {
            out: self.raw.member("out").map(|out| out.text().to_owned()),
            to: self.raw.member("to").map(text),
            notes: self.raw.member("notes").map_or(0, |notes| usize::try_from(notes.as_u64().unwrap()).unwrap()),
        }
    }

    fn client(&self) -> Apps {
        if self.raw.member("client").is_some() { Apps::Declared } else { Apps::Absent }
    }

    fn server(&self) -> ServerId {
        server(&self.word("server"))
    }

    fn word(&self, member: &str) -> String {
        text(self.raw.member(member).unwrap_or_else(|| panic!("no {member}")))
    }

    fn input(&self) -> Bytes {
        self.bytes(self.raw.member("in").expect("in"))
    }

    fn request(&self) -> Request {
        let Message::Request(request) = message(self.input()) else { panic!("no request") };
        request
    }

    fn bytes(&self, value: Raw<'_>) -> Bytes {
        self.kept(value).bytes().clone()
    }

    fn kept(&self, value: Raw<'_>) -> RawJson {
        self.file.part(value)
    }

    fn by_server<T>(&self, read: impl Fn(&Self, Raw<'c>) -> T) -> Vec<(ServerId, T)> {
        self.by_server_in("in", |value| read(self, value)).into_iter().map(|(id, value)| (server(&id), value)).collect()
    }

    fn by_server_in<T>(&self, member: &str, read: impl Fn(Raw<'c>) -> T) -> Vec<(String, T)> {
        let table = self.raw.member(member).into_iter().flat_map(|table| table.members().collect::<Vec<_>>());
        table.map(|(id, value)| (id.into_owned(), read(value))).collect()
    }

    fn out(&self, segments: Segments) -> Came {
        self.text_out(utf8(&segments.into_bytes()))
    }

    #[expect(clippy::unused_self, reason = "beside its sisters")]
    fn text_out(&self, out: String) -> Came {
        Came { out: Some(out), ..Came::default() }
    }
}

fn message(bytes: Bytes) -> Message {
    Message::parse(bytes, &Limits::default()).unwrap()
}

/// Told without any plan: whether the one server exists is found out later.
#[test]
fn how_many_servers_a_request_concerns_is_told_by_its_method() {
    let scope = |method: &str, params: &str| {
        let text = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        let Message::Request(request) = message(Bytes::from(text)) else { panic!("no request") };
        Scope::of(&request).map_err(|refusal| refusal.code)
    };
    assert_eq!(scope("tools/call", r#"{"name":"nowhere__nothing"}"#), Ok(Scope::One));
    assert_eq!(scope("tasks/cancel", "{}"), Ok(Scope::One));
    assert_eq!(scope("ping", "{}"), Ok(Scope::Own));
    assert_eq!(scope("subscriptions/listen", "{}"), Ok(Scope::Own));
    assert_eq!(scope("prompts/list", r#"{"cursor":null}"#), Ok(Scope::All(List::Prompts)));
    assert_eq!(scope("prompts/list", r#"{"cursor":"a"}"#), Err(Code::BadParams));
    assert_eq!(scope("tools/nothing", "{}"), Err(Code::UnknownMethod));
}

fn utf8(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
