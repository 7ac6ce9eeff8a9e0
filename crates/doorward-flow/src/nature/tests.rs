//! Tests of what is inferred from definitions, and of what is said beside.

use doorward_core::flow::{Category, Confidentiality, Integrity};
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::pack::{Said, ToolLabels, Voice};

/// Tools of servers that people use, and what their sources show.
const KNOWN: &str = include_str!("../../tests/nature/known.json");

#[test]
fn tools_that_people_use_are_told_apart() {
    let (mut acts_missed, mut acts_extra, mut egress_missed) = (Vec::new(), Vec::new(), Vec::new());
    let known: Vec<Value> = serde_json::from_str(KNOWN).unwrap();
    for one in &known {
        let nature = nature(&one["tool"]);
        let name = one["tool"]["name"].as_str().unwrap();
        match (one["acts"].as_bool().unwrap(), nature.act.is_consequential()) {
            (true, false) => acts_missed.push(name),
            (false, true) => acts_extra.push(name),
            (true, true) | (false, false) => {}
        }
        if one["reaches"].as_bool().unwrap() && !nature.egress {
            egress_missed.push(name);
        }
    }
    assert_eq!(acts_missed, Vec::<&str>::new(), "tools that act, taken for readers");
    assert_eq!(egress_missed, Vec::<&str>::new(), "tools that carry data out, taken for closed");
    assert!(acts_extra.len() * 20 <= known.len(), "readers taken for tools that act: {acts_extra:?}");
}

#[test]
fn what_arguments_decide_is_told_by_name_and_schema() {
    let tool = json!({"name": "send_email", "description": "Sends an email.", "inputSchema": {"type": "object",
        "properties": {"to": {"type": "string"}, "body": {"type": "string"}, "urgent": {"type": "boolean"},
            "priority": {"enum": ["low", "high"]}}}});
    let nature = nature(&tool);
    assert_eq!((nature.act, nature.egress), (Act::Send, true));
    assert_eq!(nature.role("/to", Kind::String), Role::Target);
    assert_eq!(nature.role("/body", Kind::String), Role::Content);
    assert_eq!(nature.role("/urgent", Kind::Bool), Role::Control);
    assert_eq!(nature.role("/priority", Kind::String), Role::Choice);
    assert_eq!(nature.role("/never_heard_of_it", Kind::String), Role::Target, "what cannot be told decides");
    assert_eq!(nature.spelled("/priority"), ["low".into(), "high".into()]);
}

#[test]
fn of_what_says_nothing_the_worst_is_assumed() {
    let nature = nature(&json!({"name": "zorp", "inputSchema": {"type": "object"}}));
    assert_eq!((nature.act, nature.egress, nature.makes), (Act::Unknown, true, false));
    assert_eq!(nature.widest(), Label::unknown());
}

#[test]
fn a_reader_against_its_name_needs_a_reason() {
    let nature = nature(&json!({"name": "delete_rows", "inputSchema": {"type": "object"}}));
    let mut said = ToolLabels { act: Some(Act::Read), ..ToolLabels::nothing(Voice::Pack("p".into())) };
    let without = nature.clone().with(&said);
    assert_eq!(without.act, Act::Destroy);
    assert_eq!(without.because().last().unwrap().witness, Witness::Unfollowed(Some("p".into())));
    said.because = Some("It only shows what would be deleted.".into());
    assert_eq!(nature.with(&said).act, Act::Read);
}

#[test]
fn of_what_nothing_is_known_a_pack_may_say_what_it_does() {
    let nature = nature(&json!({"name": "zorp", "inputSchema": {"type": "object"}}));
    let said = ToolLabels { act: Some(Act::Read), ..ToolLabels::nothing(Voice::Operator) };
    assert_eq!(nature.with(&said).act, Act::Read);
}

#[test]
fn a_reason_for_one_field_is_for_no_other() {
    let nature = nature(&json!({"name": "get_user", "inputSchema": {"type": "object"}}));
    let because = Some("The service makes ids.".into());
    let own = Said { integrity: Some(Integrity::Internal), because, ..Said::default() };
    let none = Said { because: None, ..own.clone() };
    let mut said = ToolLabels::nothing(Voice::Pack("p".into()));
    said.because = Some("A reason for all of the tool.".into());
    said.fields = vec![("/id".into(), own), ("/team".into(), none)];
    let nature = nature.with(&said);
    assert_eq!(nature.field("/id").integrity, Integrity::Internal);
    assert_eq!(nature.field("/id/part").integrity, Integrity::Internal, "what lies below it, too");
    assert_eq!(nature.field("/team").integrity, Integrity::AdversaryWritable);
    assert_eq!(nature.field("/ids").integrity, Integrity::AdversaryWritable);
    assert_eq!(nature.widest().integrity, Integrity::AdversaryWritable);
}

#[test]
fn the_pointer_that_says_most_counts() {
    let nature = nature(&json!({"name": "get_user", "inputSchema": {"type": "object"}}));
    let guarded = |level| Said { confidentiality: Some(level), ..Said::default() };
    let mut said = ToolLabels::nothing(Voice::Operator);
    said.fields = vec![
        ("/users/*/key".into(), guarded(Confidentiality::Secret)),
        ("/users_of_all_the_organisation".into(), guarded(Confidentiality::Confidential)),
        ("/users".into(), guarded(Confidentiality::Confidential)),
    ];
    let nature = nature.with(&said);
    assert_eq!(nature.field("/users/3/key").confidentiality, Confidentiality::Secret);
    assert_eq!(nature.field("/users/3/age").confidentiality, Confidentiality::Confidential);
    assert_eq!(nature.field("/other").confidentiality, Confidentiality::Internal);
    assert_eq!(nature.widest().confidentiality, Confidentiality::Secret);
}

#[test]
fn prose_below_a_believed_field_keeps_what_guards_it() {
    let nature = nature(&json!({"name": "get_user", "inputSchema": {"type": "object"}}));
    let said = Said {
        confidentiality: Some(Confidentiality::Secret),
        integrity: Some(Integrity::Internal),
        because: Some("Only the office writes it.".into()),
        ..Said::default()
    };
    let mut labels = ToolLabels::nothing(Voice::Operator);
    labels.fields = vec![("/record".into(), said)];
    let nature = nature.with(&labels);
    let label = nature.field("/record/description").into_owned();
    assert_eq!((label.confidentiality, label.integrity), (Confidentiality::Secret, Integrity::AdversaryWritable));
}

#[test]
fn a_role_for_what_lies_above_lowers_no_name_below_without_a_reason() {
    let nature = nature(&json!({"name": "post_message", "inputSchema": {"type": "object"}}));
    let mut said = ToolLabels::nothing(Voice::Pack("p".into()));
    said.roles = vec![("/payload".into(), Role::Content)];
    let without = nature.clone().with(&said);
    assert_eq!(without.role("/payload/recipient", Kind::String), Role::Target);
    assert_eq!(without.role("/payload/zorp", Kind::String), Role::Content);
    said.because = Some("It stays in the store of drafts.".into());
    assert_eq!(nature.with(&said).role("/payload/recipient", Kind::String), Role::Content);
}

#[test]
fn results_are_guarded_more_even_where_a_statement_is_not_followed() {
    let nature = nature(&json!({"name": "get_user", "inputSchema": {"type": "object"}}));
    let mut said = ToolLabels::nothing(Voice::Pack("p".into()));
    said.because = Some("A reason for all of the tool.".into());
    said.result = Said {
        confidentiality: Some(Confidentiality::Secret),
        integrity: Some(Integrity::Authoritative),
        categories: Category::parse("pii").into_iter().collect(),
        because: said.because.clone(),
    };
    let result = nature.with(&said).result;
    assert_eq!((result.confidentiality, result.integrity), (Confidentiality::Secret, Integrity::AdversaryWritable));
    assert_eq!(result.categories.len(), 1);
}

proptest! {
    /// What a server says of itself only raises.
    #[test]
    fn claims_only_raise(at in 0_usize..100, annotations in annotations(), meta in meta()) {
        let known: Vec<Value> = serde_json::from_str(KNOWN).unwrap();
        let mut tool = known[at % known.len()]["tool"].clone();
        let plain = nature(&tool);
        tool["annotations"] = annotations;
        tool["_meta"] = meta;
        let claimed = nature(&tool);
        no_less(&claimed, &plain)?;
        prop_assert!(claimed.act.is_consequential() || claimed.act == plain.act);
    }

    /// What is said without a reason only raises, and no reason makes prose believed.
    #[test]
    fn statements_without_reasons_only_raise(at in 0_usize..100, said in said()) {
        let known: Vec<Value> = serde_json::from_str(KNOWN).unwrap();
        let plain = nature(&known[at % known.len()]["tool"]);
        let without = plain.clone().with(&ToolLabels { because: None, ..said.clone() }.unreasoned());
        if plain.act != Act::Unknown {
            no_less(&without, &plain)?;
        }
        let with = plain.with(&said);
        for prose in PROSE {
            prop_assert_eq!(with.field(prose).integrity, Integrity::AdversaryWritable);
        }
        prop_assert!(with.widest().integrity >= with.result.integrity);
        prop_assert_eq!(with.result.integrity, Integrity::AdversaryWritable);
    }

    /// Whatever stands in a definition, something is said of it.
    #[test]
    fn any_definition_is_read(name in ".{0,40}", description in ".{0,80}", key in ".{0,20}", path in "(/.{0,6}){0,4}") {
        let tool = json!({"name": name, "description": description,
            "inputSchema": {"type": "object", "properties": {key: {"type": "string", "$ref": path}}}});
        let nature = nature(&tool);
        prop_assert!(nature.widest().is_untrusted());
        let _: Role = nature.role(&path, Kind::String);
    }
}

const PROSE: [&str; 3] = ["/description", "/items/0/body", "/id/message"];

const POINTERS: [&str; 6] = ["/id", "/items", "/*", "/items/*/body", "/description", "/items/*/id"];

fn no_less(nature: &Nature, than: &Nature) -> Result<(), TestCaseError> {
    prop_assert!(nature.act.is_consequential() || !than.act.is_consequential());
    prop_assert!(nature.egress || !than.egress);
    prop_assert!(nature.links >= than.links);
    prop_assert!(!nature.makes || than.makes);
    prop_assert!(nature.hide || !than.hide);
    prop_assert!(than.result.flows_to(&nature.result));
    prop_assert!(than.widest().flows_to(&nature.widest()));
    for pointer in POINTERS.iter().chain(&PROSE) {
        prop_assert!(than.field(pointer).flows_to(&nature.field(pointer)), "{}", pointer);
    }
    for argument in than.arguments.iter().filter(|argument| argument.witness != Witness::Nothing) {
        let pointer = format!("/{}", argument.name);
        let role = |nature: &Nature| nature.role(&pointer, Kind::String);
        prop_assert!(!by_name::needs_less(role(nature), role(than)), "{}", pointer);
    }
    Ok(())
}

fn annotations() -> impl Strategy<Value = Value> {
    let hint = || prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from)];
    (hint(), hint(), hint(), hint()).prop_map(|(read, destroys, again, open)| {
        json!({"readOnlyHint": read, "destructiveHint": destroys, "idempotentHint": again, "openWorldHint": open})
    })
}

fn meta() -> impl Strategy<Value = Value> {
    let word = || prop::sample::select(vec!["benign", "consequential", "irreversible", "public", "internal", "none"]);
    (any::<bool>(), any::<bool>(), word(), word(), word()).prop_map(|(sensitive, review, outcome, to, level)| {
        json!({
            "io.modelcontextprotocol/trust-annotations": {"sensitive": sensitive, "maliciousActivityHint": false},
            "io.modelcontextprotocol/action-metadata": {"outcome": outcome, "requiresReview": review,
                "inputMetadata": {"destination": to}, "returnMetadata": {"sensitivity": [level]}},
        })
    })
}

fn said() -> impl Strategy<Value = ToolLabels> {
    let flag = || prop::option::of(any::<bool>());
    let pointer = || prop::sample::select(POINTERS.to_vec()).prop_map(Arc::<str>::from);
    let roles = prop::collection::vec((argument(), prop::sample::select(Role::ALL.to_vec())), 0..3);
    let fields = prop::collection::vec((pointer(), one_label()), 0..4);
    let act = prop::option::of(prop::sample::select(Act::ALL.to_vec()));
    let links = prop::option::of(prop::sample::select(vec![Links::Own, Links::Ask]));
    ((act, flag(), flag(), flag(), links), one_label(), roles, fields).prop_map(
        |((act, egress, makes, hide, links), result, roles, fields)| ToolLabels {
            act,
            egress,
            links,
            makes,
            hide,
            result,
            roles,
            fields,
            because: Some("Somebody looked.".into()),
            by: Voice::Pack("p".into()),
        },
    )
}

fn argument() -> impl Strategy<Value = Arc<str>> {
    prop::sample::select(vec!["/path", "/url", "/to", "/query", "/content", "/id"]).prop_map(Arc::from)
}

fn one_label() -> impl Strategy<Value = Said> {
    let confidentiality = prop::option::of(prop::sample::select(Confidentiality::ALL.to_vec()));
    let integrity = prop::option::of(prop::sample::select(Integrity::ALL.to_vec()));
    (confidentiality, integrity).prop_map(|(confidentiality, integrity)| Said {
        confidentiality,
        integrity,
        categories: Category::parse("pii").into_iter().collect(),
        because: Some("Somebody looked.".into()),
    })
}

impl ToolLabels {
    /// The same without any reason.
    fn unreasoned(mut self) -> Self {
        self.because = None;
        self.result.because = None;
        self.fields.iter_mut().for_each(|(_, said)| said.because = None);
        self
    }
}

fn nature(tool: &Value) -> Nature {
    let raw = RawJson::parse(serde_json::to_vec(tool).unwrap(), &Limits::default()).unwrap();
    Nature::infer(&ToolDefinition::from_raw(raw.as_raw()).unwrap())
}
