//! What holds of any names, URIs and messages.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use doorward_core::ids::ServerId;
use doorward_core::joint::{AppUse, Apps, List, Named, Offer, Plan, Route};
use doorward_mcp::compose::quote;
use doorward_mcp::revision::Era;
use doorward_mcp::{Limits, Message, RawJson, Request};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;

use super::plans::text;

type Names = BTreeMap<ServerId, BTreeSet<String>>;

fn server_id() -> impl Strategy<Value = ServerId> {
    prop_oneof!["[a-c]", "[a-z0-9][a-z0-9-]{0,12}", "[a-z0-9][a-z0-9-]{39}"]
        .prop_map(|text: String| ServerId::parse(&text).unwrap())
}

/// Names as servers use them, names at the bounds, and names that try to be another's.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z_]{1,12}",
        "[A-Za-z0-9_-]{1,70}",
        "[a-c]__[a-z_]{0,6}",
        "[a-z.]{0,8}_[0-9a-f]{10}",
        "_{0,3}",
        ".{0,80}",
    ]
}

fn names() -> impl Strategy<Value = Names> {
    btree_map(server_id(), btree_set(name(), 0..6), 1..4)
}

fn uri() -> impl Strategy<Value = String> {
    prop_oneof![
        "ui://.{0,20}",
        "doorward://[a-c]/.{0,10}",
        "[a-z]{1,6}:.{0,30}",
        ".{0,20}",
        "file:///\\{\\+path\\}[a-z?#/.]{0,9}"
    ]
}

fn listed(member: &str, key: &str, values: &BTreeSet<String>) -> Bytes {
    let items: Vec<String> = values.iter().map(|value| format!(r#"{{"{key}":{}}}"#, quote(value))).collect();
    format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"{member}":[{}]}}}}"#, items.join(",")).into()
}

/// What the face shows, in order.
fn shown(plan: &Plan, list: List, key: &str, offered: &Names) -> Vec<String> {
    let pages: Vec<_> =
        offered.iter().map(|(id, values)| (id.clone(), vec![listed(list.member(), key, values)])).collect();
    let merged = plan.merge(list, Era::Legacy, Apps::Absent, &pages);
    let result = RawJson::parse(merged.result, &Limits::default()).unwrap();
    result.as_raw().member(list.member()).unwrap().elements().map(|item| text(item.member(key).unwrap())).collect()
}

fn request(method: &str, key: &str, value: &str) -> Request {
    let bytes = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{"{key}":{}}}}}"#, quote(value));
    match Message::parse(bytes, &Limits::default()).unwrap() {
        Message::Request(request) => request,
        Message::Notification(_) | Message::Response(_) => panic!("no request"),
    }
}

/// Sends back what the face showed, and says which server is asked for what.
fn sent_back(plan: &Plan, request: &Request, key: &str, offered: &Names) -> Option<(ServerId, String)> {
    let known = |id: &ServerId, _: Named| -> Arc<[Offer]> {
        let names = offered.get(id).into_iter().flatten();
        names.map(|name| Offer { name: name.as_str().into(), apps: AppUse::None }).collect()
    };
    match plan.route(request, Apps::Absent, &known).ok()? {
        Route::One { server, request } => Some((server, text(request.param(key).unwrap()))),
        Route::All(_) | Route::Own => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn names_are_unique_fit_and_lead_back(offered in names()) {
        let plan = Plan::aggregate(offered.keys().cloned());
        for (list, method) in [(List::Tools, "tools/call"), (List::Prompts, "prompts/get")] {
            let shown = shown(&plan, list, "name", &offered);
            let everything: BTreeSet<(ServerId, String)> =
                offered.iter().flat_map(|(id, names)| names.iter().map(|name| (id.clone(), name.clone()))).collect();
            prop_assert_eq!(shown.len(), everything.len());
            let mut reached = BTreeSet::new();
            for name in &shown {
                prop_assert!((1..=64).contains(&name.len()), "{}", name);
                prop_assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-'), "{}", name);
                let back = sent_back(&plan, &request(method, "name", name), "name", &offered);
                prop_assert!(back.is_some(), "{}", name);
                reached.extend(back);
            }
            prop_assert_eq!(reached, everything);
        }
    }

    #[test]
    fn a_name_leads_to_nothing_that_was_not_shown_under_it(offered in names(), tried in name()) {
        let plan = Plan::aggregate(offered.keys().cloned());
        let prefixes = offered.keys().map(|id| format!("{id}__{tried}")).chain([tried.clone()]);
        for sent in prefixes {
            if let Some((server, name)) = sent_back(&plan, &request("tools/call", "name", &sent), "name", &offered) {
                let only = BTreeMap::from([(server, BTreeSet::from([name]))]);
                prop_assert_eq!(shown(&plan, List::Tools, "name", &only), [sent]);
            }
        }
    }

    #[test]
    fn uris_lead_back_and_keep_what_hosts_look_for(offered in btree_map(server_id(), btree_set(uri(), 0..6), 1..4)) {
        let plan = Plan::aggregate(offered.keys().cloned());
        for (list, key) in [(List::Resources, "uri"), (List::Templates, "uriTemplate")] {
            let shown = shown(&plan, list, key, &offered);
            let everything: BTreeSet<(ServerId, String)> =
                offered.iter().flat_map(|(id, uris)| uris.iter().map(|uri| (id.clone(), uri.clone()))).collect();
            prop_assert_eq!(shown.iter().collect::<BTreeSet<_>>().len(), everything.len());
            let mut reached = BTreeSet::new();
            for uri in &shown {
                let back = sent_back(&plan, &request("resources/read", "uri", uri), "uri", &offered);
                if let Some((_, own)) = &back {
                    prop_assert_eq!(own.starts_with("ui://"), uri.starts_with("ui://"));
                    prop_assert!(uri.ends_with(own.strip_prefix("ui://").unwrap_or(own)));
                }
                reached.extend(back);
            }
            prop_assert_eq!(reached, everything);
        }
    }

    #[test]
    fn an_expanded_template_leads_to_the_expansion(id in server_id(), value in "[a-zA-Z0-9/._%-]{0,20}") {
        let plan = Plan::aggregate([id.clone()]);
        let offered = BTreeMap::from([(id.clone(), BTreeSet::from(["file:///{+path}".to_owned()]))]);
        let expanded = shown(&plan, List::Templates, "uriTemplate", &offered).concat().replace("{+path}", &value);
        let back = sent_back(&plan, &request("resources/read", "uri", &expanded), "uri", &offered);
        prop_assert_eq!(back, Some((id, format!("file:///{value}"))));
    }

    /// Marks stand where a server names something; everything else is noise that must stay.
    #[test]
    fn no_byte_outside_rewritten_members_changes(noise in vec(json(2), 5), spaces in "[ \n\t]{0,3}") {
        let [a, b, c, d, e] = noise.as_slice() else { panic!("five") };
        let message = |link: &str, task: &str| format!(
            "{{{spaces}\"jsonrpc\":\"2.0\",\"id\" : 1,{spaces}\"result\":{{\"x\":{a},\"content\":[{b},{{\"type\":\"resource_link\",{spaces}\"uri\":\"{link}\",\"y\":{c}}},{{\"y\":{d},\"type\":\"resource\",\"resource\":{{\"uri\":\"{link}\",\"text\":\"{link}!\"}}}}],\"structuredContent\":{e},\"_meta\":{{\"io.modelcontextprotocol/related-task\":{{\"taskId\":{spaces}\"{task}\"}}}}}}}}"
        );
        let id = ServerId::parse("git").unwrap();
        let plan = Plan::aggregate([id.clone()]);
        let out = plan.answer(&id, "tools/call", &message("a:b", "7").into()).into_bytes();
        let expected = message("doorward://git/a:b", "git.7").replace("doorward://git/a:b!", "a:b!");
        prop_assert_eq!(String::from_utf8(out.to_vec()).unwrap(), expected);
    }

    #[test]
    fn nothing_panics_on_any_message(value in json(4), method in "(tools/(call|list)|tasks/(get|result|update)|prompts/get|resources/read|completion/complete|subscriptions/listen)") {
        let id = ServerId::parse("git").unwrap();
        let plan = Plan::aggregate([id.clone()]);
        let sent = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{"name":{value},"uri":{value},"ref":{value},"taskId":{value},"notifications":{value}}}}}"#);
        if let Ok(Message::Request(request)) = Message::parse(sent, &Limits::default()) {
            let _ = plan.route(&request, Apps::Absent, &|_, _| Arc::default());
            let _ = plan.addressed(&request);
            let _ = plan.listen_parts(&request);
        }
        let answer: Bytes = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"content":[{value}],"contents":[{value}],"messages":{value},"tools":[{value}],"task":{value},"result":{value}}}}}"#).into();
        let _ = plan.answer(&id, &method, &answer);
        let _ = plan.merge(List::Tools, Era::Modern, Apps::Declared, &[(id, vec![answer])]);
    }
}

/// JSON text that is rich in the members that count.
fn json(depth: u32) -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("null".to_owned()),
        Just("1.50e+1".to_owned()),
        Just("true".to_owned()),
        Just(r#""doorward://git/a:b""#.to_owned()),
        Just(r#""git__a""#.to_owned()),
        Just(r#""resource""#.to_owned()),
        ".{0,8}".prop_map(|text| quote(&text)),
    ];
    scalar.prop_recursive(depth, 16, 4, |inner| {
        let key = prop_oneof![
            "[a-f]{1,3}",
            "(uri|type|name|resource|taskId|_meta|content|resourceSubscriptions|inputSchema|properties)"
        ];
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(|elements| format!("[ {}]", elements.join(" ,"))),
            btree_map(key, inner, 0..4).prop_map(|members| {
                let members: Vec<String> =
                    members.iter().map(|(key, value)| format!("{}: {value}", quote(key))).collect();
                format!("{{{} }}", members.join(","))
            }),
        ]
    })
}
