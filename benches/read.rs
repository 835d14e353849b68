//! The long job: a virtual disk read and hashed through 1, 5 and 20 layers.
//!
//! `VHDXRAY_BENCH_MIB` sets the size of the disk, all of which is data.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench with wrong results must not go on")]
#![expect(clippy::indexing_slicing, clippy::print_stdout, reason = "a bench prints what it measures")]

mod support;

use std::collections::BTreeMap;
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
use vhdxray::source::FileSource;
use vhdxray::units::{ByteLen, FileOffset, FileRange, VirtualOffset, VirtualRange};

const DEPTHS: [u64; 3] = [1, 5, 20];
const PIECE: usize = 1 << 20;

/// A chain on disk, and its content as the model has it: in memory, in a plain file, and hashed.
struct Made {
    leaf: PathBuf,
    flat: PathBuf,
    content: Vec<u8>,
    sha256: String,
}

fn made(depth: u64) -> Arc<Made> {
    static MADE: Mutex<BTreeMap<u64, Arc<Made>>> = Mutex::new(BTreeMap::new());
    let mut all = MADE.lock().unwrap();
    // One at a time: each holds the whole content.
    all.retain(|other, _| *other == depth);
    Arc::clone(all.entry(depth).or_insert_with(|| Arc::new(make(depth))))
}

fn make(depth: u64) -> Made {
    let size = setting("MIB", 1024, 16) << 20;
    let folder = support::folder().join(format!("depth-{depth}"));
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    let (model, layer, paths) = files::layers(&folder, size, depth).unwrap();
    let content = model.expected(layer, 0, size);
    let flat = folder.join("flat.img");
    std::fs::write(&flat, &content).unwrap();
    let mut hasher = Hasher::new(Algorithm::Sha256);
    hasher.update(&content);
    Made { leaf: paths.last().unwrap().clone(), flat, content, sha256: hasher.finish() }
}

fn with_disk<T>(made: &Made, work: impl FnOnce(&VirtualDisk) -> T) -> T {
    let request = Request { paths: vec![made.leaf.clone()], ..Request::default() };
    let found = inspect(&request, &Silent);
    let (file, _) = found.files().find(|(_, file)| file.path == made.leaf).unwrap();
    work(&found.open_disk(file, ChainPolicy::default()).unwrap().disk)
}

fn case(depth: u64) -> String {
    if depth == 1 { "1 layer".to_owned() } else { format!("{depth} layers") }
}

#[divan::bench(args = DEPTHS, sample_count = 7, sample_size = 1)]
fn all(bencher: Bencher<'_, '_>, depth: u64) {
    let made = made(depth);
    let len = made.content.len() as u64;
    let read = format!("{}, read", case(depth));
    let flat = FileSource::open(&made.flat).unwrap();
    bencher.counter(BytesCount::new(4 * len)).bench_local(|| {
        with_disk(&made, |disk| read_all(disk, &made, &read));
        limit(&read, "positioned read", Amount::Bytes(len), || {
            support::limits::read_pieces(&flat, FileRange::new(FileOffset::ZERO, ByteLen(len)), PIECE);
        });
        for algorithm in [Algorithm::Sha256, Algorithm::Blake3] {
            hash(&made, depth, algorithm);
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

fn hash(made: &Made, depth: u64, algorithm: Algorithm) {
    let len = made.content.len() as u64;
    let case = format!("{}, {}", case(depth), algorithm.name());
    let hashes = with_disk(made, |disk| {
        path(&case, "hash", Amount::Bytes(len), || hash_disk(disk, &[algorithm], &mut |_| true).unwrap())
    });
    let in_memory = limit(&case, "hash in memory", Amount::Bytes(len), || {
        let mut hasher = Hasher::new(algorithm);
        for piece in made.content.chunks(PIECE) {
            hasher.update(piece);
        }
        hasher.finish()
    });
    assert_eq!(hashes, [in_memory], "{case}");
    assert!(algorithm != Algorithm::Sha256 || hashes[0] == made.sha256);
}

fn main() {
    support::main();
}
