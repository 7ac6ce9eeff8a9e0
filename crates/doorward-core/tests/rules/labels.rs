//! Labels are a lattice: joining never says less, whatever is joined in whatever order, and what is written is read back.

use std::collections::BTreeSet;

use doorward_core::flow::{Audience, Category, Confidentiality, Integrity, Label};
use doorward_core::ids::ServerId;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

fn audience() -> impl Strategy<Value = Audience> {
    let names = ["user:ann", "group:staff", "domain:corp.example", "server:mail"];
    let some = subsequence(names.to_vec(), 0..=4);
    let only = some.prop_map(|names| Audience::Only(names.into_iter().map(Box::from).collect()));
    prop_oneof![1 => Just(Audience::Any), 3 => only]
}

fn label() -> impl Strategy<Value = Label> {
    let categories = subsequence(vec!["credential", "hr", "money", "pii"], 0..=4);
    let origins = subsequence(vec!["crm", "files", "mail"], 0..=3);
    let parts = (select(Confidentiality::ALL), select(Integrity::ALL), categories, audience(), origins);
    parts.prop_map(|(confidentiality, integrity, categories, audience, origins)| Label {
        confidentiality,
        integrity,
        categories: categories.into_iter().map(|word| Category::parse(word).unwrap()).collect(),
        audience,
        origins: origins.into_iter().map(|id| ServerId::parse(id).unwrap()).collect(),
    })
}

/// One that is at least `label`, and often more.
fn above(label: Label) -> impl Strategy<Value = (Label, Label)> {
    self::label().prop_map(move |more| (label.clone(), label.join(&more)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn joining_is_idempotent_commutative_and_associative(a in label(), b in label(), c in label()) {
        prop_assert_eq!(&a.join(&a), &a);
        prop_assert_eq!(a.join(&b), b.join(&a));
        prop_assert_eq!(a.join(&b).join(&c), a.join(&b.join(&c)));
        prop_assert_eq!(a.join(&Label::default()), a, "the default says nothing");
    }

    #[test]
    fn joining_never_says_less((a, more) in label().prop_flat_map(above), b in label()) {
        prop_assert!(a.join(&b).flows_to(&more.join(&b)));
    }

    #[test]
    fn what_flows_is_an_order(a in label(), b in label(), (c, d) in label().prop_flat_map(above), more in label()) {
        prop_assert!(a.flows_to(&a));
        prop_assert!(c.flows_to(&d) && c.flows_to(&d.join(&more)));
        prop_assert_eq!(a.flows_to(&b) && b.flows_to(&a), a == b, "two that flow to each other are one");
        if a.flows_to(&b) && b.flows_to(&d) {
            prop_assert!(a.flows_to(&d));
        }
    }

    #[test]
    fn the_join_is_the_least_that_is_at_least_both(a in label(), b in label(), more in label()) {
        let join = a.join(&b);
        prop_assert!(a.flows_to(&join) && b.flows_to(&join));
        for bound in [join.join(&more), more] {
            prop_assert_eq!(a.flows_to(&bound) && b.flows_to(&bound), join.flows_to(&bound));
        }
        prop_assert_eq!(a.flows_to(&b), join == b);
    }

    #[test]
    fn what_is_not_trusted_stays_so(a in label(), b in label()) {
        prop_assert_eq!(a.join(&b).is_untrusted(), a.is_untrusted() || b.is_untrusted());
    }

    #[test]
    fn a_label_is_read_as_it_was_written(a in label()) {
        let written = serde_json::to_string(&a).unwrap();
        prop_assert_eq!(serde_json::from_str::<Label>(&written).unwrap(), a);
    }
}

/// Every pair and triple of a small part of the lattice, so that the laws do not hang on what was drawn.
#[test]
fn the_laws_hold_for_every_small_label() {
    let audiences = || {
        let only = |names: &[&str]| Audience::Only(names.iter().map(|name| Box::from(*name)).collect());
        [Audience::Any, only(&["a", "b"]), only(&["a"]), only(&[])]
    };
    let categories: [BTreeSet<Category>; 2] = [BTreeSet::new(), BTreeSet::from([Category::parse("pii").unwrap()])];
    let mut all = Vec::new();
    for audience in audiences() {
        for categories in &categories {
            for confidentiality in [Confidentiality::Public, Confidentiality::Secret] {
                let label = Label {
                    audience: audience.clone(),
                    categories: categories.clone(),
                    confidentiality,
                    ..Label::default()
                };
                all.push(label);
            }
        }
    }
    for a in &all {
        for b in &all {
            let join = a.join(b);
            let bounds: Vec<&Label> = all.iter().filter(|c| a.flows_to(c) && b.flows_to(c)).collect();
            assert!(bounds.contains(&&join), "{a:?} {b:?}");
            assert!(bounds.iter().all(|bound| join.flows_to(bound)), "{a:?} {b:?}");
            assert!(all.iter().all(|c| !(a.flows_to(b) && b.flows_to(c)) || a.flows_to(c)), "{a:?} {b:?}");
        }
    }
}

#[test]
fn labels_are_written_in_the_words_of_packs() {
    let label = Label {
        confidentiality: Confidentiality::Confidential,
        integrity: Integrity::AdversaryWritable,
        categories: BTreeSet::from([Category::parse("pii").unwrap()]),
        audience: Audience::Only(BTreeSet::from(["group:staff".into()])),
        origins: BTreeSet::from([ServerId::parse("crm").unwrap()]),
    };
    let written = r#"{"confidentiality":"confidential","integrity":"adversary-writable","categories":["pii"],"audience":{"only":["group:staff"]},"origins":["crm"]}"#;
    assert_eq!(serde_json::to_string(&label).unwrap(), written);
    for (from, words) in [
        (
            Confidentiality::ALL.iter().map(|one| serde_json::to_string(one).unwrap()).collect::<Vec<_>>(),
            Confidentiality::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>(),
        ),
        (
            Integrity::ALL.iter().map(|one| serde_json::to_string(one).unwrap()).collect(),
            Integrity::ALL.iter().map(|one| one.as_str()).collect(),
        ),
    ] {
        assert_eq!(from, words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>());
    }
}

#[test]
fn labels_that_are_none_are_not_read() {
    for text in [
        r#"{}"#,
        r#"{"confidentiality":"public"}"#,
        r#"{"confidentiality":"top","integrity":"internal"}"#,
        r#"{"confidentiality":"public","integrity":"internal","categories":["PII"]}"#,
        r#"{"confidentiality":"public","integrity":"internal","categories":[""]}"#,
        r#"{"confidentiality":"public","integrity":"internal","origins":["../x"]}"#,
        r#"{"confidentiality":"public","integrity":"internal","audience":"all"}"#,
    ] {
        assert!(serde_json::from_str::<Label>(text).is_err(), "{text}");
    }
}
