//! Opening a chain of 50 files from its leaf and reading one sector through it.
//!
//! `VHDXRAY_BENCH_CHAIN` sets how many.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench with wrong results must not go on")]
#![expect(clippy::indexing_slicing, clippy::print_stdout, reason = "a bench prints what it measures")]

mod support;

use std::path::PathBuf;
use std::sync::OnceLock;

use divan::Bencher;
use divan::counter::ItemsCount;
use support::files;
use support::ledger::{Amount, limit, path};
use support::setting;
use vhdxray::estate::{ReadOptions, Silent};
use vhdxray::inspect::{ChainPolicy, Request, inspect};
use vhdxray::testkit::Model;
use vhdxray::units::VirtualOffset;

const CASE: &str = "chain";

fn made() -> &'static (Model, Vec<PathBuf>) {
    static MADE: OnceLock<(Model, Vec<PathBuf>)> = OnceLock::new();
    MADE.get_or_init(|| files::chain(&support::folder().join("chain"), setting("CHAIN", 50, 5)).unwrap())
}

#[divan::bench(sample_count = 25, sample_size = 1)]
fn open_and_read_a_sector(bencher: Bencher<'_, '_>) {
    let (model, paths) = made();
    let leaf = paths.len() - 1;
    // One thread, as the limit has; and nobody asked for counts.
    let read = ReadOptions { jobs: 1, count_blocks: false, ..ReadOptions::default() };
    let request = Request { paths: vec![paths[leaf].clone()], read, ..Request::default() };
    let expected = model.expected(leaf, 0, 512);
    bencher.counter(ItemsCount::new(paths.len())).bench_local(|| {
        let bytes = path(CASE, "open and read a sector", Amount::Files(paths.len() as u64), || {
            let found = inspect(&request, &Silent);
            let (file, _) = found.files().find(|(_, file)| file.path == paths[leaf]).unwrap();
            let opened = found.open_disk(file, ChainPolicy::default()).unwrap();
            assert_eq!(opened.files.len(), paths.len());
            let mut bytes = vec![0; 512];
            opened.disk.read_exact_at(VirtualOffset::ZERO, &mut bytes).unwrap();
            bytes
        });
        assert!(bytes == expected, "the sector is not the base's");
    });
}

#[divan::bench(sample_count = 25, sample_size = 1)]
fn limit_five_reads(bencher: Bencher<'_, '_>) {
    let (_, paths) = made();
    let mut buffer = vec![0; 4096];
    bencher.counter(ItemsCount::new(paths.len())).bench_local(|| {
        limit(CASE, "open and five reads", Amount::Files(paths.len() as u64), || {
            for path in paths {
                support::limits::five_reads(path, &mut buffer);
            }
        });
    });
}

fn main() {
    support::main();
}
