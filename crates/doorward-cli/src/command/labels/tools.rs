//! `doorward labels show` and `explain`: what is assumed of tools, and what spoke for it.

use std::collections::BTreeMap;

use doorward_core::flow::Label;
use doorward_flow::nature::{About, Because, Nature, Witness};
use doorward_mcp::raw::{Kind, RawJson};
use doorward_mcp::views::tools::ToolDefinition;
use serde_json::{Value, json};

use super::offered::Offered;
use crate::args::{ExplainLabelsArgs, ShowLabelsArgs};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::{Terminal, Tone, column, inert, visible};

/// A tool, and what is assumed of it.
struct Assumed {
    name: String,
    nature: Nature,
    /// Whether anything is said of it beside its definition.
    reviewed: &'static str,
}

pub(super) async fn show(args: &ShowLabelsArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let (server, tool) =
        args.of.split_once('/').map_or((args.of.as_str(), None), |(server, tool)| (server, Some(tool)));
    let offered = Offered::of(server, &args.whose).await?;
    let assumed = assumed(&offered, tool)?;
    let pack = offered.labels.pack();
    if args.whose.json {
        let tools: Vec<Value> = assumed.iter().map(Assumed::to_json).collect();
        let server = offered.server.id.as_str();
        terminal
            .line(json!({ "version": 1, "server": server, "pack": pack.map(|pack| &*pack.name), "tools": tools }))?;
        return Ok(Exit::Success);
    }
    let spoken = match pack {
        Some(pack) => format!("pack {} ({})", pack.name, pack.reviewed),
        None => "no pack: definitions alone, and what the configuration says".to_owned(),
    };
    terminal.line(format_args!("{}  {spoken}", terminal.paint(Tone::Strong, offered.server.id.as_str())))?;
    let heading = format!("  {:<34} {:<10} {:<4} {:<13} {:<19} by", "tool", "act", "out", "data", "from");
    terminal.line(terminal.paint(Tone::Faint, heading))?;
    assumed.iter().try_for_each(|one| terminal.line(one.row(terminal)))?;
    Ok(Exit::Success)
}

pub(super) async fn explain(args: &ExplainLabelsArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let Some((server, tool)) = args.of.split_once('/') else {
        let what = format!("'{}' names no tool", inert(&args.of));
        return Err(Fault::told(
            Exit::Usage,
            what,
            "Write SERVER/TOOL; 'doorward labels show SERVER' lists its tools.",
        ));
    };
    let offered = Offered::of(server, &args.whose).await?;
    for one in assumed(&offered, Some(tool))? {
        if args.whose.json {
            let mut told = one.to_json();
            if let Some(members) = told.as_object_mut() {
                members.insert("server".to_owned(), json!(offered.server.id.as_str()));
                members.insert("because".to_owned(), one.nature.because().iter().map(reason).collect());
            }
            terminal.line(told)?;
        } else {
            terminal.line(terminal.paint(Tone::Strong, visible(&format!("{}/{}", offered.server.id, one.name))))?;
            one.tell(terminal)?;
        }
    }
    Ok(Exit::Success)
}

/// What is assumed of every tool, or of the one.
fn assumed(offered: &Offered, tool: Option<&str>) -> Result<Vec<Assumed>, Fault> {
    let read = |raw: &RawJson| {
        let definition = ToolDefinition::from_raw(raw.as_raw()).ok()?;
        tool.is_none_or(|tool| definition.name == tool).then(|| Assumed::of(&definition, offered))
    };
    let mut found: Vec<Assumed> = offered.tools.iter().filter_map(read).collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    match tool {
        Some(tool) if found.is_empty() => {
            let what = format!("the server '{}' was not seen to offer a tool '{}'", offered.server.id, inert(tool));
            Err(Fault::told(Exit::Failure, what, "'doorward labels show SERVER' lists its tools."))
        }
        Some(_) | None => Ok(found),
    }
}

impl Assumed {
    fn of(definition: &ToolDefinition<'_>, offered: &Offered) -> Self {
        let name = definition.name.clone().into_owned();
        let by_pack = offered.labels.pack().is_some_and(|pack| pack.tools.contains_key(name.as_str()));
        let by_operator = offered.server.labels.tools.contains_key(name.as_str());
        let reviewed = match (by_pack, by_operator) {
            (true, true) => "pack, operator",
            (true, false) => "pack",
            (false, true) => "operator",
            (false, false) => "definition",
        };
        Self { nature: offered.labels.nature(definition), name, reviewed }
    }

    fn row(&self, terminal: &Terminal) -> String {
        let Nature { act, egress, result, fields, hide, .. } = &self.nature;
        let act_tone = if act.is_consequential() { Tone::Warn } else { Tone::Good };
        let (out, out_tone) = if *egress { ("yes", Tone::Warn) } else { ("no", Tone::Good) };
        let mut notes = vec![self.reviewed.to_owned()];
        if !fields.is_empty() {
            notes.push(if fields.len() == 1 { "1 field".to_owned() } else { format!("{} fields", fields.len()) });
        }
        if *hide {
            notes.push("hidden".to_owned());
        }
        format!(
            "  {} {} {} {:<13} {:<19} {}",
            column(&visible(&self.name), 34),
            terminal.paint(act_tone, format_args!("{:<10}", act.as_str())),
            terminal.paint(out_tone, format_args!("{out:<4}")),
            result.confidentiality.as_str(),
            result.integrity.as_str(),
            notes.join(", "),
        )
    }

    /// What arguments decide, by the pointers that something was said of.
    fn roles(&self) -> BTreeMap<&str, &'static str> {
        let said = self.nature.because().iter().filter_map(|because| match &because.about {
            About::Argument(pointer, _) => Some(&**pointer),
            About::Act(_)
            | About::Egress(_)
            | About::Links
            | About::Makes(_)
            | About::Result
            | About::Field(_)
            | About::Hide => None,
        });
        said.map(|pointer| (pointer, self.nature.role(pointer, Kind::String).as_str())).collect()
    }

    fn to_json(&self) -> Value {
        let Nature { act, egress, links, makes, hide, result, fields, .. } = &self.nature;
        let fields: serde_json::Map<String, Value> =
            fields.iter().map(|field| (field.pointer.to_string(), label(&field.label))).collect();
        json!({
            "tool": self.name, "by": self.reviewed, "act": act.as_str(), "egress": egress, "links": links.as_str(),
            "makes": makes, "hide": hide, "result": label(result), "fields": fields, "roles": self.roles(),
        })
    }

    /// Everything, and after it what spoke for it.
    fn tell(&self, terminal: &Terminal) -> Result<(), Fault> {
        let Nature { act, egress, links, makes, hide, result, fields, .. } = &self.nature;
        let line = |name: &str, value: &str, about: &dyn Fn(&About) -> bool| {
            let name = terminal.paint(Tone::Faint, column(name, 28));
            terminal.line(format_args!("  {name} {}", visible(value)))?;
            for Because { witness, .. } in self.nature.because().iter().filter(|because| about(&because.about)) {
                terminal.line(terminal.paint(tone(witness), format_args!("    {}", visible(&witness.to_string()))))?;
            }
            Ok::<(), Fault>(())
        };
        line("does", act.as_str(), &|about| matches!(about, About::Act(_)))?;
        line("carries data out", yes(*egress), &|about| matches!(about, About::Egress(_)))?;
        line("addresses it reads", links.as_str(), &|about| matches!(about, About::Links))?;
        line("makes something new", yes(*makes), &|about| matches!(about, About::Makes(_)))?;
        line("results are hidden", yes(*hide), &|about| matches!(about, About::Hide))?;
        line("result", &words(result), &|about| matches!(about, About::Result))?;
        for field in fields {
            let of = |about: &About| matches!(about, About::Field(pointer) if *pointer == field.pointer);
            line(&format!("result {}", field.pointer), &words(&field.label), &of)?;
        }
        for (pointer, role) in self.roles() {
            let of = |about: &About| matches!(about, About::Argument(known, _) if **known == *pointer);
            line(&format!("argument {pointer}"), role, &of)?;
        }
        Ok(())
    }
}

fn reason(because: &Because) -> Value {
    let about = match &because.about {
        About::Act(act) => json!({ "act": act.as_str() }),
        About::Egress(egress) => json!({ "egress": egress }),
        About::Links => json!("links"),
        About::Makes(makes) => json!({ "makes": makes }),
        About::Argument(pointer, role) => json!({ "argument": &**pointer, "role": role.as_str() }),
        About::Result => json!("result"),
        About::Field(pointer) => json!({ "field": &**pointer }),
        About::Hide => json!("hide"),
    };
    let by = match &because.witness {
        Witness::Pack(..) => "pack",
        Witness::Operator(_) => "operator",
        Witness::Unfollowed(_) => "not followed",
        Witness::Claim(_) => "server",
        Witness::Name(_) | Witness::Description(_) | Witness::Word(_) | Witness::Schema(_) | Witness::Act(_) => {
            "definition"
        }
        Witness::Nothing => "default",
    };
    json!({ "about": about, "by": by, "why": because.witness.to_string() })
}

const fn tone(witness: &Witness) -> Tone {
    match witness {
        Witness::Unfollowed(_) => Tone::Bad,
        Witness::Pack(..) | Witness::Operator(_) => Tone::Good,
        Witness::Name(_)
        | Witness::Description(_)
        | Witness::Word(_)
        | Witness::Schema(_)
        | Witness::Act(_)
        | Witness::Claim(_)
        | Witness::Nothing => Tone::Faint,
    }
}

fn label(label: &Label) -> Value {
    let categories: Vec<&str> = label.categories.iter().map(|category| category.as_str()).collect();
    json!({
        "confidentiality": label.confidentiality.as_str(), "integrity": label.integrity.as_str(),
        "categories": categories,
    })
}

fn words(label: &Label) -> String {
    let categories = label.categories.iter().map(|category| category.as_str());
    let words = [label.confidentiality.as_str(), label.integrity.as_str()];
    words.into_iter().chain(categories).collect::<Vec<_>>().join(", ")
}

const fn yes(flag: bool) -> &'static str {
    if flag { "yes" } else { "no" }
}
