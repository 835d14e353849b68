//! Few long reads instead of many short ones, for where each read waits for a network or a disk.

use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::error::Result;
use crate::units::{ByteLen, FileOffset};

use super::{ReadAt, check_range};

/// Bytes of the start of a file that are read at once: those of a VHDX before its log hold the identifier, both headers
/// and both region tables, those of a VHD the headers and, mostly, the block allocation table.
const HEAD: ByteLen = ByteLen::kib(320);
/// Bytes that are read at once elsewhere: a metadata table with the items that writers put 64 KiB behind it; a block
/// allocation table of 12,288 entries.
const NEAR: ByteLen = ByteLen::kib(96);

/// A source that reads more than it is asked for, and answers from that what is asked next. Locally this takes about
/// twice as much processor time as reading each structure alone; where a read takes a millisecond, a third of the time.
#[derive(Debug)]
pub struct FewReads<S> {
    below: S,
    windows: Mutex<Windows>,
}

#[derive(Debug, Default)]
struct Windows {
    /// The start of the file.
    head: Vec<u8>,
    /// What was read elsewhere last, and where it lies.
    near: (FileOffset, Vec<u8>),
    /// Whether no more is read than is asked for.
    is_over: bool,
}

impl<S: ReadAt> FewReads<S> {
    /// A source over another.
    pub fn new(below: S) -> Self {
        Self { below, windows: Mutex::default() }
    }

    /// Gives back the memory; from now on no more is read than is asked for.
    pub fn finish(&self) {
        *self.windows.lock().unwrap_or_else(PoisonError::into_inner) = Windows { is_over: true, ..Windows::default() };
    }

    /// Reads the window that `offset` lies in.
    fn fill(&self, structure: &'static str, offset: FileOffset, windows: &mut Windows) -> Result<()> {
        let is_head = offset.0 < HEAD.0;
        let start = if is_head { FileOffset::ZERO } else { offset };
        let len = ByteLen(self.size().0.saturating_sub(start.0)).min(if is_head { HEAD } else { NEAR });
        let mut bytes = if is_head { std::mem::take(&mut windows.head) } else { std::mem::take(&mut windows.near.1) };
        bytes.resize(len.to_usize().unwrap_or_default(), 0);
        self.below.read_exact_at(structure, start, &mut bytes)?;
        match is_head {
            true => windows.head = bytes,
            false => windows.near = (start, bytes),
        }
        Ok(())
    }
}

impl Windows {
    fn copy(&self, offset: FileOffset, buf: &mut [u8]) -> bool {
        let (near, at) = (&self.near.1, self.near.0.0);
        let known =
            part(&self.head, Some(offset.0), buf.len()).or_else(|| part(near, offset.0.checked_sub(at), buf.len()));
        match known {
            Some(known) => buf.copy_from_slice(known),
            None => return false,
        }
        true
    }
}

fn part(bytes: &[u8], from: Option<u64>, len: usize) -> Option<&[u8]> {
    let from = usize::try_from(from?).ok()?;
    bytes.get(from..from.checked_add(len)?)
}

impl<S: ReadAt> ReadAt for FewReads<S> {
    fn size(&self) -> ByteLen {
        self.below.size()
    }

    fn path(&self) -> Option<&Path> {
        self.below.path()
    }

    fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> Result<()> {
        check_range(self, structure, offset, ByteLen::from(buf.len()))?;
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.copy(offset, buf) {
            return Ok(());
        }
        // What cannot be read with its surroundings is read alone, so that an error is about it.
        let is_short = ByteLen::from(buf.len()) < NEAR && !windows.is_over;
        if is_short && self.fill(structure, offset, &mut windows).is_ok() && windows.copy(offset, buf) {
            return Ok(());
        }
        drop(windows);
        self.below.read_exact_at(structure, offset, buf)
    }

    fn send(&self, offset: FileOffset, len: ByteLen, out: &File) -> ByteLen {
        self.below.send(offset, len, out)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use proptest::prelude::*;

    use super::super::MemorySource;
    use super::*;
    use crate::error::{Error, ErrorKind};

    /// Counts reads, and cannot read from `broken` on.
    #[derive(Debug)]
    struct Counting {
        below: MemorySource<Vec<u8>>,
        reads: AtomicUsize,
        broken: u64,
    }

    impl Counting {
        fn new(bytes: Vec<u8>, broken: u64) -> Self {
            Self { below: MemorySource::new(bytes), reads: AtomicUsize::new(0), broken }
        }
    }

    impl ReadAt for Counting {
        fn size(&self) -> ByteLen {
            self.below.size()
        }

        fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> Result<()> {
            self.reads.fetch_add(1, Ordering::Relaxed);
            if offset.0 + buf.len() as u64 > self.broken {
                return Err(Error::io(std::io::Error::other("bad sector"), structure, Some(offset)));
            }
            self.below.read_exact_at(structure, offset, buf)
        }
    }

    fn bytes(len: usize) -> Vec<u8> {
        (0..len).map(|at| (at % 251) as u8).collect()
    }

    #[test]
    fn what_lies_together_is_read_once_until_it_is_over() {
        let source = FewReads::new(Counting::new(bytes(1 << 20), u64::MAX));
        let mut buf = [0; 4096];
        for offset in [0, 65536, 131_072, 196_608, 262_144, 600_000, 604_096, 665_536] {
            source.read_exact_at("test", FileOffset(offset), &mut buf).unwrap();
            assert_eq!(buf[..], bytes(1 << 20)[offset as usize..][..4096], "{offset}");
        }
        assert_eq!(source.below.reads.load(Ordering::Relaxed), 2);
        source.finish();
        source.read_exact_at("test", FileOffset(0), &mut buf).unwrap();
        source.read_exact_at("test", FileOffset(0), &mut buf).unwrap();
        assert_eq!(source.below.reads.load(Ordering::Relaxed), 4);
    }

    #[test]
    fn bytes_that_cannot_be_read_do_not_hide_those_before_them() {
        let source = FewReads::new(Counting::new(bytes(1 << 20), 100_000));
        let mut buf = [0; 4096];
        source.read_exact_at("header 1", FileOffset(65536), &mut buf).unwrap();
        assert_eq!(buf[..], bytes(1 << 20)[65536..][..4096]);
        let error = source.read_exact_at("header 2", FileOffset(131_072), &mut buf).unwrap_err();
        assert_eq!((error.structure(), error.offset()), ("header 2", Some(FileOffset(131_072))));
        let error = source.read_exact_at("header 2", FileOffset((1 << 20) - 1), &mut buf).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Truncated { .. }), "{error}");
    }

    proptest! {
        #[test]
        fn bytes_are_those_of_the_source_below(
            size in 0_usize..700_000,
            reads in prop::collection::vec((0_usize..800_000, 0_usize..200_000), 1..12),
        ) {
            let all = bytes(size);
            let source = FewReads::new(MemorySource::new(all.clone()));
            for (at, len) in reads {
                let mut buf = vec![0xAA; len];
                let result = source.read_exact_at("test", FileOffset(at as u64), &mut buf);
                match all.get(at..at + len) {
                    Some(bytes) => {
                        prop_assert!(result.is_ok());
                        prop_assert_eq!(&buf[..], bytes);
                    }
                    None => prop_assert!(result.is_err()),
                }
            }
        }
    }
}
