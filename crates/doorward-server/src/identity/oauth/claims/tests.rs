//! From claims to a principal, one line per case.

use serde_json::json;

use super::*;
use crate::config::ClaimNames;
use crate::identity::oauth::tests::issuer;

fn principal(claims: Value, change: impl FnOnce(&mut IssuerConfig)) -> Result<Principal, Flaw> {
    let mut issuer = issuer("corp", "https://issuer.example");
    change(&mut issuer);
    let implied = BTreeMap::from([
        ("admin".to_owned(), BTreeSet::from(["write".to_owned()])),
        ("write".to_owned(), BTreeSet::from(["read".to_owned()])),
        // A circle.
        ("read".to_owned(), BTreeSet::from(["read".to_owned(), "list".to_owned()])),
        ("list".to_owned(), BTreeSet::from(["read".to_owned()])),
    ]);
    let implied = Implied::new(&implied);
    let others = ["partner".to_owned()];
    let mapping = Mapping { issuer: &issuer, implied: &implied, others: &others };
    mapping.principal(claims.as_object().unwrap(), Proof::AccessToken)
}

fn names(names: &BTreeSet<Arc<str>>) -> Vec<&str> {
    names.iter().map(AsRef::as_ref).collect()
}

#[test]
fn people_and_programs() {
    let user = |name: &str| Subject::User(Arc::from(name));
    let agent = |name: &str| Subject::Agent(Arc::from(name));
    for (claims, subject, acting) in [
        (json!({"sub": "alice"}), user("corp/alice"), None),
        (json!({"sub": "alice", "client_id": "cli"}), user("corp/alice"), Some("corp/cli")),
        (json!({"sub": "alice", "client_id": "cli", "azp": "app"}), user("corp/alice"), Some("corp/app")),
        (json!({"sub": "cli", "client_id": "cli"}), agent("corp/cli"), None),
        (json!({"sub": "Ålice 中", "client_id": "cli"}), user("corp/Ålice 中"), Some("corp/cli")),
    ] {
        let principal = principal(claims.clone(), |_| {}).unwrap();
        assert_eq!((principal.subject(), principal.agent().map(AsRef::as_ref)), (&subject, acting), "{claims}");
    }
}

#[test]
fn a_program_is_not_a_person_where_people_have_another_claim() {
    let by_email = |issuer: &mut IssuerConfig| issuer.claims.user = "email".to_owned();
    let person = principal(json!({"sub": "1", "email": "a@b.example", "client_id": "cli"}), by_email).unwrap();
    assert_eq!(person.subject(), &Subject::User("corp/a@b.example".into()));
    let program = principal(json!({"sub": "cli", "client_id": "cli"}), by_email).unwrap();
    assert_eq!(program.subject(), &Subject::Agent("corp/cli".into()));
    assert_eq!(principal(json!({"sub": "1", "client_id": "cli"}), by_email), Err(Flaw::Claims));
}

#[test]
fn groups_and_tenants_wherever_they_are() {
    let named = |issuer: &mut IssuerConfig| {
        issuer.claims = ClaimNames {
            tenant: Some("https://issuer.example/org".to_owned()),
            groups: Some("realm_access.roles".to_owned()),
            ..ClaimNames::default()
        };
    };
    for (groups, found) in [
        (json!(["b", "a"]), vec!["corp/a", "corp/b"]),
        (json!("a b  a"), vec!["corp/a", "corp/b"]),
        (json!([]), vec![]),
    ] {
        let claims = json!({"sub": "alice", "https://issuer.example/org": "acme", "realm_access": {"roles": groups}});
        let principal = principal(claims, named).unwrap();
        assert_eq!(names(principal.groups()), found, "{groups}");
        assert_eq!(principal.tenant().map(AsRef::as_ref), Some("corp/acme"));
    }
    let odd = json!({"sub": "alice", "https://issuer.example/org": ["acme"]});
    assert_eq!(principal(odd, named), Err(Flaw::Claims));
}

#[test]
fn scopes_hold_others() {
    for (claims, scopes) in [
        (json!({"sub": "a", "scope": "write other"}), vec!["list", "other", "read", "write"]),
        (json!({"sub": "a", "scope": "admin"}), vec!["admin", "list", "read", "write"]),
        (json!({"sub": "a", "scp": ["list"]}), vec!["list", "read"]),
        (json!({"sub": "a"}), vec![]),
    ] {
        assert_eq!(names(principal(claims.clone(), |_| {}).unwrap().scopes()), scopes, "{claims}");
    }
}

#[test]
fn chains_of_delegation() {
    let act = json!({"sub": "planner", "act": {"client_id": "crawler"}});
    let principal = principal(json!({"sub": "alice", "client_id": "cli", "act": act}), |_| {}).unwrap();
    let actors: Vec<&str> = principal.actors().iter().map(AsRef::as_ref).collect();
    assert_eq!(actors, ["corp/planner", "corp/crawler"]);
}

#[test]
fn nobody_without_a_prefix_is_taken_for_somebody_with_one() {
    let bare = |issuer: &mut IssuerConfig| issuer.prefix.clear();
    assert_eq!(principal(json!({"sub": "alice"}), bare).unwrap().user(), "alice");
    assert_eq!(principal(json!({"sub": "a/b"}), bare).unwrap().user(), "a/b");
    assert_eq!(principal(json!({"sub": "partner/alice"}), bare), Err(Flaw::Names));
    assert_eq!(principal(json!({"sub": "alice", "groups": ["partner/dev"]}), bare), Err(Flaw::Names));
    // The names of client certificates are nobody else's either.
    let workload = json!({"sub": "spiffe://prod.example/a", "client_id": "spiffe://prod.example/a"});
    assert_eq!(principal(workload.clone(), bare), Err(Flaw::Names));
    assert_eq!(principal(workload, |_| {}).unwrap().user(), "corp/spiffe://prod.example/a");
    assert_eq!(principal(json!({"sub": "partner/alice"}), |_| {}).unwrap().user(), "corp/partner/alice");
}
