//! `doorward audit verify`: whether a log is whole and unchanged.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use doorward_core::audit::checkpoint::{Checkpoint, Trusted};
use doorward_core::audit::export::Files;
use doorward_core::audit::note::{Note, VerifierKey};
use doorward_core::audit::verify::{Report, verify as verdict};
use serde_json::json;

use super::{log, open, shown};
use crate::args::{TrustArgs, VerifyArgs};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::limits::LOG_FILE_MAX;
use crate::terminal::{Terminal, Tone, inert};

pub(crate) async fn verify(args: &VerifyArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let seen = args.seen.iter().map(|file| kept(file)).collect::<Result<Vec<_>, _>>()?;
    let (report, differences) = match &args.folder {
        Some(folder) => (of_folder(folder, &args.trust, &seen)?, Vec::new()),
        None => of_store(args, &seen, terminal).await?,
    };
    if args.json {
        terminal.line(as_json(&report, &differences))?;
    } else {
        tell(&report, &differences, terminal)?;
    }
    Ok(if report.is_sound() && differences.is_empty() { Exit::Success } else { Exit::Failure })
}

fn of_folder(folder: &Path, trust: &TrustArgs, seen: &[Checkpoint]) -> Result<Report, Fault> {
    if trust.key.is_empty() {
        let what = "no key is named, and one that lies beside the log proves nothing";
        return Err(Fault::told(Exit::Usage, what, "Give the key that the operator told you with --key."));
    }
    Ok(verdict(&Folder(folder.to_owned()), &trusted(trust)?, seen))
}

/// Verifies what an export would be, and that what people are shown of each record is what its entry says. The key is that
/// of the file beside the store, unless another is named; what the database calls its key proves nothing.
async fn of_store(args: &VerifyArgs, seen: &[Checkpoint], terminal: &Terminal) -> Result<(Report, Vec<String>), Fault> {
    let reader = open(&args.source).await?;
    let (head, newest) = log::head(&reader).await?;
    let mut trusted = trusted(&args.trust)?;
    if trusted.logs.is_empty() {
        let path = super::place(&args.source)?;
        trusted.logs.push(doorward_store::log_key_beside(&path).ok_or_else(|| {
            let what = format!("the key beside {} cannot be read; the database alone proves nothing", path.display());
            Fault::told(Exit::Usage, what, "Give the key that you keep elsewhere with --key.")
        })?);
    }
    let folder = Passing::new()?;
    log::write(&reader, &head, &newest, &folder.0, terminal).await?;
    let report = verdict(&Folder(folder.0.clone()), &trusted, seen);
    Ok((report, shown::differences(&reader).await?))
}

/// The keys as the command line names them.
pub(super) fn trusted(trust: &TrustArgs) -> Result<Trusted, Fault> {
    let key = |text: &String| {
        let is_key = VerifierKey::parse(text).is_ok();
        let read = if is_key { Some(text.clone()) } else { fs::read_to_string(text).ok() };
        let parsed = read.as_deref().map(|text| VerifierKey::parse(text.trim()));
        match parsed {
            Some(Ok(key)) => Ok(key),
            Some(Err(error)) => Err(Fault::told(Exit::Usage, format!("'{}' is no key: {error}", inert(text)), "")),
            None => Err(Fault::told(Exit::Usage, format!("'{}' is neither a key nor a file", inert(text)), "")),
        }
    };
    let keys = |texts: &[String]| texts.iter().map(key).collect::<Result<Vec<_>, _>>();
    let quorum = trust.quorum.unwrap_or(trust.witness.len());
    if quorum > trust.witness.len() {
        let what = format!("{quorum} witnesses must have signed, and {} are named", trust.witness.len());
        return Err(Fault::told(Exit::Usage, what, "Name the key of each with --witness."));
    }
    Ok(Trusted { logs: keys(&trust.key)?, witnesses: keys(&trust.witness)?, quorum })
}

/// A checkpoint that somebody kept. Who keeps it vouches for it, so its signatures are not looked at.
fn kept(file: &Path) -> Result<Checkpoint, Fault> {
    let wrong = |why: String| {
        let advice = "It is the file 'checkpoint' of an earlier export.";
        Fault::told(Exit::Usage, format!("{} is no checkpoint: {why}", file.display()), advice)
    };
    let bytes = bounded(file).map_err(|error| wrong(error.to_string()))?;
    let note = Note::parse(&bytes).map_err(|error| wrong(error.to_string()))?;
    Checkpoint::parse(note.text()).map_err(|error| wrong(error.to_string()))
}

fn tell(report: &Report, differences: &[String], terminal: &Terminal) -> Result<(), Fault> {
    for difference in differences {
        terminal.line(format_args!("{} {}", terminal.paint(Tone::Bad, "wrong:"), inert(difference)))?;
    }
    for fault in &report.faults {
        terminal.line(format_args!("{} {}", terminal.paint(Tone::Bad, "wrong:"), inert(&fault.to_string())))?;
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
    let verdict = if report.is_sound() && differences.is_empty() {
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
    if report.unknown_signatures > 0 {
        terminal.line(format_args!("  {} signatures are by keys that nobody has named", report.unknown_signatures))?;
    }
    if report.disclosures > 0 {
        terminal.line(format_args!("  {} fields that are shown are those of their records", report.disclosures))?;
    }
    Ok(())
}

fn as_json(report: &Report, differences: &[String]) -> serde_json::Value {
    let head = report.checkpoint.as_ref();
    let witnesses = report.witnesses.iter().map(|(name, at)| json!({ "name": name.as_str(), "at": seconds(*at) }));
    json!({
        "sound": report.is_sound() && differences.is_empty(),
        "origin": head.map(|head| head.origin.as_str()),
        "size": head.map(|head| head.size),
        "root": head.map(|head| head.root.to_string()),
        "records": report.entries,
        "checkpoints": report.checkpoints,
        "disclosures": report.disclosures,
        "witnesses": witnesses.collect::<Vec<_>>(),
        "faults": report.faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "more_faults": report.more_faults,
        "shown_otherwise": differences,
        "unknown_signatures": report.unknown_signatures,
        "strange": report.strange,
    })
}

pub(super) fn seconds(at: u64) -> String {
    let micros = i64::try_from(at).unwrap_or(i64::MAX).saturating_mul(1_000_000);
    doorward_store::rfc3339(doorward_core::time::Timestamp::from_micros(micros))
}

/// A regular file of somebody else's, as far as any file of a log reaches.
pub(super) fn bounded(path: &Path) -> io::Result<Vec<u8>> {
    let found = fs::symlink_metadata(path)?;
    if !found.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    if found.len() > LOG_FILE_MAX {
        return Err(io::Error::other(format!("it has more than {LOG_FILE_MAX} bytes")));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(LOG_FILE_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A folder as the files of an export. Links are not followed: whoever made it does not choose what is read.
struct Folder(PathBuf);

impl Files for Folder {
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        bounded(&self.0.join(name)).ok()
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

impl Passing {
    /// A new one with a name that nobody can have guessed, for nobody else.
    fn new() -> Result<Self, Fault> {
        let failed = |error: io::Error| {
            let what = format!("cannot make a folder in {}: {error}", std::env::temp_dir().display());
            Fault::told(Exit::Failure, what, "Make room there, or set TMPDIR to a place you may write.")
        };
        let mut bytes = [0_u8; 16];
        fs::File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes)).map_err(failed)?;
        let name = bytes.iter().fold("doorward-verify-".to_owned(), |name, byte| format!("{name}{byte:02x}"));
        let folder = std::env::temp_dir().join(name);
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder).map_err(failed)?;
        Ok(Self(folder))
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        // What stays is a copy of what the store holds, in a folder of the user's own.
        let _ = fs::remove_dir_all(&self.0);
    }
}
