//! Facts as data: every case of `fixtures/facts/*.json`, and that no text makes anything panic.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod limits;
mod never_panics;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use doorward_facts::path::Lookup;
use doorward_facts::sql::Dialect;
use doorward_facts::{Unclear, email, money, path, shell, sql, url};
use serde_json::{Map, Value, json};

/// Every case of every file: what is named in `facts` must be so, and `unclear` must be that.
#[test]
fn every_case_of_every_file() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/facts");
    let mut failures = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let file: Value = serde_json::from_slice(&std::fs::read(entry.unwrap().path()).unwrap()).unwrap();
        let kind = file["kind"].as_str().unwrap();
        for case in file["cases"].as_array().unwrap() {
            count += 1;
            if let Some(failure) = check(kind, case) {
                failures.push(format!("{kind}: {}: {failure}", case["name"]));
            }
        }
    }
    assert!(count > 150, "{count}");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn check(kind: &str, case: &Value) -> Option<String> {
    let found = read(kind, case);
    match (found, case.get("facts"), case.get("unclear")) {
        (Ok(found), Some(Value::Object(expected)), None) => {
            let wrong: Map<String, Value> = expected
                .iter()
                .filter(|(name, value)| found.get(*name) != Some(*value))
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect();
            (!wrong.is_empty()).then(|| format!("expected {} but found {found}", Value::Object(wrong)))
        }
        (Err(unclear), None, Some(expected)) => {
            let named = format!("{unclear:?}");
            (Some(named.as_str()) != expected.as_str()).then(|| format!("unclear as {named}, not {expected}"))
        }
        (found, _, _) => Some(format!("found {found:?}")),
    }
}

fn read(kind: &str, case: &Value) -> Result<Value, Unclear> {
    let input = case["input"].as_str().unwrap();
    match kind {
        "path" => read_path(input, case),
        "url" => read_url(input, case),
        "sql" => {
            let dialect = match case.get("dialect").and_then(Value::as_str) {
                None => Dialect::Any,
                Some("postgres") => Dialect::Postgres,
                Some("mysql") => Dialect::MySql,
                Some("sqlite") => Dialect::Sqlite,
                Some("mssql") => Dialect::MsSql,
                Some(other) => panic!("{other}"),
            };
            let sql = sql::of(input, dialect)?;
            Ok(json!({ "kinds": sql.kinds, "tables": sql.tables, "columns": sql.columns, "functions": sql.functions,
                "has_where": sql.has_where, "statements": sql.statements }))
        }
        "shell" => {
            let shell = shell::of(input)?;
            Ok(
                json!({ "programs": shell.programs, "arguments": shell.arguments, "operators": shell.operators, "simple": shell.simple }),
            )
        }
        "emails" => {
            let emails = email::of(input)?;
            Ok(json!({ "addresses": emails.addresses, "domains": emails.domains, "count": emails.count }))
        }
        "money" => {
            let money = money::of(input)?;
            Ok(json!({ "amount": money.amount, "currency": money.currency }))
        }
        other => panic!("{other}"),
    }
}

fn read_path(input: &str, case: &Value) -> Result<Value, Unclear> {
    let asked = path::of(input, case.get("base").and_then(Value::as_str))?;
    let (folded, unfolded) = asked.lookups();
    let seen: BTreeMap<String, Option<String>> =
        case.get("real").map(|real| serde_json::from_value(real.clone()).unwrap()).unwrap_or_default();
    let lookup = |path: &str| match seen.get(path) {
        Some(Some(real)) => Lookup::Real(real.as_str()),
        Some(None) => Lookup::Failed,
        None => Lookup::Elsewhere,
    };
    let path = asked.resolved(lookup(&folded), unfolded.as_deref().map_or(Lookup::Elsewhere, lookup))?;
    Ok(json!({ "text": path.text, "within": path.within, "name": path.name, "ext": path.ext, "real": path.real }))
}

fn read_url(input: &str, case: &Value) -> Result<Value, Unclear> {
    let asked = url::of(input)?;
    let addresses: Option<Vec<IpAddr>> =
        case.get("addresses").map(|list| serde_json::from_value(list.clone()).unwrap());
    let private = asked.resolved(addresses.as_deref()).map(|found| found.private);
    Ok(
        json!({ "scheme": asked.scheme, "host": asked.host, "domain": asked.domain, "port": asked.port, "path": asked.path,
        "userinfo": asked.userinfo, "lookalike": asked.lookalike, "nested": asked.nested, "lookup": asked.lookup(), "private": private }),
    )
}
