//! The virtual disk read ahead by a thread of its own: the same bytes at every border of a piece, few reads, the same
//! errors, and an end whoever stops first.
#![cfg(feature = "testkit")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use vhdxray::analysis::hash::{Algorithm, Hasher, hash_disk};
use vhdxray::chain::{Bottom, Outlet, Piece, VirtualDisk};
use vhdxray::error::ErrorKind;
use vhdxray::image::{FileKind, Image, OpenOptions};
use vhdxray::source::ReadAt;
use vhdxray::testkit::rng::Rng;
use vhdxray::testkit::{Disk, Mark, Model, SparseImage, Style};
use vhdxray::units::{ByteLen, FileOffset, VirtualOffset, VirtualRange};
use vhdxray::{Error, Result};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// A file in memory that remembers where payload was read, and fails where it is bad.
#[derive(Debug)]
struct Watched {
    bytes: SparseImage,
    path: PathBuf,
    bad: Mutex<Option<Range<u64>>>,
    payload: Mutex<Vec<Range<u64>>>,
}

impl Watched {
    fn reads(&self) -> Vec<Range<u64>> {
        std::mem::take(&mut self.payload.lock().unwrap())
    }
}

impl ReadAt for Watched {
    fn size(&self) -> ByteLen {
        ByteLen(self.bytes.len())
    }

    fn path(&self) -> Option<&Path> {
        Some(&self.path)
    }

    fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> Result<()> {
        let range = offset.get()..offset.get() + buf.len() as u64;
        assert!(range.end <= self.bytes.len());
        if structure == "payload" {
            self.payload.lock().unwrap().push(range.clone());
        }
        if self.bad.lock().unwrap().as_ref().is_some_and(|bad| bad.start < range.end && range.start < bad.end) {
            return Err(Error::io(io::Error::other("bad sector"), structure, Some(offset)).with_path(&self.path));
        }
        self.bytes.read_into(offset.get(), buf);
        Ok(())
    }
}

/// The disk as the last layer of a model shows it, and its files, the base first.
fn opened(model: &Model) -> (VirtualDisk, Vec<Arc<Watched>>) {
    let file = |layer: usize| {
        let path = PathBuf::from(&model.layers()[layer].name);
        let bytes = model.vhdx(layer, Style::Plain).image;
        Arc::new(Watched { bytes, path, bad: Mutex::default(), payload: Mutex::default() })
    };
    let files: Vec<_> = (0..model.layers().len()).map(file).collect();
    let image = |file: &Arc<Watched>| {
        Arc::new(Image::open(Arc::<Watched>::clone(file), FileKind::Vhdx, OpenOptions::default()).unwrap())
    };
    let disk = VirtualDisk::new(files.iter().rev().map(image).collect(), Bottom::Whole).unwrap();
    (disk, files)
}

fn range(start: u64, len: u64) -> VirtualRange {
    VirtualRange::new(VirtualOffset(start), ByteLen(len))
}

/// The bytes of a range, put together from pieces that must tile it.
fn streamed(disk: &VirtualDisk, range: VirtualRange) -> Vec<u8> {
    let mut bytes = vec![];
    disk.stream(range, |piece| {
        let at = range.start.get() + bytes.len() as u64;
        match piece {
            Piece::Data(start, data) => {
                assert!(start.get() == at && !data.is_empty() && data.len() as u64 <= MIB);
                bytes.extend_from_slice(&data);
            }
            Piece::Zeros(zeros) => {
                assert!(zeros.start.get() == at && zeros.len.get() >= MIB);
                bytes.resize(bytes.len() + zeros.len.to_usize().unwrap(), 0);
            }
        }
        Ok(())
    })
    .unwrap();
    bytes
}

/// A base full of data, and three children that own short and long runs of it, unmapped ones too.
fn patchwork(size: u64, seed: u64) -> Model {
    let disk = Disk::new(size);
    let mut rng = Rng::new(seed);
    let mut model = Model::new(seed);
    let mut layer = model.base(disk);
    model.write(layer, 0..size, 1);
    for tag in 2..5 {
        layer = model.child(layer, disk);
        for _ in 0..20 {
            let start = rng.below(size / 512) * 512;
            let len = [512, 4 * KIB, 12 * KIB, 70 * KIB, 300 * KIB][usize::try_from(rng.below(5)).unwrap()];
            model.write(layer, start..(start + len).min(size), tag);
        }
    }
    // A whole block and more: zeros in the midst of data.
    if size > 3 * MIB {
        model.mark(layer, MIB..3 * MIB, Mark::Zero);
    }
    model
}

#[test]
fn pieces_tile_every_range_and_hold_what_the_model_says() {
    let sizes = [512, MIB - 512, MIB, MIB + 512, 2 * MIB - 512, 2 * MIB, 5 * MIB + 512];
    for (seed, size) in (1..).zip(sizes) {
        let model = patchwork(size, seed);
        let (disk, _) = opened(&model);
        let edges = [0, 1, 511, 4096, MIB - 1, MIB, MIB + 1, 2 * MIB - 1, 3 * MIB, size / 2, size - 1, size];
        for start in edges.into_iter().filter(|start| *start <= size) {
            for len in [0, 1, 513, MIB - 1, MIB, MIB + 1, size - start].into_iter().filter(|len| start + len <= size) {
                let bytes = streamed(&disk, range(start, len));
                assert!(bytes == model.expected(3, start, len), "{len} bytes at {start} of {size}");
            }
        }
        // What lies past the end of the disk is left out.
        assert!(streamed(&disk, range(size - 1, MIB)) == model.expected(3, size - 1, 1), "{size}");
        assert!(streamed(&disk, range(size + 1, MIB)).is_empty());
    }
}

/// Keeps what it is given, and takes a share of what it may take unread.
struct Kept {
    bytes: Vec<u8>,
    share: u64,
    passed: u64,
}

impl Outlet for Kept {
    fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn zeros(&mut self, len: ByteLen) -> Result<()> {
        self.bytes.resize(self.bytes.len() + len.to_usize().unwrap(), 0);
        Ok(())
    }

    fn pass(&mut self, source: &dyn ReadAt, at: FileOffset, len: ByteLen) -> ByteLen {
        let taken = ByteLen(len.get() * self.share / 100);
        self.bytes.extend(source.read_vec("passed", at, taken).unwrap());
        self.passed += taken.get();
        taken
    }
}

#[test]
fn what_is_poured_is_what_the_model_says_however_much_goes_unread() {
    for (seed, size) in (1..).zip([512, MIB - 512, 2 * MIB, 5 * MIB + 512]) {
        let model = patchwork(size, seed);
        let (disk, _) = opened(&model);
        for share in [0, 37, 100] {
            for (start, len) in [(0, size), (0, 1), (511, size - 511), (size / 2, size / 2), (size, 0)] {
                let mut kept = Kept { bytes: vec![], share, passed: 0 };
                disk.pour(disk.extents_of(range(start, len)).unwrap(), &mut kept).unwrap();
                assert!(kept.bytes == model.expected(3, start, len), "{len} bytes at {start} of {size}, {share} %");
                assert!(kept.passed == 0 || (share > 0 && len > 100 * KIB), "{len} bytes at {start}, {share} %");
                assert!(kept.passed > 0 || share == 0 || len < MIB, "{len} bytes at {start}, {share} %");
            }
        }
    }
}

#[test]
fn what_lies_before_a_fault_is_poured() {
    let model = patchwork(5 * MIB, 3);
    let (disk, files) = opened(&model);
    *files[0].bad.lock().unwrap() = Some(0..u64::MAX);
    let extents =
        [disk.extents_of(range(MIB, 4096)).unwrap().next().unwrap(), Err(Error::refused("", None, "a fault"))];
    let mut kept = Kept { bytes: vec![], share: 0, passed: 0 };
    let error = disk.pour(extents, &mut kept).unwrap_err();
    assert!(error.to_string().contains("a fault") && kept.bytes == model.expected(3, MIB, 4096), "{error}");
    // A place that cannot be read ends it.
    let error = disk.pour(disk.extents_of(range(0, 5 * MIB)).unwrap(), &mut kept).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Io(_)), "{error}");
}

#[test]
fn pieces_that_are_kept_stay_as_they_are() {
    let model = patchwork(24 * MIB, 9);
    let (disk, _) = opened(&model);
    let mut kept = vec![];
    let keep = |piece: Piece| {
        kept.push(piece);
        Ok(())
    };
    disk.stream(range(0, 24 * MIB), keep).unwrap();
    assert!(kept.len() > 20);
    for piece in kept {
        if let Piece::Data(start, bytes) = piece {
            assert!(*bytes == *model.expected(3, start.get(), bytes.len() as u64), "{start}");
        }
    }
}

/// A base all of which is data, and a child that owns `run` bytes in every `period` of the first 2 MiB.
fn striped(period: u64, run: u64) -> Model {
    let disk = Disk::new(4 * MIB);
    let mut model = Model::new(period);
    let base = model.base(disk);
    model.write(base, 0..4 * MIB, 1);
    let child = model.child(base, disk);
    for at in (0..2 * MIB).step_by(usize::try_from(period).unwrap()) {
        model.write(child, at..at + run, 2);
    }
    model
}

#[test]
fn a_stretch_that_is_mostly_of_one_file_is_read_at_once() {
    // Reads of base and child, and bytes read of both: a piece of 1 MiB is the most that is read at once.
    for (period, run, reads, bytes) in [
        // Three quarters are the base's.
        (16 * KIB, 4 * KIB, [4, 128], 2 * MIB - 4 * KIB * 2 + 2 * MIB + MIB / 2),
        // Three quarters are the child's: it comes first, and the base's parts are written over it.
        (16 * KIB, 12 * KIB, [128 + 2, 2], 2 * MIB - 4 * KIB * 2 + MIB / 2 + 2 * MIB),
        // Gaps so long that reading them costs more than a call.
        (128 * KIB, 32 * KIB, [16 + 2, 16], 4 * MIB),
    ] {
        let model = striped(period, run);
        let (disk, files) = opened(&model);
        assert!(streamed(&disk, range(0, 4 * MIB)) == model.expected(1, 0, 4 * MIB), "{period}, {run}");
        let found = [files[0].reads(), files[1].reads()];
        assert_eq!([found[0].len(), found[1].len()], reads, "{period}, {run}");
        let sum = found.iter().flatten().map(|read| read.end - read.start).sum::<u64>();
        assert_eq!(sum, bytes, "{period}, {run}");
    }
}

#[test]
fn what_reads_as_zeros_is_not_read() {
    let disk = Disk::new(64 * MIB);
    let mut model = Model::new(3);
    let base = model.base(disk);
    model.write(base, 0..64 * MIB, 1);
    let child = model.child(base, disk);
    model.mark(child, 0..63 * MIB, Mark::Unmapped);
    let (disk, files) = opened(&model);
    assert!(streamed(&disk, range(0, 64 * MIB)) == model.expected(1, 0, 64 * MIB));
    let read: Vec<u64> = files.iter().flat_map(|file| file.reads()).map(|read| read.end - read.start).collect();
    assert_eq!(read, [MIB]);
}

/// Where the base's file has a byte of the disk.
fn place(disk: &VirtualDisk, at: u64) -> u64 {
    disk.extents_of(range(at, 1)).unwrap().next().unwrap().unwrap().state.file_offset().unwrap().get()
}

#[test]
fn what_nobody_asked_for_may_be_unreadable() {
    let model = striped(16 * KIB, 4 * KIB);
    let (disk, files) = opened(&model);
    // The base's own content under a run of the child.
    let under = place(&disk, 64 * KIB + 4 * KIB) - 4 * KIB;
    *files[0].bad.lock().unwrap() = Some(under..under + 4 * KIB);
    assert!(streamed(&disk, range(0, 4 * MIB)) == model.expected(1, 0, 4 * MIB));
    // The piece that has the bad place is read run by run, and only that piece.
    assert_eq!(files[0].reads().len(), 1 + 64 + 1 + 2);
}

#[test]
fn an_error_of_the_reader_comes_out_as_it_is_and_after_what_lies_before_it() {
    let model = striped(16 * KIB, 4 * KIB);
    let (disk, files) = opened(&model);
    let bad = MIB + 40 * KIB;
    let from = place(&disk, bad);
    *files[0].bad.lock().unwrap() = Some(from..from + 512);
    let mut direct = vec![0; 512];
    let expected = disk.read_exact_at(VirtualOffset(bad), &mut direct).unwrap_err();
    let mut seen = 0;
    let error = disk
        .stream(range(0, 4 * MIB), |piece| {
            if let Piece::Data(start, bytes) = piece {
                seen = start.get() + bytes.len() as u64;
            }
            Ok(())
        })
        .unwrap_err();
    assert_eq!(seen, MIB, "the piece before the error is good, and none follows");
    assert!(matches!(error.kind(), ErrorKind::Io(inner) if inner.to_string() == "bad sector"), "{error}");
    assert_eq!((error.path(), error.structure()), (expected.path(), "payload"));
    assert_eq!(error.path(), Some(Path::new("layer-0.vhdx")));
    // The run that holds the bad place starts 4 KiB behind a multiple of 16 KiB.
    assert_eq!(error.offset(), Some(FileOffset(place(&disk, MIB + 36 * KIB))));

    for algorithms in [&[Algorithm::Sha256][..], &[Algorithm::Blake3, Algorithm::Sha256, Algorithm::Md5]] {
        let failed = hash_disk(&disk, algorithms, &mut |_| true).unwrap_err();
        assert_eq!((failed.path(), failed.offset()), (error.path(), error.offset()), "{algorithms:?}");
    }
}

/// Runs what might wait for itself for ever, and fails when it does.
fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = channel();
    let thread = std::thread::spawn(move || sender.send(work()).unwrap());
    let result = receiver.recv_timeout(Duration::from_mins(2)).unwrap_or_else(|_| panic!("it does not end"));
    thread.join().unwrap();
    result
}

#[test]
fn whoever_stops_stops_the_reader() {
    let model = Arc::new(patchwork(24 * MIB, 5));
    for stop in [0, 1, 2, 5, 15] {
        for keeps in [false, true] {
            let model = Arc::clone(&model);
            let (error, pieces) = in_time(move || {
                let (disk, _) = opened(&model);
                let (mut kept, mut pieces) = (vec![], 0);
                let each = |piece| {
                    if keeps {
                        kept.push(piece);
                    }
                    if pieces == stop {
                        return Err(Error::refused("", None, "enough"));
                    }
                    pieces += 1;
                    Ok(())
                };
                (disk.stream(range(0, 24 * MIB), each).unwrap_err(), pieces)
            });
            assert_eq!((error.to_string(), pieces), ("enough".to_owned(), stop));
        }
    }
}

#[test]
fn hashes_broken_off_end_too_whichever_is_behind() {
    let all = [Algorithm::Sha256, Algorithm::Blake3, Algorithm::Sha1, Algorithm::Md5];
    for algorithms in [&all[..1], &all[1..2], &all] {
        let algorithms = algorithms.to_vec();
        let (error, calls) = in_time(move || {
            let (disk, _) = opened(&patchwork(12 * MIB, 6));
            let mut calls = 0;
            let mut progress = |_| {
                calls += 1;
                calls < 4
            };
            (hash_disk(&disk, &algorithms, &mut progress).unwrap_err(), calls)
        });
        assert_eq!((error.to_string(), calls), ("interrupted".to_owned(), 4));
    }
}

#[test]
fn every_algorithm_alone_and_all_in_one_pass_give_the_hash_of_the_content() {
    let all = [Algorithm::Sha256, Algorithm::Blake3, Algorithm::Sha1, Algorithm::Md5];
    for (seed, size) in (20..).zip([MIB - 512, MIB, MIB + 512, 5 * MIB + 512]) {
        let model = patchwork(size, seed);
        let (disk, _) = opened(&model);
        let content = model.expected(3, 0, size);
        let expected = all.map(|algorithm| {
            let mut hasher = Hasher::new(algorithm);
            hasher.update(&content);
            hasher.finish()
        });
        assert_eq!(hash_disk(&disk, &all, &mut |_| true).unwrap(), expected, "{size}");
        for (algorithm, expected) in all.into_iter().zip(expected) {
            assert_eq!(hash_disk(&disk, &[algorithm], &mut |_| true).unwrap(), [expected], "{size}, {algorithm:?}");
        }
    }
}
