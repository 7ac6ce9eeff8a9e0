//! What clients and upstreams say. Every message names its client and its exchange, so that a crossing shows.

use doorward_core::limits::RECORD_FIELD_MAX;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::Message;

/// The words by which a message shows whose it is.
pub(crate) fn mark(client: usize, exchange: u64) -> String {
    format!("tag-{client}-end mark-{exchange}-end")
}

/// Every number between `word` and `-end` in `text`.
pub(crate) fn numbers(text: &str, word: &str) -> Vec<u64> {
    text.split(word).skip(1).filter_map(|rest| rest.split("-end").next()?.parse().ok()).collect()
}

pub(crate) fn parse(text: &str) -> Message {
    Message::parse(text.to_owned(), &Limits::default()).unwrap()
}

/// Ids that several clients use at once on purpose, as JSON.
pub(crate) fn id(choice: usize, client: usize) -> String {
    match choice % 8 {
        0..5 => (choice % 4 + 1).to_string(),
        5 => "\"1\"".to_owned(),
        6 => format!("\"tag-{client}-end\""),
        _ => "9007199254740993".to_owned(),
    }
}

/// What a client request is, and whether the exchange may ever forward it.
pub(crate) struct Asking {
    pub(crate) text: String,
    pub(crate) token: Option<String>,
    pub(crate) sound: bool,
}

pub(crate) fn client_request(choice: usize, id: &str, token: usize, client: usize, exchange: u64) -> Asking {
    let words = mark(client, exchange);
    let long = "x".repeat(RECORD_FIELD_MAX + 10);
    let (method, params, sound) = match choice % 20 {
        0..6 => ("tools/call", format!(r#""name":"t","arguments":{{"secret":"{words}"}},"#), true),
        6 => ("tools/list", String::new(), true),
        7 => ("prompts/get", r#""name":"p","#.to_owned(), true),
        8 => ("resources/read", r#""uri":"file:///a","#.to_owned(), true),
        9 => ("resources/list", String::new(), true),
        10 => ("completion/complete", r#""ref":{"type":"ref/prompt","name":"p"},"#.to_owned(), true),
        11 => ("resources/subscribe", format!(r#""uri":"file:///{}","#, token % 3), true),
        12 => ("resources/unsubscribe", format!(r#""uri":"file:///{}","#, token % 3), true),
        13 | 14 => {
            let wish = r#""notifications":{"resourceSubscriptions":["file:///a","file:///b"]},"#;
            ("subscriptions/listen", wish.to_owned(), true)
        }
        15 => ("tasks/get", r#""taskId":"1","#.to_owned(), true),
        16 => ("evil/method", String::new(), false),
        17 => ("tools/call", String::new(), false),
        18 => ("tools/call", format!(r#""name":"{long}","arguments":[1],"#), false),
        _ => ("subscriptions/listen", r#""notifications":{"resourceSubscriptions":"file:///a"},"#.to_owned(), false),
    };
    let token = match token % 5 {
        0 | 1 => None,
        2 => Some("1".to_owned()),
        3 => Some("2".to_owned()),
        _ => Some(format!("\"tag-{client}-end\"")),
    };
    let asked = token.as_ref().map_or_else(String::new, |token| format!(r#""progressToken":{token},"#));
    let text = format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{{params}"_meta":{{{asked}"words":"{words}"}}}}}}"#
    );
    Asking { text, token, sound }
}

pub(crate) fn client_notification(choice: usize, id: &str, client: usize, exchange: u64) -> (String, bool) {
    let words = mark(client, exchange);
    let (method, params, sound) = match choice % 6 {
        0..3 => ("notifications/cancelled", format!(r#""requestId":{id},"#), true),
        3 => ("notifications/initialized", String::new(), true),
        4 => ("notifications/roots/list_changed", String::new(), true),
        _ => ("notifications/evil", String::new(), false),
    };
    let text = format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{{{params}"_meta":{{"words":"{words}"}}}}}}"#);
    (text, sound)
}

/// An upstream's answer to `method`; `words` repeat whose request it answers.
pub(crate) fn answer(method: &str, number: &str, words: &str, style: usize) -> String {
    let subscription = match method {
        "subscriptions/listen" => format!(r#""io.modelcontextprotocol/subscriptionId":{number},"#),
        _ => String::new(),
    };
    let meta = format!(r#""_meta":{{{subscription}"words":"{words}"}}"#);
    let list = |member: &str, key: &str| {
        format!(r#""{member}":[{{"{key}":"one"}},{{"{key}":"two","x":1}},{{"{key}":"three"}}],"cacheScope":"public","#)
    };
    let body = match method {
        "tools/list" => list("tools", "name"),
        "resources/list" => list("resources", "uri"),
        _ => r#""content":[{"type":"text","text":"hidden-part"}],"structuredContent":{"secret":"hidden-part"},"tools":[{"name":7}],"#
            .to_owned(),
    };
    let result = match style % 16 {
        0..7 => format!(r#""resultType":"complete",{body}{meta}"#),
        7 => format!(r#""isError":true,{body}{meta}"#),
        8 => format!(r#""resultType":"sideways",{body}{meta}"#),
        9 => format!(r#""resultType":"task","taskId":"7",{body}{meta}"#),
        10 => meta,
        11..13 => {
            let questions = r#""a":{"method":"elicitation/create","params":{}},"b":{"method":"roots/list"}"#;
            format!(r#""resultType":"input_required","inputRequests":{{{questions}}},{meta}"#)
        }
        13 => format!(r#""resultType":"input_required","inputRequests":{{"a":{{"method":"tools/call"}}}},{meta}"#),
        14 => return error(number, -32042, words),
        _ => return error(number, -32603, words),
    };
    format!(r#"{{"jsonrpc":"2.0","result":{{{result}}},"id":{number}}}"#)
}

fn error(number: &str, code: i64, words: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{number},"error":{{"code":{code},"message":"no","data":"{words}"}}}}"#)
}

/// What an upstream says unasked, about the request it knows as `number` unless it is about nobody in particular.
pub(crate) fn upstream_notification(number: u64, words: &str, style: usize) -> (&'static str, String) {
    let nobody = "tag-none-end";
    let (method, params) = match style % 12 {
        0..3 => ("notifications/progress", format!(r#""progressToken":{number},"progress":1,"message":"{words}""#)),
        3 => ("notifications/progress", format!(r#""progressToken":"{number}","progress":1,"message":"{nobody}""#)),
        4 => ("notifications/progress", format!(r#""progressToken":999999,"progress":1,"message":"{nobody}""#)),
        // A log line about no request may go to whoever is there alone.
        5 if words == nobody => ("notifications/message", r#""level":"info","data":"plain""#.to_owned()),
        5 => ("notifications/message", format!(r#""level":"info","data":"{words}""#)),
        6 => ("notifications/tools/list_changed", r#""plain":1"#.to_owned()),
        7 => ("notifications/resources/updated", format!(r#""uri":"file:///{}""#, number % 3)),
        8 => ("notifications/cancelled", format!(r#""requestId":{number},"reason":"{words}""#)),
        9 => {
            let meta = format!(r#""_meta":{{"io.modelcontextprotocol/subscriptionId":{number}}}"#);
            ("notifications/resources/updated", format!(r#""uri":"file:///a","x":"{words}",{meta}"#))
        }
        10 => {
            // Two names for one request that do not agree: it belongs to nobody.
            let meta = format!(r#""_meta":{{"io.modelcontextprotocol/subscriptionId":{}}}"#, number + 1);
            ("notifications/progress", format!(r#""progressToken":{number},"message":"{nobody}",{meta}"#))
        }
        _ => ("notifications/evil", format!(r#""x":"{words}""#)),
    };
    (method, format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{{{params}}}}}"#))
}
