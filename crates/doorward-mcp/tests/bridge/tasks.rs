//! Tasks in the words of both eras.

use doorward_mcp::bridge::{self, OwnTask, Question, Stamp, TaskDetail, TaskSupport};
use doorward_mcp::id::Id;
use doorward_mcp::views::tasks::TaskStatus;
use serde_json::{Value, json};

use crate::input::{check_cases, input, json as raw, notification, optional, request, response, worded};

#[test]
fn calls_that_became_tasks_to_modern() {
    check_cases("created_to_modern", |case| {
        let reworded = bridge::created_to_modern(&response(input(case)), case["server_info"].as_str());
        reworded.map(|response| Some(response.bytes().to_vec()))
    });
}

#[test]
fn calls_that_became_tasks_to_legacy() {
    check_cases("created_to_legacy", |case| {
        bridge::created_to_legacy(&response(input(case))).map(|response| Some(response.bytes().to_vec()))
    });
}

#[test]
fn tasks_asked_for_to_modern() {
    check_cases("fetched_to_modern", |case| {
        with_detail(case, |detail| {
            let reworded = bridge::fetched_to_modern(&response(input(case)), detail, case["server_info"].as_str());
            reworded.map(|response| Some(response.bytes().to_vec()))
        })
    });
}

#[test]
fn tasks_asked_for_to_legacy() {
    check_cases("fetched_to_legacy", |case| {
        bridge::fetched_to_legacy(&response(input(case))).map(|response| Some(response.bytes().to_vec()))
    });
}

#[test]
fn what_tasks_came_to() {
    check_cases("outcome_to_legacy", |case| {
        let outcome = bridge::outcome_to_legacy(&Id::from(1_u64), raw(&case["input"]).as_raw());
        outcome.map(|response| response.map(|response| response.bytes().to_vec()))
    });
}

#[test]
fn a_status_with_its_result() {
    let status = json!({"jsonrpc": "2.0", "method": "notifications/tasks/status", "params": {
        "taskId": "t", "status": "failed", "ttl": 5, "createdAt": "a", "lastUpdatedAt": "b"
    }});
    let result = raw(&json!({"content": [], "isError": true}));
    let modern =
        bridge::status_to_modern(&notification(status.to_string().into_bytes()), TaskDetail::Result(result.as_raw()));
    let modern: Value = serde_json::from_slice(modern.unwrap().bytes()).unwrap();
    assert_eq!(modern["method"], "notifications/tasks");
    assert_eq!(modern["params"]["status"], "completed");
    assert_eq!(modern["params"]["ttlMs"], 5);
    assert_eq!(modern["params"]["result"]["isError"], true);
}

#[test]
fn a_call_becomes_a_task_and_a_call_again() {
    let call = request(br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}"#.to_vec());
    let Some(bytes) = bridge::call_as_task(&call, 60_000).map(worded).unwrap() else { panic!("no bytes") };
    let task = request(bytes);
    assert_eq!(task.params().unwrap().text(), r#"{"name":"a","task":{"ttl":60000}}"#);
    assert_eq!(bridge::without_task(&task).unwrap().message().bytes(), call.bytes());
    let bare = request(br#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#.to_vec());
    assert!(bridge::call_as_task(&bare, 1).is_err());
}

#[test]
fn requests_about_a_task() {
    let stamp = Stamp { capabilities: "{}".to_owned(), client_info: None, log_level: None };
    let (id, task) = (Id::from(3_u64), "t\"1");
    for method in ["tasks/get", "tasks/result", "tasks/cancel"] {
        let request = bridge::legacy_task_request(&id, method, task).unwrap();
        assert_eq!(request.params().unwrap().text(), r#"{"taskId":"t\"1"}"#);
    }
    for method in ["tasks/get", "tasks/cancel"] {
        let request = bridge::modern_task_request(&id, method, task, &stamp).unwrap();
        assert!(request.meta().is_some() && request.param("taskId").is_some());
    }
    assert!(bridge::legacy_task_request(&id, "tasks/update", task).is_err());
    assert!(bridge::modern_task_request(&id, "tasks/result", task, &stamp).is_err());
    let answers = [("k".to_owned(), r#"{"action":"accept"}"#.to_owned())];
    let update = bridge::update_request(&id, task, &answers, &stamp).unwrap();
    assert_eq!(update.param("inputResponses").unwrap().text(), r#"{"k":{"action":"accept"}}"#);
    let broken = [("k".to_owned(), "{".to_owned())];
    assert!(bridge::update_request(&id, task, &broken, &stamp).is_err());
}

#[test]
fn a_cancelled_task_is_acknowledged() {
    let cancelled = json!({"jsonrpc": "2.0", "id": 1, "result": {
        "taskId": "t", "status": "cancelled", "ttl": 5, "createdAt": "a", "lastUpdatedAt": "b"
    }});
    let modern = bridge::cancelled_to_modern(&response(cancelled.to_string().into_bytes()), None).unwrap();
    assert_eq!(modern.result().unwrap().text(), r#"{"resultType":"complete"}"#);
}

#[test]
fn tools_and_tasks() {
    let tools = json!({"tools": [
        {"name": "a", "execution": {"taskSupport": "required"}}, {"name": "b", "execution": {"taskSupport": "optional"}},
        {"name": "c", "execution": {"taskSupport": "forbidden"}}, {"name": "d"}
    ]});
    let result = raw(&tools);
    assert_eq!(bridge::tools_with_required_tasks(result.as_raw()), ["a"]);
    let support: Vec<TaskSupport> =
        result.as_raw().member("tools").unwrap().elements().map(bridge::task_support).collect();
    use TaskSupport::{Forbidden, Optional, Required};
    assert_eq!(support, [Required, Optional, Forbidden, Forbidden]);
    let offered = json!({"jsonrpc": "2.0", "id": 1, "result": tools});
    let offered = bridge::offer_tasks(&response(offered.to_string().into_bytes())).unwrap();
    let tools = offered.result_member("tools").unwrap();
    assert!(tools.elements().all(|tool| bridge::task_support(tool) == Optional));
}

#[test]
fn a_task_of_our_own() {
    let task = OwnTask {
        task_id: "t".to_owned(),
        status: TaskStatus::Completed,
        created_at: "2026-01-01T00:00:00Z".to_owned(),
        last_updated_at: "2026-01-01T00:00:01Z".to_owned(),
        ttl_ms: None,
        poll_interval_ms: Some(500),
    };
    let expected = json!({"task": {
        "taskId": "t", "status": "completed", "createdAt": "2026-01-01T00:00:00Z",
        "lastUpdatedAt": "2026-01-01T00:00:01Z", "ttl": null, "pollInterval": 500
    }});
    assert_eq!(serde_json::from_str::<Value>(&task.to_created_json()).unwrap(), expected);
}

fn with_detail<T>(case: &Value, then: impl FnOnce(TaskDetail<'_>) -> T) -> T {
    let (result, error) = (optional(&case["result"]), optional(&case["error"]));
    let questions: Vec<(String, Question)> = case["questions"].as_array().into_iter().flatten().map(asked).collect();
    match (&result, &error, questions.as_slice()) {
        (Some(result), _, _) => then(TaskDetail::Result(result.as_raw())),
        (None, Some(error), _) => then(TaskDetail::Error(error.as_raw())),
        (None, None, []) => then(TaskDetail::Nothing),
        (None, None, questions) => then(TaskDetail::Questions(questions)),
    }
}

fn asked(pair: &Value) -> (String, Question) {
    let method = pair[1]["method"].as_str().unwrap().to_owned();
    (pair[0].as_str().unwrap().to_owned(), Question { method, params: None })
}
