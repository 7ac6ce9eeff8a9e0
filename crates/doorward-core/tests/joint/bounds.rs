//! Bounds of a joint list: one below, one above, and who pays.

use bytes::Bytes;
use doorward_core::ids::ServerId;
use doorward_core::joint::{Apps, List, Merged, Plan};
use doorward_core::limits::{JOINT_BYTES_MAX, JOINT_ITEMS_MAX, JOINT_NOTES_MAX};
use doorward_mcp::revision::Era;

use super::plans::server;

fn merged(pages: &[(ServerId, Vec<Bytes>)]) -> (Merged, usize) {
    let plan = Plan::aggregate(pages.iter().map(|(server, _)| server.clone()));
    let merged = plan.merge(List::Prompts, Era::Legacy, Apps::Absent, pages);
    let count = merged.result.matches(r#"{"name":"#).count();
    (merged, count)
}

fn page(items: impl Iterator<Item = String>) -> Vec<Bytes> {
    let items: Vec<String> = items.collect();
    vec![format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"prompts":[{}]}}}}"#, items.join(",")).into()]
}

fn numbered(count: usize) -> Vec<Bytes> {
    page((0..count).map(|number| format!(r#"{{"name":"p{number}"}}"#)))
}

#[test]
fn as_many_items_as_the_bound_allows_are_all_there() {
    let (list, count) = merged(&[(server("a"), numbered(JOINT_ITEMS_MAX - 1)), (server("b"), numbered(1))]);
    assert_eq!((count, list.notes), (JOINT_ITEMS_MAX, Vec::new()));
}

#[test]
fn one_server_with_too_many_items_pushes_out_nobody() {
    let (list, count) = merged(&[(server("a"), numbered(JOINT_ITEMS_MAX)), (server("b"), numbered(3))]);
    assert_eq!(count, JOINT_ITEMS_MAX / 2 + 3);
    assert!(list.result.contains("b__p2"));
    assert_eq!(list.notes.len(), 1, "{:?}", list.notes);
    assert!(list.notes.first().unwrap().starts_with("a: 10000 items"), "{:?}", list.notes);
}

#[test]
fn one_server_with_too_many_bytes_pushes_out_nobody() {
    let filler = "x".repeat(JOINT_BYTES_MAX / 8);
    let large = |count: usize| page((0..count).map(|number| format!(r#"{{"name":"p{number}","title":"{filler}"}}"#)));
    let (list, count) = merged(&[(server("a"), large(7)), (server("b"), numbered(3))]);
    assert_eq!((count, list.notes.len()), (10, 0));
    let (list, count) = merged(&[(server("a"), large(8)), (server("b"), numbered(3))]);
    assert_eq!((count, list.notes.len()), (3 + 3, 1));
}

#[test]
fn notes_are_few() {
    let pages: Vec<_> = (0..=JOINT_NOTES_MAX)
        .map(|number| (server(&format!("s{number}")), page([String::from("7")].into_iter())))
        .collect();
    let (list, count) = merged(&pages);
    assert_eq!((count, list.notes.len()), (0, JOINT_NOTES_MAX));
}
