//! Approvals: what people were asked, what they said, and what became of it.
//!
//! Responsible for that a yes is used once, for exactly what was asked, and in time, whichever of several processes asks,
//! answers or uses it. Every step is one transaction that is alone in the file. Arguments are kept until there is an answer
//! or the time is over, then only their digest; the file's free space is overwritten with zeros. What a question means is
//! not known here.

mod consult;
mod endorsed;
mod row;

use doorward_core::flow::ContextId;
use doorward_core::ids::ExchangeId;
use doorward_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqliteConnection, SqlitePool};

use crate::config::StoreConfig;
use crate::error::StoreError;
use crate::limits::READERS_MAX;
use crate::place::Place;
use crate::pool;

pub use endorsed::EndorsedThing;
pub use row::ApprovalRow;

/// What a yes is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalSubject {
    /// One call, once.
    Call,
    /// Values in a role, for a tool and context, as long as the endorsement lasts.
    Data,
}

/// Where a question stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ApprovalState {
    /// Nobody has answered.
    Open,
    /// Yes, and not used yet. For data: in force.
    Granted,
    /// Yes, and used.
    Used,
    /// No.
    Denied,
    /// Its time is over.
    Expired,
}

/// Somebody to ask, and the id of the question to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedOf {
    /// Random, and short enough to be typed.
    pub id: String,
    /// Who may answer, as the policy names them.
    pub approver: String,
}

/// A value that is asked about. The value itself is nowhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Datum {
    /// Where it stands: a JSON pointer into the arguments.
    pub path: String,
    /// What it decides there, as [`Role::as_str`] has it.
    pub role: String,
    /// The keyed hash of its canonical form.
    pub hash: u64,
}

/// Who wants it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Who {
    /// The user or agent.
    pub user: String,
    /// How it was proven.
    pub proof: String,
    /// The organisation.
    pub tenant: Option<String>,
    /// The program that acts for the user.
    pub agent: Option<String>,
    /// What the client called itself. Nothing vouches for it.
    pub client: Option<String>,
}

/// What a person is told of a question, beside the arguments. It holds no value of the call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AboutApproval {
    /// Who wants it.
    pub who: Who,
    /// The rules that want approval, each with its own words.
    pub rules: Vec<(String, Option<String>)>,
    /// What guards found: `guard/rule at /pointer`.
    pub findings: Vec<String>,
    /// Arguments without an endorsed origin: pointer and role.
    pub missing: Vec<(String, String)>,
    /// Labels of what the context has read.
    pub labels: Vec<String>,
    /// What is new about it.
    pub news: Vec<String>,
    /// Whether the definition's digest is its pin's.
    pub pinned: bool,
}

/// A question, to everybody who must say yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalQuestion {
    /// What a yes would be good for.
    pub subject: ApprovalSubject,
    /// The digest of everything that must be the same when the yes is used.
    pub binding: [u8; 32],
    /// Who must say yes, each once.
    pub asked_of: Vec<AskedOf>,
    /// The exchange that asks.
    pub exchange: ExchangeId,
    /// Who acts, in bytes that no other principal has.
    pub principal: Vec<u8>,
    /// The context of the call, where it is known.
    pub context: Option<ContextId>,
    /// The server.
    pub server: String,
    /// The method.
    pub action: String,
    /// The tool, prompt or resource.
    pub item: Option<String>,
    /// The digest of its definition.
    pub definition: Option<[u8; 32]>,
    /// The digest of the arguments in their canonical form.
    pub arguments_digest: [u8; 32],
    /// The arguments in their canonical form.
    pub arguments: String,
    /// What else is told.
    pub about: AboutApproval,
    /// The values, where it is about data.
    pub data: Vec<Datum>,
    /// Until when it is open, and a yes for a call can be used.
    pub expires: Timestamp,
}

/// How much is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApprovalBounds {
    /// Questions of one principal within an hour.
    pub per_hour: u32,
    /// Open questions of one principal.
    pub open_per_principal: u32,
    /// Open questions in all.
    pub open: u32,
}

/// What became of consulting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consulted {
    /// Everybody has said yes, and that is used now.
    Granted {
        /// Who said so.
        by: Vec<String>,
    },
    /// Somebody has said no.
    Denied,
    /// Somebody has not answered.
    Open {
        /// The questions without an answer.
        ids: Vec<String>,
        /// When the first of them ends.
        expires: Timestamp,
        /// Whether somebody is asked by this.
        asked: Asked,
    },
    /// Nobody was asked.
    NotAsked(NotAsked),
}

/// Whether a question is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It was asked by this.
    Now,
    /// It was asked before.
    Before,
}

/// Why nobody was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAsked {
    /// The principal's questions of this hour are used up.
    Budget,
    /// The principal has too many open.
    Principal,
    /// There are too many open, or no room to keep more.
    Full,
}

/// A person's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalAnswer {
    /// Yes; values are endorsed until then.
    Endorse {
        /// Until when, for data.
        until: Timestamp,
    },
    /// No. It also takes back a yes that is not used yet.
    Deny,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// It holds.
    Done,
    /// The question cannot be answered so: this is where it stands.
    Not(ApprovalState),
    /// There is none of that id.
    Unknown,
}

/// The approvals of one store, beside its records.
#[derive(Debug, Clone)]
pub struct Approvals {
    reading: SqlitePool,
    writing: SqlitePool,
    reach: Reach,
}

/// Whether other processes see the same approvals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Others,
    Nobody,
}

impl Approvals {
    /// Opens the approvals of a store, which is made where it is missing and brought to the schema of this build.
    ///
    /// # Errors
    /// As [`crate::Store::open`].
    pub async fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let place = Place::of(config)?;
        let connection = place.connect().await?;
        let approvals = Self::at(&place);
        drop(connection);
        Ok(approvals)
    }

    pub(crate) fn at(place: &Place) -> Self {
        // What is deleted is overwritten: arguments are not to lie about in the file.
        let writing = place.writing().clone().pragma("secure_delete", "ON");
        let reach = if place.is_memory() { Reach::Nobody } else { Reach::Others };
        let reading = pool::over(place, place.reading(), READERS_MAX);
        Self { reading, writing: pool::over(place, &writing, 1), reach }
    }

    /// Whether anybody could answer: what is kept in memory nobody else sees.
    #[must_use]
    pub fn can_be_answered(&self) -> bool {
        self.reach == Reach::Others
    }

    /// What values are hashed under and contexts are named by, so that a yes and a label outlive the process: `fresh`, where
    /// there is none yet.
    ///
    /// # Errors
    /// The database cannot be read or written.
    pub async fn seed(&self, fresh: [u8; 32]) -> Result<[u8; 32], StoreError> {
        let failed = |source| StoreError::Database { doing: "read a seed from", source };
        sqlx::query("INSERT INTO seed (name, bytes) VALUES ('flow', ?) ON CONFLICT DO NOTHING")
            .bind(fresh.to_vec())
            .execute(&self.writing)
            .await
            .map_err(failed)?;
        let bytes: Vec<u8> = sqlx::query_scalar("SELECT bytes FROM seed WHERE name = 'flow'")
            .fetch_one(&self.writing)
            .await
            .map_err(failed)?;
        bytes.try_into().map_err(|_| failed(sqlx::Error::Decode("a seed has 32 bytes".into())))
    }

    /// Uses what everybody has said yes to, or asks whoever was not asked yet. All of it happens at once or not at all.
    ///
    /// # Errors
    /// The database cannot be read or written; then nothing was used and nobody asked.
    pub async fn consult(
        &self,
        question: &ApprovalQuestion,
        bounds: &ApprovalBounds,
        at: Timestamp,
    ) -> Result<Consulted, StoreError> {
        let mut transaction = self.writing.begin_with("BEGIN IMMEDIATE").await.map_err(write_error)?;
        let consulted = consult::consult(&mut transaction, question, bounds, at).await.map_err(write_error)?;
        transaction.commit().await.map_err(write_error)?;
        Ok(consulted)
    }

    /// Notes that the server's answer to the approved exchange asks something: who comes back with that goes on with the
    /// call that was approved, once. `state` is a digest of the call and of what the client must give back.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn continues(&self, exchange: ExchangeId, state: &[u8; 32]) -> Result<(), StoreError> {
        let noted = sqlx::query("UPDATE approval SET continues = ? WHERE used_by = ? AND state = 'used'")
            .bind(state.to_vec())
            .bind(exchange.to_bytes().to_vec())
            .execute(&self.writing)
            .await;
        noted.map(drop).map_err(write_error)
    }

    /// Whether that goes on with an approved call; if so, it does so now and never again. Who was asked, and who said yes.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn resume(
        &self,
        state: &[u8; 32],
        exchange: ExchangeId,
        at: Timestamp,
    ) -> Result<Vec<(String, String)>, StoreError> {
        consult::resume(&self.writing, state, exchange, at).await.map_err(write_error)
    }

    /// Every question, the newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn list(&self, at: Timestamp) -> Result<Vec<ApprovalRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM approval ORDER BY asked_at DESC, id").fetch_all(&self.reading).await;
        let rows = rows.map_err(read_error)?;
        rows.iter().map(|row| row::read(row, at)).collect::<Result<_, _>>().map_err(read_error)
    }

    /// The question of that id.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn find(&self, id: &str, at: Timestamp) -> Result<Option<ApprovalRow>, StoreError> {
        let row = sqlx::query("SELECT * FROM approval WHERE id = ?").bind(id).fetch_optional(&self.reading).await;
        row.map_err(read_error)?.map(|row| row::read(&row, at)).transpose().map_err(read_error)
    }

    /// Whether that principal ever used a yes for that thing, as far back as approvals are kept.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn has_used(&self, principal: &[u8], server: &str, item: Option<&str>) -> Result<bool, StoreError> {
        let used = sqlx::query_scalar::<_, i64>(
            "SELECT EXISTS (SELECT 1 FROM approval WHERE principal = ? AND server = ? AND item IS ? AND state = 'used')",
        );
        let used = used.bind(principal).bind(server).bind(item).fetch_one(&self.reading).await;
        used.map(|used| used != 0).map_err(read_error)
    }

    /// Answers a question, if it can be answered so.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn answer(
        &self,
        id: &str,
        answer: ApprovalAnswer,
        (by, remark): (&str, Option<&str>),
        at: Timestamp,
    ) -> Result<Answered, StoreError> {
        let mut transaction = self.writing.begin_with("BEGIN IMMEDIATE").await.map_err(write_error)?;
        let answered = consult::answer(&mut transaction, id, answer, (by, remark), at).await.map_err(write_error)?;
        transaction.commit().await.map_err(write_error)?;
        Ok(answered)
    }

    /// Whether something is over whose arguments are still there.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn is_due(&self, at: Timestamp) -> Result<bool, StoreError> {
        let due = sqlx::query_scalar::<_, i64>(
            "SELECT EXISTS (SELECT 1 FROM approval WHERE state = 'open' AND expires <= ?)",
        );
        let due = due.bind(at.as_micros()).fetch_one(&self.reading).await;
        due.map(|due| due != 0).map_err(read_error)
    }

    /// Takes the arguments of what is over out of the file, and forgets what is long over. It happens with every question
    /// as well.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn sweep(&self, at: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.writing.begin_with("BEGIN IMMEDIATE").await.map_err(write_error)?;
        let connection: &mut SqliteConnection = &mut transaction;
        consult::sweep(connection, at).await.map_err(write_error)?;
        transaction.commit().await.map_err(write_error)
    }

    /// Closes the connections; later questions fail.
    pub async fn close(&self) {
        self.reading.close().await;
        self.writing.close().await;
    }
}

impl ApprovalSubject {
    /// Its word in the store and in what is printed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Data => "data",
        }
    }

    /// Reads the word back.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Call, Self::Data].into_iter().find(|subject| subject.as_str() == text)
    }
}

impl ApprovalState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Open, Self::Granted, Self::Used, Self::Denied, Self::Expired];

    /// Its word in the store and in what is printed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Granted => "granted",
            Self::Used => "used",
            Self::Denied => "denied",
            Self::Expired => "expired",
        }
    }

    /// Reads the word back.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

fn read_error(source: sqlx::Error) -> StoreError {
    StoreError::Database { doing: "read the approvals of", source }
}

fn write_error(source: sqlx::Error) -> StoreError {
    StoreError::Database { doing: "write the approvals of", source }
}
