//! The file of a history: writers that are killed, writers at once, files that are none of ours, and what must never be
//! written to.
#![cfg(all(feature = "cli", feature = "testkit", unix))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use support::disks::{small_chain, vhdxray_in};
use support::run::{Ran, run};
use vhdxray::analysis::history::record::RunNo;
use vhdxray::analysis::history::store::{Store, schema};
use vhdxray::testkit::Style;

/// Names the database to the process that is to be killed.
const VICTIM: &str = "VHDXRAY_TEST_VICTIM";
const WRITERS: usize = 6;

/// A folder with a chain of two in `vms`.
fn host() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let vms = folder.path().join("vms");
    fs::create_dir(&vms).unwrap();
    small_chain().write_vhdx(&vms, Style::Plain).unwrap();
    folder
}

fn record(folder: &Path) -> Ran {
    vhdxray_in(folder, &["history", "record", "vms", "--db", "history.db"])
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vhdxray"));
    command.args(["history", "record", "vms", "--db", "history.db"]).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Every run that is there has its two disks, the link between them and its chain.
#[track_caller]
fn assert_whole(folder: &Path) -> usize {
    let path = folder.join("history.db");
    let store = Store::open(&path).unwrap();
    let numbers = store.numbers().unwrap();
    for number in &numbers {
        let run = store.run(*number).unwrap();
        assert_eq!((run.files.len(), run.chains.len(), run.roots.len()), (2, 1, 1), "{number:?}");
        let disks = run.files.iter().filter_map(|file| file.disk.as_ref());
        assert_eq!(disks.filter(|disk| disk.parent.is_some()).count(), 1);
    }
    let connection = Connection::open(&path).unwrap();
    let check: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    numbers.len()
}

/// The child of the next test: writes so much in one transaction that pages of it are in the file already, says so, and
/// waits to be killed. Without the variable there is nothing to do.
#[test]
fn victim() {
    let Some(path) = std::env::var_os(VICTIM) else { return };
    let mut connection = Connection::open(path).unwrap();
    connection.execute_batch("PRAGMA cache_size = 2").unwrap();
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
    transaction.execute_batch("UPDATE run SET host = 'never'; DELETE FROM chain").unwrap();
    for _ in 0..5000 {
        transaction
            .execute("INSERT INTO unreadable SELECT id, 'never', NULL, hex(randomblob(200)) FROM run LIMIT 1", [])
            .unwrap();
    }
    println!("written");
    std::thread::sleep(Duration::from_mins(5));
}

fn killed_within_a_transaction(folder: &Path) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "victim", "--nocapture"])
        .env(VICTIM, folder.join("history.db"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().ends_with("written")), "the victim never came to its point");
    kill(&mut child);
    let journal = folder.join("history.db-journal");
    assert!(journal.metadata().unwrap().len() > 0, "nothing is left that would have to be rolled back");
}

fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_a_killed_writer_left_is_rolled_back() {
    let folder = host();
    record(folder.path()).expect_success();
    killed_within_a_transaction(folder.path());
    // Reading comes first here, and recording below.
    let shown = vhdxray_in(folder.path(), &["history", "show", "--db", "history.db"]).expect_success();
    assert!(shown.stdout.starts_with("1 run ") && !shown.stdout.contains("never"), "{shown}");
    assert_eq!(assert_whole(folder.path()), 1);
    killed_within_a_transaction(folder.path());
    record(folder.path()).expect_success();
    assert_eq!(assert_whole(folder.path()), 2);
}

#[test]
fn recording_may_be_killed_at_any_moment() {
    let folder = host();
    record(folder.path()).expect_success();
    let mut before = 1;
    for number in 0..25_u64 {
        let mut child = command(folder.path()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(number * 3));
        kill(&mut child);
        let now = assert_whole(folder.path());
        assert!(now == before || now == before + 1);
        before = now;
    }
    record(folder.path()).expect_success();
    assert_eq!(assert_whole(folder.path()), before + 1);
}

#[test]
fn writers_at_once_lose_nothing() {
    let folder = host();
    // All of them meet no history, and each of them may be the one that makes it.
    let mut children: Vec<Child> = (0..WRITERS).map(|_| command(folder.path()).spawn().unwrap()).collect();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(assert_whole(folder.path()), WRITERS);
    let store = Store::open(&folder.path().join("history.db")).unwrap();
    let numbers: Vec<RunNo> = (1..).take(WRITERS).map(RunNo).collect();
    assert_eq!(store.numbers().unwrap(), numbers);
}

#[test]
fn a_writer_waits_for_another() {
    let folder = host();
    record(folder.path()).expect_success();
    let mut other = Connection::open(folder.path().join("history.db")).unwrap();
    let transaction = other.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
    let mut child = command(folder.path()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(700));
    assert!(child.try_wait().unwrap().is_none(), "it did not wait");
    transaction.commit().unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(assert_whole(folder.path()), 2);
}

/// It fails with status 2 and one line that holds `why`.
#[track_caller]
fn assert_refused(ran: &Ran, why: &str) {
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""), "{ran}");
    assert_eq!(ran.stderr.lines().count(), 1, "{ran}");
    assert!(ran.stderr.contains(why), "{why}: {ran}");
}

fn both(folder: &Path, db: &str) -> [Ran; 2] {
    [
        vhdxray_in(folder, &["history", "record", "vms", "--db", db]),
        vhdxray_in(folder, &["history", "show", "--db", db]),
    ]
}

#[expect(clippy::disallowed_methods, reason = "a small database of our own")]
fn bytes(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}

#[test]
fn databases_that_are_none_of_ours() {
    let folder = host();
    let path = |name: &str| folder.path().join(name);
    Connection::open(path("other.db")).unwrap().execute_batch("CREATE TABLE t (x); PRAGMA user_version = 1").unwrap();
    fs::write(path("text.db"), "This is no database, however long it is; and SQLite finds that out at once.").unwrap();
    Store::open_or_create(&path("newer.db")).unwrap();
    Connection::open(path("newer.db")).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    let bytes = |name: &str| bytes(&path(name));
    let before = ["other.db", "text.db", "newer.db"].map(bytes);
    for ran in both(folder.path(), "other.db") {
        assert_refused(&ran, "other.db: is a database of another program");
    }
    for ran in both(folder.path(), "text.db") {
        assert_refused(&ran, "text.db: is no database");
    }
    for ran in both(folder.path(), "newer.db") {
        assert_refused(&ran, "newer.db: has version 99 of the tables");
    }
    assert_eq!(["other.db", "text.db", "newer.db"].map(bytes), before);
    assert_refused(&vhdxray_in(folder.path(), &["history", "show", "--db", "none.db"]), "none.db: no such file");
    assert!(!path("none.db").exists());
    assert_refused(&both(folder.path(), "none/history.db")[0], "there is no folder none");
    assert_refused(&vhdxray_in(folder.path(), &["history", "show"]), "no history is named");
    // A name that SQLite would take for no file at all.
    for ran in both(folder.path(), ":memory:") {
        ran.expect_success();
    }
    assert!(path(":memory:").is_file());
    fs::write(path("empty.db"), "").unwrap();
    assert_refused(&vhdxray_in(folder.path(), &["history", "show", "--db", "empty.db"]), "is an empty database");
}

#[test]
fn a_history_that_cannot_grow_keeps_what_it_has() {
    let folder = host();
    record(folder.path()).expect_success();
    let limit = "trap '' XFSZ; ulimit -f 8; exec \"$0\" history record vms --db history.db";
    for _ in 0..2 {
        let mut shell = Command::new("bash");
        let ran = run(shell.args(["-c", limit, env!("CARGO_BIN_EXE_vhdxray")]).current_dir(folder.path()));
        assert_refused(&ran, "history.db: ");
    }
    assert_eq!(assert_whole(folder.path()), 1);
    record(folder.path()).expect_success();
    assert_eq!(assert_whole(folder.path()), 2);
}

#[test]
fn nothing_that_is_looked_at_is_written_to() {
    let folder = host();
    let path = |name: &str| folder.path().join(name);
    let refused = |db: &str, why: &str| {
        let ran = vhdxray_in(folder.path(), &["history", "record", "vms", "--search", "library", "--db", db]);
        assert_refused(&ran, why);
    };
    fs::create_dir(path("library")).unwrap();
    std::os::unix::fs::symlink("vms", path("link")).unwrap();
    fs::copy(path("vms/base.vhdx"), path("copy.vhdx")).unwrap();
    let names = || [support::disks::names(folder.path()), support::disks::names(&path("vms"))];
    let before = names();
    refused("vms/history.db", "lies in vms, which is looked at");
    refused("vms/../vms/history.db", "lies in vms, which is looked at");
    refused("link/history.db", "lies in vms, which is looked at");
    refused("library/history.db", "lies in library, which is looked at");
    refused("vms", "is a folder");
    refused("copy.vhdx", "is a vhdx file, which is never written to");
    refused("new.vhdx", "is a vhdx file, which is never written to");
    assert_eq!(names(), before);
    // A history under a second name among the files that are looked at.
    record(folder.path()).expect_success();
    fs::hard_link(path("history.db"), path("vms/innocent.txt")).unwrap();
    let before = bytes(&path("history.db"));
    refused("history.db", "is vms/innocent.txt, which is looked at");
    assert_eq!(bytes(&path("history.db")), before);
    // A file that is named leaves room for a history beside it.
    fs::remove_file(path("vms/innocent.txt")).unwrap();
    vhdxray_in(&path("vms"), &["history", "record", "child.avhdx", "--db", "beside.db"]).expect_success();
}

#[test]
fn a_version_that_was_written_is_never_changed() {
    // Not to be blessed: histories of these versions are out there.
    let written = [
        include_str!("golden/history-1.sql"),
        include_str!("golden/history-2.sql"),
        include_str!("golden/history-3.sql"),
    ];
    assert_eq!(schema::MIGRATIONS, written);
}

#[test]
fn the_tables_are_documented_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("history.db");
    Store::open_or_create(&path).unwrap();
    let connection = Connection::open(&path).unwrap();
    let mut statement =
        connection.prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'").unwrap();
    let tables: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/history.md")).unwrap();
    for table in tables {
        assert!(text.contains(&format!("{table};\n")), "docs/history.md does not show\n{table};");
    }
}
