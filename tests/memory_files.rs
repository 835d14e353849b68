//! What a scan keeps of each file stays small: a million of them are to be looked through.
#![cfg(all(feature = "testkit", target_os = "linux"))]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "the process that scans tells the test what it took")]

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use vhdxray::checks::CheckSet;
use vhdxray::estate::{ReadOptions, Silent};
use vhdxray::inspect::{Request, inspect_streaming};
use vhdxray::report::RunFacts;
use vhdxray::report::json::ScanLines;
use vhdxray::testkit::vhdx::{Builder, Locator};

/// Most memory that this process has had, in bytes.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib * 1024
}

/// Scans a folder and says what that took at its most.
fn scan(folder: &Path) {
    let facts = RunFacts::start("2026-11-25T22:00:00Z".parse().unwrap(), None);
    let read = ReadOptions { jobs: 1, keep_open: false, ..ReadOptions::default() };
    let request = Request {
        paths: vec![folder.to_owned()],
        read,
        checks: Some(CheckSet::of(|_| true)),
        as_of: Some(facts.as_of),
        ..Request::default()
    };
    let lines = ScanLines::new(facts.clone(), true, io::sink());
    let inspection = inspect_streaming(&request, &Silent, &lines);
    lines.finish(&inspection, &facts).unwrap();
    let chains = inspection.chains.iter();
    let whole = chains.filter(|chain| chain.files.len() == 2 && chain.status.name() == "complete").count();
    println!("\n{REPORTED}{} {} {whole}", peak(), inspection.summary().files);
}

const FOLDER: &str = "VHDXRAY_TEST_FOLDER";
const REPORTED: &str = "peak, files, chains: ";

/// What a scan of a folder took, which a process of its own found out: memory that was used before would hide it.
fn peak_of_scan(folder: &Path, files: u64, chains: u64) -> u64 {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let ran = command.args(["--exact", TEST, "--nocapture"]).env(FOLDER, folder).output().unwrap();
    let out = String::from_utf8(ran.stdout).unwrap();
    let told = out.lines().find_map(|line| line.strip_prefix(REPORTED)).unwrap_or_else(|| panic!("{out}"));
    let told: Vec<u64> = told.split(' ').map(|number| number.parse().unwrap()).collect();
    assert_eq!(told[1..], [files, chains]);
    told[0]
}

const TEST: &str = "a_file_more_takes_little_more_memory";

const OTHERS: u64 = 20_000;
const DISKS: u64 = 2_000;

#[test]
fn a_file_more_takes_little_more_memory() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return scan(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let (few, disks, others) = (folder.path().join("few"), folder.path().join("disks"), folder.path().join("others"));
    for folder in [&few, &disks, &others] {
        fs::create_dir(folder).unwrap();
    }
    for number in 0..OTHERS {
        fs::write(others.join(format!("a text with a longer name {number}.txt")), "").unwrap();
    }
    for number in 0..DISKS / 2 {
        let folder = if number < 5 { &few } else { &disks };
        let parent = Builder::dynamic(64 << 20).seed(2 * number).build();
        parent.image.write_to(&folder.join(format!("disk of a machine {number}.vhdx"))).unwrap();
        let locator = Locator::new()
            .linkage(parent.layout.data_write_guid)
            .entry("relative_path", &format!(r".\disk of a machine {number}.vhdx"))
            .entry("absolute_win32_path", &format!(r"D:\Virtual Machines\disks\disk of a machine {number}.vhdx"));
        let child = Builder::differencing(64 << 20, locator).seed(2 * number + 1).build();
        child.image.write_to(&folder.join(format!("disk of a machine {number}_1.avhdx"))).unwrap();
    }
    let least = peak_of_scan(&few, 10, 5);
    let of_others = peak_of_scan(&others, OTHERS, 0).saturating_sub(least) / OTHERS;
    let of_disks = peak_of_scan(&disks, DISKS - 10, DISKS / 2 - 5).saturating_sub(least) / (DISKS - 10);
    println!("{of_others} bytes a file that is no disk, {of_disks} a disk");
    assert!(of_others < 800, "{of_others}");
    assert!(of_disks < 4_000, "{of_disks}");
}
