//! `doorward labels packs`: the packs that come with the program.

use doorward_flow::pack::{Pack, built_in};
use doorward_server::config::{Surroundings, load};
use doorward_server::labels::Labels;
use serde_json::json;

use crate::args::ListPacksArgs;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::{Terminal, Tone, column};

pub(super) fn packs(args: &ListPacksArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let servers = load(&args.source.request(), &Surroundings::of_process())?.config.servers;
    let spoken: Vec<_> =
        servers.iter().filter_map(|server| Some((server.id.as_str(), Labels::of(server).pack()?))).collect();
    let of = |pack: &Pack| -> Vec<&str> {
        spoken.iter().filter(|(_, known)| known.name == pack.name).map(|(id, _)| *id).collect()
    };
    if !args.json {
        let heading = format!("{:<20} {:>5}  {:<20} about", "pack", "tools", "speaks of");
        terminal.line(terminal.paint(Tone::Faint, heading))?;
    }
    for pack in built_in() {
        let servers = of(pack);
        if args.json {
            terminal.line(json!({
                "pack": &*pack.name, "about": pack.about, "reviewed": pack.reviewed, "tools": pack.tools.len(),
                "servers": servers,
            }))?;
            continue;
        }
        let name = terminal.paint(Tone::Strong, column(&pack.name, 20));
        let servers = column(&servers.join(", "), 20);
        terminal.line(format_args!("{name} {:>5}  {servers} {}", pack.tools.len(), pack.about))?;
    }
    Ok(Exit::Success)
}
