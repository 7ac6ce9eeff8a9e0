//! `doorward audit verify`: whether a log is whole and unchanged.

use std::fs;
use std::path::{Path, PathBuf};

use doorward_core::audit::checkpoint::{Checkpoint, Trusted};
use doorward_core::audit::export::Files;
use doorward_core::audit::note::{Note, VerifierKey};
use doorward_core::audit::verify::{Report, verify as verdict};
use serde_json::json;

use super::{log, open};
use crate::args::{TrustArgs, VerifyArgs};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::{Terminal, Tone, inert};

pub(crate) async fn verify(args: &VerifyArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let seen = args.seen.iter().map(|file| kept(file)).collect::<Result<Vec<_>, _>>()?;
    let report = match &args.folder {
        Some(folder) => of_folder(folder, &args.trust, &seen)?,
        None => of_store(args, &seen, terminal).await?,
    };
    if args.json {
        terminal.line(as_json(&report))?;
    } else {
        tell(&report, terminal)?;
    }
    Ok(if report.is_sound() { Exit::Success } else { Exit::Failure })
}

fn of_folder(folder: &Path, trust: &TrustArgs, seen: &[Checkpoint]) -> Result<Report, Fault> {
    if trust.key.is_empty() {
        let what = "no key is named, and one that lies beside the log proves nothing";
        return Err(Fault::told(Exit::Usage, what, "Give the key that the operator told you with --key."));
    }
    Ok(verdict(&Folder(folder.to_owned()), &trusted(trust)?, seen))
}

/// Verifies what an export would be, against the key of the store unless another is named.
async fn of_store(args: &VerifyArgs, seen: &[Checkpoint], terminal: &Terminal) -> Result<Report, Fault> {
    let reader = open(&args.source).await?;
    let (head, newest) = log::head(&reader).await?;
    let mut trusted = trusted(&args.trust)?;
    if trusted.logs.is_empty() {
        trusted.logs.push(VerifierKey::parse(&head.key).map_err(|error| log::damaged(&error))?);
    }
    let folder = Passing(std::env::temp_dir().join(format!("doorward-verify-{}", std::process::id())));
    log::make_folder(&folder.0)?;
    log::write(&reader, &head, &newest, &folder.0, terminal).await?;
    Ok(verdict(&Folder(folder.0.clone()), &trusted, seen))
}

/// The keys as the command line names them.
pub(super) fn trusted(trust: &TrustArgs) -> Result<Trusted, Fault> {
    let key = |text: &String| {
        let read = if text.contains('+') { Some(text.clone()) } else { fs::read_to_string(text).ok() };
        let parsed = read.as_deref().map(|text| VerifierKey::parse(text.trim()));
        match parsed {
            Some(Ok(key)) => Ok(key),
            Some(Err(error)) => Err(Fault::told(Exit::Usage, format!("'{}' is no key: {error}", inert(text)), "")),
            None => Err(Fault::told(Exit::Usage, format!("'{}' is neither a key nor a file", inert(text)), "")),
        }
    };
    let keys = |texts: &[String]| texts.iter().map(key).collect::<Result<Vec<_>, _>>();
    Ok(Trusted { logs: keys(&trust.key)?, witnesses: keys(&trust.witness)?, quorum: trust.quorum })
}

/// A checkpoint that somebody kept. Who keeps it vouches for it, so its signatures are not looked at.
fn kept(file: &Path) -> Result<Checkpoint, Fault> {
    let wrong = |why: String| {
        let advice = "It is the file 'checkpoint' of an earlier export.";
        Fault::told(Exit::Usage, format!("{} is no checkpoint: {why}", file.display()), advice)
    };
    let bytes = fs::read(file).map_err(|error| wrong(error.to_string()))?;
    let note = Note::parse(&bytes).map_err(|error| wrong(error.to_string()))?;
    Checkpoint::parse(note.text()).map_err(|error| wrong(error.to_string()))
}

fn tell(report: &Report, terminal: &Terminal) -> Result<(), Fault> {
    for fault in &report.faults {
        terminal.line(format_args!("{} {fault}", terminal.paint(Tone::Bad, "wrong:")))?;
    }
    if report.more_faults > 0 {
        terminal.line(format_args!("{} {} things more", terminal.paint(Tone::Bad, "wrong:"), report.more_faults))?;
    }
    for name in &report.strange {
        terminal.say(format_args!("{} is no part of a log; nobody looked at it", inert(name)));
    }
    let Some(head) = &report.checkpoint else {
        terminal.line("No checkpoint of a trusted key agrees with these files.")?;
        return Ok(());
    };
    let verdict = if report.is_sound() {
        terminal.paint(Tone::Good, "whole and unchanged")
    } else {
        terminal.paint(Tone::Bad, "not as it was")
    };
    terminal.line(format_args!("{}: {verdict}", inert(&head.origin)))?;
    terminal.line(format_args!("  {} of {} records are what was signed", report.entries, head.size))?;
    terminal.line(format_args!("  {} checkpoints agree, the last of {} records", report.checkpoints, head.size))?;
    for (name, at) in &report.witnesses {
        terminal.line(format_args!("  cosigned by {} at {}", inert(name.as_str()), seconds(*at)))?;
    }
    if report.disclosures > 0 {
        terminal.line(format_args!("  {} fields that are shown are those of their records", report.disclosures))?;
    }
    Ok(())
}

fn as_json(report: &Report) -> serde_json::Value {
    let head = report.checkpoint.as_ref();
    let witnesses = report.witnesses.iter().map(|(name, at)| json!({ "name": name.as_str(), "at": seconds(*at) }));
    json!({
        "sound": report.is_sound(),
        "origin": head.map(|head| head.origin.as_str()),
        "size": head.map(|head| head.size),
        "root": head.map(|head| head.root.to_string()),
        "records": report.entries,
        "checkpoints": report.checkpoints,
        "disclosures": report.disclosures,
        "witnesses": witnesses.collect::<Vec<_>>(),
        "faults": report.faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "more_faults": report.more_faults,
        "strange": report.strange,
    })
}

pub(super) fn seconds(at: u64) -> String {
    let micros = i64::try_from(at).unwrap_or(i64::MAX).saturating_mul(1_000_000);
    doorward_store::rfc3339(doorward_core::time::Timestamp::from_micros(micros))
}

/// A folder as the files of an export. Links are not followed: whoever made it does not choose what is read.
struct Folder(PathBuf);

impl Files for Folder {
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.0.join(name);
        let is_file = fs::symlink_metadata(&path).is_ok_and(|found| found.is_file());
        is_file.then(|| fs::read(path).ok()).flatten()
    }

    fn names(&self) -> Vec<String> {
        let (mut names, mut folders) = (Vec::new(), vec![(self.0.clone(), String::new())]);
        while let Some((folder, before)) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let name = format!("{before}{}", entry.file_name().to_string_lossy());
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push((entry.path(), format!("{name}/"))),
                    Ok(_) | Err(_) => names.push(name),
                }
            }
        }
        names
    }
}

/// A folder that goes when it is no longer needed.
struct Passing(PathBuf);

impl Drop for Passing {
    fn drop(&mut self) {
        // What stays is a copy of what the store holds, in a folder of the user's own.
        let _ = fs::remove_dir_all(&self.0);
    }
}
