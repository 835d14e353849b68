//! What is read of a large disk to say what it is: nothing of its BAT, which takes half a gigabyte.
#![cfg(feature = "testkit")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::{Arc, Mutex};

use vhdxray::image::vhdx::{Depth, OpenOptions, VhdxSurvey};
use vhdxray::source::{FileSource, ReadAt};
use vhdxray::testkit::pattern;
use vhdxray::testkit::vhdx::{Block, Builder, Built};
use vhdxray::units::{ByteLen, FileOffset, FileRange};

/// The largest disk of the format in its smallest blocks.
const SIZE: u64 = 64 << 40;

/// The most that is to be read of it: the header section, and little more than the tables need.
const MOST: u64 = 400 << 10;

fn made(path: &Path, size: u64) -> Built {
    let built = Builder::dynamic(size).seed(64).block(0, Block::full(pattern::image(1, 0, 4096))).build();
    built.image.write_to(path).unwrap();
    built
}

/// A file that remembers what was read of it.
#[derive(Debug)]
struct Recording {
    source: FileSource,
    reads: Mutex<Vec<FileRange>>,
}

impl ReadAt for Recording {
    fn size(&self) -> ByteLen {
        self.source.size()
    }

    fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> vhdxray::Result<()> {
        self.reads.lock().unwrap().push(FileRange::new(offset, ByteLen::from(buf.len())));
        self.source.read_exact_at(structure, offset, buf)
    }
}

#[test]
fn opening_at_the_depth_of_info_reads_no_bat() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("largest.vhdx");
    let built = made(&path, SIZE);
    let source = Arc::new(Recording { source: FileSource::open(&path).unwrap(), reads: Mutex::default() });
    let options = OpenOptions { depth: Depth::Tables, ..OpenOptions::default() };
    let (survey, _) = VhdxSurvey::read(source.clone(), options);
    let geometry = survey.geometry().unwrap();
    assert_eq!(geometry.bat.len.get(), built.layout.shape.entries * 8);
    let reads = source.reads.lock().unwrap();
    assert!(reads.iter().map(|range| range.len.get()).sum::<u64>() < MOST, "{reads:?}");
    assert!(!reads.iter().any(|range| range.overlaps(geometry.bat)), "{reads:?}");
}

/// The whole command, as the system counts what it reads: of all files, its own libraries among them.
#[cfg(all(feature = "cli", target_os = "linux"))]
#[test]
fn info_without_blocks_reads_less_than_400_kib() {
    use std::io::Read;
    use std::process::{Command, Stdio};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("disk.vhdx");
    let read = |size: u64, arguments: &[&str]| {
        made(&path, size);
        let mut command = Command::new(env!("CARGO_BIN_EXE_vhdxray"));
        let mut child = command.args(arguments).arg(&path).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = String::new();
        child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        assert!(out.contains("Dynamic"), "{out}");
        // What an ended process read can be asked for until somebody waits for it.
        let file = |name: &str| std::fs::read_to_string(format!("/proc/{}/{name}", child.id())).unwrap();
        while !file("stat").contains(") Z") {
            std::thread::yield_now();
        }
        let io = file("io");
        assert!(child.wait().unwrap().success());
        io.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse::<u64>().unwrap()
    };
    let bytes = read(SIZE, &["info", "--no-blocks"]);
    assert!(bytes < MOST, "{bytes} bytes were read");
    assert!(read(1 << 40, &["info"]) > 8 << 20, "what is read is not what is counted");
}
