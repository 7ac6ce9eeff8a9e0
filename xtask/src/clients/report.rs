//! What was played and how it ended, for people and for programs.

use std::time::Duration;

use super::peers::{CLIENTS, Client, SERVERS, Server};

/// How the gateway was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Not at all.
    Direct,
    /// `doorward run`.
    Run,
    /// `doorward serve`.
    Serve,
}

/// How one cell or case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// As it should.
    Worked,
    /// Refused, as it must be without the gateway too.
    RefusedAlike,
    /// Otherwise; the text says how.
    Wrong(String),
}

/// One cell or case.
#[derive(Debug)]
pub(super) struct Row {
    name: String,
    way: Option<Way>,
    ending: Ending,
    took: Duration,
}

/// Everything that was played.
#[derive(Debug, Default)]
pub(super) struct Report {
    rows: Vec<Row>,
}

impl Way {
    /// The name, as plans and tables have it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Run => "run",
            Self::Serve => "serve",
        }
    }
}

impl Row {
    /// A client's visit to a server.
    pub(super) fn cell(client: &Client, server: &Server, way: Way, ending: Ending, took: Duration) -> Self {
        Self { name: client.cell(server), way: Some(way), ending, took }
    }

    /// A case, with the complaint if it does not hold.
    pub(super) fn case(name: &str, complaint: Option<String>, took: Duration) -> Self {
        let ending = complaint.map_or(Ending::Worked, Ending::Wrong);
        Self { name: format!("case/{name}"), way: None, ending, took }
    }

    /// Its name, without the way.
    #[cfg(test)]
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// One line for whoever waits.
    pub(super) fn line(&self) -> String {
        let way = self.way.map_or("", Way::name);
        format!("{:<32} {way:<7} {:<8} {:>5.1} s", self.name, self.word(), self.took.as_secs_f64())
    }

    fn word(&self) -> &'static str {
        match self.ending {
            Ending::Worked => "ok",
            Ending::RefusedAlike => "refused",
            Ending::Wrong(_) => "FAILED",
        }
    }
}

impl Report {
    /// The rows, as one report.
    pub(super) const fn of(rows: Vec<Row>) -> Self {
        Self { rows }
    }

    /// Takes what another report holds.
    pub(super) fn append(&mut self, other: Self) {
        self.rows.extend(other.rows);
    }

    /// Whether nothing went wrong.
    pub(super) fn is_good(&self) -> bool {
        self.failed() == 0 && !self.rows.is_empty()
    }

    /// For a reader: what went wrong, the table, the counts.
    pub(super) fn text(&self) -> String {
        let mut parts = vec![String::new()];
        for row in &self.rows {
            if let Ending::Wrong(reason) = &row.ending {
                let way = row.way.map_or(String::new(), |way| format!(" ({})", way.name()));
                parts.push(format!("FAILED {}{way}: {reason}", row.name));
            }
        }
        parts.extend(self.table());
        let refused = self.rows.iter().filter(|row| row.ending == Ending::RefusedAlike).count();
        let (cells, failed) = (self.rows.len(), self.failed());
        let note = if refused == 0 {
            String::new()
        } else {
            format!(" ({refused} with no era in common, refused as without the gateway)")
        };
        parts.push(format!("\n{cells} cells, {} ok{note}, {failed} failed", cells - failed));
        parts.join("\n")
    }

    /// For a program: one flat object.
    pub(super) fn json(&self) -> String {
        let (cells, failed) = (self.rows.len(), self.failed());
        format!("{{\"cells\":{cells},\"failed\":{failed},\"ok\":{}}}", cells - failed)
    }

    fn failed(&self) -> usize {
        self.rows.iter().filter(|row| matches!(row.ending, Ending::Wrong(_))).count()
    }

    fn table(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for way in [Way::Direct, Way::Run, Way::Serve] {
            if !self.rows.iter().any(|row| row.way == Some(way)) {
                continue;
            }
            let heads: String = SERVERS.iter().map(|server| format!("{:>12}", server.id)).collect();
            lines.push(format!("\n{:<20}{heads}", way.name()));
            for client in CLIENTS {
                let words: String =
                    SERVERS.iter().map(|server| format!("{:>12}", self.at(client, server, way))).collect();
                lines.push(format!("{:<20}{words}", client.name));
            }
        }
        let cases: Vec<String> = self.rows.iter().filter(|row| row.way.is_none()).map(Row::line).collect();
        if !cases.is_empty() {
            lines.push(String::new());
            lines.extend(cases);
        }
        lines
    }

    fn at(&self, client: &Client, server: &Server, way: Way) -> &'static str {
        let name = client.cell(server);
        self.rows.iter().find(|row| row.way == Some(way) && row.name == name).map_or("", Row::word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(endings: &[Ending]) -> Report {
        let client = CLIENTS.first().unwrap();
        let rows = endings.iter().zip(SERVERS);
        let row = |(ending, server): (&Ending, &Server)| {
            Row::cell(client, server, Way::Serve, ending.clone(), Duration::ZERO)
        };
        Report::of(rows.map(row).collect())
    }

    #[test]
    fn what_is_refused_alike_is_ok_and_said() {
        let report = report(&[Ending::Worked, Ending::RefusedAlike]);
        assert!(report.is_good());
        assert_eq!(report.json(), r#"{"cells":2,"failed":0,"ok":2}"#);
        assert!(
            report
                .text()
                .ends_with("2 cells, 2 ok (1 with no era in common, refused as without the gateway), 0 failed")
        );
    }

    #[test]
    fn a_wrong_cell_fails_the_run_with_its_reason() {
        let report = report(&[Ending::Worked, Ending::Wrong("no list".to_owned())]);
        assert!(!report.is_good());
        assert_eq!(report.json(), r#"{"cells":2,"failed":1,"ok":1}"#);
        assert!(report.text().contains("FAILED python-2-auto/filesystem (serve): no list"), "{}", report.text());
    }

    #[test]
    fn a_run_without_anything_is_not_good() {
        assert!(!Report::default().is_good());
    }

    #[test]
    fn cases_are_listed_below_the_cells() {
        let mut report = report(&[Ending::Worked]);
        report.append(Report::of(vec![Row::case("progress", Some("none".to_owned()), Duration::ZERO)]));
        let text = report.text();
        assert!(text.find("python-2-auto ").unwrap() < text.rfind("case/progress").unwrap(), "{text}");
        assert!(!report.is_good());
    }
}
