//! Other programs that read the same formats, and where they are found.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::run::{Ran, run};
use super::seven_zip::SevenZip;

/// A program of this name in PATH, or `None` after a loud line.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file());
    if found.is_none() {
        super::skip(&format!("no program {name}"));
    }
    found
}

/// A Python that has libvhdi and dissect.hypervisor, or `None` after a loud line.
///
/// `VHDXRAY_PEERS_PYTHON` names it; else it is the virtual environment `peers` in the target folder, which `.ci/run`
/// makes.
pub(crate) fn peers_python() -> Option<PathBuf> {
    let in_target = || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("peers").join("bin/python");
    let python = std::env::var_os("VHDXRAY_PEERS_PYTHON").map_or_else(in_target, PathBuf::from);
    if python.is_file() {
        return Some(python);
    }
    super::skip(&format!("no {} with libvhdi and dissect.hypervisor (.ci/run makes it)", python.display()));
    None
}

/// Runs one of the scripts in tests/peers.
#[track_caller]
pub(crate) fn script<A: AsRef<OsStr>>(python: &Path, name: &str, arguments: impl IntoIterator<Item = A>) -> Ran {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(name);
    run(Command::new(python).arg("-B").arg(script).args(arguments))
}

/// What a script that prints one JSON object a line said about each of these files.
#[track_caller]
pub(crate) fn script_lines(python: &Path, name: &str, command: &str, paths: &[PathBuf]) -> Vec<Value> {
    let arguments = [OsStr::new(command)].into_iter().chain(paths.iter().map(|path| path.as_os_str()));
    let ran = script(python, name, arguments).expect_success();
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).expect("a JSON object")).collect();
    assert_eq!(lines.len(), paths.len(), "one line a file is due: {ran}");
    lines
}

/// `qemu-img info`; `None` where it refuses the file.
#[track_caller]
pub(crate) fn qemu_info(qemu_img: &Path, path: &Path) -> Option<Value> {
    let ran = run(Command::new(qemu_img).args(["info", "--output=json"]).arg(path));
    ran.succeeded().then(|| ran.json())
}

/// `qemu-img check -r all`: replays a dirty log into the file.
#[track_caller]
pub(crate) fn qemu_repair(qemu_img: &Path, path: &Path) {
    run(Command::new(qemu_img).args(["check", "-r", "all"]).arg(path)).expect_success();
}

/// 7-Zip's technical listing, with the format forced so that it does not look into the file systems.
#[track_caller]
pub(crate) fn seven_zip(program: &Path, format: &str, path: &Path) -> SevenZip {
    SevenZip::parse(&run(Command::new(program).args(["l", "-slt", &format!("-t{format}")]).arg(path)))
}
