//! Passes over the BAT of disks of 1, 8 and 64 TiB with blocks of 1 MiB, the format's worst case: counting states, and
//! the survey that all checks read from (states, ranges, reserved bits, overlaps, free space).
//!
//! `VHDXRAY_BENCH_TIB` bounds the size of the disks.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench with wrong results must not go on")]
#![expect(clippy::indexing_slicing, clippy::print_stdout, reason = "a bench prints what it measures")]

mod support;

use std::sync::Arc;

use divan::Bencher;
use divan::counter::BytesCount;
use support::bats::{Case, Made, Stretched, cases, made};
use support::ledger::{Amount, limit, path};
use vhdxray::format::vhdx::bat::PayloadState;
use vhdxray::image::vhdx::OpenOptions;
use vhdxray::image::{FileKind, Image};
use vhdxray::source::FileSource;

/// Bytes of a piece, as the pass reads them.
const PIECE: usize = 256 << 10;

fn open(made: &Made) -> Image {
    let source = Stretched::open(&made.path, made.size);
    Image::open(Arc::new(source), FileKind::Vhdx, OpenOptions::default()).unwrap()
}

#[divan::bench(args = cases(), sample_count = 7, sample_size = 1)]
fn count(bencher: Bencher<'_, '_>, case: Case) {
    let made = made(case);
    let image = open(&made);
    bencher.counter(BytesCount::new(made.bat.len.get())).bench_local(|| {
        let counts =
            path(&case.to_string(), "count states", Amount::Bytes(made.bat.len.get()), || image.count_blocks());
        let counts = counts.unwrap().unwrap();
        for (state, expected) in PayloadState::ALL.into_iter().zip(made.states) {
            assert_eq!(counts.get(state), expected, "{case}: {state:?}");
        }
    });
}

#[divan::bench(args = cases(), sample_count = 7, sample_size = 1)]
fn survey(bencher: Bencher<'_, '_>, case: Case) {
    let made = made(case);
    let image = open(&made);
    bencher.counter(BytesCount::new(made.bat.len.get())).bench_local(|| {
        let found = path(&case.to_string(), "survey for all checks", Amount::Bytes(made.bat.len.get()), || {
            image.as_vhdx().unwrap().bat(&**image.view()).unwrap().unwrap()
        });
        for (state, expected) in PayloadState::ALL.into_iter().zip(made.states) {
            assert_eq!(found.counts.get(state), expected, "{case}: {state:?}");
        }
        let wrong = [&found.overlaps, &found.on_structures].map(|collisions| collisions.count);
        assert_eq!((wrong, found.beyond_end, found.reserved_bits.count), ([0, 0], None, 0), "{case}");
        let free: u64 = found.used.free(None).map(|range| range.len.get()).sum();
        assert_eq!(free, 0, "{case}: structures and blocks fill the file");
    });
}

#[divan::bench(args = cases(), sample_count = 7, sample_size = 1)]
fn limit_positioned_read(bencher: Bencher<'_, '_>, case: Case) {
    let made = made(case);
    let source = FileSource::open(&made.path).unwrap();
    bencher.counter(BytesCount::new(made.bat.len.get())).bench_local(|| {
        let bytes = Amount::Bytes(made.bat.len.get());
        limit(&case.to_string(), "positioned read", bytes, || support::limits::read_pieces(&source, made.bat, PIECE));
    });
}

#[divan::bench(args = cases(), sample_count = 7, sample_size = 1)]
fn limit_memory_read(bencher: Bencher<'_, '_>, case: Case) {
    let made = made(case);
    let bytes = made.table();
    bencher.counter(BytesCount::new(bytes.len())).bench_local(|| {
        limit(&case.to_string(), "memory read", Amount::Bytes(made.bat.len.get()), || support::limits::sum(&bytes))
    });
}

/// Opening reads no BAT: it takes as long for 64 TiB as for one.
#[divan::bench(args = cases(), sample_count = 25, sample_size = 1)]
fn open_only(bencher: Bencher<'_, '_>, case: Case) {
    let made = made(case);
    bencher.bench_local(|| {
        let image = path(&format!("{case}, open"), "open", Amount::Files(1), || open(&made));
        assert!(image.blockers().is_empty(), "{:?}", image.blockers());
        let mut buffer = vec![0; 4096];
        limit(&format!("{case}, open"), "open and five reads", Amount::Files(1), || {
            support::limits::five_reads(&made.path, &mut buffer);
        });
    });
}

fn main() {
    support::main();
}
