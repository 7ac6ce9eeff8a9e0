//! What was played and how it ended, for people and for programs.

use std::time::Duration;

use super::clients::{CLIENTS, Client};
use super::findings::Findings;
use super::servers::{SERVERS, Server};
use super::visit::Visit;
use super::ways::Way;

/// How one cell, agent or case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// As it should.
    Worked,
    /// Everything went, although the direct visit cannot come about.
    Gift,
    /// Some of it went, although the direct visit cannot come about; the text says what did not.
    Partly(String),
    /// Refused, as it is without the gateway too.
    Refused,
    /// Worse than without the gateway; the text says how.
    Worse(String),
    /// Wrong without the gateway already, or a case that does not hold; the text says how.
    Broken(String),
}

/// One cell, agent or case.
#[derive(Debug)]
pub(super) struct Row {
    name: String,
    way: Option<Way>,
    ending: Ending,
    /// The steps that went well, one letter each.
    letters: String,
    took: Duration,
    /// Why a first try did not count.
    first: Option<String>,
}

/// Everything that was played.
#[derive(Debug, Default)]
pub(super) struct Report {
    rows: Vec<Row>,
    notes: Vec<String>,
    findings: Option<Findings>,
}

impl Ending {
    /// Wrong, for this reason.
    pub(super) fn broken(reason: &str) -> Self {
        Self::Broken(reason.to_owned())
    }

    const fn word(&self) -> &'static str {
        match self {
            Self::Worked => "ok",
            Self::Gift => "gift",
            Self::Partly(_) => "partly",
            Self::Refused => "refused",
            Self::Worse(_) => "WORSE",
            Self::Broken(_) => "BROKEN",
        }
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Partly(reason) | Self::Worse(reason) | Self::Broken(reason) => Some(reason),
            Self::Worked | Self::Gift | Self::Refused => None,
        }
    }
}

impl Row {
    /// A client's visit to a server.
    pub(super) fn cell(
        client: &Client,
        server: &Server,
        way: Way,
        ending: Ending,
        visit: &Visit,
        took: Duration,
    ) -> Self {
        Self { name: client.cell(server), way: Some(way), ending, letters: visit.letters(), took, first: None }
    }

    /// What an agent did on one way.
    pub(super) fn agent(name: &str, way: Way, ending: Ending, took: Duration) -> Self {
        Self { name: name.to_owned(), way: Some(way), ending, letters: String::new(), took, first: None }
    }

    /// A case, with the complaint if it does not hold.
    pub(super) fn case(name: &str, complaint: Option<String>, took: Duration) -> Self {
        let ending = complaint.map_or(Ending::Worked, Ending::Broken);
        Self { name: format!("case/{name}"), way: None, ending, letters: String::new(), took, first: None }
    }

    /// The same, after a first try that may have been worse.
    pub(super) fn after(self, first: Self) -> Self {
        let reason = if self.is_worse() { None } else { first.ending.reason().map(str::to_owned) };
        Self { first: reason.filter(|_| first.is_worse()), ..self }
    }

    /// Whether something went wrong with it.
    pub(super) const fn is_worse(&self) -> bool {
        matches!(self.ending, Ending::Worse(_) | Ending::Broken(_))
    }

    /// Whether it is a visit of `client` to `server`.
    pub(super) fn is_of(&self, client: &Client, server: &Server) -> bool {
        self.name == client.cell(server)
    }

    fn is_by(&self, client: &Client) -> bool {
        self.name.split_once('/').is_some_and(|(name, _)| name == client.name)
    }

    fn visits(&self, server: &Server) -> bool {
        self.name.split_once('/').is_some_and(|(_, id)| id == server.id)
    }

    /// Whether both are of the same name and way.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (&self.name, self.way) == (&other.name, other.way)
    }

    /// Its name, without the way.
    #[cfg(test)]
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// One line for whoever waits.
    pub(super) fn line(&self) -> String {
        let way = self.way.map_or("", Way::name);
        let word = format!("{} {}", self.ending.word(), self.letters);
        format!("{:<36} {way:<7} {word:<14} {:>5.1} s", self.name, self.took.as_secs_f64())
    }

    /// Whether it is one of those that are counted: something a client or agent did through the gateway, or directly
    /// when nothing else was played.
    fn is_cell(&self, direct_only: bool) -> bool {
        match self.way {
            Some(Way::Direct) => direct_only,
            Some(Way::Run | Way::Serve | Way::Sse | Way::Connect | Way::Joint) => true,
            None => false,
        }
    }
}

impl Report {
    /// The rows, as one report.
    pub(super) const fn of(rows: Vec<Row>) -> Self {
        Self { rows, notes: Vec::new(), findings: None }
    }

    /// Takes what another report holds.
    pub(super) fn append(&mut self, other: Self) {
        self.rows.extend(other.rows);
        self.notes.extend(other.notes);
        self.findings = self.findings.take().or(other.findings);
    }

    /// What the guards did meanwhile.
    pub(super) fn findings(&mut self, findings: Findings) {
        self.findings = Some(findings);
    }

    /// Something the reader must know about what was not played.
    pub(super) fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// Whether nothing went wrong.
    pub(super) fn is_good(&self) -> bool {
        !self.rows.is_empty() && !self.rows.iter().any(Row::is_worse) && self.unargued() == 0
    }

    /// For a reader: what went wrong, the tables, the counts.
    pub(super) fn text(&self) -> String {
        let mut parts = vec![String::new()];
        for row in &self.rows {
            if let Some(reason) = row.ending.reason() {
                let way = row.way.map_or(String::new(), |way| format!(" ({})", way.name()));
                parts.push(format!("{} {}{way}: {reason}", row.ending.word(), row.name));
            }
            if let (Some(reason), Some(way)) = (&row.first, row.way) {
                parts.push(format!("second try {} ({}): the first was worse: {reason}", row.name, way.name()));
            }
        }
        parts.extend(self.tables());
        parts.extend(self.notes.iter().map(|note| format!("\n{note}")));
        parts.extend(self.findings.as_ref().map(ToString::to_string));
        parts.push(self.counts());
        parts.join("\n")
    }

    /// For a program: one flat object.
    pub(super) fn json(&self) -> String {
        let (cells, ok, worse) = self.sums();
        let unargued = self.unargued();
        format!("{{\"cells\":{cells},\"ok\":{ok},\"worse_than_direct\":{worse},\"findings_not_argued\":{unargued}}}")
    }

    fn unargued(&self) -> usize {
        self.findings.as_ref().map_or(0, Findings::unargued)
    }

    fn sums(&self) -> (usize, usize, usize) {
        let direct_only = !self.rows.iter().any(|row| row.is_cell(false));
        let cells: Vec<&Row> = self.rows.iter().filter(|row| row.is_cell(direct_only)).collect();
        let ok = cells.iter().filter(|row| matches!(row.ending, Ending::Worked | Ending::Gift)).count();
        let worse = cells.iter().filter(|row| matches!(row.ending, Ending::Worse(_))).count();
        (cells.len(), ok, worse)
    }

    fn counts(&self) -> String {
        let (cells, ok, worse) = self.sums();
        let count = |word: &str| {
            self.rows.iter().filter(|row| row.way != Some(Way::Direct) && row.ending.word() == word).count()
        };
        let cases = self.rows.iter().filter(|row| row.way.is_none()).count();
        let broken = self.rows.iter().filter(|row| matches!(row.ending, Ending::Broken(_))).count();
        format!(
            "\n{cells} cells, {ok} ok ({} of them impossible directly), {worse} worse than direct; {} more impossible \
             directly: {} partly through the gateway, {} not; {cases} cases; {broken} broken",
            count("gift"),
            count("partly") + count("refused"),
            count("partly"),
            count("refused"),
        )
    }

    fn tables(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for way in Way::ALL {
            if !self.has(way, |row| CLIENTS.iter().any(|client| row.is_by(client))) {
                continue;
            }
            let servers: Vec<&Server> =
                SERVERS.iter().filter(|server| self.has(way, |row| row.visits(server))).collect();
            let heads: String = servers.iter().map(|server| format!("{:>16}", server.id)).collect();
            lines.push(format!("\n{:<20}{heads}", way.name()));
            for client in CLIENTS.iter().filter(|client| self.has(way, |row| row.is_by(client))) {
                let words: String =
                    servers.iter().map(|server| format!("{:>16}", self.at(client, server, way))).collect();
                lines.push(format!("{:<20}{words}", client.name).trim_end().to_owned());
            }
        }
        if !lines.is_empty() {
            lines.push("\nSteps that went well: list, call, read, prompt, ask (a form), sample (a model).".to_owned());
        }
        for family in ["agent/", "case/"] {
            let shown: Vec<String> =
                self.rows.iter().filter(|row| row.name.starts_with(family)).map(Row::line).collect();
            if !shown.is_empty() {
                lines.push(String::new());
                lines.extend(shown);
            }
        }
        lines
    }

    fn has(&self, way: Way, wanted: impl Fn(&Row) -> bool) -> bool {
        self.rows.iter().any(|row| row.way == Some(way) && wanted(row))
    }

    fn at(&self, client: &Client, server: &Server, way: Way) -> String {
        let name = client.cell(server);
        let row = self.rows.iter().find(|row| row.way == Some(way) && row.name == name);
        row.map_or(String::new(), |row| format!("{} {}", row.ending.word(), row.letters).trim_end().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(endings: &[Ending]) -> Report {
        let client = CLIENTS.first().unwrap();
        let rows = endings.iter().zip(SERVERS);
        let row = |(ending, server): (&Ending, &Server)| {
            Row::cell(client, server, Way::Serve, ending.clone(), &Visit::default(), Duration::ZERO)
        };
        Report::of(rows.map(row).collect())
    }

    #[test]
    fn gifts_are_ok_and_refusals_are_not_worse() {
        let report = report(&[Ending::Worked, Ending::Gift, Ending::Refused, Ending::Partly("ask: no".to_owned())]);
        assert!(report.is_good());
        assert_eq!(report.json(), r#"{"cells":4,"ok":2,"worse_than_direct":0,"findings_not_argued":0}"#);
        assert!(report.text().contains("4 cells, 2 ok (1 of them impossible directly), 0 worse"), "{}", report.text());
    }

    #[test]
    fn a_worse_cell_fails_the_run_with_its_reason() {
        let report = report(&[Ending::Worked, Ending::Worse("no list".to_owned())]);
        assert!(!report.is_good());
        assert_eq!(report.json(), r#"{"cells":2,"ok":1,"worse_than_direct":1,"findings_not_argued":0}"#);
        assert!(report.text().contains("WORSE python-1/everything-http (serve): no list"), "{}", report.text());
    }

    #[test]
    fn a_broken_direct_visit_fails_the_run_but_is_not_worse_than_itself() {
        let report = report(&[Ending::broken("no answer")]);
        assert!(!report.is_good());
        assert_eq!(report.json(), r#"{"cells":1,"ok":0,"worse_than_direct":0,"findings_not_argued":0}"#);
    }

    #[test]
    fn direct_visits_count_only_when_nothing_else_was_played() {
        let client = CLIENTS.first().unwrap();
        let server = SERVERS.first().unwrap();
        let row = |way| Row::cell(client, server, way, Ending::Worked, &Visit::default(), Duration::ZERO);
        assert_eq!(
            Report::of(vec![row(Way::Direct)]).json(),
            r#"{"cells":1,"ok":1,"worse_than_direct":0,"findings_not_argued":0}"#
        );
        let both = Report::of(vec![row(Way::Direct), row(Way::Run)]);
        assert_eq!(both.json(), r#"{"cells":1,"ok":1,"worse_than_direct":0,"findings_not_argued":0}"#);
    }

    #[test]
    fn a_second_try_counts_and_tells_of_the_first() {
        let client = CLIENTS.first().unwrap();
        let server = SERVERS.first().unwrap();
        let row = |ending| Row::cell(client, server, Way::Run, ending, &Visit::default(), Duration::ZERO);
        let good = Report::of(vec![row(Ending::Worked).after(row(Ending::Worse("no end".to_owned())))]);
        assert!(good.is_good() && good.text().contains("second try python-1/everything (run)"), "{}", good.text());
        let bad = Report::of(vec![row(Ending::Worse("again".to_owned())).after(row(Ending::broken("no end")))]);
        assert!(!bad.is_good() && !bad.text().contains("second try"), "{}", bad.text());
        assert!(!Report::of(vec![row(Ending::Worked).after(row(Ending::Worked))]).text().contains("second try"));
    }

    #[test]
    fn a_run_without_anything_is_not_good() {
        assert!(!Report::default().is_good());
    }

    #[test]
    fn cases_are_listed_below_the_cells_and_are_none() {
        let mut report = report(&[Ending::Worked]);
        report.append(Report::of(vec![Row::case("progress", Some("none".to_owned()), Duration::ZERO)]));
        let text = report.text();
        assert!(text.find("python-1 ").unwrap() < text.rfind("case/progress").unwrap(), "{text}");
        assert!(!report.is_good());
        assert_eq!(report.json(), r#"{"cells":1,"ok":1,"worse_than_direct":0,"findings_not_argued":0}"#);
    }
}
