//! HTML of MCP Apps: what a page that a server hands out would do in the client.
//!
//! Responsible for what such a page reaches for outside what it declares (`_meta.ui.csp`, extension `ui` of 2026-01-26), and
//! for what it does to whoever types into it. Words that a page hides are for the injection guard. It must never execute or
//! fetch anything.

use std::sync::LazyLock;

use doorward_core::guard::{Confidence, GuardName, Severity};
use regex::Regex;

use crate::guard::{Found, Guard, Report};
use crate::scene::Scene;
use crate::text::{Classes, Role, Text};

/// Looks at HTML.
#[derive(Debug, Default)]
pub(crate) struct Apps;

impl Guard for Apps {
    fn name(&self) -> GuardName {
        GuardName::Apps
    }

    /// What an app is called, and what it is.
    fn words(&self) -> Vec<String> {
        ["ui://", "profile=mcp-app", "connectdomains", "resourcedomains", "framedomains"].map(str::to_owned).into()
    }

    fn inspect(&self, scene: &Scene<'_>, report: &mut Report) {
        if scene.hits(GuardName::Apps).is_empty() {
            return;
        }
        let declared = Declared::of(scene);
        for (place, range) in &declared.too_wide {
            let found = Found::new("csp-wildcard", Severity::Medium, Confidence::percent(97), *place, 0..*range);
            report.add(found);
        }
        for (place, text) in scene.texts.iter().enumerate() {
            if text.role == Role::Value && text.classes.has(Classes::LESS) && is_page(&text.text) {
                if !report.spend(text.text.len()) {
                    return;
                }
                page(place, text, &declared, report);
            }
        }
    }
}

/// Whether a text is HTML that a client would show.
fn is_page(text: &str) -> bool {
    PAGE.is_match(text)
}

fn page(place: usize, text: &Text<'_>, declared: &Declared, report: &mut Report) {
    for (rule, severity, pattern) in REACHES.iter() {
        let reaches = pattern.captures_iter(&text.text).filter_map(|captures| captures.name("host")).take(64);
        for host in reaches.filter(|host| !declared.allows(host.as_str())) {
            report.add(Found::new(rule, *severity, Confidence::percent(95), place, host.range()));
        }
    }
    for (rule, severity, pattern) in DOES.iter() {
        if let Some(found) = pattern.find(&text.text) {
            report.add(Found::new(rule, *severity, Confidence::percent(90), place, found.range()));
        }
    }
}

/// The hosts a page says it needs.
#[derive(Debug, Default)]
struct Declared {
    hosts: Vec<String>,
    /// Declarations that allow any host: the text, and its length.
    too_wide: Vec<(usize, usize)>,
}

impl Declared {
    fn of(scene: &Scene<'_>) -> Self {
        let mut declared = Self::default();
        let mut name = "";
        for (place, text) in scene.texts.iter().enumerate().filter(|(_, text)| text.origin.is_none()) {
            match text.role {
                Role::Name => name = text.text.as_ref(),
                Role::Value if DOMAINS.contains(&name) => declared.add(place, &text.text),
                Role::Value => {}
            }
        }
        declared
    }

    fn add(&mut self, place: usize, domain: &str) {
        let host = domain.split_once("://").map_or(domain, |(_, host)| host);
        let host = host.split(['/', ':']).next().unwrap_or_default().to_ascii_lowercase();
        if host.is_empty() || host == "*" || (host.starts_with("*.") && !host.trim_start_matches("*.").contains('.')) {
            self.too_wide.push((place, domain.len()));
        } else {
            self.hosts.push(host);
        }
    }

    fn allows(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let host = host.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
        self.hosts.iter().any(|declared| match declared.strip_prefix("*.") {
            Some(parent) => host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.')),
            None => declared == host,
        })
    }
}

const DOMAINS: &[&str] = &["connectDomains", "resourceDomains", "frameDomains", "baseUriDomains", "redirectDomains"];

#[expect(clippy::expect_used, reason = "a constant pattern; a test compiles it")]
static PAGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)<!doctype\s+html|<(?:html|head|body|script|form|iframe|div|style)[\s>]").expect("a pattern")
});

type Row = (&'static str, Severity, Regex);

/// What reaches for a host; the host is named in each.
#[expect(clippy::expect_used, reason = "constant patterns; a test compiles them")]
static REACHES: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let host = r#"(?:https?:|wss?:)?//(?P<host>[^/\s"'`<>?#)\\]{1,253})"#;
    let rows = [
        ("external-script", Severity::Medium, r#"(?i)<script\b[^>]{0,400}?\bsrc\s*=\s*["']?"#),
        ("external-script", Severity::Medium, r#"(?i)\b(?:import|importScripts)\s*(?:\(\s*)?["'`]"#),
        ("external-form", Severity::Medium, r#"(?i)<form\b[^>]{0,400}?\baction\s*=\s*["']?"#),
        (
            "external-frame",
            Severity::Medium,
            r#"(?i)<(?:iframe|object|embed|frame)\b[^>]{0,400}?\b(?:src|data)\s*=\s*["']?"#,
        ),
        (
            "undeclared-connection",
            Severity::Medium,
            r#"(?i)\b(?:fetch|sendBeacon|WebSocket|EventSource|open)\s*\(\s*(?:["']\w{3,6}["']\s*,\s*)?["'`]"#,
        ),
        ("data-beacon", Severity::Medium, r#"(?i)(?:\.src|\.href|location)\s*=\s*["'`]"#),
        ("external-base", Severity::Medium, r#"(?i)<base\b[^>]{0,200}?\bhref\s*=\s*["']?"#),
        ("external-refresh", Severity::Medium, r#"(?i)<meta\b[^>]{0,200}?refresh[^>]{0,100}?url\s*=\s*["']?"#),
        (
            "external-picture",
            Severity::Low,
            r#"(?i)<(?:img|link|video|audio|source)\b[^>]{0,400}?\b(?:src|href)\s*=\s*["']?"#,
        ),
    ];
    rows.map(|(rule, severity, start)| (rule, severity, Regex::new(&format!("{start}{host}")).expect("a pattern")))
        .into()
});

/// What a page does by itself.
#[expect(clippy::expect_used, reason = "constant patterns; a test compiles them")]
static DOES: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let rows = [
        ("password-field", Severity::Medium, r#"(?i)<input\b[^>]{0,400}?\btype\s*=\s*["']?password"#),
        (
            "encoded-script",
            Severity::Medium,
            r"(?i)\b(?:eval|Function|setTimeout)\s*\(\s*(?:atob|unescape|decodeURIComponent|String\.fromCharCode)\s*\(",
        ),
        ("message-to-anyone", Severity::Low, r#"(?i)\bpostMessage\s*\([^;]{0,400}?,\s*["']\*["']"#),
        ("script-from-text", Severity::Low, r"(?i)\b(?:eval|new\s+Function)\s*\("),
    ];
    rows.map(|(rule, severity, pattern)| (rule, severity, Regex::new(pattern).expect("a pattern"))).into()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles_and_declared_hosts_are_matched_whole() {
        assert!(PAGE.is_match("<!doctype html>") && !REACHES.is_empty() && !DOES.is_empty());
        let declared = Declared { hosts: vec!["cdn.example.org".into(), "*.example.net".into()], too_wide: Vec::new() };
        let allowed = ["cdn.example.org", "CDN.example.org:443", "a.example.net"];
        let refused =
            ["example.org", "xcdn.example.org", "example.net", "evilexample.net", "cdn.example.org@evil.example"];
        assert!(allowed.iter().all(|host| declared.allows(host)));
        assert!(!refused.iter().any(|host| declared.allows(host)));
    }
}
