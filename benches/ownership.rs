//! Who owns each block of a chain: the first plan, which reads the BAT of every layer once, and any later one, which lays
//! the kept planes over one another in another way.
//!
//! Chains of 20 layers with 4 Mi blocks and of 50 with 1 Mi, in blocks of 1 MiB; `VHDXRAY_BENCH_LAYER_BLOCKS` sets the
//! blocks of all layers together.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench with wrong results must not go on")]
#![expect(clippy::indexing_slicing, clippy::print_stdout, reason = "a bench prints what it measures")]

mod support;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use divan::Bencher;
use divan::counter::BytesCount;
use support::bats::Stretched;
use support::ledger::{Amount, limit, path};
use support::setting;
use uuid::Uuid;
use vhdxray::analysis::layers::{LayerMaps, Owned, View};
use vhdxray::image::vhdx::OpenOptions;
use vhdxray::image::{FileKind, Image};
use vhdxray::source::{FileSource, ReadAt};
use vhdxray::testkit::vhdx::{Builder, HugeBat, Locator};
use vhdxray::units::{ByteLen, FileOffset, FileRange};

const MIB: u64 = 1 << 20;
/// Bytes of a piece, as the pass reads them.
const PIECE: usize = 256 << 10;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Case {
    layers: u64,
    blocks: u64,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} layers x {} Ki", self.layers, self.blocks >> 10)
    }
}

fn cases() -> Vec<Case> {
    let all = setting("LAYER_BLOCKS", 80 << 20, 1 << 20);
    let blocks = |layers: u64| (all / layers).next_power_of_two() / 2 * if layers > 20 { 1 } else { 2 };
    [20, 50].map(|layers| Case { layers, blocks: blocks(layers) }).to_vec()
}

/// The files of a chain, the leaf first.
#[derive(Clone)]
struct Made {
    files: Vec<(PathBuf, ByteLen, FileRange)>,
    /// What each layer owns of the whole chain, and of the chain without its leaf, by going down block for block.
    truth: Vec<Vec<Owned>>,
    bytes: u64,
}

fn made(case: Case) -> Made {
    static MADE: Mutex<BTreeMap<Case, Made>> = Mutex::new(BTreeMap::new());
    let mut all = MADE.lock().unwrap();
    all.entry(case).or_insert_with(|| make(case)).clone()
}

fn make(case: Case) -> Made {
    let size = case.blocks * MIB;
    let mut states = Vec::new();
    let mut files = Vec::new();
    for layer in 0..case.layers {
        // Children in which a fifth of the blocks is data, in any order, and a fifth each of two kinds of zeros.
        let builder = match layer + 1 == case.layers {
            true => Builder::dynamic(size).huge_bat(HugeBat::Permuted(layer)),
            false => {
                let locator = Locator::new().linkage(Uuid::from_u128(1)).entry("relative_path", r".\parent.vhdx");
                Builder::differencing(size, locator).huge_bat(HugeBat::Mixed(layer + 1))
            }
        };
        let mut built = builder.seed(layer).build();
        let whole = ByteLen(built.image.len());
        built.image.set_len(built.layout.bat.end);
        let path = support::folder().join(format!("{case} {layer}.vhdx"));
        built.image.write_to(&path).unwrap();
        let shape = built.layout.shape;
        let bat = FileRange::new(FileOffset(built.layout.bat.start), ByteLen(shape.entries * 8));
        let mut table = vec![0; support::size(bat.len.get())];
        FileSource::open(&path).unwrap().read_exact_at("BAT", bat.start, &mut table).unwrap();
        let state = |block: u64| table[support::size((block + block / shape.chunk_ratio) * 8)] & 7;
        states.push((0..case.blocks).map(state).collect::<Vec<u8>>());
        files.push((path, whole, bat));
    }
    let truth = [0, 1].map(|first| owners(&states[first..])).to_vec();
    let bytes = files.iter().map(|(_, _, bat)| bat.len.get()).sum();
    Made { files, truth, bytes }
}

/// What each layer owns, block for block.
fn owners(states: &[Vec<u8>]) -> Vec<Owned> {
    let mut owned = vec![Owned::default(); states.len()];
    for block in 0..states[0].len() {
        let owner = states.iter().position(|layer| layer[block] != 0);
        match owner {
            Some(owner) if states[owner][block] == 6 => owned[owner].data.0 += MIB,
            Some(owner) => owned[owner].zeros.0 += MIB,
            None => panic!("the base has all blocks"),
        }
    }
    owned
}

fn open(made: &Made) -> Vec<Arc<Image>> {
    let open = |(path, size, _): &(PathBuf, ByteLen, FileRange)| {
        let source = Stretched::open(path, *size);
        Arc::new(Image::open(Arc::new(source), FileKind::Vhdx, OpenOptions::default()).unwrap())
    };
    made.files.iter().map(open).collect()
}

fn check(view: &View, truth: &[Owned], case: Case) {
    assert!(view.layers == truth && view.below.is_zero(), "{case}: {view:?} and not {truth:?}");
}

/// The plan of the whole chain, from nothing; then one that leaves out the leaf, from the planes that the first kept.
#[divan::bench(args = cases(), sample_count = 7, sample_size = 1)]
fn first_plan_and_another(bencher: Bencher<'_, '_>, case: Case) {
    let made = made(case);
    let images = open(&made);
    let chain: Vec<usize> = (0..images.len()).collect();
    bencher.counter(BytesCount::new(made.bytes)).bench_local(|| {
        let name = case.to_string();
        let (mut maps, view) = path(&name, "first plan", Amount::Bytes(made.bytes), || {
            let mut maps = LayerMaps::new(images.iter().cloned()).unwrap();
            let view = maps.view(&chain).unwrap();
            (maps, view)
        });
        check(&view, &made.truth[0], case);
        let view = path(&name, "another plan", Amount::Bytes(made.bytes), || maps.view(&chain[1..]).unwrap());
        check(&view, &made.truth[1], case);
    });
}

/// The same without keeping anything: what a chain too large for the budget takes.
#[divan::bench(args = cases(), sample_count = 7, sample_size = 1)]
fn plan_in_windows(bencher: Bencher<'_, '_>, case: Case) {
    let made = made(case);
    let images = open(&made);
    let chain: Vec<usize> = (0..images.len()).collect();
    bencher.counter(BytesCount::new(made.bytes)).bench_local(|| {
        let view = path(&case.to_string(), "plan in windows", Amount::Bytes(made.bytes), || {
            let mut maps = LayerMaps::with_limits(images.iter().cloned(), ByteLen::ZERO, 65_536).unwrap();
            maps.view(&chain).unwrap()
        });
        check(&view, &made.truth[0], case);
    });
}

#[divan::bench(args = cases(), sample_count = 7, sample_size = 1)]
fn limit_positioned_read(bencher: Bencher<'_, '_>, case: Case) {
    let made = made(case);
    let sources: Vec<FileSource> = made.files.iter().map(|(path, _, _)| FileSource::open(path).unwrap()).collect();
    bencher.counter(BytesCount::new(made.bytes)).bench_local(|| {
        limit(&case.to_string(), "positioned read", Amount::Bytes(made.bytes), || {
            for (source, (_, _, bat)) in sources.iter().zip(&made.files) {
                support::limits::read_pieces(source, *bat, PIECE);
            }
        });
    });
}

#[divan::bench(args = cases(), sample_count = 7, sample_size = 1)]
fn limit_memory_read(bencher: Bencher<'_, '_>, case: Case) {
    let made = made(case);
    let read = |(path, _, bat): &(PathBuf, ByteLen, FileRange)| {
        let mut bytes = vec![0; support::size(bat.len.get())];
        FileSource::open(path).unwrap().read_exact_at("BAT", bat.start, &mut bytes).unwrap();
        bytes
    };
    let tables: Vec<Vec<u8>> = made.files.iter().map(read).collect();
    bencher.counter(BytesCount::new(made.bytes)).bench_local(|| {
        limit(&case.to_string(), "memory read", Amount::Bytes(made.bytes), || {
            tables.iter().fold(0, |sum, table| support::limits::sum(table) ^ sum)
        })
    });
}

fn main() {
    support::main();
}
