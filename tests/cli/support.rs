//! What the tests of the command share: a tree of made files, and runs of the command over it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use uuid::Uuid;

use vhdxray::testkit::vhdx::{Builder, Built, Locator};

pub(crate) const MIB: u64 = 1 << 20;

/// A folder of made files, gone when it is dropped.
pub(crate) struct Tree {
    folder: tempfile::TempDir,
}

impl Tree {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn join(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    pub(crate) fn put(&self, path: impl AsRef<Path>, built: &Built) {
        built.image.write_to(&self.join(path)).unwrap();
    }

    pub(crate) fn put_bytes(&self, path: impl AsRef<Path>, bytes: &[u8]) {
        fs::write(self.join(path), bytes).unwrap();
    }

    /// Runs the command in the folder.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Run {
        Run::of(self.command().args(arguments).output().unwrap())
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vhdxray"));
        command.current_dir(self.path()).stdin(Stdio::null());
        for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR"] {
            command.env_remove(variable);
        }
        command
    }

    /// `scan . --format json` with its exit status.
    pub(crate) fn scan_json(&self) -> (i32, Value) {
        let run = self.run(["scan", ".", "--format", "json"]);
        (run.status, run.json())
    }
}

/// What a run of the command gave.
#[derive(Debug)]
pub(crate) struct Run {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        let run = Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(!run.stderr.contains("panicked"), "{run:?}");
        run
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The one line of stderr.
    pub(crate) fn line(&self) -> &str {
        let line = self.stderr.strip_suffix('\n').unwrap_or_else(|| panic!("no line: {self:?}"));
        assert!(!line.contains('\n'), "more than one line: {self:?}");
        line
    }
}

/// The entry of `files[]` for a path.
pub(crate) fn file<'a>(scan: &'a Value, path: &str) -> &'a Value {
    let files = scan["files"].as_array().unwrap();
    files.iter().find(|file| file["path"] == path).unwrap_or_else(|| panic!("no {path} in {scan:#}"))
}

/// A base of 16 MiB.
pub(crate) fn base(seed: u64) -> Built {
    Builder::dynamic(16 * MIB).seed(seed).build()
}

/// A child of `parent`, which was recorded under `name` in the child's own folder.
pub(crate) fn child(parent: &Built, name: &str, seed: u64) -> Built {
    child_of(parent.layout.data_write_guid, parent.layout.virtual_disk_id, name, seed)
}

pub(crate) fn child_of(parent: Uuid, disk: Uuid, name: &str, seed: u64) -> Built {
    let locator = Locator::windows(parent, &format!(r".\{name}"), &format!(r"C:\VMs\{name}"));
    Builder::differencing(16 * MIB, locator).seed(seed).virtual_disk_id(disk).build()
}
