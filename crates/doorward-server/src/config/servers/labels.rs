//! What `[servers.NAME]` says of labels: `labels` for the pack that speaks of the server, `tools.TOOL.labels` for what the
//! operator says of a tool, in the words of packs.

use doorward_flow::pack::{self, Stated, ToolLabels, Voice, built_in};

use super::super::node::{Member, Node, Value, nearest};
use super::{Faults, Table};
use crate::labels::PackChoice;

/// Which pack speaks of the server.
pub(super) fn pack(table: &mut Table<'_, '_, '_>) -> PackChoice {
    let Some(member) = table.find("labels") else { return PackChoice::default() };
    let Some(text) = table.reader.text("labels", &member.node) else {
        table.faults = Faults::Some;
        return PackChoice::default();
    };
    let choice = PackChoice::parse(&text);
    if choice.is_none() {
        let names: Vec<&str> = built_in().iter().map(|pack| &*pack.name).chain(["auto", "none"]).collect();
        let advice = match nearest(&text, &names) {
            Some(near) => format!("did you mean '{near}'?"),
            None => "it is \"auto\", \"none\" or the name of a pack; 'doorward labels packs' lists them".to_owned(),
        };
        table.error(&member.node.span, format!("there is no label pack '{}'", text.escape_debug()), advice);
    }
    choice.unwrap_or_default()
}

/// What the operator says of the tool of this name.
pub(super) fn tool(table: &mut Table<'_, '_, '_>, name: &str, member: &Member) -> ToolLabels {
    let mut faults = Vec::new();
    let said = pack::tool(&Voice::Operator, name, &stated(&member.node), &mut faults);
    for fault in faults {
        table.error(&fault.span, fault.message, fault.advice);
    }
    said
}

fn stated(node: &Node) -> Stated {
    let value = match &node.value {
        Value::Text(text) => pack::Value::Text(text.clone()),
        Value::Flag(flag) => pack::Value::Flag(*flag),
        Value::List(elements) => pack::Value::List(elements.iter().map(stated).collect()),
        Value::Table(members) => pack::Value::Table(members.iter().map(stated_member).collect()),
        Value::Number(_) | Value::Fraction(_) | Value::Other(_) => pack::Value::Other,
    };
    Stated { span: node.span.clone(), value }
}

fn stated_member(member: &Member) -> pack::Member {
    pack::Member { name: member.name.clone(), name_span: member.name_span.clone(), value: stated(&member.node) }
}
