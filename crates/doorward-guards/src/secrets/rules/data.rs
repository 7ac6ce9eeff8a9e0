//! Data: stores, warehouses, and the addresses that hold a password.

use crate::secrets::rule::Alphabet::{Alphanumeric, Base64, Word};
use crate::secrets::rule::{Rule, pattern, token};

pub(super) const RULES: &[Rule] = &[
    pattern("databricks-token", &["dapi"], r"dapi[0-9a-fA-F]{32}(?:-\d{1,2})?"),
    pattern("databricks-token", &["dose", "dkea"], r"(?:dose|dkea)[0-9a-f]{32}(?:-\d{1,2})?"),
    pattern("planetscale-token", &["pscale_"], r"pscale_(?:tkn|pw|oauth|app|otkn)_[A-Za-z0-9_.=-]{32,64}"),
    token("neon-key", "napi_", Alphanumeric, 60, 70),
    token("neon-key", "npg_", Alphanumeric, 12, 16).likely(85),
    token("mongodb-atlas-secret", "mdb_sa_sk_", Word, 40, 40),
    token("supabase-token", "sbp_", Alphanumeric, 40, 40),
    token("supabase-secret", "sb_secret_", Word, 30, 40),
    token("aiven-token", "aivenv1", Base64, 180, 420),
    token("snowflake-token", "ver:1-hint:", Base64, 80, 400),
    token("dbt-token", "dbtc_", Word, 40, 60),
    token("dbt-token", "dbtu_", Word, 40, 60),
    pattern("airtable-token", &["pat"], r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}"),
    token("tinybird-token", "p.eyJ", Base64, 60, 600),
    token("elastic-key", "essu_", Base64, 40, 200),
    // A driver's own words for the password.
    pattern(
        "connection-password",
        &["password=", "pwd="],
        r#"(?i)(?:(?:server|data source|host|user id|uid|user|database|initial catalog|port|dbname)\s?=[^;"'\n]{0,120}[;\s]\s{0,4}){1,8}(?:password|pwd)\s?=(?P<s>[^;"'\s]{4,120})"#,
    )
    .reaching_back(240)
    .likely(85),
];
