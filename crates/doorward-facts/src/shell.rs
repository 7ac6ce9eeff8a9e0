//! Shell commands, as POSIX shells read them: which programs run, with which words, joined by what.
//!
//! Every program that can be seen is named, also inside substitutions and behind programs that start programs; which
//! program an expansion gives cannot be seen and is unclear. Words are as quoted text gives them: what a variable or a
//! pattern in them becomes is not known, and the operators tell that there is one. Only what is `simple` is known whole.

mod words;

use std::collections::BTreeSet;

use crate::limits::{SHELL_BYTES_MAX, SHELL_DEPTH_MAX, SHELL_TOKENS_MAX};
use crate::unclear::{Unclear, refuse_longer};
use words::{Token, Word, tokens};

/// What a command does, as far as can be seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shell {
    /// Every program that may run: as written, and the last part of a path.
    pub programs: BTreeSet<String>,
    /// Every other word.
    pub arguments: BTreeSet<String>,
    /// Everything that is neither: `;`, `|`, `>`, `$(`, `$`, `*`, `=`, a newline, `if` …
    pub operators: BTreeSet<String>,
    /// One program with plain words: no operator, and no program that starts another.
    pub simple: bool,
}

/// Programs that run what their arguments say.
const STARTERS: [&str; 47] = [
    ".", "ash", "bash", "builtin", "busybox", "chroot", "command", "csh", "dash", "doas", "entr", "env", "eval",
    "exec", "fakeroot", "fish", "flock", "ionice", "ksh", "ltrace", "mksh", "nice", "nohup", "nsenter", "parallel",
    "pkexec", "rbash", "runuser", "script", "setarch", "setsid", "sh", "source", "ssh", "stdbuf", "strace", "su",
    "sudo", "taskset", "tcsh", "time", "timeout", "trap", "unshare", "watch", "xargs", "zsh",
];

/// Words in front of a command that are not one.
const PREFIXES: [&str; 12] = ["!", "do", "done", "elif", "else", "fi", "if", "then", "until", "while", "{", "}"];

/// Words that begin what is not read here.
const UNREAD: [&str; 8] = ["case", "coproc", "declare", "esac", "for", "function", "select", "typeset"];

/// Gives a program another name for what comes after.
const ALIAS: &str = "alias";

/// Reads `text`.
///
/// # Errors
/// [`Unclear`] when a program that runs cannot be told, or shells read it differently.
pub fn of(text: &str) -> Result<Shell, Unclear> {
    refuse_longer(text, SHELL_BYTES_MAX)?;
    if text.trim().is_empty() {
        return Err(Unclear::Empty);
    }
    let mut reading = Reading { shell: Shell::default(), commands: 0, tokens: 0, starters: 0 };
    reading.read(text, 0)?;
    if reading.commands == 0 {
        return Err(Unclear::UnknownProgram);
    }
    reading.shell.simple = reading.commands == 1 && reading.shell.operators.is_empty() && reading.starters == 0;
    Ok(reading.shell)
}

struct Reading {
    shell: Shell,
    commands: usize,
    tokens: usize,
    starters: usize,
}

/// What the words of a command are to its program.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    /// Words.
    Plain,
    /// Words, until one says that a program follows: `find -exec`.
    Find,
    /// Programs or commands, perhaps.
    Started,
}

/// What the next word is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A program, or something in front of one.
    Start,
    /// A file, behind a redirection; the place it came from is kept apart.
    File,
    /// An argument.
    Argument,
}

impl Reading {
    fn read(&mut self, text: &str, depth: usize) -> Result<(), Unclear> {
        if depth > SHELL_DEPTH_MAX {
            return Err(Unclear::TooDeep);
        }
        let (mut place, mut after) = (Place::Start, Place::Start);
        let mut words = Words::Plain;
        for token in tokens(text)? {
            self.tokens += 1;
            if self.tokens > SHELL_TOKENS_MAX {
                return Err(Unclear::TooMany);
            }
            match token {
                Token::Operator(operator) => {
                    self.operator(operator);
                    if operator.contains(['<', '>']) {
                        if place != Place::File {
                            after = place;
                        }
                        place = Place::File;
                    } else {
                        place = Place::Start;
                    }
                }
                Token::Word(word) => {
                    self.inside(&word, depth)?;
                    match place {
                        Place::File => {
                            self.shell.arguments.insert(word.text);
                            place = after;
                        }
                        Place::Start => {
                            place = self.start(&word)?;
                            words = self.words_of(&word.text);
                        }
                        Place::Argument => {
                            if words == Words::Find && executes(&word.text) {
                                self.starters += 1;
                                words = Words::Started;
                            }
                            self.argument(words, word, depth)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn operator(&mut self, operator: &str) {
        self.shell.operators.insert(operator.to_owned());
    }

    /// What expands within a word, and the commands in it.
    fn inside(&mut self, word: &Word, depth: usize) -> Result<(), Unclear> {
        word.expansions.iter().for_each(|operator| self.operator(operator));
        word.commands.iter().try_for_each(|command| self.read(command, depth + 1))
    }

    /// A word where a program is expected; tells what may follow.
    fn start(&mut self, word: &Word) -> Result<Place, Unclear> {
        let unread = !word.quoted && UNREAD.contains(&word.text.as_str());
        // A reserved word in quotes is none; a builtin is.
        if unread || word.text == ALIAS || word.text.starts_with("[[") {
            return Err(Unclear::OddShell);
        }
        if !word.quoted && PREFIXES.contains(&word.text.as_str()) {
            self.operator(&word.text);
            return Ok(Place::Start);
        }
        if is_assignment(word) {
            self.operator("=");
            self.shell.arguments.insert(word.text.clone());
            return Ok(Place::Start);
        }
        if !word.expansions.is_empty() || word.text.is_empty() {
            return Err(Unclear::UnknownProgram);
        }
        self.program(&word.text);
        self.commands += 1;
        Ok(Place::Argument)
    }

    fn words_of(&mut self, program: &str) -> Words {
        let base = program.rsplit('/').next().unwrap_or(program);
        if STARTERS.contains(&base) {
            self.starters += 1;
            return Words::Started;
        }
        if base == "find" { Words::Find } else { Words::Plain }
    }

    fn program(&mut self, name: &str) {
        let base = name.rsplit('/').next().filter(|base| !base.is_empty()).unwrap_or(name);
        self.shell.programs.insert(base.to_owned());
        self.shell.programs.insert(name.to_owned());
    }

    /// An argument; of a program that starts others it may be a program, or a whole command.
    fn argument(&mut self, words: Words, word: Word, depth: usize) -> Result<(), Unclear> {
        if words == Words::Started {
            if !word.expansions.is_empty() {
                return Err(Unclear::UnknownProgram);
            }
            if word.text == ALIAS {
                return Err(Unclear::OddShell);
            }
            for started in std::iter::once(word.text.as_str()).chain(attached(&word.text)) {
                self.program(started);
                // Blanks and operators within one word: `sh -c "rm -r /"`, `env -S`, `ssh host "…"`.
                if started.contains(|c: char| c.is_whitespace() || ";|&<>()`$".contains(c)) {
                    self.read(started, depth + 1)?;
                }
            }
        }
        self.shell.arguments.insert(word.text);
        Ok(())
    }
}

/// `find -exec`, `-execdir`, `-ok`, `-okdir`
fn executes(word: &str) -> bool {
    word.starts_with("-exec") || word.starts_with("-ok")
}

/// What an option has attached to it: `-crm`, `--command=rm`, `-oProxyCommand=rm`. Those of `find` have nothing.
fn attached(word: &str) -> impl Iterator<Item = &str> {
    let option = word.strip_prefix('-').filter(|_| !executes(word));
    let short = option.filter(|rest| !rest.starts_with('-')).and_then(|rest| {
        let mut letters = rest.chars();
        letters.next().map(|_| letters.as_str())
    });
    let long = option.and_then(|rest| rest.split_once('=')).map(|(_, value)| value);
    short.into_iter().chain(long).filter(|value| !value.is_empty())
}

/// `NAME=value`, `NAME+=value`, `NAME[…]=value`.
fn is_assignment(word: &Word) -> bool {
    let Some((name, _)) = word.text.split_once('=') else { return false };
    let name = name.strip_suffix('+').unwrap_or(name);
    let name = name.split_once('[').map_or(name, |(name, _)| name);
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
