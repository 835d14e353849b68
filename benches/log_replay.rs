//! Opening a file with a full log, which is checked and replayed in memory.
//!
//! `VHDXRAY_BENCH_LOG_MIB` sets the length of the log.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench with wrong results must not go on")]
#![expect(clippy::indexing_slicing, clippy::print_stdout, reason = "a bench prints what it measures")]

mod support;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use divan::Bencher;
use divan::counter::BytesCount;
use support::ledger::{Amount, limit, path};
use support::setting;
use uuid::Uuid;
use vhdxray::image::vhdx::OpenOptions;
use vhdxray::image::{FileKind, Image};
use vhdxray::source::{FileSource, ReadAt};
use vhdxray::testkit::SparseImage;
use vhdxray::testkit::vhdx::{Builder, DirtyOptions, Place, Write, dirty};
use vhdxray::units::{ByteLen, FileOffset, FileRange};

/// Sectors that one entry writes: with its header it takes 65 of the ring's.
const SECTORS: u64 = 64;
const SECTOR: u64 = 4096;
const CASE: &str = "a full log";

struct Made {
    path: PathBuf,
    ring: FileRange,
    replayed: SparseImage,
    payload: u64,
    written: u64,
}

fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let log = setting("LOG_MIB", 32, 1) << 20;
        let entries = log / SECTOR / (SECTORS + 1);
        let built = Builder::dynamic(1 << 30).seed(9).place_length(Place::Log, log).build();
        let payload = built.image.len();
        let sector = |number: u64| {
            let bytes = number.to_le_bytes().repeat(support::size(SECTOR / 8));
            Write::Bytes(payload + number * SECTOR, bytes)
        };
        let batches: Vec<Vec<Write>> =
            (0..entries).map(|entry| (entry * SECTORS..(entry + 1) * SECTORS).map(sector).collect()).collect();
        // The writes go behind the end of the file, which the log extends.
        let dirty = dirty(&built, &batches, &DirtyOptions::new(Uuid::from_u128(9)));
        let path = support::folder().join("dirty.vhdx");
        dirty.file.image.write_to(&path).unwrap();
        let ring = FileRange::new(FileOffset(built.layout.log.start), ByteLen(log));
        Made { path, ring, replayed: dirty.replayed, payload, written: entries * SECTORS * SECTOR }
    })
}

#[divan::bench(sample_count = 11, sample_size = 1)]
fn open_and_replay(bencher: Bencher<'_, '_>) {
    let made = made();
    bencher.counter(BytesCount::new(made.ring.len.get())).bench_local(|| {
        let image = path(CASE, "open and replay", Amount::Bytes(made.ring.len.get()), || {
            let source = Arc::new(FileSource::open(&made.path).unwrap());
            Image::open(source, FileKind::Vhdx, OpenOptions::default()).unwrap()
        });
        assert!(image.replayed(), "{:?}", image.blockers());
        let mut bytes = vec![0; support::size(made.written)];
        image.view().read_exact_at("bench", FileOffset(made.payload), &mut bytes).unwrap();
        assert!(bytes == made.replayed.read(made.payload, made.written), "the replay is wrong");
    });
}

#[divan::bench(sample_count = 11, sample_size = 1)]
fn limit_positioned_read(bencher: Bencher<'_, '_>) {
    let made = made();
    let source = FileSource::open(&made.path).unwrap();
    bencher.counter(BytesCount::new(made.ring.len.get())).bench_local(|| {
        let bytes = Amount::Bytes(made.ring.len.get());
        limit(CASE, "positioned read", bytes, || support::limits::read_pieces(&source, made.ring, 1 << 20));
    });
}

#[divan::bench(sample_count = 11, sample_size = 1)]
fn limit_checksum(bencher: Bencher<'_, '_>) {
    let made = made();
    let mut ring = vec![0; support::size(made.ring.len.get())];
    FileSource::open(&made.path).unwrap().read_exact_at("log", made.ring.start, &mut ring).unwrap();
    bencher
        .counter(BytesCount::new(ring.len()))
        .bench_local(|| limit(CASE, "CRC-32C in memory", Amount::Bytes(made.ring.len.get()), || crc32c::crc32c(&ring)));
}

fn main() {
    support::main();
}
