//! The daily job: a tree of many small files walked, opened, counted and linked.
//!
//! `VHDXRAY_BENCH_FILES` sets how many.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench with wrong results must not go on")]
#![expect(clippy::indexing_slicing, clippy::print_stdout, reason = "a bench prints what it measures")]

mod support;

use std::path::{Path, PathBuf};
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

fn scan(jobs: usize) {
    let made = made();
    let read = ReadOptions { jobs, ..ReadOptions::default() };
    let request = Request { paths: vec![made.folder.clone()], read, ..Request::default() };
    let what = match jobs {
        1 => "scan, 1 thread",
        2 => "scan, 2 threads",
        _ => "scan, 16 threads",
    };
    let count = made.files.len() as u64;
    let found = path("scan", what, Amount::Files(count), || inspect(&request, &Silent));
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
#[divan::bench(sample_count = 7, sample_size = 1)]
fn limit_same_reads(bencher: Bencher<'_, '_>) {
    let made = made();
    let reads: Vec<_> = made.files.iter().take(support::size(CHAIN)).map(|path| recorded(path)).collect();
    let mut buffer = vec![0; 1 << 20];
    bencher.counter(ItemsCount::new(made.files.len())).bench_local(|| {
        limit("scan", "open and the same reads", Amount::Files(made.files.len() as u64), || {
            for (number, path) in made.files.iter().enumerate() {
                let source = FileSource::open(path).unwrap();
                for (at, len) in &reads[number % reads.len()] {
                    source.read_exact_at("bench", *at, &mut buffer[..*len]).unwrap();
                    divan::black_box(&buffer);
                }
            }
        });
    });
}

fn recorded(path: &Path) -> Vec<(vhdxray::units::FileOffset, usize)> {
    let recording = Arc::new(Recording::open(path));
    let (kind, _) = FileKind::of(&recording, path).unwrap();
    let image = Image::open(Arc::<Recording>::clone(&recording), kind, OpenOptions::default()).unwrap();
    image.count_blocks().unwrap().unwrap();
    recording.reads()
}

#[divan::bench(sample_count = 7, sample_size = 1)]
fn limit_five_reads(bencher: Bencher<'_, '_>) {
    let made = made();
    let mut buffer = vec![0; 4096];
    bencher.counter(ItemsCount::new(made.files.len())).bench_local(|| {
        limit("scan", "open and five reads", Amount::Files(made.files.len() as u64), || {
            for path in &made.files {
                support::limits::five_reads(path, &mut buffer);
            }
        });
    });
}

fn main() {
    support::main();
}
