//! Each client's visit to each server, and what makes one right.
//!
//! A visit through the gateway is right when it ends as the direct visit did: the same revision, the same tools in the
//! same order, the same answer. Where client and server share no era, both must be refused.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::Stage;
use super::gateway::Gateway;
use super::peers::{CLIENTS, Client, SERVERS, Server};
use super::play::{self, Played};
use super::report::{Ending, Report, Row, Way};

/// How long one client may take for its visits to one server; a single visit is bounded by the script.
const CELL_LIMIT: Duration = Duration::from_secs(150);

/// What a visit brought, as a script reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Visit {
    /// The client connected, listed and called.
    Done { protocol: String, tools: Vec<String>, answer: String, is_error: bool },
    /// It did not get so far.
    Failed(String),
}

/// The matrix of clients and servers.
pub(super) struct Cells<'a> {
    stage: &'a Stage,
    gateway: Option<&'a Gateway>,
}

impl<'a> Cells<'a> {
    /// Plays every cell whose name contains `only`; without a gateway, directly alone.
    pub(super) fn play(stage: &'a Stage, gateway: Option<&'a Gateway>, only: &str) -> Report {
        let cells = Self { stage, gateway };
        // Servers that are slow to start are spread, so that two of them rarely start at once.
        let all = SERVERS.iter().flat_map(|server| CLIENTS.iter().map(move |client| (client, server)));
        let chosen: Vec<_> = all.filter(|(client, server)| client.cell(server).contains(only)).collect();
        Report::of(play::each(&chosen, |(client, server)| cells.cell(client, server)))
    }

    fn cell(&self, client: &Client, server: &Server) -> Vec<Row> {
        let name = client.cell(server);
        let plan = self.plan(client, server).to_string();
        let played = play::play(self.stage, &name, &client.script(self.stage), &[&plan], CELL_LIMIT);
        let visits = visits(&played.output);
        let direct = visit(&visits, Way::Direct, &played);
        let judged = match self.gateway {
            None => vec![(Way::Direct, as_expected(client, server, &direct))],
            Some(_) => [Way::Run, Way::Serve]
                .map(|way| (way, compare(client, server, &direct, &visit(&visits, way, &played))))
                .to_vec(),
        };
        let took = played.took / u32::try_from(judged.len()).unwrap_or(1);
        let row = |(way, ending)| {
            let ending = match ending {
                Ending::Wrong(reason) if played.failure.is_none() => Ending::Wrong(self.with_errors(&reason, &name)),
                Ending::Wrong(_) | Ending::Worked | Ending::RefusedAlike => ending,
            };
            Row::cell(client, server, way, ending, took)
        };
        judged.into_iter().map(row).collect()
    }

    fn plan(&self, client: &Client, server: &Server) -> Value {
        let mut ways = vec![json!({ "name": Way::Direct.name(), "command": server.alone(self.stage, "cell") })];
        if let Some(gateway) = self.gateway {
            ways.push(
                json!({ "name": Way::Run.name(), "command": gateway.run(self.stage, server, &client.cell(server)) }),
            );
            ways.push(json!({ "name": Way::Serve.name(), "url": gateway.endpoint(server), "headers": {} }));
        }
        json!({ "mode": client.mode, "tool": server.tool, "arguments": server.input(self.stage), "ways": ways })
    }

    fn with_errors(&self, reason: &str, name: &str) -> String {
        let said = play::said(self.stage, name);
        if said.is_empty() { reason.to_owned() } else { format!("{reason}\n{said}") }
    }
}

fn visits(output: &str) -> BTreeMap<String, Visit> {
    let reports = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    reports.filter_map(|report| Some((text(&report, "way")?, read(&report)))).collect()
}

fn read(report: &Value) -> Visit {
    let strings = |key| {
        let list = report.get(key)?.as_array()?;
        Some(list.iter().map(|item| item.as_str().unwrap_or_default().to_owned()).collect::<Vec<String>>())
    };
    let done = || {
        Some(Visit::Done {
            protocol: text(report, "protocol")?,
            tools: strings("tools")?,
            answer: strings("text")?.join("\n"),
            is_error: report.get("is_error")?.as_bool()?,
        })
    };
    done().unwrap_or_else(|| Visit::Failed(text(report, "error").unwrap_or_else(|| report.to_string())))
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(str::to_owned)
}

fn visit(visits: &BTreeMap<String, Visit>, way: Way, played: &Played) -> Visit {
    let silent =
        || Visit::Failed(played.failure.clone().unwrap_or_else(|| "the script said nothing about it".to_owned()));
    visits.get(way.name()).cloned().unwrap_or_else(silent)
}

/// Whether the direct visit is what the catalogue says of the two.
fn as_expected(client: &Client, server: &Server, direct: &Visit) -> Ending {
    match direct {
        Visit::Done { answer, is_error: false, .. } if client.understands(server) => {
            if answer.contains(server.answer) {
                return Ending::Worked;
            }
            Ending::Wrong(format!("the direct answer was {answer:?}, without {:?}", server.answer))
        }
        Visit::Failed(_) if !client.understands(server) => Ending::RefusedAlike,
        Visit::Done { .. } | Visit::Failed(_) => Ending::Wrong(format!("the direct visit ended as {direct:?}")),
    }
}

fn compare(client: &Client, server: &Server, direct: &Visit, through: &Visit) -> Ending {
    match (as_expected(client, server, direct), through) {
        (wrong @ Ending::Wrong(_), _) => wrong,
        (Ending::RefusedAlike, Visit::Failed(reason)) if !is_silence(reason) => Ending::RefusedAlike,
        (Ending::RefusedAlike, _) => Ending::Wrong(format!("a plain refusal was expected, got {through:?}")),
        (Ending::Worked, through) if through == direct => Ending::Worked,
        (Ending::Worked, _) => Ending::Wrong(format!("directly {direct:?}\n    through the gateway {through:?}")),
    }
}

/// A client that waited until it gave up was not refused.
fn is_silence(reason: &str) -> bool {
    ["no end after", "TimeoutError", "still running", "said nothing"].iter().any(|sign| reason.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(name: &str) -> &'static Client {
        CLIENTS.iter().find(|client| client.name == name).unwrap()
    }

    fn server(id: &str) -> &'static Server {
        SERVERS.iter().find(|server| server.id == id).unwrap()
    }

    fn done(answer: &str, tools: &[&str]) -> Visit {
        let tools = tools.iter().map(|tool| (*tool).to_owned()).collect();
        Visit::Done { protocol: "2025-11-25".to_owned(), tools, answer: answer.to_owned(), is_error: false }
    }

    fn failed(reason: &str) -> Visit {
        Visit::Failed(reason.to_owned())
    }

    #[test]
    fn the_same_visit_is_right_and_any_difference_is_wrong() {
        let (client, server) = (client("python-1"), server("sqlite"));
        let direct = done("[{'answer': 42}]", &["a", "b"]);
        assert_eq!(compare(client, server, &direct, &direct), Ending::Worked);
        for through in [
            done("[{'answer': 42}]", &["a"]),
            done("[{'answer': 42}]", &["b", "a"]),
            done("[{'answer': 42} ]", &["a", "b"]),
            failed("closed"),
        ] {
            assert!(matches!(compare(client, server, &direct, &through), Ending::Wrong(_)), "{through:?}");
        }
    }

    #[test]
    fn a_direct_visit_that_goes_wrong_is_never_right_through_the_gateway() {
        let (client, server) = (client("python-1"), server("sqlite"));
        for direct in [done("7", &["a"]), failed("closed")] {
            assert!(matches!(compare(client, server, &direct, &direct), Ending::Wrong(_)), "{direct:?}");
        }
    }

    #[test]
    fn without_an_era_in_common_both_are_refused_and_neither_hangs() {
        let (client, server) = (client("typescript-2-modern"), server("memory"));
        let refused = failed("not supported");
        assert_eq!(compare(client, server, &refused, &failed("other words")), Ending::RefusedAlike);
        for through in [failed("Error: no end after 60000 ms"), done("\"entities\": []", &["a"])] {
            assert!(matches!(compare(client, server, &refused, &through), Ending::Wrong(_)), "{through:?}");
        }
        assert!(matches!(as_expected(client, server, &done("\"entities\": []", &[])), Ending::Wrong(_)));
    }

    #[test]
    fn reports_of_scripts_are_read() {
        let output = "noise\n{\"way\":\"direct\",\"protocol\":\"p\",\"tools\":[\"a\"],\"text\":[\"x\",\"y\"],\"is_error\":false}\n\
                      {\"way\":\"run\",\"error\":\"closed\"}\n";
        let visits = visits(output);
        let wanted = Visit::Done {
            protocol: "p".to_owned(),
            tools: vec!["a".to_owned()],
            answer: "x\ny".to_owned(),
            is_error: false,
        };
        assert_eq!(visits.get("direct"), Some(&wanted));
        assert_eq!(visits.get("run"), Some(&failed("closed")));
    }

    #[test]
    fn a_script_that_broke_down_fails_what_it_did_not_report() {
        let played =
            Played { output: String::new(), failure: Some("the script died".to_owned()), took: Duration::ZERO };
        assert_eq!(visit(&BTreeMap::new(), Way::Run, &played), failed("the script died"));
    }
}
