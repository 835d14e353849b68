//! A virtual disk from one end of a range to the other: one thread reads ahead while another uses what was read.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use crate::error::{Error, Result};
use crate::units::{ByteLen, VirtualOffset, VirtualRange};

use super::disk::VirtualDisk;
use super::extents::{Extent, ExtentState};
use super::gather::Gather;

/// Bytes of a piece of data: large enough that the system call costs nothing, small enough for the cache.
const PIECE: ByteLen = ByteLen::mib(1);
/// Pieces that are read ahead. One being used, one waiting, one being filled.
const AHEAD: usize = 3;

/// A piece of the virtual disk. Pieces come in order and tile the range.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Bytes that some layer stores, with the zeros of small gaps between them.
    Data(VirtualOffset, PieceBytes),
    /// A stretch that no layer stores anything for: it reads as zeros and nothing was read.
    Zeros(VirtualRange),
}

/// The bytes of a piece. They can be kept and shared between threads without being copied; the reader uses their memory
/// again when all have let go, and takes other memory until then.
#[derive(Clone, Debug)]
pub struct PieceBytes(Arc<Lent>);

#[derive(Debug)]
struct Lent {
    buffer: Vec<u8>,
    len: usize,
    home: Sender<Vec<u8>>,
}

impl Deref for PieceBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.buffer.get(..self.0.len).unwrap_or_default()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // When the reader is done nobody wants it back.
        let _unwanted = self.home.send(std::mem::take(&mut self.buffer));
    }
}

enum Read {
    /// Where the data lie, a buffer, and how much of it is theirs.
    Data(VirtualOffset, Vec<u8>, usize),
    Zeros(VirtualRange),
}

impl VirtualDisk {
    /// The bytes of a range that lies on the disk and is no longer than a piece, read by this thread alone; `None` for a
    /// longer one. What the block maps say is asked of all of it before any content is read.
    pub fn read_short(&self, range: VirtualRange) -> Option<Result<Vec<u8>>> {
        (range.len <= PIECE).then(|| {
            let mut gather = Gather::default();
            for extent in self.extents_of(range)? {
                gather.push(extent?);
            }
            let mut bytes = vec![0; range.len.to_usize().unwrap_or_default()];
            gather.fill(self, &mut bytes)?;
            Ok(bytes)
        })
    }

    /// Hands on the part of `range` that lies on the disk, piece by piece. After an error, its own or one of `each`,
    /// no piece follows.
    pub fn stream(&self, range: VirtualRange, mut each: impl FnMut(Piece) -> Result<()>) -> Result<()> {
        let (out, pieces) = sync_channel(AHEAD);
        let (home, back) = channel();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let mut reader =
                    Reader { disk: self, out, back, free: Vec::new(), gather: Gather::default(), have: ByteLen::ZERO };
                // When nobody listens any more, the user of the pieces has failed and says why itself.
                if let Err(End::Failed(error)) = reader.run(range) {
                    let _unheard = reader.out.send(Err(error));
                }
            });
            for read in pieces {
                each(match read? {
                    Read::Zeros(range) => Piece::Zeros(range),
                    Read::Data(at, buffer, len) => {
                        Piece::Data(at, PieceBytes(Arc::new(Lent { buffer, len, home: home.clone() })))
                    }
                })?;
            }
            Ok(())
        })
    }
}

struct Reader<'a> {
    disk: &'a VirtualDisk,
    out: SyncSender<Result<Read>>,
    /// Buffers that come back, each as long as a piece, with what they held before.
    back: Receiver<Vec<u8>>,
    /// Those that have come back; the last one may still be in the cache.
    free: Vec<Vec<u8>>,
    /// What the next piece is made of.
    gather: Gather,
    /// Bytes of it.
    have: ByteLen,
}

/// Why no more pieces are read.
enum End {
    /// The other side has gone.
    Unheard,
    Failed(Error),
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Reader<'_> {
    fn run(&mut self, range: VirtualRange) -> Result<(), End> {
        for extent in self.disk.extents_of(range)? {
            match extent {
                Ok(extent) => self.add(extent)?,
                Err(error) => {
                    // What lies before is good.
                    self.flush()?;
                    return Err(error.into());
                }
            }
        }
        self.flush()
    }

    fn add(&mut self, mut extent: Extent) -> Result<(), End> {
        if !matches!(extent.state, ExtentState::Data(_)) && extent.range.len >= PIECE {
            self.flush()?;
            return self.send(Read::Zeros(extent.range));
        }
        loop {
            let part = extent.range.len.min(PIECE.saturating_sub(self.have));
            self.gather.push(Extent { range: VirtualRange::new(extent.range.start, part), ..extent });
            self.have = self.have.saturating_add(part);
            if self.have == PIECE {
                self.flush()?;
            }
            if part == extent.range.len {
                return Ok(());
            }
            extent = extent.from(extent.range.start.saturating_add(part));
        }
    }

    /// Reads what has come together and hands it on.
    fn flush(&mut self) -> Result<(), End> {
        let Some(start) = self.gather.start() else { return Ok(()) };
        self.free.extend(self.back.try_iter());
        let mut buffer = self.free.pop().unwrap_or_else(|| vec![0; PIECE.to_usize().unwrap_or_default()]);
        let len = std::mem::take(&mut self.have).to_usize().unwrap_or_default();
        self.gather.fill(self.disk, buffer.get_mut(..len).unwrap_or_default())?;
        self.send(Read::Data(start, buffer, len))
    }

    fn send(&self, read: Read) -> Result<(), End> {
        self.out.send(Ok(read)).map_err(|_| End::Unheard)
    }
}
