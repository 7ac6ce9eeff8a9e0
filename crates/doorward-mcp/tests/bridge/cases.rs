//! The cases of `fixtures/bridge`, but those about tasks.

use doorward_mcp::bridge::{self, Ability, Declared, Question, Round, Stamp, TasksBridged};
use doorward_mcp::id::Id;
use doorward_mcp::revision::{Direction, Revision};
use doorward_mcp::{Limits, RawJson};
use serde_json::{Value, json};

use crate::input::{
    check_cases, input, json as raw, notification, optional, repository, request, response, revision, worded,
};

#[test]
fn requests_to_legacy() {
    check_cases("request_to_legacy", |case| bridge::request_to_legacy(&request(input(case))).map(worded));
}

#[test]
fn requests_to_modern() {
    check_cases("request_to_modern", |case| {
        let text = |name: &str| case["stamp"][name].as_str().map(str::to_owned);
        let stamp = Stamp {
            capabilities: text("capabilities").unwrap(),
            client_info: text("client_info"),
            log_level: text("log_level"),
        };
        let responses: Vec<(String, String)> =
            serde_json::from_value(case["round"]["responses"].clone()).unwrap_or_default();
        let round = Round { responses: &responses, state: case["round"]["state"].as_str() };
        let round = case.get("round").map(|_| &round);
        bridge::request_to_modern(&request(input(case)), &stamp, round).map(worded)
    });
}

#[test]
fn responses_to_modern() {
    check_cases("response_to_modern", |case| {
        let method = case["method"].as_str().unwrap();
        let reworded = bridge::response_to_modern(method, &response(input(case)), case["server_info"].as_str());
        reworded.map(|response| Some(response.bytes().to_vec()))
    });
}

#[test]
fn responses_to_legacy() {
    check_cases("response_to_legacy", |case| {
        let method = case["method"].as_str().unwrap();
        let reworded = bridge::response_to_legacy(method, &response(input(case)), revision(&case["to"]));
        reworded.map(|response| Some(response.bytes().to_vec()))
    });
}

#[test]
fn shapes_alone() {
    check_cases("downgrade", |case| {
        let method = case["method"].as_str().unwrap();
        let reworded = bridge::downgrade(method, &response(input(case)), revision(&case["to"]));
        reworded.map(|response| Some(response.bytes().to_vec()))
    });
}

#[test]
fn discovery_of_a_legacy_server() {
    check_cases("discover_result", |case| {
        let initialized = raw(&case["input"]);
        let told = bridge::discover_result(initialized.as_raw(), &[Revision::LATEST], tasks_bridged(case));
        Ok(told.map(String::into_bytes))
    });
}

#[test]
fn initializing_with_a_modern_server() {
    check_cases("initialize_result", |case| {
        let discovered = raw(&case["input"]);
        let asked = case["asked"].as_str().unwrap();
        let told = bridge::initialize_result(discovered.as_raw(), asked, tasks_bridged(case));
        Ok(told.map(|(agreed, result)| {
            assert_eq!(agreed, revision(&case["revision"]), "{}", case["name"]);
            result.into_bytes()
        }))
    });
}

#[test]
fn params_of_an_initialize() {
    let declared = Declared::from_iter([Ability::Roots]);
    let params = bridge::initialize_params(&declared, Revision::LATEST_LEGACY, r#"{"name":"g","version":"1"}"#);
    let expected = json!({
        "protocolVersion": "2025-11-25", "capabilities": {"roots": {}}, "clientInfo": {"name": "g", "version": "1"}
    });
    assert_eq!(serde_json::from_str::<Value>(&params).unwrap(), expected);
}

#[test]
fn capabilities() {
    check_cases("capabilities", |case| {
        let capabilities = optional(&case["input"]);
        let declared = Declared::from_capabilities(capabilities.as_ref().map(RawJson::as_raw));
        let names: Vec<String> = declared.abilities().map(|ability| format!("{ability:?}")).collect();
        assert_eq!(json!(names), case["declared"], "{}", case["name"]);
        let legacy: Value = serde_json::from_str(&declared.to_legacy_json()).unwrap();
        assert_eq!(legacy, case["legacy"], "{}", case["name"]);
        // What we declare for a client is what the client declared.
        assert_eq!(Declared::from_capabilities(Some(raw(&legacy).as_raw())), declared, "{}", case["name"]);
        Ok(None)
    });
}

#[test]
fn questions_that_are_covered() {
    check_cases("covers", |case| {
        let declared = Declared::from_capabilities(Some(raw(&case["capabilities"]).as_raw()));
        let params = optional(&case["params"]);
        let covered = declared.covers(case["method"].as_str().unwrap(), params.as_ref().map(RawJson::as_raw));
        let lacks = covered.err().map(|ability| format!("{ability:?}"));
        assert_eq!(json!(lacks), case["lacks"], "{}", case["name"]);
        Ok(None)
    });
}

#[test]
fn what_is_required_covers() {
    for ability in Ability::ALL {
        let required = serde_json::from_str(ability.required_json()).unwrap();
        assert!(Declared::from_capabilities(Some(raw(&required).as_raw())).has(ability), "{ability:?}");
    }
}

#[test]
fn the_tasks_extension() {
    let declared = raw(&json!({"tasks": {"list": {}}, "extensions": {"a/b": {"x": 1}}}));
    assert!(!bridge::declares_tasks(Some(declared.as_raw())));
    let modern = |tasks| bridge::capabilities_to_modern(declared.as_raw(), tasks).unwrap();
    assert_eq!(modern(TasksBridged::No), r#"{"extensions":{"a/b":{"x":1}}}"#);
    let bridged = serde_json::from_str(&modern(TasksBridged::Yes)).unwrap();
    assert_eq!(bridged, json!({"extensions": {"a/b": {"x": 1}, "io.modelcontextprotocol/tasks": {}}}));
    assert!(bridge::declares_tasks(Some(raw(&bridged).as_raw())));
    assert_eq!(bridge::capabilities_to_modern(raw(&json!([])).as_raw(), TasksBridged::Yes), None);
}

#[test]
fn which_revision_may_be_asked_what() {
    check_cases("may_be_asked", |case| {
        let since = revision(&case["since"]);
        for revision in Revision::ALL {
            let asked = bridge::may_be_asked(&question(&case["question"]), revision);
            assert_eq!(asked.is_ok(), revision >= since, "{} in {revision}: {asked:?}", case["name"]);
        }
        Ok(None)
    });
}

#[test]
fn questions_to_modern() {
    check_cases("question_to_modern", |case| {
        let asked = bridge::question_to_modern(&request(input(case)));
        asked.map(|question| Some(question.to_json().into_bytes()))
    });
}

#[test]
fn questions_to_legacy() {
    check_cases("question_to_legacy", |case| {
        let id = case["elicitation_id"].as_str();
        let asked = bridge::question_to_legacy(&Id::from("q"), &question(&case["question"]), id);
        asked.map(|request| Some(request.bytes().to_vec()))
    });
}

#[test]
fn questions_in_an_error() {
    check_cases("url_questions", |case| Ok(bridge::url_questions(raw(&case["input"]).as_raw()).map(listed)));
}

#[test]
fn questions_in_a_result() {
    check_cases("questions_of", |case| {
        let result = RawJson::parse(input(case), &Limits::default()).unwrap();
        bridge::questions_of(result.as_raw()).map(listed).map(Some)
    });
}

#[test]
fn a_result_with_questions_is_read_as_it_was_written() {
    let asked = vec![
        ("a \"key\"".to_owned(), Question { method: "roots/list".to_owned(), params: None }),
        ("b".to_owned(), Question { method: "elicitation/create".to_owned(), params: Some(r#"{"x":1}"#.to_owned()) }),
    ];
    let result = serde_json::from_str(&bridge::input_required(&asked, "st\"ate")).unwrap();
    assert_eq!(bridge::questions_of(raw(&result).as_raw()).unwrap(), asked);
    assert_eq!(result["requestState"], "st\"ate");
    assert_eq!(bridge::input_required(&[], "s"), r#"{"resultType":"input_required","requestState":"s"}"#);
}

#[test]
fn answers_and_state() {
    let retry = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "a", "inputResponses": {"one": {}, "two": {"n": 2}}, "requestState": "a\"b"
    }});
    let retry = request(retry.to_string().into_bytes());
    let answers: Vec<String> =
        bridge::answers_of(&retry).iter().map(|(key, json)| format!("{key} {}", json.as_raw().text())).collect();
    assert_eq!(answers, ["one {}", r#"two {"n":2}"#]);
    assert_eq!(bridge::state_of(&retry).as_deref(), Some("a\"b"));
    let first = request(br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#.to_vec());
    assert!(bridge::answers_of(&first).is_empty() && bridge::state_of(&first).is_none());
}

#[test]
fn notifications_to_modern() {
    check_cases("notification_to_modern", |case| {
        let reworded = bridge::notification_to_modern(&notification(input(case)), direction(case));
        Ok(reworded.map(|notification| notification.bytes().to_vec()))
    });
}

#[test]
fn notifications_to_legacy() {
    check_cases("notification_to_legacy", |case| {
        let reworded =
            bridge::notification_to_legacy(&notification(input(case)), direction(case), revision(&case["to"]));
        Ok(reworded.map(|notification| notification.bytes().to_vec()))
    });
}

#[test]
fn a_subscription_is_named() {
    let bare = notification(br#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#.to_vec());
    let named = bridge::with_subscription_id(&bare, "\"s\"").unwrap();
    let key = "io.modelcontextprotocol/subscriptionId";
    assert_eq!(named.meta().unwrap().member(key).unwrap().text(), "\"s\"");
    let renamed = bridge::with_subscription_id(&named, "7").unwrap();
    assert_eq!(renamed.meta().unwrap().member(key).unwrap().text(), "7");
}

#[test]
fn every_file_of_cases_is_read() {
    let tests = concat!(include_str!("cases.rs"), include_str!("tasks.rs"));
    for file in std::fs::read_dir(repository().join("fixtures/bridge")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_cases = path.extension().is_some_and(|extension| extension == "json");
        assert!(!is_cases || tests.contains(&format!("check_cases(\"{name}\"")), "{name} is not read");
    }
}

fn question(value: &Value) -> Question {
    let params = value.get("params").map(Value::to_string);
    Question { method: value["method"].as_str().unwrap().to_owned(), params }
}

fn listed(questions: Vec<(String, Question)>) -> Vec<u8> {
    let entry =
        |(key, question): (String, Question)| json!([key, serde_json::from_str::<Value>(&question.to_json()).unwrap()]);
    Value::Array(questions.into_iter().map(entry).collect()).to_string().into_bytes()
}

fn direction(case: &Value) -> Direction {
    match case["from"].as_str() {
        Some("server") => Direction::ServerToClient,
        Some("client") => Direction::ClientToServer,
        other => panic!("{other:?}"),
    }
}

fn tasks_bridged(case: &Value) -> TasksBridged {
    match case["tasks"].as_str() {
        Some("yes") => TasksBridged::Yes,
        Some("no") => TasksBridged::No,
        other => panic!("{other:?}"),
    }
}
