//! Paths that lead out of where they should, and files that hold secrets.

use super::Sign;
use super::sink::Sink;

const OUT: &str = "Name the file by a path without \"..\" inside the folder that the tool works in.";
const PLAIN: &str = "Write the path plainly, without encodings.";
const SECRET: &str = "This place holds credentials or keys of the system; work without it, or ask the operator.";

/// What speaks against a text that may be a path.
pub(super) fn judge(text: &str, sink: Sink, root: Option<&str>) -> Option<Sign> {
    if matches!(sink, Sink::Prose) || text.len() > 4096 || text.contains('\n') {
        return None;
    }
    let decoded = decoded(text);
    let path = decoded.plain.as_str();
    let path = strip_file_scheme(path);
    // A URL is judged where addresses are; a command holds paths, but is none.
    if path.contains("://") || (sink == Sink::Command && path.contains(' ')) {
        return None;
    }
    let ups = Ups::of(path);
    let secret = sensitive(path);
    let climbs = ups.out > 0 || ups.across > 1;
    if climbs && decoded.was_encoded {
        return Some(Sign::high("encoded-traversal", PLAIN));
    }
    if path.contains('\0') {
        return Some(Sign::high("nul-in-path", PLAIN));
    }
    match (climbs, secret) {
        (true, Some(_)) => return Some(Sign::high("traversal", OUT)),
        (_, Some(Secrecy::Keys)) => return Some(Sign::high("sensitive-file", SECRET)),
        (_, Some(Secrecy::Accounts)) => return Some(Sign::medium("sensitive-file", SECRET)),
        (_, None) => {}
    }
    if root.is_some_and(|root| is_beside(path, root)) {
        return Some(Sign::high("beside-the-root", OUT));
    }
    if ups.out > 2 || ups.across > 1 {
        return Some(Sign::medium("traversal", OUT));
    }
    if ups.out > 0 {
        return Some(Sign::low("traversal", OUT));
    }
    (sink == Sink::Path && is_named_for_secrets(path)).then(|| Sign::medium("credentials-file", SECRET))
}

struct Decoded {
    plain: String,
    was_encoded: bool,
}

/// Takes percent-encoding, overlong forms and the tricks of filters off, twice.
fn decoded(text: &str) -> Decoded {
    let mut plain = text.replace('\\', "/");
    let mut was_encoded = false;
    for _ in 0..2 {
        if !plain.contains('%') {
            break;
        }
        let lower = plain.to_ascii_lowercase();
        was_encoded |= ["%2e", "%2f", "%5c", "%c0%a", "%00"].iter().any(|code| lower.contains(code));
        plain = lower_codes(&plain);
    }
    // A filter that removes "../" once leaves it in these.
    if plain.contains("....//") || plain.contains("..;/") {
        was_encoded = true;
        plain = plain.replace("....//", "../").replace("..;/", "../");
    }
    Decoded { plain, was_encoded }
}

/// Replaces the codes that matter to a path.
fn lower_codes(text: &str) -> String {
    const CODES: [(&str, &str); 8] = [
        ("%2e", "."),
        ("%2f", "/"),
        ("%5c", "/"),
        ("%c0%ae", "."),
        ("%c0%af", "/"),
        ("%00", "\0"),
        ("%7e", "~"),
        ("%25", "%"),
    ];
    let mut plain = text.to_owned();
    for (code, letter) in CODES {
        plain = plain.replace(code, letter).replace(&code.to_ascii_uppercase(), letter);
    }
    plain
}

fn strip_file_scheme(path: &str) -> &str {
    let rest = path.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("file://")).and_then(|_| path.get(7..));
    rest.map_or(path, |rest| rest.strip_prefix("localhost").unwrap_or(rest))
}

/// How a path climbs.
struct Ups {
    /// How many levels above where it starts it ends.
    out: usize,
    /// How many levels it climbs within, behind folders that it has named.
    across: usize,
}

impl Ups {
    fn of(path: &str) -> Self {
        let is_absolute = path.starts_with('/');
        let mut ups = Self { out: 0, across: 0 };
        let mut depth = 0_usize;
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." if depth == 0 && is_absolute => ups.across += 1,
                ".." if depth == 0 => ups.out += 1,
                ".." => {
                    depth -= 1;
                    ups.across += 1;
                }
                _ => depth += 1,
            }
        }
        ups
    }
}

/// What a sensitive place holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Secrecy {
    /// Keys, passwords, or the system itself.
    Keys,
    /// Accounts and settings that may hold secrets.
    Accounts,
}

/// Places whose end says that they hold keys; each part of a path is compared whole.
const KEYS: &[&str] = &[
    "etc/shadow",
    "etc/gshadow",
    "etc/sudoers",
    "etc/master.passwd",
    "etc/krb5.keytab",
    ".ssh/id_rsa",
    ".ssh/id_dsa",
    ".ssh/id_ecdsa",
    ".ssh/id_ed25519",
    ".ssh/authorized_keys",
    ".aws/credentials",
    ".azure/accesstokens.json",
    ".config/gcloud/credentials.db",
    ".config/gcloud/application_default_credentials.json",
    ".config/gh/hosts.yml",
    ".git-credentials",
    ".netrc",
    ".pgpass",
    ".my.cnf",
    ".pypirc",
    ".docker/config.json",
    ".kube/config",
    "etc/kubernetes/admin.conf",
    "run/secrets/kubernetes.io/serviceaccount/token",
    "run/docker.sock",
    "run/containerd/containerd.sock",
    "config/sam",
    "config/security",
    "windows/ntds/ntds.dit",
    "proc/kcore",
    "dev/mem",
    "dev/kmem",
    ".bash_history",
    ".zsh_history",
    ".cursor/mcp.json",
    "claude_desktop_config.json",
    ".vault-token",
    "login data",
    "key4.db",
    "logins.json",
];

/// Places that hold keys wherever in them one looks.
const KEY_FOLDERS: &[&str] =
    &[".ssh", ".gnupg", ".aws", ".password-store", "run/secrets", "etc/ssl/private", "library/keychains"];

const ACCOUNTS: &[&str] =
    &["etc/passwd", "etc/group", "etc/hosts", ".env", ".npmrc", ".htpasswd", ".aws/config", ".gitconfig"];

fn sensitive(path: &str) -> Option<Secrecy> {
    let lower = path.trim_matches('/').to_ascii_lowercase();
    let is_there = |place: &&str| ends_with(&lower, place);
    let is_below = |folder: &&str| {
        is_there(folder)
            || lower.match_indices(*folder).any(|(at, _)| {
                let before = lower.get(..at).is_some_and(|before| before.is_empty() || before.ends_with('/'));
                before && lower.get(at + folder.len()..).is_some_and(|rest| rest.starts_with('/'))
            })
    };
    let process = ["environ", "cmdline", "mem", "maps", "fd", "root", "cwd"];
    let is_process = lower.starts_with("proc/") && lower.split('/').any(|part| process.contains(&part));
    if KEYS.iter().any(is_there) || KEY_FOLDERS.iter().any(is_below) || is_process {
        return Some(Secrecy::Keys);
    }
    let is_environment = lower.rsplit('/').next().is_some_and(|name| {
        name.strip_prefix(".env.").is_some_and(|kind| !["example", "sample", "template", "dist"].contains(&kind))
    });
    (ACCOUNTS.iter().any(is_there) || is_environment).then_some(Secrecy::Accounts)
}

fn ends_with(path: &str, place: &str) -> bool {
    path.strip_suffix(place).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// `/srv/data-private` is not in `/srv/data`, though it begins alike.
fn is_beside(path: &str, root: &str) -> bool {
    let root = root.trim_end_matches('/');
    !root.is_empty() && path.strip_prefix(root).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
}

/// Whether a file is called after what should not be read: `cred.txt`, `passwords`, `private_key.pem`.
fn is_named_for_secrets(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let (stem, ext) = name.rsplit_once('.').unwrap_or((&name, ""));
    let is_data = ["", "txt", "json", "yml", "yaml", "csv", "ini", "cfg", "conf", "pem", "key", "db", "xml", "toml"]
        .contains(&ext);
    is_data
        && [
            "cred",
            "creds",
            "credential",
            "credentials",
            "secret",
            "secrets",
            "password",
            "passwords",
            "passwd",
            "private_key",
            "privatekey",
            "apikey",
            "api_key",
            "api_keys",
            "token",
            "tokens",
            "id_rsa",
            "keystore",
        ]
        .contains(&stem)
}
