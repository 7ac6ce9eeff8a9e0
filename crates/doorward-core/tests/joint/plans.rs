//! Plans and what is known, from the members of a case.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use doorward_core::ids::ServerId;
use doorward_core::joint::{AppTools, AppUse, Named, Offer, Part, Plan, Tool, Tools, ViewRules};
use doorward_mcp::Raw;

pub(crate) fn server(id: &str) -> ServerId {
    ServerId::parse(id).unwrap()
}

pub(crate) fn text(value: Raw<'_>) -> String {
    value.as_str().expect("a string").into_owned()
}

/// `server/tool`
pub(crate) fn tool(key: &str) -> Tool {
    let (id, name) = key.split_once('/').expect("server/tool");
    Tool { server: server(id), name: name.to_owned() }
}

pub(crate) fn plan(case: Raw<'_>) -> Plan {
    let servers: BTreeSet<ServerId> = case.member("servers").unwrap().elements().map(|id| server(&text(id))).collect();
    let keyed = |name: &str| case.member(name).into_iter().flat_map(|table| table.members().collect::<Vec<_>>());
    let texts = |name: &str| keyed(name).map(|(key, value)| (tool(&key), text(value))).collect::<BTreeMap<_, _>>();
    let part = |name: &str| if case.member(name).is_some() { Part::Hidden } else { Part::Shown };
    let mut rules = ViewRules::of(servers);
    if let Some(tools) = case.member("tools") {
        rules.tools = Tools::Only(tools.elements().map(|key| tool(&text(key))).collect());
    }
    (rules.renamed, rules.described) = (texts("renamed"), texts("described"));
    for (key, arguments) in keyed("fixed") {
        let arguments = arguments.members().map(|(name, json)| (name.into_owned(), json.text().to_owned())).collect();
        rules.fixed.insert(tool(&key), arguments);
    }
    (rules.prompts, rules.resources) = (part("prompts"), part("resources"));
    let app_tools = match case.member("app_tools").map(text).as_deref() {
        None | Some("guard") => AppTools::Guard,
        Some("keep") => AppTools::Keep,
        Some("hide") => AppTools::Hide,
        Some(other) => panic!("app_tools: {other}"),
    };
    Plan::view(rules).unwrap().with_app_tools(app_tools)
}

/// What a case says is known.
pub(crate) struct KnownOffers(BTreeMap<(ServerId, &'static str), Arc<[Offer]>>);

impl KnownOffers {
    pub(crate) fn read(known: Option<Raw<'_>>) -> Self {
        let mut offers = BTreeMap::new();
        for (id, server_offers) in known.into_iter().flat_map(|known| known.members().collect::<Vec<_>>()) {
            let named = |member: &str, apps| {
                let names: Vec<_> = server_offers
                    .member(member)
                    .into_iter()
                    .flat_map(|names| names.elements().collect::<Vec<_>>())
                    .collect();
                names.into_iter().map(move |name| Offer { name: text(name).into(), apps })
            };
            let tools = named("tools", AppUse::None)
                .chain(named("opens_app", AppUse::Opens))
                .chain(named("app_only", AppUse::Only));
            offers.insert((server(&id), "tools"), tools.collect());
            offers.insert((server(&id), "prompts"), named("prompts", AppUse::None).collect());
        }
        Self(offers)
    }

    pub(crate) fn of(&self, server: &ServerId, what: Named) -> Arc<[Offer]> {
        let what = match what {
            Named::Tools => "tools",
            Named::Prompts => "prompts",
        };
        self.0.get(&(server.clone(), what)).cloned().unwrap_or_default()
    }
}
