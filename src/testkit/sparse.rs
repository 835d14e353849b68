//! The bytes of a file as extents over zeros, so that a file of terabytes costs only what is written into it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::size;

/// Fills a buffer with the bytes that stand at an offset of a made extent.
pub type Fill = Arc<dyn Fn(u64, &mut [u8]) + Send + Sync>;

/// How much of a made extent is in memory at a time while a file is written.
const STREAM: usize = 1 << 20;

/// What the file system is asked to leave as a hole.
const PAGE: usize = 4096;

/// A file under construction: extents over zeros, and a length.
#[derive(Clone, Default)]
pub struct SparseImage {
    /// Extents by their first byte; they never overlap and none is empty.
    extents: BTreeMap<u64, Content>,
    len: u64,
}

#[derive(Clone)]
enum Content {
    Bytes(Vec<u8>),
    /// Bytes made when they are read: `len` bytes from `skip` of what `fill` describes.
    Made {
        fill: Fill,
        skip: u64,
        len: u64,
    },
}

impl SparseImage {
    /// A file of `len` zero bytes.
    pub fn new(len: u64) -> Self {
        Self { extents: BTreeMap::new(), len }
    }

    /// A file with these bytes.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut image = Self::new(0);
        image.write(0, bytes);
        image
    }

    /// The length of the file in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether the file has no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Makes the file shorter (what stood behind is lost) or longer (with zeros).
    pub fn set_len(&mut self, len: u64) {
        if len < self.len {
            self.carve(len..self.len);
        }
        self.len = len;
    }

    /// Writes bytes at an offset; the file grows when they reach past its end.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) {
        let end = offset + bytes.len() as u64;
        self.len = self.len.max(end);
        if bytes.is_empty() || self.write_in_place(offset, bytes) {
            return;
        }
        self.carve(offset..end);
        self.extents.insert(offset, Content::Bytes(bytes.to_vec()));
    }

    /// Writes `len` bytes at an offset that are made only when they are read. `fill` gets an offset from the start of
    /// this extent and a buffer to fill, in any order and in any pieces.
    pub fn write_made(&mut self, offset: u64, len: u64, fill: Fill) {
        let end = offset + len;
        self.len = self.len.max(end);
        if len > 0 {
            self.carve(offset..end);
            self.extents.insert(offset, Content::Made { fill, skip: 0, len });
        }
    }

    /// Writes another file's bytes at an offset, its zeros included.
    pub fn write_image(&mut self, offset: u64, image: &Self) {
        let end = offset + image.len;
        self.len = self.len.max(end);
        self.carve(offset..end);
        for (at, content) in &image.extents {
            self.extents.insert(offset + at, content.clone());
        }
    }

    /// Makes a range zero; the file grows when it reaches past the end.
    pub fn zero(&mut self, range: Range<u64>) {
        self.len = self.len.max(range.end);
        self.carve(range);
    }

    /// The bytes of a range, fewer where the file ends before it.
    pub fn read(&self, offset: u64, len: u64) -> Vec<u8> {
        let end = offset.saturating_add(len).min(self.len);
        let mut bytes = vec![0; size(end.saturating_sub(offset))];
        self.read_into(offset, &mut bytes);
        bytes
    }

    /// Fills a buffer from an offset on and says how many bytes the file has there; the rest of the buffer is zero.
    pub fn read_into(&self, offset: u64, buffer: &mut [u8]) -> usize {
        buffer.fill(0);
        let end = offset.saturating_add(buffer.len() as u64).min(self.len);
        let first = self.extents.range(..=offset).next_back().map_or(offset, |(at, _)| *at);
        for (at, content) in self.extents.range(first..end.max(first)) {
            let from = offset.max(*at);
            let to = end.min(at + content.len());
            if from < to
                && let Some(place) = buffer.get_mut(size(from - offset)..size(to - offset))
            {
                content.fill(from - at, place);
            }
        }
        size(end.saturating_sub(offset))
    }

    /// The whole file. For files that fit into memory.
    pub fn to_vec(&self) -> Vec<u8> {
        self.read(0, self.len)
    }

    /// The ranges that were written, in order; everything else is zero.
    pub fn extents(&self) -> impl Iterator<Item = Range<u64>> {
        self.extents.iter().map(|(at, content)| *at..at + content.len())
    }

    /// Writes the file to disk as a sparse one: pages of zeros stay holes, made extents are streamed.
    pub fn write_to(&self, path: &Path) -> io::Result<()> {
        let mut file = File::create(path)?;
        file.set_len(self.len)?;
        for (at, content) in &self.extents {
            let mut buffer = vec![0; STREAM.min(size(content.len()))];
            let mut done = 0;
            while done < content.len() {
                let want = size((content.len() - done).min(STREAM as u64));
                let piece = buffer.get_mut(..want).unwrap_or_default();
                content.fill(done, piece);
                write_pages(&mut file, at + done, piece)?;
                done += want as u64;
            }
        }
        file.flush()
    }

    fn write_in_place(&mut self, offset: u64, bytes: &[u8]) -> bool {
        let Some((at, Content::Bytes(old))) = self.extents.range_mut(..=offset).next_back() else {
            return false;
        };
        let from = size(offset - at);
        let Some(place) = old.get_mut(from..from.saturating_add(bytes.len())) else {
            return false;
        };
        place.copy_from_slice(bytes);
        true
    }

    /// Takes every extent out of a range, and keeps the parts that reach out of it.
    fn carve(&mut self, range: Range<u64>) {
        let before = self.extents.range(..range.start).next_back();
        let first = before.filter(|(at, content)| *at + content.len() > range.start).map(|(at, _)| *at);
        let inside = self.extents.range(range.start..range.end.max(range.start)).map(|(at, _)| *at);
        let touched: Vec<u64> = first.into_iter().chain(inside).collect();
        for at in touched {
            let Some(content) = self.extents.remove(&at) else { continue };
            let end = at + content.len();
            if at < range.start {
                self.extents.insert(at, content.part(0, range.start - at));
            }
            if end > range.end {
                self.extents.insert(range.end, content.part(range.end - at, end - range.end));
            }
        }
    }
}

impl fmt::Debug for SparseImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SparseImage").field("len", &self.len).field("extents", &self.extents.len()).finish()
    }
}

impl Content {
    fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Made { len, .. } => *len,
        }
    }

    fn part(&self, from: u64, len: u64) -> Self {
        match self {
            Self::Bytes(bytes) => Self::Bytes(bytes.get(size(from)..size(from + len)).unwrap_or_default().to_vec()),
            Self::Made { fill, skip, .. } => Self::Made { fill: Arc::clone(fill), skip: skip + from, len },
        }
    }

    fn fill(&self, from: u64, buffer: &mut [u8]) {
        match self {
            Self::Bytes(bytes) => {
                let start = size(from);
                if let Some(bytes) = bytes.get(start..start + buffer.len()) {
                    buffer.copy_from_slice(bytes);
                }
            }
            Self::Made { fill, skip, .. } => fill(skip + from, buffer),
        }
    }
}

/// Writes runs of pages that hold something, and leaves holes between them.
fn write_pages(file: &mut File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    let mut at = offset;
    for run in bytes.chunks(PAGE).collect::<Vec<_>>().chunk_by(|left, right| is_zero(left) == is_zero(right)) {
        let len: usize = run.iter().map(|page| page.len()).sum();
        if run.first().is_some_and(|page| !is_zero(page)) {
            file.seek(SeekFrom::Start(at))?;
            file.write_all(&run.concat())?;
        }
        at += len as u64;
    }
    Ok(())
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::super::rng::Rng;
    use super::*;

    /// Every operation, thousands of times, beside a plain array of bytes.
    #[test]
    fn extents_equal_a_plain_array() {
        let mut rng = Rng::new(3);
        for _ in 0..200 {
            let mut plain: Vec<u8> = vec![];
            let mut image = SparseImage::new(0);
            for step in 0..40_u8 {
                let offset = rng.below(300);
                let len = size(rng.below(60));
                let end = size(offset) + len;
                match rng.below(6) {
                    0 => {
                        plain.resize(end, 0);
                        image.set_len(end as u64);
                        continue;
                    }
                    1 => image.zero(offset..end as u64),
                    2 => image.write_made(offset, len as u64, Arc::new(move |at, out| made(step, at, out))),
                    3 => image.write_image(offset, &SparseImage::from_bytes(&vec![step; len])),
                    _ => image.write(offset, &vec![step; len]),
                }
                if plain.len() < end {
                    plain.resize(end, 0);
                }
                let fresh = image.read(offset, len as u64);
                assert_eq!(fresh.len(), len);
                plain[size(offset)..end].copy_from_slice(&fresh);
                assert_eq!(image.to_vec(), plain);
                assert_eq!(image.len(), plain.len() as u64);
                let spans: Vec<_> = image.extents().collect();
                assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start), "{spans:?}");
            }
        }
    }

    #[test]
    fn what_was_written_is_what_is_read() {
        let mut image = SparseImage::new(16);
        image.write(4, b"abcd");
        image.write_made(6, 8, Arc::new(|at, out| made(b'A', at, out)));
        image.write(9, b"--");
        assert_eq!(image.to_vec(), b"\0\0\0\0abABC--FGH\0\0");
        image.set_len(11);
        assert_eq!(image.read(8, 100), b"C--");
    }

    #[test]
    fn a_written_file_has_the_same_bytes_and_keeps_its_holes() -> io::Result<()> {
        let mut image = SparseImage::new(64 << 20);
        image.write(5000, b"here");
        image.write_made(30 << 20, 3 << 20, Arc::new(|at, out| made(1, at, out)));
        image.write(40 << 20, &vec![0; 1 << 20]);
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("sparse");
        image.write_to(&path)?;
        let mut bytes = vec![];
        io::Read::read_to_end(&mut File::open(&path)?, &mut bytes)?;
        assert!(bytes == image.to_vec());
        #[cfg(unix)]
        {
            let blocks = std::os::unix::fs::MetadataExt::blocks(&std::fs::metadata(&path)?);
            assert!(blocks * 512 < 8 << 20, "{blocks} blocks are allocated");
        }
        Ok(())
    }

    fn made(first: u8, at: u64, out: &mut [u8]) {
        for (index, byte) in (at..).zip(out) {
            *byte = first.wrapping_add(index as u8);
        }
    }
}
