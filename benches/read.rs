//! The long job: a virtual disk read and hashed through 1, 5 and 20 layers, of long and of short runs.
//!
//! `VHDXRAY_BENCH_MIB` sets the size of the disk, all of which is data.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench with wrong results must not go on")]
#![expect(clippy::indexing_slicing, clippy::print_stdout, reason = "a bench prints what it measures")]

mod support;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use divan::Bencher;
use divan::counter::BytesCount;
use support::files;
use support::ledger::{Amount, limit, path};
use support::setting;
use vhdxray::analysis::hash::{Algorithm, Hasher, hash_disk};
use vhdxray::chain::{Piece, VirtualDisk};
use vhdxray::estate::Silent;
use vhdxray::inspect::{ChainPolicy, Request, inspect};
use vhdxray::source::{FileSource, ReadAt};
use vhdxray::units::{ByteLen, FileOffset, FileRange, VirtualOffset, VirtualRange};

const PIECE: usize = 1 << 20;
/// Clusters of a guest that were written one by one.
const SHORT_RUN: u64 = 4 << 10;

/// A chain to read through: how many layers it has, and how long the runs in their partial blocks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Chain {
    depth: u64,
    run: u64,
}

const CHAINS: [Chain; 4] = [
    Chain { depth: 1, run: files::RUN },
    Chain { depth: 5, run: files::RUN },
    Chain { depth: 20, run: files::RUN },
    Chain { depth: 20, run: SHORT_RUN },
];

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fine = if self.run == SHORT_RUN { "fine " } else { "" };
        write!(f, "{} {fine}layer{}", self.depth, if self.depth == 1 { "" } else { "s" })
    }
}

/// A chain on disk, and its content as the model has it.
struct Made {
    chain: Chain,
    folder: PathBuf,
    base: PathBuf,
    leaf: PathBuf,
    content: Vec<u8>,
}

impl Drop for Made {
    fn drop(&mut self) {
        // The next one may need the room.
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

fn made(chain: Chain) -> Arc<Made> {
    static MADE: Mutex<Option<Arc<Made>>> = Mutex::new(None);
    let mut made = MADE.lock().unwrap();
    if let Some(made) = made.as_ref().filter(|made| made.chain == chain) {
        return Arc::clone(made);
    }
    // One at a time: each holds the whole content.
    *made = None;
    Arc::clone(made.insert(Arc::new(make(chain))))
}

fn make(chain: Chain) -> Made {
    let size = setting("MIB", 1024, 16) << 20;
    let folder = support::folder().join(chain.to_string());
    let (model, layer, paths) = files::layers(&folder, size, chain.depth, chain.run).unwrap();
    let content = model.expected(layer, 0, size);
    Made { chain, folder, base: paths[0].clone(), leaf: paths.last().unwrap().clone(), content }
}

fn with_disk<T>(made: &Made, work: impl FnOnce(&VirtualDisk) -> T) -> T {
    let request = Request { paths: vec![made.leaf.clone()], ..Request::default() };
    let found = inspect(&request, &Silent);
    let (file, _) = found.files().find(|(_, file)| file.path == made.leaf).unwrap();
    work(&found.open_disk(file, ChainPolicy::default()).unwrap().disk)
}

#[divan::bench(args = CHAINS, sample_count = 7, sample_size = 1)]
fn all(bencher: Bencher<'_, '_>, chain: Chain) {
    let made = made(chain);
    let len = made.content.len() as u64;
    let read = format!("{chain}, read");
    // The blocks of the base lie one behind the other: as many bytes as the disk has, in order.
    let base = FileSource::open(&made.base).unwrap();
    let blocks = FileRange::new(FileOffset(base.size().get() - len), ByteLen(len));
    bencher.counter(BytesCount::new(6 * len)).bench_local(|| {
        with_disk(&made, |disk| read_all(disk, &made, &read));
        limit(&read, "positioned read", Amount::Bytes(len), || support::limits::read_pieces(&base, blocks, PIECE));
        hash(&made, &[Algorithm::Sha256]);
        hash(&made, &[Algorithm::Blake3]);
        if chain == CHAINS[0] {
            hash(&made, &[Algorithm::Sha256, Algorithm::Sha1, Algorithm::Blake3]);
        }
    });
}

fn read_all(disk: &VirtualDisk, made: &Made, case: &str) {
    let len = made.content.len() as u64;
    let range = VirtualRange::new(VirtualOffset::ZERO, ByteLen(len));
    let read = path(case, "stream", Amount::Bytes(len), || {
        let mut read = 0;
        disk.stream(range, |piece| {
            match piece {
                Piece::Data(_, bytes) => read += divan::black_box(bytes).len() as u64,
                Piece::Zeros(zeros) => read += zeros.len.get(),
            }
            Ok(())
        })
        .unwrap();
        read
    });
    assert_eq!(read, len);
}

/// Hashes the disk through its chain, and its content in memory with each algorithm alone: in one pass, the slowest
/// should be what it takes.
fn hash(made: &Made, algorithms: &[Algorithm]) {
    let len = made.content.len() as u64;
    let names: Vec<&str> = algorithms.iter().map(|algorithm| algorithm.name()).collect();
    let case = format!("{}, {}", made.chain, names.join("+"));
    let hashes = with_disk(made, |disk| {
        path(&case, "hash", Amount::Bytes(len), || hash_disk(disk, algorithms, &mut |_| true).unwrap())
    });
    for (algorithm, found) in algorithms.iter().zip(hashes) {
        let what = IN_MEMORY.iter().find(|(of, _)| of == algorithm).unwrap().1;
        let in_memory = limit(&case, what, Amount::Bytes(len), || {
            let mut hasher = Hasher::new(*algorithm);
            for piece in made.content.chunks(PIECE) {
                hasher.update(piece);
            }
            hasher.finish()
        });
        assert_eq!(found, in_memory, "{case}");
    }
}

const IN_MEMORY: [(Algorithm, &str); 3] = [
    (Algorithm::Sha256, "SHA-256 in memory"),
    (Algorithm::Sha1, "SHA-1 in memory"),
    (Algorithm::Blake3, "BLAKE3 in memory"),
];

fn main() {
    divan::main();
    support::ledger::print();
    let read = |chain: Chain| format!("{chain}, read");
    for chain in CHAINS.iter().skip(1) {
        support::ledger::print_beside("stream", &read(*chain), &read(CHAINS[0]));
    }
    support::end();
}
