//! The file: how it is made, opened, and recognised as still the same.
//!
//! Never opens an existing database file except through SQLite: closing any other descriptor of it would drop the locks
//! SQLite holds in this process (POSIX advisory locks).

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Instant;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};

use crate::config::{Durability, StoreConfig, StoreUrl};
use crate::error::StoreError;
use crate::limits::{BUSY_TIMEOUT, CHECKPOINT_PAGES, OPEN_TIMEOUT};
use crate::log::Signs;
use crate::schema;

/// Where a store lives and how to connect to it.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    path: PathBuf,
    memory: bool,
    keeps: Keeps,
    durability: Durability,
    writing: SqliteConnectOptions,
    reading: SqliteConnectOptions,
}

impl Place {
    pub(crate) fn of(config: &StoreConfig) -> Result<Self, StoreError> {
        let base = match &config.url {
            StoreUrl::File(path) => file_options(path)?,
            StoreUrl::Memory | StoreUrl::Nowhere => {
                SqliteConnectOptions::from_str("sqlite::memory:").map_err(open_error)?
            }
        };
        let synchronous = match config.durability {
            Durability::Strict => SqliteSynchronous::Full,
            Durability::Relaxed { .. } => SqliteSynchronous::Normal,
        };
        let base = base.busy_timeout(BUSY_TIMEOUT).disable_statement_logging();
        let mut writing = base
            .clone()
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
            .thread_name(|_| "record-writer".to_owned());
        if let Some(pages) = config.max_pages {
            writing = writing.pragma("max_page_count", pages.to_string());
        }
        let (memory, keeps) = match &config.url {
            StoreUrl::File(_) => (false, Keeps::Everything),
            StoreUrl::Memory => (true, Keeps::Everything),
            StoreUrl::Nowhere => (true, Keeps::Nothing),
        };
        let reading = base.read_only(!memory).thread_name(|_| "record-reader".to_owned());
        Ok(Self {
            path: reading.get_filename().to_owned(),
            memory,
            keeps,
            durability: config.durability,
            writing,
            reading,
        })
    }

    pub(crate) const fn reading(&self) -> &SqliteConnectOptions {
        &self.reading
    }

    pub(crate) const fn writing(&self) -> &SqliteConnectOptions {
        &self.writing
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What becomes of records.
    pub(crate) const fn keeps(&self) -> Keeps {
        self.keeps
    }

    /// Whether the records end with the last connection.
    pub(crate) const fn is_memory(&self) -> bool {
        self.memory
    }

    /// Makes what is missing, connects for writing and migrates.
    pub(crate) async fn connect(&self) -> Result<SqliteConnection, StoreError> {
        if !self.memory {
            create_directory(&self.path)?;
            create_file(&self.path)?;
        }
        // Switching a new file to its write-ahead log needs a lock that SQLite's own busy timeout does not wait for.
        let deadline = Instant::now() + OPEN_TIMEOUT;
        loop {
            match self.try_connect().await {
                Err(StoreError::Database { source, .. }) if is_busy(&source) && Instant::now() < deadline => {
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn try_connect(&self) -> Result<SqliteConnection, StoreError> {
        let mut connection = SqliteConnection::connect_with(&self.writing).await.map_err(open_error)?;
        schema::migrate(&mut connection, &self.path).await?;
        Ok(connection)
    }

    /// The files as they are now: two equal answers mean nobody has removed or replaced them in between.
    pub(crate) fn identity(&self) -> io::Result<Identity> {
        if self.memory {
            return Ok(Identity::default());
        }
        Ok(Identity([inode(&self.path)?, inode(&self.log_path())?]))
    }

    /// The database file that stands there now; `None` while there is none.
    pub(crate) fn file_identity(&self) -> Option<FileIdentity> {
        if self.memory {
            return Some(FileIdentity::default());
        }
        inode(&self.path).ok().map(FileIdentity)
    }

    /// The write-ahead log, to ask the disk to confirm it; `None` in memory, or where every commit waits for the disk.
    ///
    /// SQLite takes no locks on this file, so another descriptor of it does no harm.
    pub(crate) fn unsynced_log(&self) -> io::Result<Option<File>> {
        match (self.durability, self.memory) {
            (Durability::Relaxed { .. }, false) => File::open(self.log_path()).map(Some),
            (Durability::Relaxed { .. }, true) | (Durability::Strict, _) => Ok(None),
        }
    }

    /// Where the key is that signs the log; `None` where it ends with the process.
    pub(crate) fn key_path(&self) -> Option<PathBuf> {
        if self.memory {
            return None;
        }
        let mut path = self.path.clone().into_os_string();
        path.push(".log-key");
        Some(path.into())
    }

    /// When the log's tree may be signed.
    pub(crate) const fn signs(&self) -> Signs {
        match (self.durability, self.memory) {
            (Durability::Relaxed { .. }, false) => Signs::OnceSynced,
            (Durability::Relaxed { .. }, true) | (Durability::Strict, _) => Signs::WithCommit,
        }
    }

    fn log_path(&self) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push("-wal");
        path.into()
    }
}

/// What becomes of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// They are written.
    Everything,
    /// They are thrown away.
    Nothing,
}

/// Which files on the disk hold the database and its write-ahead log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Identity([(u64, u64); 2]);

/// Which file on the disk holds the database. Its write-ahead log comes and goes with the connections, so it does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct FileIdentity((u64, u64));

fn file_options(path: &Path) -> Result<SqliteConnectOptions, StoreError> {
    // Absolute, because SQLite would read a relative path that begins with "file:" as a URI with options.
    let path = std::path::absolute(path).map_err(|source| StoreError::Create { path: path.to_owned(), source })?;
    Ok(SqliteConnectOptions::new().filename(path).create_if_missing(false))
}

fn open_error(source: sqlx::Error) -> StoreError {
    StoreError::Database { doing: "open", source }
}

/// SQLite's primary codes 5 (busy) and 6 (locked) sit in the low byte of the extended ones.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.and_then(|code| code.parse::<i64>().ok()).is_some_and(|code| matches!(code & 0xff, 5 | 6))
}

fn create_directory(file: &Path) -> Result<(), StoreError> {
    let Some(directory) = file.parent() else { return Ok(()) };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(|source| StoreError::Create { path: directory.to_owned(), source })
}

/// Creates the file closed to others; SQLite gives its companion files the same mode.
fn create_file(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(StoreError::Create { path: path.to_owned(), source }),
    }
}

#[cfg(unix)]
fn inode(path: &Path) -> io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn inode(path: &Path) -> io::Result<(u64, u64)> {
    std::fs::metadata(path).map(|_| (0, 0))
}
