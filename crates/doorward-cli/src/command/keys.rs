//! `doorward keys`: making, listing and taking back API keys.
//!
//! A key is shown once, on standard output and nowhere else.

use std::collections::BTreeSet;

use doorward_core::ids::ServerId;
use doorward_core::limits::{PRINCIPAL_MEMBERS_MAX, PRINCIPAL_PART_MAX};
use doorward_core::time::Timestamp;
use doorward_server::config::{Surroundings, load_store};
use doorward_server::identity::keys::NewKey;
use doorward_store::{ApiKey, Grants, Holder, Keys, Revoked, rfc3339};
use serde_json::json;

use super::now;
use crate::args::{CreateKeyArgs, KeysCommand, ListKeysArgs, RevokeKeyArgs, SourceArgs};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::{Terminal, Tone, column};

const HOUR: i64 = 3_600_000_000;

pub(super) async fn keys(command: KeysCommand, terminal: &Terminal) -> Result<Exit, Fault> {
    match command {
        KeysCommand::Create(args) => create(&args, terminal).await,
        KeysCommand::List(args) => list(&args, terminal).await,
        KeysCommand::Revoke(args) => revoke(&args, terminal).await,
    }
}

async fn create(args: &CreateKeyArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let at = now();
    let expires = lifetime(&args.expires)?.map(|micros| Timestamp::from_micros(at.as_micros().saturating_add(micros)));
    let (holder, grants) = (holder(args)?, grants(args)?);
    let new = NewKey::generate()
        .ok_or_else(|| Fault::told(Exit::Failure, "the system gave no random numbers", "Try again."))?;
    let key = ApiKey {
        id: new.id().to_owned(),
        digest: new.digest(),
        holder,
        grants,
        created: at,
        expires,
        revoked: None,
        last_used: None,
    };
    let keys = open(&args.source).await?;
    keys.create(&key).await?;
    keys.close().await;
    terminal.line(new.reveal())?;
    let until = expires.map_or_else(|| "for ever".to_owned(), |expires| format!("until {}", rfc3339(expires)));
    let id = new.id();
    terminal.say(format_args!("Key {id} for the {} {}, good {until}.", key.holder.kind(), key.holder.name()));
    terminal.say("This is the only time it is shown. Send it as 'Authorization: Bearer <key>'.");
    Ok(Exit::Success)
}

async fn list(args: &ListKeysArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let keys = open(&args.source).await?;
    let (all, at) = (keys.list().await?, now());
    keys.close().await;
    if args.json {
        for key in &all {
            terminal.line(as_json(key, at))?;
        }
        return Ok(Exit::Success);
    }
    let heading = format!("{:<12} {:<22} {:<8} {:<12} {:<12}  for", "id", "holder", "state", "expires", "last used");
    terminal.line(terminal.paint(Tone::Faint, heading))?;
    for key in &all {
        let day =
            |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), |at| rfc3339(at).chars().take(10).collect());
        let holder = format!("{} {}", key.holder.kind(), key.holder.name());
        terminal.line(format_args!(
            "{} {} {} {} {}  {}",
            column(&key.id, 12),
            column(&holder, 22),
            column(state(key, at), 8),
            column(&day(key.expires), 12),
            column(&day(key.last_used), 12),
            crate::terminal::inert(&purpose(key)),
        ))?;
    }
    Ok(Exit::Success)
}

async fn revoke(args: &RevokeKeyArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let keys = open(&args.source).await?;
    let done = keys.revoke(&args.id, now()).await?;
    keys.close().await;
    match done {
        Revoked::Done => {
            terminal.say(format_args!("Key {} is good no more.", crate::terminal::inert(&args.id)));
            Ok(Exit::Success)
        }
        Revoked::Unknown => {
            let what = format!("there is no key '{}'", crate::terminal::inert(&args.id));
            Err(Fault::told(Exit::Failure, what, "'doorward keys list' shows the ids."))
        }
    }
}

async fn open(source: &SourceArgs) -> Result<Keys, Fault> {
    let store = load_store(&source.request(), &Surroundings::of_process())?;
    if store.url.path().is_none() {
        let what = "keys in memory end with their gateway and cannot be changed from outside";
        return Err(Fault::told(Exit::Invalid, what, "Name a file with --store sqlite:///path/records.db."));
    }
    Ok(Keys::open(&store).await?)
}

fn holder(args: &CreateKeyArgs) -> Result<Holder, Fault> {
    // A slash stands between an issuer and its users: a key must not be able to name one of those.
    if args.name.contains('/') || !is_fit(&args.name) {
        let advice = "Use up to 256 bytes without control characters and without '/', which issuers' names have.";
        return Err(Fault::told(Exit::Usage, "that is no name of a holder", advice));
    }
    Ok(if args.agent { Holder::Agent(args.name.clone()) } else { Holder::User(args.name.clone()) })
}

fn grants(args: &CreateKeyArgs) -> Result<Grants, Fault> {
    let set = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
    let unfit = args.groups.iter().any(|group| group.contains('/') || !is_fit(group))
        || args.scopes.iter().any(|scope| scope.contains(' ') || !is_fit(scope))
        || args.groups.len().max(args.scopes.len()) > PRINCIPAL_MEMBERS_MAX;
    if unfit {
        let advice = "Groups have no '/', scopes no spaces, both no control characters, and 256 of them are enough.";
        return Err(Fault::told(Exit::Usage, "a group or scope cannot be used", advice));
    }
    if let Some(server) = args.servers.iter().find(|server| ServerId::parse(server).is_err()) {
        let what = format!("'{}' is no server id", crate::terminal::inert(server));
        return Err(Fault::told(Exit::Usage, what, "Use an id from the configuration."));
    }
    Ok(Grants { groups: set(&args.groups), scopes: set(&args.scopes), servers: set(&args.servers) })
}

fn is_fit(name: &str) -> bool {
    !name.is_empty() && name.len() <= PRINCIPAL_PART_MAX && !name.chars().any(char::is_control)
}

/// Microseconds; `None` for ever.
fn lifetime(text: &str) -> Result<Option<i64>, Fault> {
    if text == "never" {
        return Ok(None);
    }
    let unit =
        [("h", HOUR), ("d", 24 * HOUR)].into_iter().find_map(|(unit, micros)| Some((text.strip_suffix(unit)?, micros)));
    let count = unit.and_then(|(count, micros)| Some((count.parse::<u16>().ok()?, micros)));
    match count {
        Some((count, micros)) if count > 0 => Ok(Some(i64::from(count).saturating_mul(micros))),
        Some(_) | None => {
            let what = format!("'{}' is no time", crate::terminal::inert(text));
            Err(Fault::told(Exit::Usage, what, "Write hours or days, such as 12h or 90d, or never."))
        }
    }
}

fn state(key: &ApiKey, at: Timestamp) -> &'static str {
    match (key.revoked, key.expires) {
        (Some(_), _) => "revoked",
        (None, Some(expires)) if expires <= at => "expired",
        (None, Some(_) | None) => "good",
    }
}

fn purpose(key: &ApiKey) -> String {
    let Grants { groups, scopes, servers } = &key.grants;
    let part = |name: &str, values: &BTreeSet<String>| {
        (!values.is_empty()).then(|| format!("{name} {}", values.iter().cloned().collect::<Vec<_>>().join(" ")))
    };
    let parts = [part("groups", groups), part("scopes", scopes), part("servers", servers)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn as_json(key: &ApiKey, at: Timestamp) -> serde_json::Value {
    let time = |at: Option<Timestamp>| at.map(rfc3339);
    json!({
        "id": key.id, "kind": key.holder.kind(), "name": key.holder.name(), "state": state(key, at),
        "groups": key.grants.groups, "scopes": key.grants.scopes, "servers": key.grants.servers,
        "created": rfc3339(key.created), "expires": time(key.expires), "revoked": time(key.revoked),
        "lastUsed": time(key.last_used),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_read_or_refused() {
        let read = |text: &str| lifetime(text).ok();
        for (text, expected) in [
            ("12h", Some(Some(12 * HOUR))),
            ("90d", Some(Some(90 * 24 * HOUR))),
            ("never", Some(None)),
            ("0d", None),
            ("-1d", None),
            ("1w", None),
            ("99999d", None),
            ("", None),
            ("d", None),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
