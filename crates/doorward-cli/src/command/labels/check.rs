//! `doorward labels check`: what is wrong with packs.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use doorward_flow::limits::PACK_BYTES_MAX;
use doorward_flow::pack::{Flaw, Pack};
use serde_json::json;

use crate::args::CheckLabelsArgs;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::limits::PACKS_CHECKED_MAX;
use crate::terminal::{Terminal, Tone, visible};

/// One file, and everything that is wrong with it.
struct Checked {
    file: PathBuf,
    flaws: Vec<Flaw>,
}

pub(super) fn check(args: &CheckLabelsArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let mut files = Vec::new();
    for place in &args.places {
        files.extend(packs_at(place)?);
    }
    let checked = files.into_iter().map(of).collect::<Result<Vec<Checked>, Fault>>()?;
    let wrong: usize = checked.iter().map(|one| one.flaws.len()).sum();
    if args.json {
        let problems: Vec<_> = checked.iter().flat_map(problems).collect();
        terminal.line(json!({ "version": 1, "ok": wrong == 0, "files": checked.len(), "problems": problems }))?;
    } else {
        checked.iter().try_for_each(|one| tell(one, terminal))?;
        let packs = if checked.len() == 1 { "1 pack".to_owned() } else { format!("{} packs", checked.len()) };
        let mistakes = if wrong == 1 { "1 mistake".to_owned() } else { format!("{wrong} mistakes") };
        terminal.line(format_args!("{packs}, {mistakes}"))?;
    }
    Ok(if wrong == 0 { Exit::Success } else { Exit::Invalid })
}

/// The pack that is there, or all of the folder, by name.
fn packs_at(place: &Path) -> Result<Vec<PathBuf>, Fault> {
    if !place.is_dir() {
        return Ok(vec![place.to_owned()]);
    }
    let entries = std::fs::read_dir(place).map_err(|error| unreadable(place, &error))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .take(PACKS_CHECKED_MAX)
        .collect();
    files.sort();
    if files.is_empty() {
        let what = format!("there is no pack in {}", visible(&place.display().to_string()));
        return Err(Fault::told(Exit::Failure, what, "A pack is a file NAME.toml."));
    }
    Ok(files)
}

fn of(file: PathBuf) -> Result<Checked, Fault> {
    let text = read(&file).map_err(|error| unreadable(&file, &error))?;
    let flaws = match text {
        Err(flaw) => vec![flaw],
        Ok(text) => match Pack::parse(&text) {
            Err(flaws) => flaws,
            Ok(pack) => misnamed(&pack, &file, &text).into_iter().collect(),
        },
    };
    Ok(Checked { file, flaws })
}

/// The text of a pack, or why it can be none.
fn read(file: &Path) -> io::Result<Result<String, Flaw>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(PACK_BYTES_MAX).unwrap_or(u64::MAX);
    // One byte more shows that it is too long.
    std::fs::File::open(file)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Flaw { line, message: "it is no text".to_owned(), advice: "write it in UTF-8".to_owned() }
    }))
}

fn misnamed(pack: &Pack, file: &Path, text: &str) -> Option<Flaw> {
    let name = file.file_stem()?.to_string_lossy().into_owned();
    if *name == *pack.name {
        return None;
    }
    let line = text.lines().position(|line| line.trim_start().starts_with("name")).map_or(1, |at| at + 1);
    let message = format!("the pack is called {}, and its file {name}", pack.name);
    Some(Flaw { line, message, advice: "give both the same name".to_owned() })
}

fn unreadable(place: &Path, error: &io::Error) -> Fault {
    let what = format!("{} cannot be read: {error}", visible(&place.display().to_string()));
    Fault::told(Exit::Failure, what, "Name a label pack, or a folder of them.")
}

fn tell(checked: &Checked, terminal: &Terminal) -> io::Result<()> {
    for Flaw { line, message, advice } in &checked.flaws {
        let place = format!("{}:{line}", visible(&checked.file.display().to_string()));
        let message = terminal.paint(Tone::Bad, visible(message));
        terminal.line(format_args!("{place}: {message}\n  {}", visible(advice)))?;
    }
    Ok(())
}

fn problems(checked: &Checked) -> impl Iterator<Item = serde_json::Value> {
    let file = checked.file.display().to_string();
    checked.flaws.iter().map(move |Flaw { line, message, advice }| {
        json!({ "file": file, "line": line, "message": message, "advice": advice })
    })
}
