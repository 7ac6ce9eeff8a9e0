//! What makes a visit through the gateway right: the client is no worse off than directly at the server.
//!
//! Where the direct visit gets in, each step that went well there must go as well, and bring the same. Where it cannot,
//! because client and server have no era or transport in common, whatever works is a gift and a plain refusal is no
//! fault; a client left waiting is. It must never excuse a cell by name.

use serde_json::Value;

use super::clients::Client;
use super::report::Ending;
use super::servers::{Server, Step};
use super::visit::Visit;
use super::ways::Way;

/// Whether the direct visit is what the catalogue says of the two.
pub(super) fn direct(client: &Client, server: &Server, direct: &Visit) -> Ending {
    if !client.understands(server) {
        return if direct.is_connected() {
            Ending::broken("the direct visit got in, which it cannot")
        } else {
            Ending::Refused
        };
    }
    for step in [Step::List, Step::Call] {
        match direct.steps.get(&step) {
            Some(Ok(value)) if holds(server, step, value) => {}
            Some(Ok(value)) => return Ending::broken(&format!("the direct {} brought {value}", step.name())),
            Some(Err(reason)) => return Ending::broken(&format!("the direct {} failed: {reason}", step.name())),
            None => return Ending::broken(&format!("the direct visit: {}", direct.complaint())),
        }
    }
    Ending::Worked
}

/// Whether the visit on `way` is no worse than the direct one.
pub(super) fn compare(client: &Client, server: &Server, way: Way, straight: &Visit, through: &Visit) -> Ending {
    match direct(client, server, straight) {
        Ending::Worked => worse(server, way, straight, through).map_or(Ending::Worked, Ending::Worse),
        Ending::Refused if through.is_connected() => gift(server, through),
        Ending::Refused if through.is_silence() => Ending::Worse(format!("left waiting: {}", through.complaint())),
        Ending::Refused => Ending::Refused,
        broken @ (Ending::Broken(_) | Ending::Gift | Ending::Partly(_) | Ending::Worse(_)) => broken,
    }
}

/// What of the direct visit is missing.
fn worse(server: &Server, way: Way, straight: &Visit, through: &Visit) -> Option<String> {
    if !through.is_connected() {
        return Some(through.complaint().to_owned());
    }
    if straight.error.is_none()
        && let Some(reason) = &through.error
    {
        return Some(format!("at the end: {reason}"));
    }
    let known = !straight.protocol.is_empty() && !through.protocol.is_empty();
    // HTTP+SSE is of the older era by itself.
    if known && way != Way::Sse && through.protocol < straight.protocol {
        return Some(format!("{} fell to {}", straight.protocol, through.protocol));
    }
    let same_revision = known && through.protocol == straight.protocol;
    straight.steps.iter().find_map(|(step, ended)| {
        let wanted = ended.as_ref().ok()?;
        let missing = |reason: String| Some(format!("{}: {reason}", step.name()));
        match through.steps.get(step) {
            None => missing("not tried".to_owned()),
            Some(Err(reason)) => missing(reason.clone()),
            Some(Ok(brought)) => differs(server, way, *step, (wanted, brought), same_revision).and_then(missing),
        }
    })
}

fn differs(server: &Server, way: Way, step: Step, (wanted, brought): (&Value, &Value), same: bool) -> Option<String> {
    match step {
        Step::List => names_missing(server, way, wanted, brought, same),
        // What was asked comes back with the answer inside; its spelling may follow the era.
        Step::Ask | Step::Sample if !same => (!holds(server, step, brought)).then(|| format!("brought {brought}")),
        Step::Call | Step::Read | Step::Prompt | Step::Ask | Step::Sample => {
            (wanted != brought).then(|| format!("brought {brought} instead of {wanted}"))
        }
    }
}

fn names_missing(server: &Server, way: Way, wanted: &Value, brought: &Value, same: bool) -> Option<String> {
    let prefix = way.prefix(server);
    let mine: Vec<&str> = names(brought).into_iter().filter_map(|name| name.strip_prefix(&prefix)).collect();
    let wanted = names(wanted);
    let missing: Vec<&&str> = wanted.iter().filter(|name| !mine.contains(name)).collect();
    if !missing.is_empty() {
        return Some(format!("{missing:?} are missing from {mine:?}"));
    }
    // One server's own face shows its list as the server gives it; in another era it may hold more.
    (same && way != Way::Joint && wanted != mine).then(|| format!("{mine:?} instead of {wanted:?}"))
}

/// What came of a visit that would not have come about without the gateway.
fn gift(server: &Server, through: &Visit) -> Ending {
    let failed = |(step, ended): (&Step, &Result<Value, String>)| match ended {
        Ok(value) if holds(server, *step, value) => None,
        Ok(value) => Some(format!("{}: brought {value}", step.name())),
        Err(reason) => Some(format!("{}: {reason}", step.name())),
    };
    let reasons: Vec<String> = through.steps.iter().filter_map(failed).collect();
    if reasons.is_empty() { Ending::Gift } else { Ending::Partly(reasons.join("\n    ")) }
}

fn holds(server: &Server, step: Step, value: &Value) -> bool {
    match (step, server.answer(step)) {
        (Step::List, _) => !names(value).is_empty(),
        (Step::Call | Step::Read | Step::Prompt | Step::Ask | Step::Sample, answer) => {
            value.as_str().is_some_and(|text| answer.is_some_and(|answer| text.contains(answer)))
        }
    }
}

fn names(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::clients::CLIENTS;
    use super::super::servers::SERVERS;
    use super::*;

    fn client(name: &str) -> &'static Client {
        CLIENTS.iter().find(|client| client.name == name).unwrap()
    }

    fn server(id: &str) -> &'static Server {
        SERVERS.iter().find(|server| server.id == id).unwrap()
    }

    fn visit(protocol: &str, tools: &[&str], call: &str) -> Visit {
        let steps = [(Step::List, Ok(json!(tools))), (Step::Call, Ok(json!(call)))];
        Visit { steps: steps.into(), protocol: protocol.to_owned(), error: None }
    }

    fn with(mut visit: Visit, step: Step, ended: Result<Value, String>) -> Visit {
        visit.steps.insert(step, ended);
        visit
    }

    const OLD: &str = "2025-11-25";
    const NEW: &str = "2026-07-28";

    #[test]
    fn the_same_visit_is_right_and_any_difference_is_worse() {
        let (client, server) = (client("python-1"), server("sqlite"));
        let straight = visit(OLD, &["a", "b"], "[{'answer': 42}]");
        assert_eq!(compare(client, server, Way::Serve, &straight, &straight), Ending::Worked);
        for through in [
            visit(OLD, &["a"], "[{'answer': 42}]"),
            visit(OLD, &["b", "a"], "[{'answer': 42}]"),
            visit(OLD, &["a", "b"], "[{'answer': 42} ]"),
            visit("2025-06-18", &["a", "b"], "[{'answer': 42}]"),
            Visit { error: Some("it does not close".to_owned()), ..straight.clone() },
            Visit::failed("closed"),
        ] {
            let ending = compare(client, server, Way::Serve, &straight, &through);
            assert!(matches!(ending, Ending::Worse(_)), "{through:?}");
        }
        let older = visit("2024-11-05", &["a", "b"], "[{'answer': 42}]");
        assert_eq!(compare(client, server, Way::Sse, &straight, &older), Ending::Worked);
    }

    #[test]
    fn in_a_newer_revision_more_tools_and_another_spelling_of_an_answer_are_right() {
        let (client, server) = (client("python-2-auto"), server("everything"));
        let call = "Echo: a door opens";
        let straight = with(visit(OLD, &["a"], call), Step::Ask, Ok(json!("name=Ada Doorward")));
        let through = with(visit(NEW, &["b", "a"], call), Step::Ask, Ok(json!("name: Ada Doorward")));
        assert_eq!(compare(client, server, Way::Serve, &straight, &through), Ending::Worked);
        let lost = with(visit(NEW, &["a"], call), Step::Ask, Err("nobody to ask".to_owned()));
        assert!(matches!(compare(client, server, Way::Serve, &straight, &lost), Ending::Worse(_)));
    }

    #[test]
    fn the_joint_face_must_show_every_tool_under_its_server() {
        let (client, server) = (client("python-1"), server("time"));
        let straight = visit(OLD, &["a", "b"], "T21:00:00+09:00");
        let through = visit(OLD, &["git__x", "time__b", "time__a"], "T21:00:00+09:00");
        assert_eq!(compare(client, server, Way::Joint, &straight, &through), Ending::Worked);
        let short = visit(OLD, &["git__a", "time__b"], "T21:00:00+09:00");
        assert!(matches!(compare(client, server, Way::Joint, &straight, &short), Ending::Worse(_)));
    }

    #[test]
    fn what_fails_directly_may_fail_through_the_gateway() {
        let (client, server) = (client("python-1"), server("everything"));
        let straight = with(visit(OLD, &["a"], "Echo: a door opens"), Step::Ask, Err("no form".to_owned()));
        assert_eq!(compare(client, server, Way::Run, &straight, &straight), Ending::Worked);
    }

    #[test]
    fn a_direct_visit_that_goes_wrong_is_never_right_through_the_gateway() {
        let (client, server) = (client("python-1"), server("sqlite"));
        for straight in [visit(OLD, &["a"], "7"), Visit::failed("closed")] {
            let ending = compare(client, server, Way::Run, &straight, &straight);
            assert!(matches!(ending, Ending::Broken(_)), "{straight:?}");
        }
    }

    #[test]
    fn where_direct_cannot_get_in_success_is_a_gift_and_only_silence_is_worse() {
        let (client, server) = (client("typescript-2-modern"), server("memory"));
        let refused = Visit::failed("not supported");
        let judged = |through: &Visit| compare(client, server, Way::Serve, &refused, through);
        assert_eq!(judged(&Visit::failed("other words")), Ending::Refused);
        assert_eq!(judged(&visit(NEW, &["a"], "\"entities\": []")), Ending::Gift);
        assert!(matches!(judged(&visit(NEW, &["a"], "7")), Ending::Partly(_)));
        assert!(matches!(judged(&Visit::failed("Error: no end after 40000 ms")), Ending::Worse(_)));
    }
}
