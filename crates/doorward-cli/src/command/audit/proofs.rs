//! `doorward audit prove` and `doorward audit check`: that single records are in the log, for others to see.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use doorward_core::audit::entry::{Disclosure, Entry, Field, Openings};
use doorward_core::audit::export::{KEY, openings_file};
use doorward_core::audit::merkle::leaf_hash;
use doorward_core::audit::note::Note;
use doorward_core::audit::proof::{MakeError, Proof};
use doorward_core::audit::tiles::{Tile, TileHashes};
use doorward_store::{Reader, SignedHead};
use serde_json::json;

use super::verdict::{bounded, trusted};
use super::{log, open, records_of};
use crate::args::{CheckProofsArgs, ProveArgs};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::{Terminal, Tone, inert};

pub(crate) async fn prove(args: &ProveArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let fields = args.disclose.iter().map(|name| field(name)).collect::<Result<Vec<_>, _>>()?;
    let records = records_of(&args.exchange, &args.source).await?;
    let reader = open(&args.source).await?;
    let (head, newest) = log::head(&reader).await?;
    let mut places: Vec<u64> = Vec::new();
    for record in &records {
        places.extend(reader.log_place(record.seq).await?);
    }
    if places.len() < records.len() || places.iter().any(|index| *index >= newest.size) {
        let what = "not every record of the exchange is under a checkpoint";
        let advice = "A gateway signs every second; records from before there was a log have no proof.";
        return Err(Fault::told(Exit::Failure, what, advice));
    }
    log::make_folder(&args.folder)?;
    log::put(&args.folder, KEY, format!("{}\n", head.key))?;
    for index in &places {
        one(&reader, &newest, *index, &fields, &args.folder).await?;
    }
    let fields = if fields.is_empty() { "no field of them".to_owned() } else { args.disclose.join(", ") };
    terminal.line(format_args!(
        "Proofs of {} records are in {}; they show {fields} beyond what the log says in the open.",
        places.len(),
        args.folder.display()
    ))?;
    Ok(Exit::Success)
}

async fn one(reader: &Reader, newest: &SignedHead, index: u64, fields: &[Field], folder: &Path) -> Result<(), Fault> {
    let entry = reader.log_entries(index, 1).await?.pop().filter(|entry| entry.index == index);
    let Some(entry) = entry else { return Err(gone(index)) };
    log::put(folder, &format!("{index}.entry"), &entry.entry)?;
    if !fields.is_empty() {
        let openings = entry.openings.as_deref().ok_or_else(|| erased(index))?;
        let openings = Openings::parse(openings).map_err(|error| log::damaged(&error))?;
        let shown: Vec<Disclosure> = fields.iter().map(|field| openings.disclose(*field)).collect();
        log::put(folder, &format!("{index}.openings"), openings_file(&shown))?;
    }
    let note = Note::parse(newest.note.as_bytes()).map_err(|error| log::damaged(&error))?;
    let proof = proof(reader, index, newest.size, &note).await?;
    log::put(folder, &format!("{index}.proof"), proof.to_string())
}

/// Makes a proof, fetching the tiles that it asks for one after the other.
async fn proof(reader: &Reader, index: u64, size: u64, note: &Note) -> Result<Proof, Fault> {
    let mut tiles: BTreeMap<Tile, Vec<u8>> = BTreeMap::new();
    loop {
        let wanted = RefCell::new(None);
        let read = |tile: Tile| {
            let found = tiles.get(&tile).cloned();
            if found.is_none() {
                wanted.replace(Some(tile));
            }
            found
        };
        let made: Result<Proof, MakeError> = Proof::make(&TileHashes::new(size, read), index, note.clone());
        let missing = wanted.into_inner();
        match (made, missing) {
            (Ok(proof), _) => return Ok(proof),
            (Err(_), Some(tile)) => {
                let bytes = reader.log_tile(tile).await?.ok_or_else(|| gone(index))?;
                tiles.insert(tile, bytes);
            }
            (Err(error), None) => return Err(log::damaged(&error)),
        }
    }
}

pub(crate) fn check(args: &CheckProofsArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let trusted = trusted(&args.trust)?;
    if trusted.logs.is_empty() {
        let what = "no key is named, and one that lies beside a proof proves nothing";
        return Err(Fault::told(Exit::Usage, what, "Give the key that the operator told you with --key."));
    }
    let mut places: Vec<u64> = fs::read_dir(&args.folder)
        .map_err(|error| unreadable(&args.folder, &error.to_string()))?
        .flatten()
        .filter_map(|entry| index_in(entry.file_name().to_str()?))
        .collect();
    places.sort_unstable();
    if places.is_empty() {
        return Err(unreadable(&args.folder, "it holds no proof"));
    }
    let mut all_hold = true;
    for index in places {
        let checked = checked(&args.folder, index, &trusted);
        all_hold &= checked.is_ok();
        tell(index, checked, args.json, terminal)?;
    }
    Ok(if all_hold { Exit::Success } else { Exit::Failure })
}

/// The index in the name of a proof, which is written in one way.
fn index_in(name: &str) -> Option<u64> {
    let index: u64 = name.strip_suffix(".proof")?.parse().ok()?;
    (format!("{index}.proof") == name).then_some(index)
}

/// One record that is proven to be in the log.
struct Proven {
    origin: String,
    size: u64,
    entry: Entry,
    shown: Vec<Disclosure>,
}

/// What the proof of the record at `index` proves, or why it proves nothing.
fn checked(folder: &Path, index: u64, trusted: &doorward_core::audit::checkpoint::Trusted) -> Result<Proven, String> {
    let file = |end: &str| bounded(&folder.join(format!("{index}.{end}")));
    let bytes = file("entry").map_err(|error| format!("its entry cannot be read: {error}"))?;
    let proof = file("proof").map_err(|error| format!("its proof cannot be read: {error}"))?;
    let proof = Proof::parse(&proof).map_err(|error| error.to_string())?;
    if proof.index != index {
        return Err(format!("its proof is that of record {}", proof.index));
    }
    let opened = proof.verify(&leaf_hash(&bytes), trusted).map_err(|error| error.to_string())?;
    let entry = Entry::parse(&bytes).map_err(|error| error.to_string())?;
    let shown = match file("openings") {
        Ok(lines) => disclosed(&lines, &bytes)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(format!("its openings cannot be read: {error}")),
    };
    Ok(Proven { origin: opened.checkpoint.origin, size: opened.checkpoint.size, entry, shown })
}

fn disclosed(lines: &[u8], entry: &[u8]) -> Result<Vec<Disclosure>, String> {
    let text = std::str::from_utf8(lines).map_err(|error| error.to_string())?;
    let one = |line: &str| {
        let disclosure = Disclosure::parse(line).map_err(|error| error.to_string())?;
        disclosure.check(entry).map_err(|error| error.to_string())?;
        Ok(disclosure)
    };
    text.lines().map(one).collect()
}

fn tell(index: u64, checked: Result<Proven, String>, json: bool, terminal: &Terminal) -> Result<(), Fault> {
    let checked = match checked {
        Ok(checked) => checked,
        Err(why) if json => return Ok(terminal.line(json!({ "index": index, "holds": false, "why": why }))?),
        Err(why) => {
            let wrong = terminal.paint(Tone::Bad, "proves nothing");
            return Ok(terminal.line(format_args!("record {index} {wrong}: {}", inert(&why)))?);
        }
    };
    let Proven { origin, size, entry, shown } = checked;
    let at = doorward_store::rfc3339(entry.at);
    if json {
        let shown: BTreeMap<&str, &str> = shown.iter().map(|one| (one.field.name(), one.value.as_str())).collect();
        return Ok(terminal.line(json!({
            "index": index, "holds": true, "origin": origin, "size": size, "at": at, "exchange": entry.exchange.to_string(),
            "phase": entry.phase.as_str(), "action": entry.action, "disposition": entry.disposition.as_str(),
            "code": entry.code, "shown": shown,
        }))?);
    }
    let good = terminal.paint(Tone::Good, "is in the log");
    terminal.line(format_args!("record {index} {good} {}, among {size}", inert(&origin)))?;
    let (phase, end) = (entry.phase.as_str(), entry.disposition.as_str());
    let code = entry.code.as_deref().map_or_else(String::new, |code| format!(" {code}"));
    terminal.line(format_args!("  {at} {phase} of {} ({end}{code})", inert(&entry.action)))?;
    for one in &shown {
        terminal.line(format_args!("  {}: {}", one.field.name(), inert(&one.value)))?;
    }
    Ok(())
}

fn field(name: &str) -> Result<Field, Fault> {
    Field::parse(name).ok_or_else(|| {
        let names = Field::ALL.map(Field::name).join(", ");
        let what = format!("'{}' is no field that records commit to: {names}", inert(name));
        Fault::told(Exit::Usage, what, "What else a record says stands in the open in its entry.")
    })
}

fn gone(index: u64) -> Fault {
    let advice = "'doorward audit verify' says what else is missing.";
    Fault::told(Exit::Failure, format!("record {index} or its hashes are missing in the store"), advice)
}

fn erased(index: u64) -> Fault {
    let advice = "Its entry and its place can still be proven; leave --disclose out.";
    Fault::told(Exit::Failure, format!("what record {index} committed to was erased"), advice)
}

fn unreadable(folder: &Path, why: &str) -> Fault {
    let advice = "Name the folder that 'doorward audit prove' wrote.";
    Fault::told(Exit::Usage, format!("{} cannot be read: {why}", folder.display()), advice)
}
