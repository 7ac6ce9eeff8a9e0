//! `doorward policy matrix`: who may call what, as text to review.

use std::path::Path;

use doorward_policy::{Cell, Matrix, Row};
use serde_json::{Value, json};

use super::cases;
use super::subject::Ready;
use crate::args::MatrixArgs;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::{Terminal, Tone, inert};

pub(super) async fn matrix(args: &MatrixArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let ready = Ready::of(&args.subject, terminal).await?;
    let mut kinds = Vec::new();
    for file in &args.kinds {
        kinds.extend(cases::read(file, terminal)?.kinds);
    }
    let matrix = ready.engine.matrix(&kinds);
    if let Some(file) = &args.check {
        return compare(file, &matrix, terminal);
    }
    if args.json {
        terminal.line(to_json(&matrix))?;
    } else {
        let text = matrix.to_string();
        text.lines().try_for_each(|line| terminal.line(inert(line)))?;
    }
    Ok(Exit::Success)
}

/// Holds the matrix against the one in a file, line by line.
fn compare(file: &Path, matrix: &Matrix, terminal: &Terminal) -> Result<Exit, Fault> {
    let before = std::fs::read_to_string(file)
        .map_err(|error| Fault::told(Exit::Invalid, format!("cannot read {}: {error}", file.display()), ""))?;
    let now: Vec<String> = matrix.to_string().lines().map(inert).collect();
    let before: Vec<&str> = before.lines().collect();
    let gone: Vec<&str> = before.iter().filter(|line| !now.iter().any(|new| new == *line)).copied().collect();
    let new: Vec<&String> = now.iter().filter(|line| !before.contains(&line.as_str())).collect();
    if gone.is_empty() && new.is_empty() {
        terminal.line(format_args!("{}: the policy allows what it says", file.display()))?;
        return Ok(Exit::Success);
    }
    for line in &gone {
        terminal.line(terminal.paint(Tone::Bad, format_args!("- {}", inert(line))))?;
    }
    for line in &new {
        terminal.line(terminal.paint(Tone::Good, format_args!("+ {line}")))?;
    }
    terminal.say(format_args!(
        "{} says something else; if the change is meant, write it anew: doorward policy matrix > {}",
        file.display(),
        file.display()
    ));
    Ok(Exit::Failure)
}

fn to_json(matrix: &Matrix) -> Value {
    let cell = |(kind, cell): (&String, &Cell)| json!({ "kind": kind, "outlook": cell.outlook.as_str(), "rules": cell.rules, "duties": cell.duties });
    let row = |row: &Row| {
        let cells: Vec<Value> = matrix.kinds.iter().zip(&row.cells).map(cell).collect();
        json!({ "tool": row.tool, "effect": row.effect, "cells": cells })
    };
    json!({ "version": 1, "kinds": matrix.kinds, "tools": matrix.rows.iter().map(row).collect::<Vec<_>>() })
}
