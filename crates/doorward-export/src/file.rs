//! Lines of JSON in a file: appended, confirmed by the disk, and turned over by size.
//!
//! A line is there whole or not at all: what a crash or a full disk left of one is cut off before the next is written.
//! Whoever writes has the file's lock from before it looks at the end, so nobody cuts off what another has confirmed: a
//! second sink or gateway, or a delivery that was given up and still goes on.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use doorward_store::RecordView;

use crate::config::OcsfFile;
use crate::deliver::Packed;
use crate::failure::Failure;
use crate::limits::{FILE_LOCK_PAUSE, FILE_LOCK_WAIT};
use crate::ocsf;

/// A file that lines are appended to.
#[derive(Debug)]
pub(crate) struct FileSink {
    config: OcsfFile,
}

impl FileSink {
    pub(crate) fn new(config: &OcsfFile) -> Self {
        Self { config: config.clone() }
    }

    /// Writes the events of the first of `records`; how many those were.
    pub(crate) async fn deliver(&self, records: &[RecordView]) -> Result<usize, Failure> {
        let mut packed = Packed::lines();
        for record in records {
            let events = ocsf::events(record).map_err(|error| Failure::of("a record cannot be written", &error))?;
            if !packed.add(&events.join("\n")) {
                break;
            }
        }
        let (count, lines) = packed.finish();
        let config = self.config.clone();
        let written = tokio::task::spawn_blocking(move || append(&config, &lines)).await;
        let written = written.map_err(|error| Failure::of("the file cannot be written", &error))?;
        written.map_err(|error| Failure::of("the file cannot be written", &error))?;
        Ok(count)
    }
}

fn append(config: &OcsfFile, lines: &[u8]) -> io::Result<()> {
    let mut file = locked(&config.path)?;
    let mut end = whole(&mut file)?;
    if end >= config.bytes {
        // The old one stays locked until there is a new one, so it is turned over once.
        turn_over(config)?;
        file = locked(&config.path)?;
        end = whole(&mut file)?;
    }
    let written = file.write_all(lines).and_then(|()| file.sync_data());
    if end == 0 && written.is_ok() {
        // That there is such a file must last as well.
        File::open(config.path.parent().unwrap_or(Path::new("/")))?.sync_all()?;
    }
    if written.is_err() {
        // What is left of it would stand twice once it is sent again. Should this fail too, the next attempt cuts it off.
        let _ = file.set_len(end);
    }
    written
}

/// The file that stands at `path`, ours alone until it is closed.
fn locked(path: &Path) -> io::Result<File> {
    let deadline = Instant::now() + FILE_LOCK_WAIT;
    loop {
        let file = open(path)?;
        match file.try_lock() {
            // Whoever had it may have turned it over.
            Ok(()) if is_at(&file, path)? => return Ok(file),
            Ok(()) | Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
        if Instant::now() >= deadline {
            return Err(io::Error::new(io::ErrorKind::WouldBlock, "somebody else is writing to it"));
        }
        std::thread::sleep(FILE_LOCK_PAUSE);
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let ours = file.metadata()?;
    match std::fs::metadata(path) {
        Ok(there) => Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> io::Result<bool> {
    // Nobody renames a file here that another has open.
    Ok(true)
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Cuts off what stands after the last whole line; how many bytes are left.
fn whole(file: &mut File) -> io::Result<u64> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut end = length;
    let mut byte = [0];
    while end > 0 {
        file.seek(SeekFrom::Start(end - 1))?;
        file.read_exact(&mut byte)?;
        if byte == *b"\n" {
            break;
        }
        end -= 1;
    }
    if end < length {
        file.set_len(end)?;
    }
    Ok(end)
}

/// `events.jsonl` becomes `events.jsonl.1`, that `events.jsonl.2`, and the oldest goes.
fn turn_over(config: &OcsfFile) -> io::Result<()> {
    for number in (1..config.keep).rev() {
        let (from, to) = (numbered(&config.path, number), numbered(&config.path, number + 1));
        match std::fs::rename(from, to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    match config.keep {
        0 => std::fs::remove_file(&config.path),
        _ => std::fs::rename(&config.path, numbered(&config.path, 1)),
    }
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(format!(".{number}"));
    path.into()
}
