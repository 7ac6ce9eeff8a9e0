//! `doorward config`: what is in force and where it comes from.

use doorward_server::config::{Loaded, Surroundings, load};
use serde_json::json;

use crate::args::{ConfigShowArgs, ConfigValidateArgs};
use crate::exit::Exit;
use crate::fault::{Fault, show_diagnostic};
use crate::terminal::{Terminal, Tone};

pub(super) fn show(args: &ConfigShowArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let Loaded { shown, warnings, .. } = load(&args.settings.request(), &Surroundings::of_process())?;
    warnings.iter().for_each(|warning| show_diagnostic(warning, terminal));
    if args.json {
        let line = |line: &doorward_server::config::Shown| json!({ "key": line.key, "value": line.value, "origin": line.origin.to_string() });
        terminal.line(json!({ "version": 1, "settings": shown.iter().map(line).collect::<Vec<_>>() }))?;
        return Ok(Exit::Success);
    }
    let width = shown.iter().map(|line| line.key.len() + line.value.chars().count() + 3).max().unwrap_or(0).min(72);
    for line in &shown {
        let setting = format!("{} = {}", line.key, line.value);
        if args.origin {
            let origin = terminal.paint(Tone::Faint, format_args!("# {}", line.origin));
            terminal.line(format_args!("{setting:<width$}  {origin}"))?;
        } else {
            terminal.line(setting)?;
        }
    }
    Ok(Exit::Success)
}

pub(super) fn validate(args: &ConfigValidateArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let Loaded { config, warnings, .. } = load(&args.settings.request(), &Surroundings::of_process())?;
    warnings.iter().for_each(|warning| show_diagnostic(warning, terminal));
    let servers = match config.servers.len() {
        1 => "1 server".to_owned(),
        count => format!("{count} servers"),
    };
    terminal.line(format_args!("the configuration can be used: {servers}, preset {}", config.policy.preset))?;
    Ok(Exit::Success)
}
