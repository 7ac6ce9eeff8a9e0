//! Lines of JSON in a file: appended, confirmed by the disk, and turned over by size.
//!
//! A line is there whole or not at all: what a crash or a full disk left of one is cut off before the next is written.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use doorward_store::RecordView;

use crate::config::OcsfFile;
use crate::deliver::Packed;
use crate::failure::Failure;
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
    let mut file = open(&config.path)?;
    let mut end = whole(&mut file)?;
    if end >= config.bytes {
        drop(file);
        turn_over(config)?;
        file = open(&config.path)?;
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
