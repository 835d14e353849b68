//! What a merge costs, worked out for a chain of 50 layers: all of it into its base in one pass, pair by pair, and an
//! export.
//!
//! `quiet`: children that have hardly begun; `mixed`: children in which three fifths of the blocks are the layer's own, in
//! any order. `VHDXRAY_BENCH_MERGE_TIB` sets the size of the quiet disks, which have blocks of 2 MiB, and
//! `VHDXRAY_BENCH_MERGE_BLOCKS` the blocks of the mixed ones, of 1 MiB.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench with wrong results must not go on")]
#![expect(clippy::indexing_slicing, clippy::print_stdout, reason = "a bench prints what it measures")]

mod support;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use divan::Bencher;
use divan::counter::BytesCount;
use support::ledger::{Amount, limit, path};
use support::setting;
use uuid::Uuid;
use vhdxray::analysis::merge::{Method, costs};
use vhdxray::chain::{Bottom, VirtualDisk};
use vhdxray::image::vhdx::OpenOptions;
use vhdxray::image::{FileKind, Image};
use vhdxray::source::{FileSource, ReadAt};
use vhdxray::testkit::vhdx::{Builder, HugeBat, Locator};
use vhdxray::units::{ByteLen, FileOffset, FileRange};

const MIB: u64 = 1 << 20;
const LAYERS: u64 = 50;
/// Bytes of a piece, as a pass reads them.
const PIECE: usize = 256 << 10;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Case {
    Quiet,
    Mixed,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quiet => write!(f, "50 x {} TiB quiet", quiet_tib()),
            Self::Mixed => write!(f, "50 x {} Ki mixed", mixed_blocks() >> 10),
        }
    }
}

fn quiet_tib() -> u64 {
    setting("MERGE_TIB", 64, 1)
}

fn mixed_blocks() -> u64 {
    setting("MERGE_BLOCKS", 1 << 20, 1 << 14)
}

const CASES: [Case; 2] = [Case::Quiet, Case::Mixed];

/// The files of a chain, the leaf first, and what merging them moves.
#[derive(Clone)]
struct Made {
    /// Where they are, how long they should be, and where their BATs lie.
    files: Vec<(PathBuf, ByteLen, FileRange)>,
    /// Bytes of content that each way reads, from the entries block by block.
    truth: BTreeMap<Method, u64>,
}

/// A file that claims the length it should have; nothing reads a block.
#[derive(Debug)]
struct Stretched {
    source: FileSource,
    size: ByteLen,
}

impl ReadAt for Stretched {
    fn size(&self) -> ByteLen {
        self.size
    }

    fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> vhdxray::Result<()> {
        self.source.read_exact_at(structure, offset, buf)
    }
}

fn made(case: Case) -> Made {
    static MADE: Mutex<BTreeMap<Case, Made>> = Mutex::new(BTreeMap::new());
    MADE.lock().unwrap().entry(case).or_insert_with(|| make(case)).clone()
}

fn make(case: Case) -> Made {
    let files: Vec<_> = (0..LAYERS).map(|layer| file(case, layer)).collect();
    let truth = match case {
        // All entries are zero.
        Case::Quiet => WAYS.into_iter().map(|method| (method, 0)).collect(),
        Case::Mixed => truth(&files),
    };
    Made { files, truth }
}

/// Of a block the topmost file counts that says anything of it; 6 is the state of one that is there.
fn truth(files: &[(PathBuf, ByteLen, FileRange)]) -> BTreeMap<Method, u64> {
    let blocks = support::size(mixed_blocks());
    let mut shown = vec![0_u8; blocks];
    let (mut single, mut top_down, mut bottom_up, mut export) = (0, 0, 0, 0);
    for (layer, (path, _, bat)) in files.iter().enumerate() {
        let mut table = vec![0; support::size(bat.len.get())];
        FileSource::open(path).unwrap().read_exact_at("BAT", bat.start, &mut table).unwrap();
        let mut own: u64 = 0;
        for (block, shown) in shown.iter_mut().enumerate() {
            // Chunks of blocks of 1 MiB have 4,096, and an entry of their own.
            let state = table[(block + block / 4096) * 8] & 7;
            own += u64::from(state == 6);
            *shown = if *shown == 0 { state } else { *shown };
        }
        export = shown.iter().map(|state| u64::from(*state == 6)).sum();
        if layer + 1 < files.len() {
            (single, top_down, bottom_up) = (export, top_down + export, bottom_up + own);
        }
    }
    let ways = [single, top_down, bottom_up, export].map(|blocks| blocks * MIB);
    WAYS.into_iter().zip(ways).collect()
}

/// All ways that move anything.
const WAYS: [Method; 4] = [Method::SinglePass, Method::PairwiseTopDown, Method::PairwiseBottomUp, Method::Export(None)];

fn file(case: Case, layer: u64) -> (PathBuf, ByteLen, FileRange) {
    let (size, block) = match case {
        Case::Quiet => (quiet_tib() << 40, 2 << 20),
        Case::Mixed => (mixed_blocks() * MIB, 1 << 20),
    };
    let is_base = layer + 1 == LAYERS;
    let builder = if is_base {
        Builder::dynamic(size)
    } else {
        let locator = Locator::new().linkage(Uuid::from_u128(1)).entry("relative_path", r".\parent.vhdx");
        Builder::differencing(size, locator)
    };
    let bat = match case {
        Case::Quiet => HugeBat::Empty,
        Case::Mixed => HugeBat::Mixed(layer),
    };
    let mut built = builder.block_size(block).huge_bat(bat).seed(layer).build();
    let whole = ByteLen(built.image.len());
    built.image.set_len(built.layout.bat.end);
    let path = support::folder().join(format!("{case} {layer}.vhdx"));
    built.image.write_to(&path).unwrap();
    let bat = FileRange::new(FileOffset(built.layout.bat.start), ByteLen(built.layout.shape.entries * 8));
    (path, whole, bat)
}

fn disk(made: &Made) -> VirtualDisk {
    let open = |(path, size, _): &(PathBuf, ByteLen, FileRange)| {
        let source = Stretched { source: FileSource::open(path).unwrap(), size: *size };
        Arc::new(Image::open(Arc::new(source), FileKind::Vhdx, OpenOptions::default()).unwrap())
    };
    VirtualDisk::new(made.files.iter().map(open).collect(), Bottom::Whole).unwrap()
}

fn bytes(made: &Made) -> u64 {
    made.files.iter().map(|(_, _, bat)| bat.len.get()).sum()
}

fn plan(bencher: Bencher<'_, '_>, case: Case, what: &'static str, methods: &[Method]) {
    let made = made(case);
    let disk = disk(&made);
    let into = made.files.len() - 1;
    bencher.counter(BytesCount::new(bytes(&made))).bench_local(|| {
        let found = path(&case.to_string(), what, Amount::Bytes(bytes(&made)), || costs(&disk, into, methods).unwrap());
        for cost in found {
            // Tables are read once a step by the file that is merged and by the one that it is merged into.
            let read = cost.read().bat.get();
            assert!(read >= bytes(&made), "{case}: {read}");
            assert_eq!(cost.read().payload.get(), made.truth[&cost.method], "{case}: {}", cost.method.name());
            assert_eq!(cost.read().payload, cost.write().payload, "{case}");
        }
    });
}

#[divan::bench(args = CASES, sample_count = 5, sample_size = 1)]
fn one_pass(bencher: Bencher<'_, '_>, case: Case) {
    plan(bencher, case, "one pass", &[Method::SinglePass]);
}

#[divan::bench(args = CASES, sample_count = 5, sample_size = 1)]
fn all_ways(bencher: Bencher<'_, '_>, case: Case) {
    plan(bencher, case, "all ways", &WAYS[..3]);
}

#[divan::bench(args = CASES, sample_count = 5, sample_size = 1)]
fn all_ways_and_an_export(bencher: Bencher<'_, '_>, case: Case) {
    plan(bencher, case, "all ways and an export", &WAYS);
}

#[divan::bench(args = CASES, sample_count = 5, sample_size = 1)]
fn export(bencher: Bencher<'_, '_>, case: Case) {
    plan(bencher, case, "export", &WAYS[3..]);
}

#[divan::bench(args = CASES, sample_count = 5, sample_size = 1)]
fn limit_positioned_read(bencher: Bencher<'_, '_>, case: Case) {
    let made = made(case);
    let sources: Vec<FileSource> = made.files.iter().map(|(path, _, _)| FileSource::open(path).unwrap()).collect();
    bencher.counter(BytesCount::new(bytes(&made))).bench_local(|| {
        limit(&case.to_string(), "positioned read", Amount::Bytes(bytes(&made)), || {
            for (source, (_, _, bat)) in sources.iter().zip(&made.files) {
                support::limits::read_pieces(source, *bat, PIECE);
            }
        });
    });
}

fn main() {
    support::main();
}
