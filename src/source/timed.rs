//! How long reads take, to choose how to read.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::units::{ByteLen, FileOffset};

use super::ReadAt;

/// How long the first reads of a run took.
///
/// It counts, for a median takes no more than to know whether most reads were slow.
#[derive(Debug, Default)]
pub struct Pace {
    reads: AtomicU32,
    slow: AtomicU32,
}

/// A read that takes longer waits for a network or a disk: from a page cache it takes 1 to 20 µs, from flash some 100 µs,
/// over a share from 500 µs on.
const SLOW: Duration = Duration::from_micros(500);
/// Reads that are timed: those of some eight files.
const TIMED: u32 = 64;

impl Pace {
    /// Takes note of one read.
    pub fn note(&self, took: Duration) {
        if took >= SLOW {
            self.slow.fetch_add(1, Ordering::Relaxed);
        }
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether reads are slow; `None` as long as too few were timed.
    pub fn is_slow(&self) -> Option<bool> {
        let reads = self.reads.load(Ordering::Relaxed);
        (reads >= TIMED).then(|| self.slow.load(Ordering::Relaxed) > reads / 2)
    }
}

/// A source whose reads are timed.
#[derive(Debug)]
pub struct Timed<S> {
    below: S,
    pace: Arc<Pace>,
}

impl<S: ReadAt> Timed<S> {
    /// Times the reads of a source.
    pub fn new(below: S, pace: Arc<Pace>) -> Self {
        Self { below, pace }
    }
}

impl<S: ReadAt> ReadAt for Timed<S> {
    fn size(&self) -> ByteLen {
        self.below.size()
    }

    fn path(&self) -> Option<&Path> {
        self.below.path()
    }

    fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> Result<()> {
        if self.pace.is_slow().is_some() {
            return self.below.read_exact_at(structure, offset, buf);
        }
        let start = Instant::now();
        let result = self.below.read_exact_at(structure, offset, buf);
        self.pace.note(start.elapsed());
        result
    }

    fn send(&self, offset: FileOffset, len: ByteLen, out: &File) -> ByteLen {
        self.below.send(offset, len, out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::MemorySource;
    use super::*;

    #[test]
    fn most_of_the_first_reads_decide() {
        for (slow, verdict) in [(0, false), (20, false), (40, true), (64, true)] {
            let pace = Pace::default();
            for number in 0..64 {
                assert_eq!(pace.is_slow(), None);
                pace.note(if number < slow { SLOW } else { Duration::from_micros(9) });
            }
            assert_eq!(pace.is_slow(), Some(verdict), "{slow}");
        }
    }

    #[test]
    fn reads_from_memory_are_not_slow() {
        let pace = Arc::new(Pace::default());
        let source = Timed::new(MemorySource::new([1_u8, 2, 3]), Arc::clone(&pace));
        let mut buf = [0; 2];
        for _ in 0..100 {
            source.read_exact_at("test", FileOffset(1), &mut buf).unwrap();
        }
        assert_eq!((buf, pace.is_slow()), ([2, 3], Some(false)));
        assert_eq!(pace.reads.load(Ordering::Relaxed), TIMED, "no more is timed than that takes");
    }
}
