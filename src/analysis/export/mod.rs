//! A virtual disk, written anew: as raw bytes, or as one clean dynamic VHDX.
//!
//! A file appears whole or not at all: it is written under a name of its own in the target's folder, read back, brought
//! to the disk and only then given its name, which nobody may have taken meanwhile.

mod new_file;
mod raw;
mod read_back;
mod stored;
mod target;
mod vhdx;

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use crate::chain::{Bottom, Outlet, Piece, VirtualDisk};
use crate::error::{Error, Result};
use crate::image::vhdx::Depth;
use crate::image::{FileKind, Image, OpenOptions};
use crate::source::{FileSource, ReadAt};
use crate::units::{ByteLen, FileOffset, VirtualOffset, VirtualRange};

use super::hash::{Algorithm, HashThreads, ZEROS, hash_disk, stream_in_steps};
use super::map;
use new_file::NewFile;

/// Block size of an exported VHDX unless another is asked for: that of Hyper-V's own dynamic disks.
pub const DEFAULT_BLOCK: ByteLen = ByteLen::mib(32);

/// What an export looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The bytes of the virtual disk, with holes where they are zero.
    Raw,
    /// A dynamic VHDX with blocks of this size: a power of two from 1 MiB to 256 MiB.
    Vhdx(ByteLen),
}

/// How it was checked that what was written is what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The bytes of the file were read back and have the hash.
    ReadBack,
    /// The file was opened as an image, and its virtual disk has the hash.
    Reopened,
    /// Not at all: what went into a stream cannot be read back.
    NotChecked,
}

impl Checked {
    /// The word in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadBack => "read_back",
            Self::Reopened => "reopened",
            Self::NotChecked => "not_checked",
        }
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Bytes of the virtual disk.
    pub virtual_size: ByteLen,
    /// Bytes of the file, or of the stream.
    pub file_size: ByteLen,
    /// Bytes that the file takes on its volume, where the system tells.
    pub allocated: Option<ByteLen>,
    /// The hash of the virtual disk's content as it was written.
    pub hash: String,
    /// How it was checked.
    pub checked: Checked,
}

/// What tells whether a file that was read back holds what was written: of all algorithms the one that takes the least
/// time, for it runs beside the one that was asked for, and once more alone.
const READ_BACK: Algorithm = Algorithm::Blake3;

/// Writes the disk into a new file.
///
/// Refuses a target that exists or that is part of the chain. `progress` hears how many bytes are done, first as they
/// are written and then as they are read back, twice the disk's size in all, and says whether to go on. After an error
/// nothing is left behind.
pub fn to_file(
    disk: &VirtualDisk,
    target: &Path,
    format: Format,
    algorithm: Algorithm,
    progress: &mut dyn FnMut(ByteLen) -> bool,
) -> Result<Exported> {
    target::check(disk, target)?;
    let mut file = NewFile::create(target)?;
    let hashes = [algorithm, READ_BACK];
    let hashes = match format {
        Format::Raw => write_all(disk, raw::RawSink::new(&mut file, disk.size()), &hashes, progress)?,
        Format::Vhdx(block_size) => {
            let layout = vhdx::Layout::of(disk, block_size)?;
            write_all(disk, vhdx::VhdxSink::new(&mut file, layout), &hashes, progress)?
        }
    };
    file.sync()?;
    let mut second_half = |done: ByteLen| progress(disk.size().saturating_add(done));
    let source = FileSource::open(file.path())?;
    let (file_size, allocated) = (source.size(), source.stamp().allocated);
    let (found, checked) = match format {
        Format::Raw => (read_back::hash_file(file.path(), READ_BACK, &mut second_half)?, Checked::ReadBack),
        Format::Vhdx(_) => (hash_image(source, READ_BACK, &mut second_half)?, Checked::Reopened),
    };
    let [hash, written] = hashes;
    if found != written {
        let what = format!("what was read back has the hash {found}, and what was written {written}; nothing is kept");
        return Err(Error::refused("export", None, what).with_path(target));
    }
    file.finish()?;
    Ok(Exported { virtual_size: disk.size(), file_size, allocated, hash, checked })
}

/// Writes the bytes of the disk into a stream. An error of the stream is one of kind `Io`.
pub fn to_stream(
    disk: &VirtualDisk,
    out: &mut dyn Write,
    algorithm: Algorithm,
    progress: &mut dyn FnMut(ByteLen) -> bool,
) -> Result<Exported> {
    let [hash] = write_all(disk, StreamSink { out }, &[algorithm], progress)?;
    let size = disk.size();
    Ok(Exported { virtual_size: size, file_size: size, allocated: None, hash, checked: Checked::NotChecked })
}

/// Writes a part of the disk into a file, a pipe or a device; the part must lie on the disk. An error of the output is
/// one of kind `Io` without a path. Nothing is written where the block maps have a fault.
pub fn range_to_file(disk: &VirtualDisk, range: VirtualRange, out: &File) -> Result<()> {
    if range.end().get() > disk.size().get() {
        let (end, size) = (range.end(), VirtualOffset(disk.size().get()));
        let what =
            format!("virtual range {} to {end} ends past the disk's {size} ({} bytes)", range.start, disk.size());
        return Err(Error::refused("", None, what));
    }
    let mut extents = Vec::new();
    let mut are_all = true;
    for extent in disk.extents_of(range)? {
        let extent = extent?;
        are_all = extents.len() < KEPT_EXTENTS;
        if are_all {
            extents.push(extent);
        }
    }
    let mut outlet = FileOutlet { out };
    if are_all {
        disk.pour(extents.into_iter().map(Ok), &mut outlet)
    } else {
        disk.pour(disk.extents_of(range)?, &mut outlet)
    }
}

/// Extents that are kept from the first look at the block maps, 40 bytes each, so that most disks need no second.
const KEPT_EXTENTS: usize = 8192;

struct FileOutlet<'a> {
    out: &'a File,
}

impl Outlet for FileOutlet<'_> {
    fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes).map_err(|error| Error::io(error, "", None))
    }

    fn zeros(&mut self, len: ByteLen) -> Result<()> {
        write_zeros(&mut self.out, len).map_err(|error| Error::io(error, "", None))
    }

    fn pass(&mut self, source: &dyn ReadAt, at: FileOffset, len: ByteLen) -> ByteLen {
        source.send(at, len, self.out)
    }
}

/// Where the pieces of a disk go.
trait Sink {
    fn write(&mut self, piece: &Piece) -> Result<()>;

    fn finish(self) -> Result<()>;
}

/// Writes everything and hashes it on the way; an algorithm that is named twice works once.
fn write_all<const N: usize>(
    disk: &VirtualDisk,
    mut sink: impl Sink,
    algorithms: &[Algorithm; N],
    progress: &mut dyn FnMut(ByteLen) -> bool,
) -> Result<[String; N]> {
    let whole = VirtualRange::new(VirtualOffset::ZERO, disk.size());
    // A chain with a fault is to be refused before hours of work and before the first byte of a stream.
    map::totals(disk, whole)?;
    std::thread::scope(|scope| {
        let mut different = algorithms.to_vec();
        different.dedup();
        let hashes = HashThreads::start(scope, &different);
        stream_in_steps(disk, whole, progress, |piece| {
            hashes.add(&piece);
            sink.write(&piece)
        })?;
        sink.finish()?;
        let found = hashes.finish()?;
        Ok(algorithms.map(|algorithm| {
            let place = different.iter().position(|one| *one == algorithm);
            place.and_then(|place| found.get(place)).cloned().unwrap_or_default()
        }))
    })
}

struct StreamSink<'a> {
    out: &'a mut dyn Write,
}

impl Sink for StreamSink<'_> {
    fn write(&mut self, piece: &Piece) -> Result<()> {
        let written = match piece {
            Piece::Data(_, bytes) => self.out.write_all(bytes),
            Piece::Zeros(range) => write_zeros(self.out, range.len),
        };
        written.map_err(|error| Error::io(error, "", None))
    }

    fn finish(self) -> Result<()> {
        self.out.flush().map_err(|error| Error::io(error, "", None))
    }
}

fn write_zeros(out: &mut dyn Write, mut len: ByteLen) -> std::io::Result<()> {
    while !len.is_zero() {
        let step = len.min(ByteLen::from(ZEROS.len()));
        out.write_all(step.to_usize().and_then(|step| ZEROS.get(..step)).unwrap_or_default())?;
        len = len.saturating_sub(step);
    }
    Ok(())
}

/// The hash of the virtual disk in a VHDX file that must be without fault.
fn hash_image(source: FileSource, algorithm: Algorithm, progress: &mut dyn FnMut(ByteLen) -> bool) -> Result<String> {
    let options = OpenOptions { depth: Depth::Full, ..OpenOptions::default() };
    let image = Image::open(Arc::new(source), FileKind::Vhdx, options)?;
    let disk = VirtualDisk::new(vec![Arc::new(image)], Bottom::Whole)?;
    Ok(hash_disk(&disk, &[algorithm], progress)?.concat())
}
