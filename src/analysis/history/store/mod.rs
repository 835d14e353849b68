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
        refuse_stream(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut store = Self::connect(path, flags).map_err(|error| explain(path, &error))?;
        store.migrate_to(schema::VERSION)?;
        Ok(store)
    }

    /// Opens a history to read. Nothing is written.
    pub fn open(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Err(Error::refused("", None, "no such file").with_path(path));
        }
        refuse_stream(path)?;
        let mut store = match Self::connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY) {
            // A writer was broken off, and what it left must be rolled back before anything can be read.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ReadOnly) => {
                Self::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
            }
            connected => connected,
        }
        .map_err(|error| explain(path, &error))?;
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

    fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Self> {
        // SQLite takes some names for no files, `:memory:` among them.
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let connection = Connection::open_with_flags(whole, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // Nothing that stands in a database is run but what this program asks.
        connection.pragma_update(None, "trusted_schema", false)?;
        // Only now the file is read at all.
        connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
        Ok(Self { connection, path: path.to_owned() })
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

/// Refuses what is there and no regular file: opening a pipe would wait for its other end.
fn refuse_stream(path: &Path) -> Result<()> {
    match path.exists() && !path.is_file() {
        true => Err(Error::refused("", None, "is not a regular file").with_path(path)),
        false => Ok(()),
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::analysis::history::path_text::PathText;
    use crate::analysis::history::record::{
        Arrival, AttachmentRecord, ChainRecord, DiskRecord, FileRecord, MachineRecord, Sample, VolumeRecord,
    };
    use crate::units::{ByteLen, VirtualOffset};
    use uuid::Uuid;

    fn path(text: &str) -> PathText {
        PathText { text: text.to_owned(), raw_hex: None }
    }

    /// A run in which every column is filled, and another in which none is that need not be.
    fn runs() -> [RunRecord; 2] {
        let at = |second| Timestamp::from_second(second).unwrap();
        let head = RunHead {
            as_of: at(1_800_000_000),
            started: at(1_800_000_001),
            recorded: at(1_800_000_002),
            host: Some("host".to_owned()),
            version: "1".to_owned(),
            walk: "--max-depth 3".to_owned(),
            interrupted: true,
            files_seen: 9,
            files_read: 8,
        };
        let disk = DiskRecord {
            disk_type: Some("differencing".to_owned()),
            virtual_size: Some(ByteLen(1 << 40)),
            block_size: Some(ByteLen(1 << 20)),
            virtual_disk_id: Some(Uuid::from_u128(1)),
            data_write_guid: Some(Uuid::from_u128(2)),
            file_write_guid: Some(Uuid::from_u128(3)),
            unique_id: Some(Uuid::from_u128(4)),
            full_blocks: Some(5),
            partial_blocks: Some(6),
            zero_blocks: Some(7),
            total_blocks: Some(8),
            parent: Some(1),
            parent_status: Some("linked".to_owned()),
            parent_expected: Some(Uuid::from_u128(9)),
            samples: vec![Sample { offset: VirtualOffset(4096), length: ByteLen(4096), hash: "ab".to_owned() }],
        };
        let leaf = FileRecord {
            path: PathText { text: "/a/\u{FFFD}".to_owned(), raw_hex: Some("2f61ff".to_owned()) },
            kind: "vhdx".to_owned(),
            readable: true,
            volume: Some("8:1".to_owned()),
            file_id: Some(u64::MAX),
            size: Some(ByteLen(1)),
            allocated: Some(ByteLen(2)),
            modified: Some(at(3)),
            verdict: Some(("active_leaf".to_owned(), "confirmed".to_owned())),
            disk: Some(disk),
        };
        let base = FileRecord {
            path: path("/b"),
            kind: "vhdx".to_owned(),
            disk: Some(DiskRecord::default()),
            ..FileRecord::default()
        };
        let machine = MachineRecord {
            id: Some(Uuid::from_u128(10)),
            machine_id: Some(Uuid::from_u128(11)),
            name: Some("web".to_owned()),
            kind: "machine".to_owned(),
            config_path: path("/c"),
            created: Some(at(12)),
            disks: vec![AttachmentRecord { slot: "scsi 0:0".to_owned(), recorded: "D:\\a".to_owned(), file: Some(0) }],
        };
        let volume = VolumeRecord {
            id: "8:1".to_owned(),
            mount_path: Some(path("/")),
            file_system: Some("ext4".to_owned()),
            total: ByteLen(100),
            free: ByteLen(50),
        };
        let full = RunRecord {
            head: head.clone(),
            roots: vec![path("/a"), path("/b")],
            unreadable: vec![(path("/x"), "why".to_owned())],
            volumes: vec![volume],
            files: vec![leaf, base],
            chains: vec![ChainRecord {
                files: vec![0, 1],
                status: "complete".to_owned(),
                merge_growth: Some(ByteLen(13)),
                owner: Some(0),
            }],
            machines: vec![machine],
            arrivals: vec![Arrival { path: path("/gone"), into: 1, compared: 3, arrived: 2, absent: Some(1) }],
        };
        let bare = RunRecord {
            head: RunHead { host: None, walk: String::new(), interrupted: false, ..head },
            roots: vec![],
            unreadable: vec![],
            volumes: vec![VolumeRecord {
                id: "9:9".to_owned(),
                mount_path: None,
                file_system: None,
                total: ByteLen(0),
                free: ByteLen(0),
            }],
            files: vec![FileRecord { path: path("/z"), kind: "vmcx".to_owned(), ..FileRecord::default() }],
            chains: vec![],
            machines: vec![MachineRecord {
                id: None,
                machine_id: None,
                name: None,
                kind: "unknown".to_owned(),
                config_path: path("/z"),
                created: None,
                disks: vec![],
            }],
            arrivals: vec![],
        };
        [full, bare]
    }

    fn database() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        (folder, path)
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (_folder, path) = database();
        let mut store = Store::open_or_create(&path).unwrap();
        let numbers: Vec<RunNo> = runs().iter().map(|run| store.append(run).unwrap()).collect();
        assert_eq!(numbers, [RunNo(1), RunNo(2)]);
        let store = Store::open(&path).unwrap();
        assert_eq!(store.numbers().unwrap(), numbers);
        for (number, run) in numbers.iter().zip(runs()) {
            assert_eq!(store.run(*number).unwrap(), run);
            assert_eq!(store.head(*number).unwrap(), run.head);
            assert_eq!(store.last_like(&run).unwrap(), Some(*number));
        }
        let elsewhere = RunRecord { roots: vec![PathText::default()], ..runs()[0].clone() };
        assert_eq!(store.last_like(&elsewhere).unwrap(), None);
    }

    #[test]
    fn an_older_version_is_read_as_it_is_and_migrated_when_it_is_written_to() {
        let (_folder, path) = database();
        let mut old = Store::connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE).unwrap();
        old.migrate_to(1).unwrap();
        assert_eq!(old.version().unwrap(), Some(1));
        old.connection
            .execute_batch(
                "INSERT INTO run VALUES (7, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', 'host', '0', '', 0, 1, 1);
                INSERT INTO file VALUES (3, 7, '/a', NULL, 'vhdx', 1, NULL, NULL, 5, NULL, NULL, NULL, NULL);
                INSERT INTO disk (file_id, disk_type) VALUES (3, 'dynamic');",
            )
            .unwrap();
        drop(old);
        let before = std::fs::metadata(&path).unwrap().len();
        let read = Store::open(&path).unwrap();
        assert_eq!(read.version().unwrap(), Some(schema::VERSION));
        let run = read.run(RunNo(7)).unwrap();
        assert_eq!((run.files[0].size, run.files[0].disk.as_ref().unwrap().samples.len()), (Some(ByteLen(5)), 0));
        // Reading has changed nothing.
        assert_eq!(Store::connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap().version().unwrap(), Some(1));
        assert_eq!(std::fs::metadata(&path).unwrap().len(), before);
        let mut store = Store::open_or_create(&path).unwrap();
        assert_eq!(store.version().unwrap(), Some(schema::VERSION));
        assert_eq!(store.run(RunNo(7)).unwrap(), run);
        assert_eq!(store.append(&runs()[0]).unwrap(), RunNo(8));
        assert_eq!(store.run(RunNo(8)).unwrap(), runs()[0]);
    }

    #[test]
    fn a_full_volume_loses_nothing_that_was_there() {
        let (_folder, path) = database();
        let mut store = Store::open_or_create(&path).unwrap();
        let [run, _] = runs();
        store.append(&run).unwrap();
        let pages: i64 = store.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        store.connection.pragma_update_and_check(None, "max_page_count", pages + 2, |_| Ok(())).unwrap();
        let many = RunRecord {
            files: vec![run.files[1].clone(); 2000],
            chains: vec![],
            arrivals: vec![],
            machines: vec![],
            ..run
        };
        let error = store.append(&many).unwrap_err().to_string();
        assert!(error.ends_with("its volume is full; nothing was recorded"), "{error}");
        assert_eq!(Store::open(&path).unwrap().numbers().unwrap(), [RunNo(1)]);
        assert_eq!(store.run(RunNo(1)).unwrap(), runs()[0]);
    }
}
