//! `doorward serve`.

use doorward_server::config::{Auth, Config, Endpoint, Loaded, Request, Surroundings, load};
use doorward_server::lifecycle::{Reload, Serving, start};

use crate::args::ServeArgs;
use crate::exit::Exit;
use crate::fault::{Fault, show_diagnostic};
use crate::terminal::{Terminal, Tone};

pub(super) async fn serve(args: &ServeArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let request = args.settings.request();
    let Loaded { config, warnings, .. } = load(&request, &Surroundings::of_process())?;
    warnings.iter().for_each(|warning| show_diagnostic(warning, terminal));
    if config.servers.is_empty() {
        let advice = "Add [servers.NAME] with a command or a url to doorward.toml, or name a file with --config.";
        return Err(Fault::told(Exit::Invalid, "no server is configured, so there is nothing to serve", advice));
    }
    let serving = start(config.clone(), again(request)).await?;
    announce(&config, &serving, terminal);
    serving.wait().await?;
    Ok(Exit::Success)
}

/// Reads the configuration again as it was read first.
fn again(request: Request) -> Reload {
    Box::new(move || {
        let Loaded { config, warnings, .. } = load(&request, &Surroundings::of_process())?;
        for warning in warnings {
            tracing::warn!(place = %warning.origin(), "{warning}");
        }
        Ok(config)
    })
}

fn announce(config: &Config, serving: &Serving, terminal: &Terminal) {
    let line = |name: &str, text: &str| {
        let name = terminal.err().paint(Tone::Strong, format_args!("{name:<9}"));
        terminal.say(format_args!("{name} {text}"));
    };
    for server in &config.servers {
        line("server", &format!("http://{}/s/{}/mcp", serving.http_addr(), server.id));
    }
    if config.aggregate.endpoint == Endpoint::Served {
        line("all", &format!("http://{}/mcp", serving.http_addr()));
    }
    for view in &config.views {
        line("view", &format!("http://{}/v/{}/mcp", serving.http_addr(), view.id));
    }
    if let Some(admin) = serving.admin_addr() {
        line("admin", &format!("http://{admin}/healthz, /readyz, /metrics"));
    }
    if let (Some(token), Auth::Token(path)) = (serving.token(), &config.listen.auth) {
        if has_journal() {
            line("token", &format!("kept in {}", path.display()));
        } else {
            line("token", &format!("Authorization: Bearer {}  (kept in {})", token.reveal(), path.display()));
        }
    }
    if let Some(path) = config.store.url.path() {
        line("records", &format!("{} ({})", path.display(), config.store.durability.promise()));
    }
    let files: Vec<String> = config.policy.files.iter().map(|file| format!(", {}", file.display())).collect();
    line("policy", &format!("{}{}", config.policy.preset, files.concat()));
}

/// Under a service manager what we say is kept for others to read, and a token must not be in it (systemd.exec(5)).
fn has_journal() -> bool {
    std::env::var_os("JOURNAL_STREAM").is_some()
}
