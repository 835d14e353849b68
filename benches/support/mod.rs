//! What the benches share: sizes from the environment, a folder for their files, and a ledger of what each path and
//! each limit took, from which the ratios are printed at the end.
#![expect(dead_code, reason = "no single bench uses all of this")]

pub(crate) mod bats;
pub(crate) mod files;
pub(crate) mod ledger;
pub(crate) mod limits;

use std::path::PathBuf;
use std::sync::Mutex;

use tempfile::TempDir;

/// The number in the environment variable `VHDXRAY_BENCH_<name>`, else the usual one, or the small one where
/// `VHDXRAY_BENCH_SMALL` is set: then a bench asks for right results and not for time.
pub(crate) fn setting(name: &str, usual: u64, small: u64) -> u64 {
    let default = if std::env::var_os("VHDXRAY_BENCH_SMALL").is_some() { small } else { usual };
    match std::env::var(format!("VHDXRAY_BENCH_{name}")) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("VHDXRAY_BENCH_{name} is no number: {text}")),
        Err(_) => default,
    }
}

static FOLDER: Mutex<Option<TempDir>> = Mutex::new(None);

/// A folder for this run, gone when the bench ends.
pub(crate) fn folder() -> PathBuf {
    let mut folder = FOLDER.lock().unwrap();
    let made = folder.get_or_insert_with(|| {
        let place = std::env::var_os("VHDXRAY_BENCH_DIR").unwrap_or_else(|| env!("CARGO_TARGET_TMPDIR").into());
        TempDir::new_in(place).unwrap()
    });
    made.path().to_owned()
}

/// Runs the benches of the file and prints the ratios.
pub(crate) fn main() {
    divan::main();
    ledger::print();
    end();
}

/// Takes the files away.
pub(crate) fn end() {
    if let Some(folder) = FOLDER.lock().unwrap().take() {
        folder.close().unwrap();
    }
}

/// Bytes as memory counts them.
pub(crate) fn size(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap()
}
