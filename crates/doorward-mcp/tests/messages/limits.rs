//! Every limit, one below and one above.

use doorward_mcp::{Batches, Frame, Limits, Message, RawJson, Rejection, RejectionKind};

#[test]
fn message_bytes() {
    let limits = Limits { message_bytes: 40, ..Limits::default() };
    check(|size| raw(&format!("\"{}\"", "x".repeat(size - 2)), &limits), 40, RejectionKind::TooLarge);
}

#[test]
fn depth() {
    let limits = Limits { depth: 9, ..Limits::default() };
    let nest = |open: &str, close: &str, depth: usize| format!("{}{}", open.repeat(depth), close.repeat(depth));
    check(|depth| raw(&nest("[", "]", depth), &limits), 9, RejectionKind::TooDeep);
    check(|depth| raw(&nest("{\"a\":[", "]}", depth), &limits), 4, RejectionKind::TooDeep);
}

#[test]
fn depth_past_the_deepest_setting() {
    let limits = Limits { depth: u16::MAX, ..Limits::default() };
    let nest = |depth: usize| raw(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)), &limits);
    check(nest, usize::from(Limits::DEEPEST), RejectionKind::TooDeep);
}

#[test]
fn depth_counts_what_is_open_at_once() {
    let limits = Limits { depth: 2, ..Limits::default() };
    assert!(raw(&format!("[{}1]", "[],{},".repeat(100)), &limits).is_ok());
}

#[test]
fn open_members() {
    let limits = Limits { open_members: 30, ..Limits::default() };
    let object = |members: usize| {
        let members: Vec<String> = (0..members).map(|index| format!("\"k{index}\":0")).collect();
        format!("{{{}}}", members.join(","))
    };
    check(|members| raw(&object(members), &limits), 30, RejectionKind::TooManyMembers);
    // Closed objects no longer count, open ones do.
    assert!(raw(&format!("[{},{}]", object(30), object(30)), &limits).is_ok());
    check(|members| raw(&format!("{{\"a\":{}}}", object(members)), &limits), 29, RejectionKind::TooManyMembers);
}

#[test]
fn batch_messages() {
    let limits = Limits { batch_messages: 3, ..Limits::default() };
    let batch = |size: usize| {
        let messages = vec![r#"{"jsonrpc":"2.0","method":"m"}"#; size];
        Frame::parse(format!("[{}]", messages.join(",")), &limits, Batches::Accept).map(drop)
    };
    check(batch, 3, RejectionKind::BatchTooLong);
}

#[test]
fn id_bytes() {
    let limits = Limits { id_bytes: 5, ..Limits::default() };
    let request = |id: String| message(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"m"}}"#), &limits);
    check(|size| request(format!("\"{}\"", "i".repeat(size))), 5, RejectionKind::IdTooLong);
    check(|size| request("1".repeat(size)), 5, RejectionKind::IdTooLong);
    let token = |size: usize| {
        let token = "t".repeat(size);
        message(
            &format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m","params":{{"_meta":{{"progressToken":"{token}"}}}}}}"#),
            &limits,
        )
    };
    check(token, 5, RejectionKind::ProgressToken);
}

#[test]
fn method_bytes() {
    let limits = Limits { method_bytes: 5, ..Limits::default() };
    let request =
        |size: usize| message(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{}"}}"#, "m".repeat(size)), &limits);
    check(request, 5, RejectionKind::MethodTooLong);
}

#[test]
fn results_may_be_larger_than_requests() {
    assert!(Limits::for_results().message_bytes > Limits::default().message_bytes);
    assert_eq!(Limits::for_results().depth, Limits::default().depth);
}

/// Neither many names, nor one long common start, nor names chosen to share a hash may make looking for duplicates
/// slow.
#[test]
fn very_many_names_are_checked_quickly() {
    let started = std::time::Instant::now();
    let numbered = |start: &str| (0..100_000).map(|index| format!("{start}{index}")).collect::<Vec<_>>();
    // The hash ignores bit 5, in which `[` and `{` differ.
    let colliding = |index: u32| (0..16).map(|bit| if index >> bit & 1 == 1 { '[' } else { '{' }).collect();
    for names in [numbered(""), numbered(&"the-same-start-".repeat(5)), (0..16_000).map(colliding).collect()] {
        let members: Vec<String> = names.iter().map(|name: &String| format!("\"{name}\":0")).collect();
        let limits = Limits { message_bytes: usize::MAX, ..Limits::default() };
        assert!(raw(&format!("{{{}}}", members.join(",")), &limits).is_ok());
        let twice = raw(&format!("{{{},\"{}\":0}}", members.join(","), names[5]), &limits);
        assert_eq!(twice.unwrap_err().kind(), RejectionKind::DuplicateKey);
    }
    // Comparing every pair takes minutes; the bound is generous for slow machines.
    assert!(started.elapsed().as_secs() < 30);
}

fn check(parse: impl Fn(usize) -> Result<(), Rejection>, limit: usize, kind: RejectionKind) {
    assert_eq!(parse(limit), Ok(()), "at the limit");
    assert_eq!(parse(limit + 1).map_err(|rejection| rejection.kind()), Err(kind), "past the limit");
}

fn raw(text: &str, limits: &Limits) -> Result<(), Rejection> {
    RawJson::parse(text.to_owned(), limits).map(drop)
}

fn message(text: &str, limits: &Limits) -> Result<(), Rejection> {
    Message::parse(text.to_owned(), limits).map(drop)
}
