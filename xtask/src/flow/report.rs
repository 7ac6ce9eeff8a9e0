//! What came of a run: counted, every failure told.

use serde_json::json;

use crate::output;

/// Counts and failures.
#[derive(Debug, Default)]
pub(super) struct Report {
    controls: usize,
    arrived: usize,
    attempts: usize,
    stopped: usize,
    explained: usize,
    unexplained: usize,
    drawn: usize,
    undrawn: usize,
    honest: usize,
    passed: usize,
    questions_most: usize,
}

impl Report {
    /// An attempt without the policies; a failure tells why it did not arrive.
    pub(super) fn control(&mut self, name: &str, failure: Option<String>) {
        self.controls += 1;
        match failure {
            None => self.arrived += 1,
            Some(reason) => complain("DID NOT ARRIVE", &format!("control/{name}"), &reason),
        }
    }

    /// An attempt under the policies.
    pub(super) fn attempt(&mut self, name: &str, stopped: Result<(), String>) {
        self.attempts += 1;
        match stopped {
            Ok(()) => self.stopped += 1,
            Err(reason) => complain("NOT STOPPED", name, &reason),
        }
    }

    /// What the records tell of a refusal.
    pub(super) fn explained(&mut self, name: &str, explained: Result<(), String>) {
        match explained {
            Ok(()) => self.explained += 1,
            Err(reason) => {
                self.unexplained += 1;
                complain("NOT EXPLAINED", name, &reason);
            }
        }
    }

    /// What the drawing of a context shows.
    pub(super) fn drawn(&mut self, name: &str, drawn: Result<(), String>) {
        match drawn {
            Ok(()) => self.drawn += 1,
            Err(reason) => {
                self.undrawn += 1;
                complain("NOT DRAWN", name, &reason);
            }
        }
    }

    /// An honest task, and how often a person was asked.
    pub(super) fn honest(&mut self, name: &str, questions: usize, passed: Result<(), String>) {
        self.honest += 1;
        self.questions_most = self.questions_most.max(questions);
        match passed {
            Ok(()) => self.passed += 1,
            Err(reason) => complain("DISTURBED", name, &reason),
        }
    }

    /// Whether something was played and everything is as it must be.
    pub(super) const fn is_good(&self) -> bool {
        self.controls > 0
            && self.arrived == self.controls
            && self.attempts > 0
            && self.stopped == self.attempts
            && self.explained > 0
            && self.unexplained == 0
            && self.drawn > 0
            && self.undrawn == 0
            && self.honest > 0
            && self.passed == self.honest
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        format!(
            "without the policies: {} of {} attempts arrive\nunder the policies:   {} of {} attempts are stopped, {} refusals \
             are explained, {} drawings show them\nhonest tasks:         {} of {} pass, with at most {} questions",
            self.arrived,
            self.controls,
            self.stopped,
            self.attempts,
            self.explained,
            self.drawn,
            self.passed,
            self.honest,
            self.questions_most
        )
    }

    /// For programs: one flat object of numbers.
    pub(super) fn json(&self) -> String {
        json!({
            "flow_controls": self.controls, "flow_controls_arrived": self.arrived,
            "flow_attempts": self.attempts, "flow_stopped": self.stopped, "flow_explained": self.explained,
            "flow_unexplained": self.unexplained, "flow_drawn": self.drawn, "flow_undrawn": self.undrawn,
            "flow_honest": self.honest, "flow_honest_passed": self.passed, "flow_questions_most": self.questions_most,
        })
        .to_string()
    }
}

fn complain(word: &str, name: &str, reason: &str) {
    output::line(format_args!("{word}  {name}: {}", reason.chars().take(900).collect::<String>()));
}

#[cfg(test)]
mod tests {
    use super::*;

    type Spoil = fn(&mut Report, Result<(), String>);

    #[test]
    fn one_failure_of_any_kind_spoils_it() {
        let good = || {
            let mut report = Report::default();
            report.control("a", None);
            report.attempt("a", Ok(()));
            report.explained("a", Ok(()));
            report.drawn("a", Ok(()));
            report.honest("a", 1, Ok(()));
            report
        };
        let no = || Err("no".to_owned());
        assert!(good().is_good());
        assert!(!Report::default().is_good());
        let spoil: [Spoil; 5] = [
            |report, end| report.control("b", end.err()),
            |report, end| report.attempt("b", end),
            |report, end| report.explained("b", end),
            |report, end| report.drawn("b", end),
            |report, end| report.honest("b", 0, end),
        ];
        for spoil in spoil {
            let mut report = good();
            spoil(&mut report, no());
            assert!(!report.is_good(), "{report:?}");
        }
    }
}
