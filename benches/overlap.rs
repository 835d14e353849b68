//! The map of a file's space alone: every present block of a BAT in memory takes its megabyte, and those that lie where
//! another lies show. Disks of 1, 8 and 64 TiB with blocks of 1 MiB, in one thread.
//!
//! `VHDXRAY_BENCH_TIB` bounds the size of the disks.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench with wrong results must not go on")]
#![expect(clippy::indexing_slicing, clippy::print_stdout, reason = "a bench prints what it measures")]

mod support;

use divan::Bencher;
use divan::counter::BytesCount;
use support::bats::{Case, cases, made};
use support::ledger::{Amount, limit, path};
use vhdxray::format::vhdx::bat::{Bat, BatEntry, PayloadState};
use vhdxray::image::vhdx::SpaceMap;
use vhdxray::source::FileSource;
use vhdxray::units::{ByteLen, FileRange};

const MIB: ByteLen = ByteLen::mib(1);
/// Bytes of a piece, as a pass over the BAT reads them.
const PIECE: usize = 256 << 10;
const PRESENT: usize = PayloadState::FullyPresent as usize;

fn present(cases: Vec<Case>) -> impl Iterator<Item = Case> {
    cases.into_iter().filter(|case| case.shape != "empty")
}

/// How many blocks lie where another lies.
fn take(map: &mut SpaceMap, table: &[u8]) -> u64 {
    let is_present = |entry: &BatEntry| entry.payload_state().is_present();
    let ranges = Bat::new(table).iter().filter(is_present).map(|entry| FileRange::new(entry.file_offset(), MIB));
    ranges.map(|range| u64::from(map.take(range))).sum()
}

#[divan::bench(args = present(cases()), sample_count = 7, sample_size = 1)]
fn take_every_block(bencher: Bencher<'_, '_>, case: Case) {
    let made = made(case);
    let table = made.table();
    bencher.counter(BytesCount::new(table.len())).bench_local(|| {
        let (mut map, twice) = path(&case.to_string(), "take every block", Amount::Bytes(made.bat.len.get()), || {
            let mut map = SpaceMap::new(made.size);
            let twice = take(&mut map, &table);
            (map, twice)
        });
        assert_eq!(twice, 0, "{case}: every block has its own place");
        let free: u64 = map.free(None).map(|range| range.len.get()).sum();
        assert_eq!((made.size.get() - free) / MIB.get(), made.states[PRESENT], "{case}");
        let again = &table[..support::size(MIB.get())];
        let blocks = Bat::new(again).iter().filter(|entry| entry.payload_state().is_present()).count();
        assert_eq!(take(&mut map, again), blocks as u64, "{case}: every place is taken");
    });
}

#[divan::bench(args = present(cases()), sample_count = 7, sample_size = 1)]
fn limit_memory_read(bencher: Bencher<'_, '_>, case: Case) {
    let table = made(case).table();
    bencher.counter(BytesCount::new(table.len())).bench_local(|| {
        let bytes = Amount::Bytes(u64::try_from(table.len()).unwrap());
        limit(&case.to_string(), "memory read", bytes, || support::limits::sum(&table))
    });
}

#[divan::bench(args = present(cases()), sample_count = 7, sample_size = 1)]
fn limit_positioned_read(bencher: Bencher<'_, '_>, case: Case) {
    let made = made(case);
    let source = FileSource::open(&made.path).unwrap();
    bencher.counter(BytesCount::new(made.bat.len.get())).bench_local(|| {
        let bytes = Amount::Bytes(made.bat.len.get());
        limit(&case.to_string(), "positioned read", bytes, || support::limits::read_pieces(&source, made.bat, PIECE));
    });
}

fn main() {
    support::main();
}
