//! `[identity]`: what it may say, and what is told of everything else. The guide's examples load.

use super::*;

const GUIDE: &str = include_str!("../../../../../docs/guide/identity.md");

fn load_text(name: &str, text: &str) -> Result<Loaded, ConfigErrors> {
    let place = Place::new(&format!("identity-{name}")).with("INTROSPECTION_SECRET", "a-secret-of-its-own");
    place.file("project/doorward.toml", text).load()
}

#[test]
fn the_examples_of_the_guide_load() {
    let mut examples = 0;
    for (number, block) in GUIDE.split("```toml\n").skip(1).enumerate() {
        let text = block.split("```").next().unwrap();
        let loaded = load_text(&format!("guide-{number}"), text).unwrap_or_else(|errors| panic!("{errors:?}"));
        assert_eq!(loaded.config.identity.issuers.len(), 1);
        assert_eq!(loaded.config.identity.resource.unwrap().to_string(), "https://gateway.example");
        examples += 1;
    }
    assert_eq!(examples, 2);
}

#[test]
fn every_key_stands_in_the_guide() {
    let keys = [
        "resource",
        "scopes",
        "initial_scopes",
        "scope_implies",
        "issuer",
        "jwks_uri",
        "audiences",
        "algorithms",
        "prefix",
        "claims.user",
        "claims.tenant",
        "claims.groups",
        "claims.agent",
        "claims.scopes",
        "token_type",
        "dpop",
        "clock_skew_s",
        "private_addresses",
        "introspection",
    ];
    for key in keys {
        assert!(GUIDE.contains(&format!("\n| `{key}` |")), "{key}");
    }
}

#[test]
fn what_is_shown_holds_no_secret() {
    let text = GUIDE.split("```toml\n").nth(2).unwrap().split("```").next().unwrap();
    let loaded = load_text("shown", text).unwrap();
    let shown: Vec<String> = loaded.shown.iter().map(|line| format!("{} = {}", line.key, line.value)).collect();
    for wanted in [
        "identity.resource = \"https://gateway.example\"",
        "identity.issuers.corp.issuer = \"https://login.example\"",
        "identity.issuers.corp.dpop = \"accept\"",
        "identity.issuers.corp.introspection.client_id = \"doorward\"",
    ] {
        assert!(shown.iter().any(|line| line == wanted), "{wanted}: {shown:#?}");
    }
    assert!(!format!("{loaded:?}").contains("a-secret-of-its-own"));
}

const ONE: &str = "[identity.issuers.one]\nissuer = \"https://one.example\"\n";
const RESOURCE: &str = "[identity]\nresource = \"https://gateway.example\"\n";

#[test]
fn what_is_wrong_with_issuers_is_told() {
    let after = |more: &str| format!("{RESOURCE}{ONE}{more}");
    let two = |more: &str| after(&format!("[identity.issuers.two]\nissuer = \"https://two.example\"\n{more}"));
    let asked = "introspection = { client_id = \"a\", client_secret = \"env:INTROSPECTION_SECRET\" }\n";
    for (number, (text, told)) in [
        (ONE.to_owned(), "does not say what this gateway is called in tokens"),
        (format!("[identity]\nresource = \"http://gateway.example\"\n{ONE}"), "http is for loopback alone"),
        (format!("[identity]\nresource = \"https://gateway.example/mcp\"\n{ONE}"), "it names one endpoint"),
        (
            format!("[identity]\nresource = \"https://gateway.example\"\nscopes = [\"offline_access\"]\n{ONE}"),
            "'offline_access' cannot stand",
        ),
        (
            format!("[identity]\nresource = \"https://gateway.example\"\nscopes = [\"a b\"]\n{ONE}"),
            "'a b' cannot stand",
        ),
        (format!("[listen]\nauth = \"none\"\n{RESOURCE}{ONE}"), "issuers are configured"),
        (format!("{RESOURCE}[identity.issuers.One]\nissuer = \"https://one.example\"\n"), "no name of an issuer"),
        (format!("{RESOURCE}[identity.issuers.one]\n"), "does not say which issuer it is"),
        (format!("{RESOURCE}[identity.issuers.one]\nissuer = \"http://one.example\"\n"), "issuer cannot be"),
        (format!("{RESOURCE}[identity.issuers.one]\nissuer = \"https://a@one.example\"\n"), "issuer cannot be"),
        (after("jwks_uri = \"http://one.example/keys\"\n"), "jwks_uri cannot be"),
        (after("algorithms = [\"HS256\"]\n"), "cannot be signed with 'HS256'"),
        (after("algorithms = [\"none\"]\n"), "cannot be signed with 'none'"),
        (after("algorithms = []\n"), "algorithms is empty"),
        (after("dpop = \"maybe\"\n"), "dpop cannot be 'maybe'"),
        (after("clock_skew_s = 301\n"), "clock_skew_s is at most 300"),
        (after("isuer = \"x\"\n"), "there is no key 'isuer'"),
        (after("claims = { grops = \"x\" }\n"), "there is no key 'grops'"),
        (after("prefix = \"a/b\"\n"), "is no prefix"),
        (
            after("introspection = { client_id = \"a\", client_secret = \"in the file\" }\n"),
            "stands in the configuration itself",
        ),
        (after("introspection = { client_id = \"a\", client_secret = \"env:NOT_THERE\" }\n"), "NOT_THERE is not set"),
        (after("introspection = { client_id = \"a\" }\n"), "who is asking"),
        (two("prefix = \"one\"\n"), "have the same prefix 'one'"),
        (after("[identity.issuers.two]\nissuer = \"https://one.example\"\n"), "are the same"),
        (
            format!("{RESOURCE}{ONE}{asked}[identity.issuers.two]\nissuer = \"https://two.example\"\n{asked}"),
            "both have an introspection",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let errors = load_text(&format!("wrong-{number}"), &text).expect_err(told);
        let found = errors.problems().iter().any(|problem| problem.to_string().contains(told));
        assert!(found, "{told}: {:?}", errors.problems().iter().map(ToString::to_string).collect::<Vec<_>>());
    }
    assert!(load_text("right", &two("prefix = \"\"\n")).is_ok());
}

#[test]
fn api_keys_alone_are_enough_and_that_is_said() {
    let loaded = load_text("keys", "[listen]\nauth = \"identity\"\n").unwrap();
    assert_eq!(loaded.config.listen.auth, Auth::Identity);
    assert!(loaded.warnings.iter().any(|warning| warning.to_string().contains("API keys alone")));
}
