//! How a configured server shows which pack speaks of it.
//!
//! Only what the operator wrote counts: the command or the URL. The name that a server gives itself never does, since a
//! pack may trust more than is trusted of a stranger.

use super::stated::{Reader, Stated, shown};
use super::{Pack, built_in};

/// What a pack's server is started or reached by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matches {
    /// Packages of npm or PyPI, run by `npx`, `uvx` and the like.
    pub packages: Vec<Box<str>>,
    /// Container images without tag, run by `docker` or `podman`.
    pub images: Vec<Box<str>>,
    /// Programs by their file name, and Python modules after `-m`.
    pub commands: Vec<Box<str>>,
    /// Hosts of HTTPS servers.
    pub hosts: Vec<Box<str>>,
}

/// How a configured server is reached.
#[derive(Debug, Clone, Copy)]
pub enum Reached<'a> {
    /// It is started: program and arguments.
    Command(&'a [&'a str]),
    /// It listens at this URL.
    Url(&'a str),
}

const KEYS: &[&str] = &["packages", "images", "commands", "hosts"];

/// Programs that fetch a package and run it.
const RUNNERS: [&str; 8] = ["npx", "uvx", "uv", "bunx", "pnpm", "yarn", "pipx", "npm"];

/// What such programs may be told before the package. Others can name another source for it, and then it is not the one.
const RUNNER_OPTIONS: [&str; 10] = [
    "-y",
    "--yes",
    "-q",
    "--quiet",
    "--silent",
    "--isolated",
    "--no-install",
    "--no-cache",
    "--offline",
    "--prefer-offline",
];

/// Programs that run an image.
const CONTAINERS: [&str; 3] = ["docker", "podman", "nerdctl"];

/// What stands between such a program and the package.
const RUNNING: [&str; 5] = ["run", "tool", "dlx", "exec", "x"];

/// Options of containers with a value after them. The value of any other is taken for the image, which finds no pack.
const CONTAINER_OPTIONS: [&str; 14] = [
    "-v",
    "--volume",
    "-e",
    "--env",
    "--env-file",
    "--name",
    "--network",
    "--mount",
    "-p",
    "--publish",
    "-u",
    "--user",
    "-w",
    "--workdir",
];

/// The built-in pack of a server that is reached so; `None` when there is none, or several say that they are.
#[must_use]
pub fn matching(reached: Reached<'_>) -> Option<&'static Pack> {
    let mut found = built_in().iter().filter(|pack| pack.matches.admits(reached));
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

impl Matches {
    pub(super) fn read(reader: &mut Reader<'_>, stated: &Stated) -> Self {
        let mut matches = Self::default();
        for key in reader.table("matches", stated) {
            let into = match key.name.as_str() {
                "packages" => &mut matches.packages,
                "images" => &mut matches.images,
                "commands" => &mut matches.commands,
                "hosts" => &mut matches.hosts,
                _ => {
                    reader.unknown(key, "matches", KEYS);
                    continue;
                }
            };
            for (word, span) in reader.texts(&key.name, &key.value) {
                if is_plain(word) {
                    into.push(word.into());
                } else {
                    let message = format!("'{}' is not one of {}", shown(word), key.name);
                    reader.fault(&span, message, "write it without version, tag, scheme and spaces");
                }
            }
        }
        matches
    }

    /// Whether a server that is reached so is the one.
    #[must_use]
    pub fn admits(&self, reached: Reached<'_>) -> bool {
        match reached {
            Reached::Command(words) => self.admits_command(words),
            Reached::Url(url) => {
                host(url).is_some_and(|host| self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host)))
            }
        }
    }

    fn admits_command(&self, words: &[&str]) -> bool {
        let Some((program, arguments)) = words.split_first() else { return false };
        let program = file_name(program);
        let has = |list: &[Box<str>], word: &str| list.iter().any(|known| **known == *word);
        if has(&self.commands, program) {
            return true;
        }
        if RUNNERS.contains(&program) {
            let plain = |word: &&str| RUNNER_OPTIONS.contains(word) || RUNNING.contains(word);
            let package = arguments.iter().find(|word| !plain(word));
            return package.and_then(|word| without_version(word)).is_some_and(|name| has(&self.packages, name));
        }
        if CONTAINERS.contains(&program) {
            // Another entry point is another program.
            let entered = arguments.iter().any(|word| word.starts_with("--entrypoint"));
            return !entered && image(arguments).is_some_and(|word| has(&self.images, without_tag(word)));
        }
        match arguments {
            ["-m", module, ..] => program.starts_with("python") && has(&self.commands, module),
            _ => false,
        }
    }
}

/// The first argument after `run` that is no option and no value of one.
fn image<'a>(arguments: &[&'a str]) -> Option<&'a str> {
    let mut arguments = arguments.iter();
    while let Some(word) = arguments.next() {
        if CONTAINER_OPTIONS.contains(word) {
            arguments.next();
        } else if !word.starts_with('-') && *word != "run" {
            return Some(word);
        }
    }
    None
}

fn is_plain(word: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'@' | b'/' | b'.' | b'_' | b'-');
    let versioned = word.char_indices().skip(1).any(|(_, letter)| letter == '@');
    (1..=128).contains(&word.len()) && word.bytes().all(allowed) && !versioned
}

/// The file name of a program, without the ending it has on Windows.
fn file_name(program: &str) -> &str {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
    [".exe", ".cmd"].into_iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

/// `@scope/name@1.2` and `name==1.2` without the version; `None` where something else stands there, as another package or
/// an address.
fn without_version(word: &str) -> Option<&str> {
    let at = word.char_indices().skip(1).find(|(_, letter)| *letter == '@').map(|(at, _)| (at, 1));
    let Some((end, sign)) = at.or_else(|| word.find("==").map(|at| (at, 2))) else { return Some(word) };
    let version = word.get(end + sign..)?;
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b'_' | b'^' | b'~' | b'*');
    if version.bytes().all(plain) { word.get(..end) } else { None }
}

/// `registry.example/image:tag@digest` without tag and digest.
fn without_tag(word: &str) -> &str {
    let word = word.split('@').next().unwrap_or(word);
    let name = word.rfind('/').map_or(0, |at| at + 1);
    match word.rfind(':') {
        Some(at) if at >= name => word.get(..at).unwrap_or(word),
        Some(_) | None => word,
    }
}

/// The host of an HTTPS URL; `None` when it names none, or has anything before it. Without TLS anybody may be there.
fn host(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://")?;
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let plain = !authority.contains('@') && !authority.is_empty();
    plain.then(|| authority.split(':').next()).flatten()
}
