//! What a scan keeps of each file stays small: a million of them are to be looked through.
#![cfg(all(feature = "testkit", target_os = "linux"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io;
use std::path::Path;

use peak_alloc::PeakAlloc;
use vhdxray::checks::CheckSet;
use vhdxray::estate::{ReadOptions, Silent};
use vhdxray::inspect::{Request, inspect_streaming};
use vhdxray::report::RunFacts;
use vhdxray::report::json::ScanLines;
use vhdxray::testkit::vhdx::{Builder, Locator};

/// Counts what is allocated: what the system says of a process depends on where the pages of its heap fall.
#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// Most bytes that a scan of a folder, of so many files and whole chains of two, holds at one time.
fn peak_of_scan(folder: &Path, files: u64, chains: usize) -> u64 {
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
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
    let whole = inspection.chains.iter().filter(|chain| chain.files.len() == 2 && chain.status.name() == "complete");
    assert_eq!((inspection.summary().files, whole.count()), (files, chains));
    (ALLOCATED.peak_usage() - before).try_into().unwrap()
}

const OTHERS: u64 = 20_000;
/// A few are scanned to know what every scan takes.
const FEW: u64 = 10;
const DISKS: u64 = 2_000;

#[test]
fn a_file_more_takes_little_more_memory() {
    let folder = tempfile::tempdir().unwrap();
    let (few, disks, others) = (folder.path().join("few"), folder.path().join("disks"), folder.path().join("others"));
    for folder in [&few, &disks, &others] {
        fs::create_dir(folder).unwrap();
    }
    for number in 0..OTHERS {
        fs::write(others.join(format!("a text with a longer name {number}.txt")), "").unwrap();
    }
    for number in 0..DISKS / 2 {
        let folder = if number < FEW / 2 { &few } else { &disks };
        let parent = Builder::dynamic(64 << 20).seed(2 * number).build();
        parent.image.write_to(&folder.join(format!("disk of a machine {number}.vhdx"))).unwrap();
        let locator = Locator::new()
            .linkage(parent.layout.data_write_guid)
            .entry("relative_path", &format!(r".\disk of a machine {number}.vhdx"))
            .entry("absolute_win32_path", &format!(r"D:\Virtual Machines\disks\disk of a machine {number}.vhdx"));
        let child = Builder::differencing(64 << 20, locator).seed(2 * number + 1).build();
        child.image.write_to(&folder.join(format!("disk of a machine {number}_1.avhdx"))).unwrap();
    }
    let least = peak_of_scan(&few, FEW, 5);
    let of_others = peak_of_scan(&others, OTHERS, 0).saturating_sub(least) / OTHERS;
    let of_disks = peak_of_scan(&disks, DISKS - FEW, 995).saturating_sub(least) / (DISKS - FEW);
    println!("{of_others} bytes a file that is no disk, {of_disks} a disk");
    assert!((1..1_000).contains(&of_others), "{of_others}");
    assert!((1..4_000).contains(&of_disks), "{of_disks}");
}
