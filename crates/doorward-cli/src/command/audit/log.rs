//! `doorward audit key` and `doorward audit export`: the log as others can verify it.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use doorward_core::audit::entry::Openings;
use doorward_core::audit::export::{CHECKPOINT, CHECKPOINTS, KEY, checkpoints_file, openings_file, openings_name};
use doorward_core::audit::note::Note;
use doorward_core::audit::tiles;
use doorward_store::{LogHead, Reader, SignedHead};

use super::open;
use crate::args::{ExportArgs, LogKeyArgs};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::{Terminal, inert};

/// How many checkpoints or entries are read at once.
const PAGE: u32 = 1000;

/// How long a command works before it says how far it is, and how long until it says so again.
const PROGRESS: Duration = Duration::from_secs(2);

pub(crate) async fn key(args: &LogKeyArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let (head, _) = head(&open(&args.source).await?).await?;
    terminal.line(inert(&head.key))?;
    Ok(Exit::Success)
}

pub(crate) async fn export(args: &ExportArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let reader = open(&args.source).await?;
    let (head, newest) = head(&reader).await?;
    make_folder(&args.folder)?;
    write(&reader, &head, &newest, &args.folder, terminal).await?;
    if args.openings {
        write_openings(&reader, &newest, &args.folder).await?;
    }
    let folder = args.folder.display();
    terminal.line(format_args!("{} records of {} are in {folder}.", newest.size, inert(&head.origin)))?;
    if head.size > newest.size {
        terminal
            .say(format_args!("{} more are not signed yet; a gateway signs every second.", head.size - newest.size));
    }
    let outside = reader.outside_the_log().await?;
    if outside > 0 {
        terminal.say(format_args!("{outside} records of versions that knew of no log are not in it."));
    }
    Ok(Exit::Success)
}

/// How far the log is, and its newest checkpoint.
pub(super) async fn head(reader: &Reader) -> Result<(LogHead, SignedHead), Fault> {
    let none = || {
        let what = "the store has no signed log yet";
        Fault::told(Exit::Failure, what, "Start a gateway of this version on it: the first record begins the log.")
    };
    let head = reader.log_head().await?.ok_or_else(none)?;
    let newest = reader.log_checkpoint().await?.ok_or_else(none)?;
    Ok((head, newest))
}

/// A folder with nothing in it, for nobody else.
pub(super) fn make_folder(folder: &Path) -> Result<(), Fault> {
    let failed = |error: std::io::Error| {
        Fault::told(Exit::Failure, format!("cannot make {}: {error}", folder.display()), "Name a folder you may write.")
    };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(failed)?;
    if fs::read_dir(folder).map_err(failed)?.next().is_some() {
        let what = format!("{} is not empty", folder.display());
        return Err(Fault::told(Exit::Usage, what, "Name a new folder: what is there may be somebody's evidence."));
    }
    Ok(())
}

/// Writes the log as it is under `newest`.
pub(super) async fn write(
    reader: &Reader,
    head: &LogHead,
    newest: &SignedHead,
    folder: &Path,
    terminal: &Terminal,
) -> Result<(), Fault> {
    let mut told = Instant::now();
    put(folder, KEY, format!("{}\n", head.key))?;
    put(folder, CHECKPOINT, &newest.note)?;
    let (mut notes, mut beyond) = (Vec::new(), 0);
    while beyond < newest.size {
        let page = reader.log_checkpoints(beyond, PAGE).await?;
        let Some(last) = page.last() else { break };
        beyond = last.size;
        let read = |signed: &SignedHead| Note::parse(signed.note.as_bytes()).map_err(|error| damaged(&error));
        notes.extend(page.iter().filter(|one| one.size <= newest.size).map(read).collect::<Result<Vec<_>, _>>()?);
    }
    put(folder, CHECKPOINTS, checkpoints_file(&notes))?;
    for tile in tiles::all(newest.size) {
        let bytes = reader.log_tile(tile).await?;
        let Some(bytes) = bytes else {
            // Whoever verifies is told which file is missing.
            terminal.say(format_args!("{tile} is missing in the store"));
            continue;
        };
        put(folder, &tile.to_string(), bytes)?;
        if told.elapsed() >= PROGRESS {
            told = Instant::now();
            terminal.say(format_args!("writing {tile} of {} records …", newest.size));
        }
    }
    Ok(())
}

async fn write_openings(reader: &Reader, newest: &SignedHead, folder: &Path) -> Result<(), Fault> {
    let mut next = 0;
    while next < newest.size {
        let page = reader.log_entries(next, PAGE).await?;
        let Some(last) = page.last() else { break };
        next = last.index.saturating_add(1);
        for entry in page.iter().filter(|entry| entry.index < newest.size) {
            let Some(openings) = &entry.openings else { continue };
            let openings = Openings::parse(openings).map_err(|error| damaged(&error))?;
            put(folder, &openings_name(entry.index), openings_file(&openings.disclose_all()))?;
        }
    }
    Ok(())
}

/// Writes one new file for nobody else, with the folders it stands in.
pub(super) fn put(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> Result<(), Fault> {
    let path = folder.join(name);
    let write = || {
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path)?.write_all(bytes.as_ref())
    };
    write().map_err(|error| {
        let what = format!("cannot write {}: {error}", path.display());
        Fault::told(Exit::Failure, what, "Make room, or name another folder.")
    })
}

pub(super) fn damaged(error: &dyn std::error::Error) -> Fault {
    let advice = "Somebody or something has changed the store; compare it with a backup and with an earlier export.";
    Fault::told(Exit::Failure, format!("the log in the store cannot be read: {error}"), advice)
}
