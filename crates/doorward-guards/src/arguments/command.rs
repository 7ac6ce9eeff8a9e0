//! Commands in arguments: what breaks out of a word, what becomes an option, and what no honest command does.

use super::Sign;
use doorward_core::guard::Severity;

use super::sink::Sink;

const WORD: &str = "Give the plain value, without shell syntax.";
const OPTION: &str = "Give a value that is no option: not one that begins with a dash.";
const HARM: &str = "This command takes over or destroys the machine; do the task in another way.";
const PIPE: &str = "Fetch first and look at what came; do not run it unseen.";

/// Programs that whoever breaks into a command runs first, and that are no words of any language.
const DANGEROUS: [&str; 24] = [
    "rm",
    "curl",
    "wget",
    "nc",
    "ncat",
    "netcat",
    "socat",
    "telnet",
    "bash",
    "sh",
    "zsh",
    "ksh",
    "python3",
    "powershell",
    "pwsh",
    "chmod",
    "chown",
    "mkfifo",
    "dd",
    "mkfs",
    "whoami",
    "uname",
    "printenv",
    "nslookup",
];

/// The same of programs that are words as well.
const DANGEROUS_WORDS: [&str; 16] = [
    "cat", "id", "env", "touch", "dash", "python", "perl", "ruby", "php", "node", "cmd", "eval", "exec", "shutdown",
    "reboot", "ping",
];

/// Options by which programs run others, or write where they are told.
const RUNNING_OPTIONS: [&str; 24] = [
    "--upload-pack",
    "--receive-pack",
    "--exec",
    "--ext-diff",
    "--open-files-in-pager",
    "--checkpoint-action",
    "--to-command",
    "--use-compress-program",
    "--rsh",
    "--rsh-command",
    "--use-askpass",
    "--config",
    "--config-env",
    "--pre-script",
    "--post-file",
    "--output",
    "--output-document",
    "--eval",
    "--require",
    "--load-extension",
    "--gpu-launcher",
    "--renderer-cmd-prefix",
    "--template",
    "--checkpoint",
];

/// What speaks against a text that may become part of a command.
pub(super) fn judge(text: &str, sink: Sink) -> Option<Sign> {
    if sink == Sink::Prose {
        return None;
    }
    let text = text.trim();
    if harms(text) && (sink == Sink::Command || breaks_out(text)) {
        return Some(Sign::high("harmful-command", HARM));
    }
    if let Some(sign) = option(text, sink) {
        return Some(sign);
    }
    match sink {
        Sink::Command => command(text),
        // A query may hold any sign, and a URL an ampersand.
        Sink::Query => (breaks_out(text) && harms(text)).then(|| Sign::high("command-in-word", WORD)),
        Sink::Address | Sink::Path | Sink::Word => word(text),
        Sink::Prose => None,
    }
}

/// A whole command is what such an argument is for; a fragment of one is put into another.
fn command(text: &str) -> Option<Sign> {
    let begins_within = [";", "|", "&", "`", "$(", "\n", "%0a"].iter().any(|sign| text.starts_with(sign));
    if begins_within && (runs_dangerous(text).is_some() || substitutes(text)) {
        return Some(Sign::high("command-fragment", WORD));
    }
    pipes_into_interpreter(text).then(|| Sign::medium("runs-what-it-fetches", PIPE))
}

fn word(text: &str) -> Option<Sign> {
    if substitutes(text) && !text.contains("${{") {
        let grave = runs_dangerous(text).is_some() || !text.contains(' ');
        return Some(if grave { Sign::high("command-in-word", WORD) } else { Sign::medium("command-in-word", WORD) });
    }
    match runs_dangerous(text).filter(|_| breaks_out(text))? {
        Severity::High => Some(Sign::high("command-in-word", WORD)),
        Severity::Medium | Severity::Low => Some(Sign::medium("command-in-word", WORD)),
    }
}

/// A value that a program takes for an option.
fn option(text: &str, sink: Sink) -> Option<Sign> {
    let rest = text.strip_prefix('-')?;
    if rest.starts_with(|letter: char| letter.is_ascii_digit() || letter == ' ' || letter == '.') || rest.is_empty() {
        return None;
    }
    let (name, value) = text.split_once(['=', ' ']).unwrap_or((text, ""));
    let lower = text.to_ascii_lowercase();
    let runs = (RUNNING_OPTIONS.contains(&name.to_ascii_lowercase().as_str()) && !value.is_empty())
        || ["-oproxycommand", "-o proxycommand", "-ccore.", "-c core.", "-cprotocol."]
            .iter()
            .any(|start| lower.starts_with(start));
    if runs {
        return Some(Sign::high("option-that-runs", OPTION));
    }
    (sink == Sink::Path && name.starts_with("--")).then(|| Sign::low("option", OPTION))
}

/// Whether something follows that a shell would run by itself, behind a first plain word or nothing.
fn breaks_out(text: &str) -> bool {
    let end = text.find([';', '|', '&', '`', '\n']).or_else(|| text.find("$(")).unwrap_or(text.len());
    let (head, tail) = text.split_at_checked(end).unwrap_or((text, ""));
    !tail.is_empty() && head.split_whitespace().count() <= 1
}

/// `$(…)` or backticks around something.
fn substitutes(text: &str) -> bool {
    let dollar = text.split_once("$(").is_some_and(|(_, rest)| rest.contains(')') && !rest.starts_with('('));
    let ticks = text.split_once('`').and_then(|(_, rest)| rest.split_once('`'));
    dollar || ticks.is_some_and(|(inner, _)| !inner.trim().is_empty())
}

/// How sure it is that a dangerous program stands where a command begins, behind the first; a word is one where something
/// follows that a program is given, and may be one at the end.
fn runs_dangerous(text: &str) -> Option<Severity> {
    let starts =
        text.match_indices([';', '|', '&', '`', '\n', '(']).filter_map(|(at, sign)| text.get(at + sign.len()..));
    let judged = starts.map(|rest| {
        let rest = rest.trim_start_matches([' ', '|', '&', '\t']);
        let end = rest.find(|letter: char| letter.is_whitespace() || ";|&`)<>".contains(letter)).unwrap_or(rest.len());
        let (program, operands) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let program = program.rsplit('/').next().unwrap_or(program);
        let operand = operands.split_whitespace().next().unwrap_or_default();
        match (DANGEROUS.contains(&program), DANGEROUS_WORDS.contains(&program)) {
            (true, _) => Some(Severity::High),
            (_, true) if operand.contains(['/', '-', '.', '$', '~', '>', '`', ')']) => Some(Severity::High),
            (_, true) if operand.is_empty() => Some(Severity::Medium),
            (_, _) => None,
        }
    });
    judged.max().flatten()
}

/// Something fetched is run unseen.
fn pipes_into_interpreter(text: &str) -> bool {
    const INTERPRETERS: [&str; 11] =
        ["sh", "bash", "zsh", "dash", "python", "python3", "perl", "ruby", "node", "php", "iex"];
    let fetches = ["curl", "wget", "iwr", "invoke-webrequest", "base64 -d", "base64 --decode", "xxd -r"];
    let mut commands = text.split('|');
    let first = commands.next().unwrap_or_default().to_ascii_lowercase();
    let begins = fetches.iter().any(|program| first.contains(program));
    begins
        && commands.any(|command| {
            let mut words = command.split(|letter: char| letter.is_whitespace() || ")`;".contains(letter));
            let program = words.find(|word| !word.is_empty() && !matches!(*word, "sudo" | "env")).unwrap_or_default();
            INTERPRETERS.contains(&program.rsplit('/').next().unwrap_or(program).to_ascii_lowercase().as_str())
        })
}

/// What no honest command does: opens the machine to somebody, or deletes all of it.
fn harms(text: &str) -> bool {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().all(|word| flat.contains(word));
    deletes_all(&flat)
        || flat.contains("/dev/tcp/")
        || flat.contains("/dev/udp/")
        || ["nc ", "ncat ", "netcat "].iter().any(|program| flat.contains(program) && connects_shell(&flat))
        || has(&["socat", "exec:"])
        || has(&["mkfifo", "nc "])
        || has(&["socket", "subprocess", "connect("])
        || has(&["-nop", "downloadstring("])
        || flat.contains(":(){ :|:& };:")
        || has(&["dd ", "of=/dev/sd"])
        || has(&["mkfs", "/dev/"])
        || has(&[">", "/etc/passwd"])
        || has(&[">>", "authorized_keys"])
        || (has(&["crontab"]) && pipes_into_interpreter(&flat))
}

fn connects_shell(flat: &str) -> bool {
    [" -e ", " -c ", " --exec", " -ne ", " -nve ", " -nlvpe", " -lve "].iter().any(|option| flat.contains(option))
        && ["/sh", "/bash", "sh", "cmd.exe", "powershell"]
            .iter()
            .any(|shell| flat.ends_with(shell) || flat.contains(&format!("{shell} ")))
}

/// `rm -rf /`, of the root, of all in it, of the home.
fn deletes_all(flat: &str) -> bool {
    flat.match_indices("rm -").any(|(at, _)| {
        let before = flat.get(..at).and_then(|before| before.chars().next_back());
        let mut words = flat.get(at..).unwrap_or_default().split([' ', ';', '&', '|', ')', '`']).skip(1);
        let options: String = words.by_ref().take_while(|word| word.starts_with('-')).collect();
        let rest = flat.get(at..).unwrap_or_default();
        let target =
            rest.split([' ', ';', '&', '|', ')', '`']).skip(1).find(|word| !word.starts_with('-') && !word.is_empty());
        before.is_none_or(|letter| !letter.is_alphanumeric())
            && options.contains('r')
            && target.is_some_and(|target| {
                ["/", "/*", "~", "~/", "~/*", "$home", "/.", "c:\\", "--no-preserve-root"].contains(&target)
            })
    })
}
