//! A virtual disk from one end of a range to the other: one thread reads ahead while another uses what was read.

use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};

use crate::error::Result;
use crate::units::{ByteLen, VirtualOffset, VirtualRange};

use super::disk::VirtualDisk;
use super::extents::{Extent, ExtentState};

/// Bytes of a piece of data: large enough that the system call costs nothing, small enough for the cache.
const PIECE: usize = 1 << 20;
/// Pieces that are read ahead. One being used, one waiting, one being filled.
const AHEAD: usize = 3;

/// A piece of the virtual disk. Pieces come in order and tile the range.
#[derive(Debug)]
pub enum Piece<'a> {
    /// Bytes that some layer stores, with the zeros of small gaps between them.
    Data(VirtualOffset, &'a [u8]),
    /// A stretch that no layer stores anything for: it reads as zeros and nothing was read.
    Zeros(VirtualRange),
}

enum Read {
    /// Where the data lie, a buffer, and how much of it is theirs.
    Data(VirtualOffset, Vec<u8>, usize),
    Zeros(VirtualRange),
}

impl VirtualDisk {
    /// Hands on the part of `range` that lies on the disk, piece by piece.
    pub fn stream(&self, range: VirtualRange, mut each: impl FnMut(Piece<'_>) -> Result<()>) -> Result<()> {
        let (filled, pieces) = sync_channel(AHEAD);
        let (used, empty) = channel();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let mut reader =
                    Reader { disk: self, out: filled, empty, buf: Vec::new(), have: 0, start: range.start };
                if let Err(error) = reader.run(range) {
                    // When nobody listens any more, the user of the pieces has failed and says why itself.
                    let _unheard = reader.out.send(Err(error));
                }
            });
            for read in pieces {
                match read? {
                    Read::Zeros(range) => each(Piece::Zeros(range))?,
                    Read::Data(at, buffer, len) => {
                        each(Piece::Data(at, buffer.get(..len).unwrap_or_default()))?;
                        let _reader_is_done = used.send(buffer);
                    }
                }
            }
            Ok(())
        })
    }
}

struct Reader<'a> {
    disk: &'a VirtualDisk,
    out: SyncSender<Result<Read>>,
    empty: Receiver<Vec<u8>>,
    /// A whole piece, or none yet. It comes back from the other side with what it held before.
    buf: Vec<u8>,
    /// Bytes in `buf` that are of this piece.
    have: usize,
    /// Where they start.
    start: VirtualOffset,
}

/// The other side has gone: stop without a word.
struct Stopped;

impl Reader<'_> {
    fn run(&mut self, range: VirtualRange) -> Result<()> {
        for extent in self.disk.extents_of(range)? {
            match self.add(extent?)? {
                Ok(()) => {}
                Err(Stopped) => return Ok(()),
            }
        }
        let _stopped_or_done = self.flush();
        Ok(())
    }

    fn add(&mut self, mut extent: Extent) -> Result<Result<(), Stopped>> {
        let long = extent.range.len >= ByteLen::from(PIECE);
        if !matches!(extent.state, ExtentState::Data(_)) && long {
            if let Err(stopped) = self.flush() {
                return Ok(Err(stopped));
            }
            self.start = extent.range.end();
            return Ok(self.out.send(Ok(Read::Zeros(extent.range))).map_err(|_| Stopped));
        }
        while !extent.range.len.is_zero() {
            self.buf.resize(PIECE, 0);
            let room = PIECE.saturating_sub(self.have);
            let len = extent.range.len.to_usize().unwrap_or(usize::MAX).min(room);
            let end = self.have.saturating_add(len);
            let part = self.buf.get_mut(self.have..end).unwrap_or_default();
            if let ExtentState::Data(from) = extent.state {
                self.disk.read_layer(extent.layer, from, part)?;
                extent.state = ExtentState::Data(from.saturating_add(ByteLen::from(len)));
            } else {
                part.fill(0);
            }
            self.have = end;
            extent.range =
                VirtualRange::between(extent.range.start.saturating_add(ByteLen::from(len)), extent.range.end());
            if self.have == PIECE
                && let Err(stopped) = self.flush()
            {
                return Ok(Err(stopped));
            }
        }
        Ok(Ok(()))
    }

    fn flush(&mut self) -> Result<(), Stopped> {
        if self.have == 0 {
            return Ok(());
        }
        let next = self.empty.try_recv().unwrap_or_default();
        let buffer = std::mem::replace(&mut self.buf, next);
        let (start, len) = (self.start, std::mem::take(&mut self.have));
        self.start = start.saturating_add(ByteLen::from(len));
        self.out.send(Ok(Read::Data(start, buffer, len))).map_err(|_| Stopped)
    }
}
