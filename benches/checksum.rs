//! CRC-32C where the format needs it: headers of 4 KiB and region tables of 64 KiB, read and checked.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench with wrong results must not go on")]
#![expect(clippy::indexing_slicing, clippy::print_stdout, reason = "a bench prints what it measures")]

mod support;

use divan::Bencher;
use divan::counter::BytesCount;
use support::ledger::{Amount, limit, path};
use support::setting;
use vhdxray::format::vhdx::header::Header;
use vhdxray::format::vhdx::region_table::RegionTable;
use vhdxray::testkit::vhdx;
use vhdxray::units::FileOffset;

const CASES: [&str; 3] = ["4 KiB in cache", "64 KiB in cache", "64 KiB from memory"];

/// Copies of one structure, and how often to go over them, to come to the same number of bytes each.
fn bytes(case: &str) -> (Vec<u8>, usize) {
    let total = support::size(setting("CHECKSUM_MIB", 256, 2) << 20);
    let built = vhdx::Builder::dynamic(1 << 30).build();
    let one = match case {
        "4 KiB in cache" => built.layout.headers[0].to_bytes(),
        _ => built.layout.region_table.to_bytes(),
    };
    let copies = if case.ends_with("memory") { total / one.len() } else { 1 };
    let whole = one.repeat(copies);
    let rounds = total / whole.len();
    (whole, rounds)
}

fn step(case: &str) -> usize {
    if case.starts_with("4 KiB") { 4096 } else { 65536 }
}

#[divan::bench(args = CASES, sample_count = 11, sample_size = 1)]
fn parse(bencher: Bencher<'_, '_>, case: &str) {
    let (whole, rounds) = bytes(case);
    let total = (whole.len() * rounds) as u64;
    bencher.counter(BytesCount::new(total)).bench_local(|| {
        path(case, "parse and check", Amount::Bytes(total), || {
            for structure in (0..rounds).flat_map(|_| whole.chunks(step(case))) {
                let (stored, computed) = if structure.len() == 4096 {
                    let header = Header::parse("header 1", FileOffset::ZERO, structure).unwrap();
                    (header.checksum, header.computed_checksum)
                } else {
                    let table = RegionTable::parse("region table 1", FileOffset::ZERO, structure).unwrap();
                    (table.checksum, table.computed_checksum)
                };
                assert_eq!(stored, computed);
            }
        });
    });
}

#[divan::bench(args = CASES, sample_count = 11, sample_size = 1)]
fn limit_checksum_alone(bencher: Bencher<'_, '_>, case: &str) {
    let (whole, rounds) = bytes(case);
    let total = (whole.len() * rounds) as u64;
    bencher.counter(BytesCount::new(total)).bench_local(|| {
        limit(case, "CRC-32C alone", Amount::Bytes(total), || {
            for structure in (0..rounds).flat_map(|_| whole.chunks(step(case))) {
                divan::black_box(crc32c::crc32c(structure));
            }
        });
    });
}

#[divan::bench(args = CASES, sample_count = 11, sample_size = 1)]
fn limit_memory_read(bencher: Bencher<'_, '_>, case: &str) {
    let (whole, rounds) = bytes(case);
    let total = (whole.len() * rounds) as u64;
    bencher.counter(BytesCount::new(total)).bench_local(|| {
        limit(case, "memory read", Amount::Bytes(total), || {
            for structure in (0..rounds).flat_map(|_| whole.chunks(step(case))) {
                divan::black_box(support::limits::sum(structure));
            }
        });
    });
}

fn main() {
    support::main();
}
