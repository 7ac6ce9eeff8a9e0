//! The figures of a run: medians over its rounds, ratios between paths, a table and flat JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::case::{Case, PathName};
use super::load::Report;

/// What each measurement gives, by the ending of its key.
const MEASURED: [&str; 5] = ["rps", "p50_us", "p99_us", "cpu_us", "peak_mib"];

/// The load that the budgets are about.
const BUDGETED: &str = "modern_1k_c32";

/// Figures with the most they should be, for the reader to compare.
const BUDGETS: [(&str, f64); 8] = [
    ("cpu_ratio_1k_c32", 2.0),
    ("bridge_modern_on_legacy_cpu_ratio", 1.3),
    ("bridge_legacy_on_modern_cpu_ratio", 1.3),
    ("added_p50_us_1k_c32", 60.0),
    ("added_p99_us_1k_c32", 400.0),
    ("rss_idle_mib", 20.0),
    ("rss_256_mib", 40.0),
    ("start_ms", 15.0),
];

/// Figures without a budget that belong beside them.
const UNBUDGETED: [&str; 5] = [
    "cpu_ratio_64k_c32",
    "added_p50_us_paced_1k_c32",
    "added_p99_us_paced_1k_c32",
    "bridge_modern_on_legacy_p50_ratio",
    "bridge_legacy_on_modern_p50_ratio",
];

/// Everything measured so far.
#[derive(Debug, Default)]
pub(super) struct Figures {
    samples: BTreeMap<String, Vec<f64>>,
    /// The rows of the table: case name and path, in the order measured.
    rows: Vec<(String, PathName)>,
    derived: BTreeMap<String, f64>,
}

impl Figures {
    /// Adds one measurement of `case` over `path`.
    pub(super) fn add(&mut self, path: &PathName, case: &Case, report: &Report) {
        let key = case.key(path);
        for figure in MEASURED {
            if let Some(value) = report.figure(figure) {
                self.samples.entry(format!("{key}_{figure}")).or_default().push(value);
            }
        }
        let row = (case.name(), path.clone());
        if !self.rows.contains(&row) {
            self.rows.push(row);
        }
    }

    /// Notes how long the gateway took to start, several times over, in milliseconds.
    pub(super) fn note_starts(&mut self, took: Vec<f64>) {
        self.samples.insert("start_ms".to_owned(), took);
    }

    /// Notes the gateway's memory when idle, if the system tells it.
    pub(super) fn note_idle(&mut self, mib: Option<f64>) {
        if let Some(mib) = mib {
            self.samples.insert("rss_idle_mib".to_owned(), vec![mib]);
        }
    }

    /// Works out what follows from the measurements; to be called once, at the end.
    pub(super) fn derive(&mut self) {
        let medians = self.medians();
        let figure = |path: &str, name: &str| medians.get(&format!("{path}_{name}")).copied();
        let pair = |name: &str| figure("doorward", name).zip(figure("plain_proxy", name));
        let ratio = |name: &str| pair(name).and_then(|(ours, plain)| (plain > 0.0).then(|| ours / plain));
        let added = |name: &str| pair(name).map(|(ours, plain)| ours - plain);
        let bridged = |name: &str| {
            let pair = figure("doorward_bridged", name).zip(figure("doorward", name));
            pair.and_then(|(bridged, own)| (own > 0.0).then(|| bridged / own))
        };
        let guards = |name: &str| {
            figure("doorward", name).zip(figure("doorward_unguarded", name)).map(|(with, without)| with - without)
        };
        let crowd = ["modern_1k_c256_peak_mib", "legacy_1k_c256_peak_mib"];
        let derived = [
            ("cpu_ratio_1k_c32", ratio("modern_1k_c32_cpu_us")),
            ("cpu_ratio_64k_c32", ratio("modern_64k_c32_cpu_us")),
            ("guards_cpu_us_1k_c32", guards("modern_1k_c32_cpu_us")),
            ("guards_cpu_us_64k_c32", guards("modern_64k_c32_cpu_us")),
            ("bridge_modern_on_legacy_cpu_ratio", bridged("modern_1k_c32_cpu_us")),
            ("bridge_legacy_on_modern_cpu_ratio", bridged("legacy_1k_c32_cpu_us")),
            ("bridge_modern_on_legacy_p50_ratio", bridged("modern_1k_c32_p50_us")),
            ("bridge_legacy_on_modern_p50_ratio", bridged("legacy_1k_c32_p50_us")),
            ("added_p50_us_1k_c32", added("modern_1k_c32_p50_us")),
            ("added_p99_us_1k_c32", added("modern_1k_c32_p99_us")),
            ("added_p50_us_paced_1k_c32", added("modern_paced_1k_c32_p50_us")),
            ("added_p99_us_paced_1k_c32", added("modern_paced_1k_c32_p99_us")),
            ("rss_256_mib", crowd.iter().filter_map(|name| figure("doorward", name)).reduce(f64::max)),
        ];
        self.derived =
            derived.into_iter().filter_map(|(name, value)| value.map(|value| (name.to_owned(), value))).collect();
    }

    /// Every figure by its key, as one line of JSON.
    pub(super) fn json(&self) -> String {
        let figures = self.medians().into_iter().chain(self.derived.clone());
        let members: Map<String, Value> = figures.map(|(name, value)| (name, rounded(value).into())).collect();
        Value::Object(members).to_string()
    }

    /// A table for people, with ratios to no proxy and to the plain one.
    pub(super) fn table(&self) -> String {
        let medians = self.medians();
        let mut text = format!(
            "\n{:<19} {:<16} {:>8} {:>8} {:>8} {:>9} {:>8} {:>17} {:>19}\n",
            "case",
            "path",
            "calls/s",
            "p50 µs",
            "p99 µs",
            "CPU µs",
            "MiB",
            "p50 ×direct ×plain",
            "calls/s ×direct ×plain"
        );
        for (case, path) in &self.rows {
            let of = |path: &str, figure: &str| medians.get(&format!("{path}_{case}_{figure}")).copied();
            let own = |figure: &str| of(path.as_str(), figure);
            let to = |other: &str, figure: &str| own(figure).zip(of(other, figure)).map(|(own, other)| own / other);
            let _ = writeln!(
                text,
                "{case:<19} {:<16} {:>8} {:>8} {:>8} {:>9} {:>8} {:>9} {:>8} {:>11} {:>10}",
                path.as_str(),
                shown(own("rps"), 0),
                shown(own("p50_us"), 0),
                shown(own("p99_us"), 0),
                shown(own("cpu_us"), 1),
                shown(own("peak_mib"), 1),
                shown(to("direct", "p50_us"), 2),
                shown(to("plain_proxy", "p50_us"), 2),
                shown(to("direct", "rps"), 2),
                shown(to("plain_proxy", "rps"), 2),
            );
        }
        self.add_summary(&mut text, &medians);
        text
    }

    fn add_summary(&self, text: &mut String, medians: &BTreeMap<String, f64>) {
        let budgets = BUDGETS.iter().map(|(name, budget)| (*name, Some(*budget)));
        for (name, budget) in budgets.chain(UNBUDGETED.map(|name| (name, None))) {
            let Some(value) = self.derived.get(name).or_else(|| medians.get(name)) else { continue };
            let budget = budget.map_or(String::new(), |budget| format!("  (budget {budget})"));
            let _ = write!(text, "\n{name:<34} {:>8}{budget}", shown(Some(*value), 2));
        }
        if let Some(spread) = self.spread() {
            let _ = write!(text, "\n\nCPU per call of {BUDGETED} differed by up to {spread:.0} % between rounds.");
        }
    }

    /// How far the rounds of the budgeted load lie apart, in percent: how much to trust the run.
    fn spread(&self) -> Option<f64> {
        let of_paths = self.samples.iter().filter(|(key, _)| key.ends_with(&format!("{BUDGETED}_cpu_us")));
        let spreads = of_paths.filter(|(_, samples)| samples.len() > 1).filter_map(|(_, samples)| {
            let least = samples.iter().copied().reduce(f64::min)?;
            let most = samples.iter().copied().reduce(f64::max)?;
            (least > 0.0).then(|| (most / least - 1.0) * 100.0)
        });
        spreads.reduce(f64::max)
    }

    fn medians(&self) -> BTreeMap<String, f64> {
        self.samples.iter().filter_map(|(key, samples)| Some((key.clone(), median(samples)?))).collect()
    }
}

fn median(samples: &[f64]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.get(sorted.len() / 2)?;
    let lower = sorted.get(sorted.len().checked_sub(1)? / 2)?;
    Some(f64::midpoint(*lower, *upper))
}

fn shown(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.decimals$}"))
}

/// Three decimals: more would only look exact.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::super::case::{Manner, Size};
    use super::*;

    fn case(size: Size, clients: usize) -> Case {
        Case { manner: Manner::Modern, size, clients, paths: Vec::new() }
    }

    fn json(figures: &Figures) -> Value {
        serde_json::from_str(&figures.json()).unwrap()
    }

    #[test]
    fn medians_are_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn keys_are_those_the_design_names() {
        let mut figures = Figures::default();
        for path in [PathName::PlainProxy, PathName::Doorward, PathName::Unguarded, PathName::Bridged] {
            let cpu = match path {
                PathName::Doorward => 45.0,
                PathName::Bridged => 54.0,
                PathName::Unguarded => 40.0,
                PathName::Direct | PathName::PlainProxy | PathName::Peer(_) => 30.0,
            };
            for (size, clients) in [(Size::Small, 32), (Size::Large, 32), (Size::Small, 256)] {
                let report =
                    [("rps", 1.0), ("p50_us", cpu * 2.0), ("p99_us", 9.0), ("cpu_us", cpu), ("peak_mib", 21.0)];
                figures.add(&path, &case(size, clients), &Report::of(&report));
            }
        }
        figures.note_starts(vec![9.0, 7.0, 50.0]);
        figures.note_idle(Some(11.5));
        figures.derive();
        let json = json(&figures);
        for (key, value) in [
            ("plain_proxy_modern_1k_c32_rps", 1.0),
            ("doorward_modern_64k_c32_cpu_us", 45.0),
            ("doorward_modern_1k_c256_p99_us", 9.0),
            ("cpu_ratio_1k_c32", 1.5),
            ("cpu_ratio_64k_c32", 1.5),
            ("guards_cpu_us_64k_c32", 5.0),
            ("bridge_modern_on_legacy_cpu_ratio", 1.2),
            ("added_p50_us_1k_c32", 30.0),
            ("added_p99_us_1k_c32", 0.0),
            ("rss_idle_mib", 11.5),
            ("rss_256_mib", 21.0),
            ("start_ms", 9.0),
        ] {
            assert_eq!(json[key], value, "{key}");
        }
    }

    #[test]
    fn the_median_of_the_rounds_counts() {
        let mut figures = Figures::default();
        for rps in [10.0, 500.0, 20.0] {
            figures.add(&PathName::Direct, &case(Size::Small, 1), &Report::of(&[("rps", rps)]));
        }
        assert_eq!(json(&figures)["direct_modern_1k_c1_rps"], 20.0);
        assert_eq!(figures.rows.len(), 1);
    }

    #[test]
    fn what_was_not_measured_is_left_out() {
        let mut figures = Figures::default();
        figures.add(&PathName::PlainProxy, &case(Size::Small, 32), &Report::of(&[("cpu_us", 30.0)]));
        figures.derive();
        assert_eq!(json(&figures).as_object().unwrap().len(), 1);
        assert!(!figures.table().contains("cpu_ratio"));
    }

    #[test]
    fn the_table_compares_with_both_baselines() {
        let mut figures = Figures::default();
        let small = case(Size::Small, 32);
        for (path, p50) in [(PathName::Direct, 100.0), (PathName::PlainProxy, 200.0), (PathName::Doorward, 300.0)] {
            figures.add(&path, &small, &Report::of(&[("p50_us", p50)]));
        }
        let table = figures.table();
        let row = table.lines().find(|line| line.contains("doorward")).unwrap();
        assert!(row.contains("3.00") && row.contains("1.50"), "{row}");
    }
}
