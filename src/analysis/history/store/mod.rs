//! The file in which runs are kept: an SQLite database that other programs can read.
//!
//! A run is one transaction under the write lock from its first statement on, so that a crash leaves whole runs only and
//! two writers wait for each other. The journal is the rolling-back one, not the write-ahead one: it needs no shared
//! memory, so that a history may lie on a network share, and beside the database nothing stays behind.
//!
//! A history of an older version is brought up to date when it is written to. Reading writes nothing: an older one is
//! copied into memory and brought up to date there.

mod columns;
mod read;
pub mod schema;
mod write;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::error::{Error, Result};

use super::record::{RunHead, RunNo, RunRecord};

/// How long a writer waits for another. A run of a hundred thousand files is written in seconds.
const PATIENCE: Duration = Duration::from_mins(1);

/// An open history.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
}

impl Store {
    /// Opens a history to record in; makes it where there is none, and brings one of an older version up to date.
    pub fn open_or_create(path: &Path) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut store = Self::open_as(path, flags)?;
        store.migrate_to(schema::VERSION)?;
        Ok(store)
    }

    /// Opens a history to read. Nothing is written.
    pub fn open(path: &Path) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut store = Self::open_as(path, flags)?;
        match store.version()? {
            Some(schema::VERSION) => Ok(store),
            Some(_) => {
                let mut copy = store.wrap(Connection::open_in_memory())?;
                let copied = Backup::new(&store.connection, &mut copy)
                    .and_then(|backup| backup.run_to_completion(1024, Duration::from_millis(50), None));
                store.wrap(copied)?;
                store.connection = copy;
                store.migrate_to(schema::VERSION)?;
                Ok(store)
            }
            None => Err(store.refuse("is an empty database, and no history of vhdxray")),
        }
    }

    /// Brings the history to a version; one that is there already stays as it is.
    ///
    /// Whoever waits for another that does the same finds it done.
    pub fn migrate_to(&mut self, version: usize) -> Result<()> {
        let path = self.path.clone();
        let wrap = |error| explain(&path, &error);
        if self.version()?.is_some_and(|now| now >= version) {
            return Ok(());
        }
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(wrap)?;
        let now = version_of(&transaction, &path)?.unwrap_or(0);
        for step in schema::MIGRATIONS.iter().take(version).skip(now) {
            transaction.execute_batch(step).map_err(wrap)?;
        }
        if now < version {
            transaction.pragma_update(None, "application_id", schema::APPLICATION_ID).map_err(wrap)?;
            transaction
                .pragma_update(None, "user_version", i64::try_from(version).unwrap_or(i64::MAX))
                .map_err(wrap)?;
        }
        transaction.commit().map_err(wrap)
    }

    /// Writes a run, all of it or nothing, and gives it the next number.
    pub fn append(&mut self, run: &RunRecord) -> Result<RunNo> {
        let path = self.path.clone();
        let wrap = |error| explain(&path, &error);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(wrap)?;
        let number = write::run(&transaction, run).map_err(wrap)?;
        transaction.commit().map_err(wrap)?;
        Ok(number)
    }

    /// The numbers of all runs, in the order in which they were recorded.
    pub fn numbers(&self) -> Result<Vec<RunNo>> {
        self.wrap(read::numbers(&self.connection))
    }

    /// The last run of the same computer that named the same places and walked them in the same way.
    pub fn last_like(&self, run: &RunRecord) -> Result<Option<RunNo>> {
        for number in self.wrap(read::numbers_of(&self.connection, run.head.host.as_deref()))? {
            let same_roots = self.wrap(read::roots(&self.connection, number))? == run.roots;
            if same_roots && self.wrap(read::head(&self.connection, number))?.walk == run.head.walk {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    /// What is known of a run without its files.
    pub fn head(&self, number: RunNo) -> Result<RunHead> {
        self.wrap(read::head(&self.connection, number))
    }

    /// A run, as it was recorded.
    pub fn run(&self, number: RunNo) -> Result<RunRecord> {
        self.wrap(read::run(&self.connection, number))
    }

    /// The path of the database.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn open_as(path: &Path, flags: OpenFlags) -> Result<Self> {
        let connection = Connection::open_with_flags(path, flags).map_err(|error| explain(path, &error))?;
        let store = Self { connection, path: path.to_owned() };
        store.wrap(store.connection.busy_timeout(PATIENCE))?;
        store.wrap(store.connection.pragma_update(None, "foreign_keys", true))?;
        store.version()?;
        Ok(store)
    }

    /// The version of the history; `None` for an empty database.
    fn version(&self) -> Result<Option<usize>> {
        version_of(&self.connection, &self.path)
    }

    fn wrap<T>(&self, result: rusqlite::Result<T>) -> Result<T> {
        result.map_err(|error| explain(&self.path, &error))
    }

    fn refuse(&self, what: &str) -> Error {
        Error::refused("", None, what).with_path(&self.path)
    }
}

fn version_of(connection: &Connection, path: &Path) -> Result<Option<usize>> {
    let wrap = |error| explain(path, &error);
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(wrap);
    let refuse = |what: String| Err(Error::refused("", None, what).with_path(path));
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0)).map_err(wrap)?;
    let (application, version) = (number("application_id")?, number("user_version")?);
    match usize::try_from(version).ok() {
        _ if tables == 0 && application == 0 && version == 0 => Ok(None),
        _ if application != schema::APPLICATION_ID => refuse("is a database of another program".to_owned()),
        Some(version) if version <= schema::VERSION => Ok(Some(version)),
        _ => {
            let known = schema::VERSION;
            refuse(format!("has version {version} of the tables, and this program knows up to {known}; update vhdxray"))
        }
    }
}

/// What SQLite's codes mean to whoever wanted to keep or see a history.
fn explain(path: &Path, error: &rusqlite::Error) -> Error {
    let what = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "is no database".to_owned(),
        Some(ErrorCode::ReadOnly) => "cannot be written to".to_owned(),
        Some(ErrorCode::DiskFull) => "its volume is full; nothing was recorded".to_owned(),
        Some(ErrorCode::DatabaseBusy) => {
            format!("another program has been writing to it for more than {} s", PATIENCE.as_secs())
        }
        Some(ErrorCode::CannotOpen) => "cannot be opened, or a journal cannot be made beside it".to_owned(),
        Some(ErrorCode::DatabaseCorrupt) => "is damaged".to_owned(),
        _ => error.to_string().replace(['\n', '\r'], " "),
    };
    Error::refused("", None, what).with_path(path)
}
