//! The local bearer token: what proves on one machine that a client belongs to the person who runs the gateway.
//!
//! Responsible for making, keeping and comparing it. It must never write the token into a log, a record or an error, and
//! never accepts a token file that others can read.

mod limits;

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use limits::TOKEN_FILE_BYTES_MAX;

/// What a token begins with, so that a scanner for leaked secrets recognises it.
const PREFIX: &str = "dw_";

/// Characters of the random part: 32 bytes in base64 without padding.
const ENCODED_CHARS: usize = 43;

/// A bearer token that this gateway made. Its text appears only where [`LocalToken::reveal`] is called.
#[derive(Clone, PartialEq, Eq)]
pub struct LocalToken(String);

/// What a presented token turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// The gateway's own token.
    Ours,
    /// Anything else.
    Other,
}

/// Why there is no token to use. No variant holds the token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The system gave no random numbers.
    #[error("the system gave no random numbers for a new token")]
    Random,
    /// The file or its folder cannot be read or written.
    #[error("the token file {} cannot be used", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Other users of the machine can read the file, so the token in it may be known to them.
    #[error(
        "the token file {path} can be read by others (mode {mode:04o}); if nobody has seen it run `chmod 600 {path}`, \
         otherwise delete it and a new token is made",
        path = path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file belongs to somebody else, who could put a token of theirs there.
    #[error("the token file {} belongs to another user; delete it or choose another state folder", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file holds something else.
    #[error("the token file {} does not hold a token; delete it and a new one is made", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
}

impl LocalToken {
    /// A new token of 256 random bits.
    ///
    /// # Errors
    /// [`TokenError::Random`] without the system's random numbers.
    pub fn generate() -> Result<Self, TokenError> {
        let mut random = [0_u8; 32];
        aws_lc_rs::rand::fill(&mut random).map_err(|_| TokenError::Random)?;
        Ok(Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random))))
    }

    /// The token kept in `path`; made there, with mode 0600, when there is none.
    ///
    /// # Errors
    /// [`TokenError`] when the file cannot be used, is open to others or holds something else.
    pub fn load_or_create(path: &Path) -> Result<Self, TokenError> {
        match Self::create(path) {
            Err(TokenError::File { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => Self::load(path),
            outcome => outcome,
        }
    }

    /// The token kept in `path`.
    ///
    /// # Errors
    /// As [`LocalToken::load_or_create`]; also when there is no file.
    pub fn load(path: &Path) -> Result<Self, TokenError> {
        let file_error = |source| TokenError::File { path: path.to_owned(), source };
        let mut file = open_existing(path).map_err(file_error)?;
        // Asked of the open file, not of the path, so that nobody can exchange it between the check and the reading.
        refuse_exposed(&file.metadata().map_err(file_error)?, path)?;
        let mut text = String::new();
        (&mut file).take(TOKEN_FILE_BYTES_MAX).read_to_string(&mut text).map_err(file_error)?;
        Self::parse(text.trim_end_matches('\n')).ok_or_else(|| TokenError::Malformed { path: path.to_owned() })
    }

    /// Compares without telling by the time taken how much of it was right.
    #[must_use]
    pub fn check(&self, presented: &[u8]) -> Presented {
        match aws_lc_rs::constant_time::verify_slices_are_equal(self.0.as_bytes(), presented) {
            Ok(()) => Presented::Ours,
            Err(_) => Presented::Other,
        }
    }

    /// The token's text, for the one line that shows it to its owner and for our own requests.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn parse(text: &str) -> Option<Self> {
        let random = text.strip_prefix(PREFIX)?;
        let is_ours = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (random.len() == ENCODED_CHARS && random.bytes().all(is_ours)).then(|| Self(text.to_owned()))
    }

    /// Writes a new token beside `path` and gives it that name, so that no reader ever finds half a token.
    fn create(path: &Path) -> Result<Self, TokenError> {
        let file_error = |source| TokenError::File { path: path.to_owned(), source };
        if path.exists() {
            return Err(file_error(io::ErrorKind::AlreadyExists.into()));
        }
        create_directory(path).map_err(file_error)?;
        let token = Self::generate()?;
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!(".{}", unguessable()?));
        let beside = PathBuf::from(beside);
        let written = write_new(&beside, token.0.as_bytes()).and_then(|()| std::fs::hard_link(&beside, path));
        let _ = std::fs::remove_file(&beside);
        written.map(|()| token).map_err(file_error)
    }
}

impl fmt::Debug for LocalToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalToken(…)")
    }
}

/// A file name nobody else uses at the same time.
fn unguessable() -> Result<String, TokenError> {
    let mut random = [0_u8; 8];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| TokenError::Random)?;
    Ok(format!("{:016x}", u64::from_be_bytes(random)))
}

/// Opens the file itself, never one that a symbolic link points to, and never waits on a pipe.
fn open_existing(path: &Path) -> io::Result<std::fs::File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use nix::fcntl::OFlag;
        let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.bits());
    }
    options.open(path)
}

#[cfg(unix)]
fn refuse_exposed(metadata: &std::fs::Metadata, path: &Path) -> Result<(), TokenError> {
    use std::os::unix::fs::MetadataExt;
    if metadata.uid() != nix::unistd::geteuid().as_raw() {
        return Err(TokenError::Foreign { path: path.to_owned() });
    }
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(TokenError::Exposed { path: path.to_owned(), mode });
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_exposed(_: &std::fs::Metadata, _: &Path) -> Result<(), TokenError> {
    Ok(())
}

fn create_directory(file: &Path) -> io::Result<()> {
    let Some(directory) = file.parent() else { return Ok(()) };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

fn write_new(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text)?;
    file.write_all(b"\n")?;
    file.sync_all()
}

#[cfg(test)]
mod tests;
