//! Items of a server that does not answer now.
//!
//! Responsible for saying so where a model and a program can read it. It must never change what an item is called.

use bytes::Bytes;
use doorward_mcp::compose::quote;
use doorward_mcp::message::Message;
use doorward_mcp::raw::{Kind, Raw};

use super::edits::Edits;
use super::{List, Plan, read_again};

/// The member of an item's `_meta` that says it.
const MARK: &str = r#""dev.doorward/unavailable":true"#;

/// What a model is told.
const TOLD: &str = "(Not available at the moment: its server does not answer.)";

impl Plan {
    /// A page of a list, each item of it marked as unavailable. What cannot be read stays as it is.
    #[must_use]
    pub fn unavailable(&self, list: List, page: &Bytes) -> Bytes {
        let Some(Message::Response(response)) = read_again(page.clone()) else {
            return page.clone();
        };
        let mut edits = Edits::new(response.bytes());
        let items = response.result_member(list.member());
        for item in items.iter().flat_map(Raw::elements).filter(|item| item.kind() == Kind::Object) {
            mark(&mut edits, item);
        }
        edits.finish().into_bytes()
    }
}

fn mark(edits: &mut Edits, item: Raw<'_>) {
    let mut members = Vec::new();
    match item.member("_meta") {
        Some(meta) if meta.kind() == Kind::Object => edits.prepend(meta, MARK),
        Some(_) => {}
        None => members.push(format!(r#""_meta":{{{MARK}}}"#)),
    }
    match item.member("description") {
        Some(own) => edits.text(Some(own), |own| Some(format!("{TOLD} {own}"))),
        None => members.push(format!(r#""description":{}"#, quote(TOLD))),
    }
    if !members.is_empty() {
        edits.prepend(item, &members.join(","));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_says_it_and_keeps_its_name() {
        let plan = Plan::aggregate([]);
        let items = r#"[{"name":"a","description":"Reads","_meta":{"x":1}},{"name":"b"},{"name":"c","_meta":{}}]"#;
        let page = Bytes::from(format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"tools":{items}}}}}"#));
        let marked = String::from_utf8(plan.unavailable(List::Tools, &page).to_vec()).unwrap();
        assert_eq!(marked.matches(MARK).count(), 3, "{marked}");
        assert_eq!(marked.matches(TOLD).count(), 3, "{marked}");
        for kept in [r#""name":"a""#, r#""name":"b""#, r#""name":"c""#, r#""x":1"#, "Reads"] {
            assert!(marked.contains(kept), "{kept}: {marked}");
        }
        assert!(read_again(marked.into()).is_some());
    }
}
