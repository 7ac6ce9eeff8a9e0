//! `doorward check`: configuration and policy against what the servers really offer.

pub(super) mod report;

use doorward_core::ids::ServerId;
use doorward_policy::{Engine, Finding, LoadErrors, Severity};
use doorward_server::config::{Config, Loaded, Problem, Surroundings, load};
use doorward_server::lifecycle::{Surveyed, survey};
use serde_json::json;

use super::now;
use crate::args::CheckArgs;
use crate::exit::Exit;
use crate::fault::{Fault, show_diagnostic};
use crate::terminal::{Terminal, Tone};
use report::{Offer, Outlook};

pub(super) async fn check(args: &CheckArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let loaded = match load(&args.settings.request(), &Surroundings::of_process()) {
        Ok(loaded) => loaded,
        Err(errors) if args.json => {
            let problems: Vec<_> = errors.problems().iter().map(report::problem).collect();
            terminal.line(json!({ "version": 1, "ok": false, "problems": problems, "servers": [] }))?;
            return Ok(Exit::Invalid);
        }
        Err(errors) => return Err(errors.into()),
    };
    let Loaded { config, warnings, .. } = loaded;
    let (surveyed, engine) = if args.offline { offline(&config) } else { survey(&config).await? };
    let findings = findings(&engine);
    let checked = Checked { warnings, config, offers: offers(&surveyed, engine.as_ref().ok()), engine, findings };
    if args.json {
        checked.print_json(terminal)?
    } else {
        checked.print(terminal)?
    }
    Ok(checked.exit())
}

/// What a check found.
struct Checked {
    config: Config,
    warnings: Vec<Problem>,
    offers: Vec<Offer>,
    engine: Result<Engine, LoadErrors>,
    findings: Vec<Finding>,
}

/// What is wrong with the policy and what it warns of; the table of tools shows the rest.
fn findings(engine: &Result<Engine, LoadErrors>) -> Vec<Finding> {
    match engine {
        Ok(engine) => {
            let reviewed = engine.review(now()).into_iter().filter(|finding| finding.level() != Severity::Information);
            engine.warnings().iter().cloned().chain(reviewed).collect()
        }
        Err(errors) => errors.findings().to_vec(),
    }
}

/// The policy by itself: what the servers offer stays unknown.
fn offline(config: &Config) -> (Vec<Surveyed>, Result<Engine, LoadErrors>) {
    let ids: Vec<ServerId> = config.servers.iter().map(|server| server.id.clone()).collect();
    (Vec::new(), Engine::load(&config.policy.inputs, &[], &ids))
}

fn offers(surveyed: &[Surveyed], engine: Option<&Engine>) -> Vec<Offer> {
    surveyed.iter().map(|surveyed| Offer::of(surveyed, engine)).collect()
}

impl Checked {
    fn exit(&self) -> Exit {
        match &self.engine {
            Err(_) => Exit::Invalid,
            Ok(_) if self.offers.iter().any(|offer| offer.unreachable.is_some()) => Exit::Unreachable,
            Ok(_) => Exit::Success,
        }
    }

    fn print(&self, terminal: &Terminal) -> Result<(), Fault> {
        self.warnings.iter().for_each(|warning| show_diagnostic(warning, terminal));
        self.findings.iter().for_each(|finding| show_diagnostic(finding, terminal));
        let names: Vec<&str> = self.config.policy.inputs.sources.iter().map(|source| source.name.as_str()).collect();
        match &self.engine {
            Ok(_) => terminal.line(format_args!(
                "{}  {}",
                heading(terminal, "policy", Tone::Good, "ok"),
                names.join(", ")
            ))?,
            Err(errors) => {
                terminal.line(format_args!("{}  {errors}", heading(terminal, "policy", Tone::Bad, "error")))?
            }
        }
        for offer in &self.offers {
            print_offer(offer, terminal)?;
        }
        Ok(())
    }

    fn print_json(&self, terminal: &Terminal) -> Result<(), Fault> {
        let mut problems: Vec<_> = self.warnings.iter().map(report::problem).collect();
        problems.extend(self.findings.iter().map(report::finding));
        let servers: Vec<_> = self.offers.iter().map(Offer::to_json).collect();
        let ok = self.exit() == Exit::Success;
        terminal.line(json!({ "version": 1, "ok": ok, "problems": problems, "servers": servers }))?;
        Ok(())
    }
}

fn print_offer(offer: &Offer, terminal: &Terminal) -> Result<(), Fault> {
    if let Some((code, reason)) = &offer.unreachable {
        let heading = heading(terminal, offer.server.as_str(), Tone::Bad, "error");
        terminal.line(format_args!("{heading}  {code}: {reason}"))?;
        return Ok(());
    }
    let count = match offer.tools.len() {
        1 => "1 tool".to_owned(),
        count => format!("{count} tools"),
    };
    let heading = heading(terminal, offer.server.as_str(), Tone::Good, "ok");
    terminal.line(format_args!("{heading}  {}, {count}", offer.era))?;
    for tool in &offer.tools {
        let (tone, word) = match tool.outlook {
            Some(Outlook::Allow) => (Tone::Good, Outlook::Allow.word()),
            Some(Outlook::ByArguments) => (Tone::Warn, Outlook::ByArguments.word()),
            Some(Outlook::Refuse) => (Tone::Bad, Outlook::Refuse.word()),
            None => (Tone::Faint, "-"),
        };
        terminal.line(format_args!(
            "  {} {:<12} {} {}",
            crate::terminal::column(&tool.name, 30),
            tool.effect,
            terminal.paint(tone, format_args!("{word:<13}")),
            terminal.paint(Tone::Faint, &tool.because),
        ))?;
    }
    for (name, why) in &offer.left_out {
        let note = terminal.paint(Tone::Bad, format_args!("left out: {why}"));
        terminal.line(format_args!("  {} {note}", crate::terminal::column(name, 30)))?;
    }
    Ok(())
}

fn heading(terminal: &Terminal, name: &str, tone: Tone, state: &str) -> String {
    let name = terminal.paint(Tone::Strong, crate::terminal::column(name, 20));
    format!("{name} {}", terminal.paint(tone, format_args!("{state:<6}")))
}
