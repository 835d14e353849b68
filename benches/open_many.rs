//! The daily job: a tree of many small files walked, opened, counted and linked.
//!
//! `VHDXRAY_BENCH_FILES` sets how many.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench with wrong results must not go on")]
#![expect(clippy::indexing_slicing, clippy::print_stdout, reason = "a bench prints what it measures")]

mod support;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use divan::Bencher;
use divan::counter::ItemsCount;
use support::files::{self, CHAIN};
use support::ledger::{Amount, limit, path};
use support::limits::Recording;
use support::setting;
use vhdxray::estate::{ReadOptions, Silent};
use vhdxray::image::vhdx::OpenOptions;
use vhdxray::image::{FileKind, Image};
use vhdxray::inspect::{ChainStatus, Request, inspect};
use vhdxray::source::{FileSource, ReadAt};

struct Made {
    folder: PathBuf,
    /// Base, child, child's child and so on, chain after chain.
    files: Vec<PathBuf>,
}

fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = support::folder().join("tree");
        let count = setting("FILES", 10_000, 40);
        let files = files::tree(&folder, count).unwrap();
        Made { folder, files }
    })
}

/// Paths and limits on as many threads are held against each other.
fn case(jobs: usize) -> &'static str {
    match jobs {
        1 => "scan, 1 thread",
        2 => "scan, 2 threads",
        _ => "scan, 16 threads",
    }
}

fn scan(jobs: usize) {
    let made = made();
    let read = ReadOptions { jobs, ..ReadOptions::default() };
    let request = Request { paths: vec![made.folder.clone()], read, ..Request::default() };
    let count = made.files.len() as u64;
    let found = path(case(jobs), "walk, open, count, link", Amount::Files(count), || inspect(&request, &Silent));
    assert_eq!(found.inventory.files.len(), made.files.len());
    assert!(found.inventory.files.iter().all(|file| file.is_readable() && file.blocks.is_some()));
    assert_eq!(found.chains.len() as u64, count.div_ceil(CHAIN));
    assert!(found.chains.iter().all(|chain| chain.status == ChainStatus::Complete));
    let longest = found.chains.iter().map(|chain| chain.files.len() as u64).max();
    assert_eq!(longest, Some(CHAIN.min(count)));
}

#[divan::bench(args = [1, 2, 16], sample_count = 7, sample_size = 1)]
fn scan_tree(bencher: Bencher<'_, '_>, jobs: usize) {
    let count = made().files.len();
    bencher.counter(ItemsCount::new(count)).bench_local(|| scan(jobs));
}

/// The positioned reads that opening each kind of file takes, without anything done with the bytes.
#[divan::bench(args = [1, 2, 16], sample_count = 7, sample_size = 1)]
fn limit_same_reads(bencher: Bencher<'_, '_>, jobs: usize) {
    let made = made();
    let reads: Vec<_> = made.files.iter().take(support::size(CHAIN)).map(|path| recorded(path)).collect();
    bencher.counter(ItemsCount::new(made.files.len())).bench_local(|| {
        limit(case(jobs), "open and the same reads", Amount::Files(made.files.len() as u64), || {
            on_threads(jobs, &made.files, |number, path, buffer| {
                let source = FileSource::open(path).unwrap();
                for (at, len) in &reads[number % reads.len()] {
                    source.read_exact_at("bench", *at, &mut buffer[..*len]).unwrap();
                    divan::black_box(&buffer);
                }
            });
        });
    });
}

/// Does something with each file, on several threads with a buffer each.
fn on_threads(jobs: usize, files: &[PathBuf], each: impl Fn(usize, &Path, &mut [u8]) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                let mut buffer = vec![0; 1 << 20];
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(path) = files.get(number) else { break };
                    each(number, path, &mut buffer);
                }
            });
        }
    });
}

fn recorded(path: &Path) -> Vec<(vhdxray::units::FileOffset, usize)> {
    let recording = Arc::new(Recording::open(path));
    let (kind, _) = FileKind::of(&recording, path).unwrap();
    let image = Image::open(Arc::<Recording>::clone(&recording), kind, OpenOptions::default()).unwrap();
    image.count_blocks().unwrap().unwrap();
    recording.reads()
}

#[divan::bench(args = [1, 2, 16], sample_count = 7, sample_size = 1)]
fn limit_five_reads(bencher: Bencher<'_, '_>, jobs: usize) {
    let made = made();
    bencher.counter(ItemsCount::new(made.files.len())).bench_local(|| {
        limit(case(jobs), "open and five reads", Amount::Files(made.files.len() as u64), || {
            on_threads(jobs, &made.files, |_, path, buffer| support::limits::five_reads(path, buffer));
        });
    });
}

fn main() {
    support::main();
}
