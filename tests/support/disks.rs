//! Chains that the testkit makes, and virtual disks opened through the library.
#![cfg(feature = "testkit")]

use std::path::{Path, PathBuf};
use std::process::Command;

use vhdxray::Error;
use vhdxray::inspect::{ChainPolicy, Inspection, OpenedDisk, Request, inspect};
use vhdxray::testkit::{Disk, Mark, Model, Style};

use super::run::{Ran, run};

const MIB: u64 = 1 << 20;

/// A base and a child in which every state occurs, each file of 1 MiB blocks:
///
/// | block | base | child |
/// |---|---|---|
/// | 0 | data | |
/// | 1 | data | two sectors of 4 KiB from its second on |
/// | 2 | data | unmapped |
/// | 3 | zero | |
/// | 4 | | |
/// | 5 | | undefined |
/// | 6 | | data |
/// | 7 | data | the base's own bytes once more |
pub(crate) fn small_chain() -> Model {
    let mut model = Model::new(7);
    let base = model.base(Disk::new(8 * MIB));
    let child = model.child(base, Disk::new(8 * MIB));
    model.write(base, 0..3 * MIB, 1);
    model.mark(base, 3 * MIB..4 * MIB, Mark::Zero);
    model.write(base, 7 * MIB..8 * MIB, 1);
    model.write(child, MIB + 4096..MIB + 12288, 2);
    model.mark(child, 2 * MIB..3 * MIB, Mark::Unmapped);
    model.mark(child, 5 * MIB..6 * MIB, Mark::Undefined);
    model.write(child, 6 * MIB..7 * MIB, 2);
    model.write(child, 7 * MIB..8 * MIB, 1);
    model.place(base, r"C:\Hyper-V\disks", "base.vhdx");
    model.place(child, r"C:\Hyper-V\disks", "child.avhdx");
    model
}

/// A folder with the files of a model, in the order of its layers.
pub(crate) fn written(model: &Model, style: Style) -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let files = model.write_vhdx(folder.path(), style).expect("the files can be written");
    (folder, files)
}

/// Runs `vhdxray` in a folder, so that paths in its output are the same everywhere.
#[track_caller]
pub(crate) fn vhdxray_in(folder: &Path, arguments: &[&str]) -> Ran {
    let ran = run(Command::new(env!("CARGO_BIN_EXE_vhdxray")).args(arguments).current_dir(folder));
    assert!(!ran.stderr.contains("panicked"), "{ran}");
    ran
}

/// What a run finds from one file.
pub(crate) fn inspected(path: &Path) -> Inspection {
    inspect(&Request { paths: vec![path.to_owned()], ..Request::default() }, &vhdxray::estate::Silent)
}

/// The disk as seen from a file.
pub(crate) fn opened(path: &Path, policy: ChainPolicy) -> Result<OpenedDisk, Error> {
    let inspection = inspected(path);
    let (file, _) = inspection.files().find(|(_, file)| file.named).expect("the named file is found");
    inspection.open_disk(file, policy)
}

/// The names in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder can be read");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.expect("a folder can be read").file_name().to_string_lossy().into_owned()
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}
