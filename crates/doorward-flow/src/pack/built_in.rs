//! The packs that come with the program: the files of `packs/`.

use std::sync::LazyLock;

use super::Pack;

/// The files, by name. A test holds that each file of `packs/` is here.
pub(super) const FILES: &[(&str, &str)] = &[
    ("airtable", include_str!("../../../../packs/airtable.toml")),
    ("arxiv", include_str!("../../../../packs/arxiv.toml")),
    ("asana", include_str!("../../../../packs/asana.toml")),
    ("atlassian", include_str!("../../../../packs/atlassian.toml")),
    ("aws-api", include_str!("../../../../packs/aws-api.toml")),
    ("aws-documentation", include_str!("../../../../packs/aws-documentation.toml")),
    ("brave-search", include_str!("../../../../packs/brave-search.toml")),
    ("chroma", include_str!("../../../../packs/chroma.toml")),
    ("chrome-devtools", include_str!("../../../../packs/chrome-devtools.toml")),
    ("cloudflare", include_str!("../../../../packs/cloudflare.toml")),
    ("context7", include_str!("../../../../packs/context7.toml")),
    ("desktop-commander", include_str!("../../../../packs/desktop-commander.toml")),
    ("discord", include_str!("../../../../packs/discord.toml")),
    ("docker", include_str!("../../../../packs/docker.toml")),
    ("duckduckgo", include_str!("../../../../packs/duckduckgo.toml")),
    ("elasticsearch", include_str!("../../../../packs/elasticsearch.toml")),
    ("everything", include_str!("../../../../packs/everything.toml")),
    ("exa", include_str!("../../../../packs/exa.toml")),
    ("fetch", include_str!("../../../../packs/fetch.toml")),
    ("figma", include_str!("../../../../packs/figma.toml")),
    ("filesystem", include_str!("../../../../packs/filesystem.toml")),
    ("firecrawl", include_str!("../../../../packs/firecrawl.toml")),
    ("git", include_str!("../../../../packs/git.toml")),
    ("github", include_str!("../../../../packs/github.toml")),
    ("gitlab", include_str!("../../../../packs/gitlab.toml")),
    ("gmail", include_str!("../../../../packs/gmail.toml")),
    ("google-calendar", include_str!("../../../../packs/google-calendar.toml")),
    ("google-drive", include_str!("../../../../packs/google-drive.toml")),
    ("google-maps", include_str!("../../../../packs/google-maps.toml")),
    ("grafana", include_str!("../../../../packs/grafana.toml")),
    ("hubspot", include_str!("../../../../packs/hubspot.toml")),
    ("kubernetes", include_str!("../../../../packs/kubernetes.toml")),
    ("linear", include_str!("../../../../packs/linear.toml")),
    ("markitdown", include_str!("../../../../packs/markitdown.toml")),
    ("memory", include_str!("../../../../packs/memory.toml")),
    ("mongodb", include_str!("../../../../packs/mongodb.toml")),
    ("mysql", include_str!("../../../../packs/mysql.toml")),
    ("neo4j", include_str!("../../../../packs/neo4j.toml")),
    ("notion", include_str!("../../../../packs/notion.toml")),
    ("obsidian", include_str!("../../../../packs/obsidian.toml")),
    ("paypal", include_str!("../../../../packs/paypal.toml")),
    ("playwright", include_str!("../../../../packs/playwright.toml")),
    ("postgres", include_str!("../../../../packs/postgres.toml")),
    ("puppeteer", include_str!("../../../../packs/puppeteer.toml")),
    ("qdrant", include_str!("../../../../packs/qdrant.toml")),
    ("redis", include_str!("../../../../packs/redis.toml")),
    ("salesforce", include_str!("../../../../packs/salesforce.toml")),
    ("sentry", include_str!("../../../../packs/sentry.toml")),
    ("sequential-thinking", include_str!("../../../../packs/sequential-thinking.toml")),
    ("shopify", include_str!("../../../../packs/shopify.toml")),
    ("shopify-dev", include_str!("../../../../packs/shopify-dev.toml")),
    ("slack", include_str!("../../../../packs/slack.toml")),
    ("sqlite", include_str!("../../../../packs/sqlite.toml")),
    ("stripe", include_str!("../../../../packs/stripe.toml")),
    ("supabase", include_str!("../../../../packs/supabase.toml")),
    ("tavily", include_str!("../../../../packs/tavily.toml")),
    ("telegram", include_str!("../../../../packs/telegram.toml")),
    ("terraform", include_str!("../../../../packs/terraform.toml")),
    ("time", include_str!("../../../../packs/time.toml")),
    ("trello", include_str!("../../../../packs/trello.toml")),
    ("whatsapp", include_str!("../../../../packs/whatsapp.toml")),
];

// A test reads every one of them. One that could not be read would be as if it were not there: its tools are then judged
// by their definitions alone, which asks more.
static PACKS: LazyLock<Vec<Pack>> =
    LazyLock::new(|| FILES.iter().filter_map(|(_, text)| Pack::parse(text).ok()).collect());

/// All packs that come with the program, by name.
#[must_use]
pub fn built_in() -> &'static [Pack] {
    &PACKS
}

/// The built-in pack of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Pack> {
    built_in().iter().find(|pack| *pack.name == *name)
}
