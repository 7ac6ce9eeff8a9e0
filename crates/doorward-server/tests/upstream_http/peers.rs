//! Real servers: the fixture on rmcp, and the bare upstream's answers.

use doorward_mcp::revision::Era;
use doorward_server::upstream::Housekeeping;
use doorward_testkit::{fixture, net};
use serde_json::json;

use super::driver::{PATIENCE, allow, answered, endpoint, finish, link, notification, parsed, run, session, tool_call};
use super::scripted::{Reply, Scripted, chunked_events, json as answer_json, result};

/// The fixture, served in this process.
pub(crate) async fn serve_fixture() -> String {
    let listener = net::listen(0).await.unwrap();
    let url = format!("http://{}{}", listener.local_addr().unwrap(), fixture::HTTP_PATH);
    tokio::spawn(fixture::serve_http(listener));
    url
}

#[tokio::test]
async fn a_modern_call_is_answered() {
    let link = link(Era::Modern, &serve_fixture().await);
    let answer = answered(&link, &tool_call(Era::Modern, 7, "test_simple_text", json!({}))).await.unwrap();
    assert_eq!(answer["id"], 7);
    assert_eq!(answer["result"]["content"][0]["type"], "text");
    assert_eq!(answer["result"]["resultType"], "complete");
}

#[tokio::test]
async fn a_legacy_call_is_answered_in_a_session() {
    let link = session(endpoint(&serve_fixture().await, PATIENCE)).await;
    let answer = answered(&link, &tool_call(Era::Legacy, 7, "test_simple_text", json!({}))).await.unwrap();
    assert_eq!(answer["id"], 7);
    assert_eq!(answer["result"]["content"][0]["type"], "text");
    link.close().await;
    let refusal = answered(&link, &tool_call(Era::Legacy, 8, "test_simple_text", json!({}))).await.unwrap_err();
    assert_eq!(refusal.code, doorward_core::refusal::Code::UnknownSession);
}

#[tokio::test]
async fn progress_arrives_before_the_answer_in_both_eras() {
    let url = serve_fixture().await;
    for era in [Era::Modern, Era::Legacy] {
        let link = match era {
            Era::Modern => link(era, &url),
            Era::Legacy => session(endpoint(&url, PATIENCE)).await,
        };
        let mut call = tool_call(era, 3, "test_tool_with_progress", json!({}));
        call["params"]["_meta"]["progressToken"] = json!("mine");
        let mut call = link.call(allow(&call)).await.unwrap();
        let (before, answer) = finish(&mut call).await;
        assert!(answer.is_ok(), "{answer:?}");
        assert!(call.is_stream());
        assert_eq!(call.status(), 200);
        let tokens: Vec<_> = before.iter().map(|message| &message["params"]["progressToken"]).collect();
        assert!(!tokens.is_empty() && tokens.iter().all(|token| **token == "mine"), "{era:?} {before:?}");
    }
}

#[tokio::test]
async fn a_legacy_server_asks_and_is_answered() {
    let url = serve_fixture().await;
    let link = super::driver::link(Era::Legacy, &url);
    let mut hello = super::driver::initialize(1);
    hello["params"]["capabilities"] = json!({ "sampling": {} });
    answered(&link, &hello).await.unwrap();
    link.tell(allow(&notification("notifications/initialized"))).await.unwrap();
    let message = tool_call(Era::Legacy, 4, "test_sampling", json!({ "prompt": "hello" }));
    let mut call = link.call(allow(&message)).await.unwrap();
    let question = match super::driver::next(&mut call).await {
        doorward_server::upstream::Event::Question(question) => question,
        other => panic!("{other:?}"),
    };
    assert_eq!(question.method(), "sampling/createMessage");
    let content = json!({ "type": "text", "text": "from the client" });
    let result = json!({ "role": "assistant", "content": content, "model": "m" });
    let answer = json!({ "jsonrpc": "2.0", "id": parsed(question.bytes())["id"], "result": result });
    link.reply(bytes::Bytes::from(answer.to_string()).into()).await.unwrap();
    let (_, answer) = finish(&mut call).await;
    assert!(String::from_utf8_lossy(answer.unwrap().bytes()).contains("from the client"));
}

#[tokio::test]
async fn housekeeping_lists_tools_in_both_eras() {
    let url = serve_fixture().await;
    let modern = link(Era::Modern, &url);
    let legacy = link(Era::Legacy, &url);
    modern.keep_house(Housekeeping::Discover).await.unwrap();
    legacy.keep_house(Housekeeping::Initialize).await.unwrap();
    for (link, era) in [(modern, Era::Modern), (legacy, Era::Legacy)] {
        let list = link.keep_house(Housekeeping::ListTools { cursor: None, era }).await.unwrap();
        assert!(!parsed(list.bytes())["result"]["tools"].as_array().unwrap().is_empty());
        link.close().await;
    }
}

#[tokio::test]
async fn housekeeping_of_the_other_era_is_refused() {
    let url = "http://127.0.0.1:9/mcp";
    for (era, task) in [(Era::Modern, Housekeeping::Initialize), (Era::Legacy, Housekeeping::Discover)] {
        let refusal = link(era, url).keep_house(task).await.unwrap_err();
        assert_eq!(refusal.code, doorward_core::refusal::Code::OtherEra);
    }
}

#[tokio::test]
async fn connections_are_used_again_after_json_and_after_streams() {
    let stream = chunked_events(&format!("data: {}\n\n", result(5, "ok")));
    for reply in [answer_json(&result(5, "ok")), stream] {
        let server = Scripted::start(move |_, _| Reply::Send(reply.clone())).await;
        let link = link(Era::Modern, &server.url);
        for _ in 0..20 {
            answered(&link, &tool_call(Era::Modern, 5, "echo", json!({}))).await.unwrap();
            // The connection returns to the pool in a task of its own.
            tokio::task::yield_now().await;
        }
        assert_eq!(server.seen().len(), 20);
        assert!(server.connections() <= 2, "{} connections", server.connections());
    }
}

#[tokio::test]
async fn an_unknown_tool_is_the_servers_answer() {
    let link = link(Era::Modern, &serve_fixture().await);
    let (_, answer) = run(&link, &tool_call(Era::Modern, 5, "no_such_tool", json!({}))).await;
    assert!(answer.unwrap().result().is_none());
}
