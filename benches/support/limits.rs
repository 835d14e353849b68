//! What the machine does at best with the same bytes.

use std::path::Path;
use std::sync::Mutex;

use vhdxray::source::{FileSource, ReadAt};
use vhdxray::units::{ByteLen, FileOffset, FileRange};

/// Reads a range piece by piece into one buffer.
pub(crate) fn read_pieces(source: &dyn ReadAt, range: FileRange, piece: usize) {
    let mut buffer = vec![0; piece];
    let mut at = range.start;
    while at < range.end() {
        let left = usize::try_from(range.end().get() - at.get()).unwrap();
        let part = &mut buffer[..left.min(piece)];
        source.read_exact_at("bench", at, part).unwrap();
        divan::black_box(&part);
        at = at.saturating_add(ByteLen::from(part.len()));
    }
}

/// The sum of all bytes as numbers of eight bytes: reading memory, and as good as nothing else.
pub(crate) fn sum(bytes: &[u8]) -> u64 {
    bytes.as_chunks::<8>().0.iter().fold(0, |sum, word| u64::wrapping_add(sum, u64::from_le_bytes(*word)))
}

/// Opens a file and reads five times 4 KiB where a VHDX file has something: the least that any reader does.
pub(crate) fn five_reads(path: &Path, buffer: &mut [u8]) {
    let source = FileSource::open(path).unwrap();
    for at in [0, 64 << 10, 128 << 10, 192 << 10, 2 << 20] {
        source.read_exact_at("bench", FileOffset(at), &mut buffer[..4096]).unwrap();
        divan::black_box(&buffer);
    }
}

/// A file that remembers what was read of it.
#[derive(Debug)]
pub(crate) struct Recording {
    source: FileSource,
    reads: Mutex<Vec<(FileOffset, usize)>>,
}

impl Recording {
    pub(crate) fn open(path: &Path) -> Self {
        Self { source: FileSource::open(path).unwrap(), reads: Mutex::default() }
    }

    /// Offset and length of each read so far.
    pub(crate) fn reads(&self) -> Vec<(FileOffset, usize)> {
        self.reads.lock().unwrap().clone()
    }
}

impl ReadAt for Recording {
    fn size(&self) -> ByteLen {
        self.source.size()
    }

    fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> vhdxray::Result<()> {
        self.reads.lock().unwrap().push((offset, buf.len()));
        self.source.read_exact_at(structure, offset, buf)
    }
}
