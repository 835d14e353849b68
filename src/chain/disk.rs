//! The virtual disk as a guest would see it from any file of a chain.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};

use crate::error::{Error, Result};
use crate::image::Image;
use crate::units::{ByteLen, FileOffset, VirtualOffset, VirtualRange};

use super::extents::{Cursors, ExtentState, Extents};
use super::layers::{Bottom, Layers};

/// A virtual disk read through a chain of files.
#[derive(Debug)]
pub struct VirtualDisk {
    layers: Layers,
    /// Cursors that are not in use, so that the next read finds the block maps where the last one left them.
    idle: Mutex<Vec<Cursors>>,
}

impl VirtualDisk {
    /// A disk over `layers`, the file that is asked first and its base last. Fails where the layers cannot belong
    /// together: different logical sector sizes (MS-VHDX 2.6.2.4), a VHD with a VHDX, VHDs of different sizes.
    pub fn new(layers: Vec<Arc<Image>>, bottom: Bottom) -> Result<Self> {
        Ok(Self { layers: Layers::new(layers, bottom)?, idle: Mutex::new(Vec::new()) })
    }

    /// Bytes of the virtual disk, as the file that was asked has it.
    pub fn size(&self) -> ByteLen {
        self.layers.size()
    }

    /// The files, the one that was asked first.
    pub fn images(&self) -> impl ExactSizeIterator<Item = &Image> + Clone {
        self.layers.images()
    }

    /// The same, to be shared.
    pub fn layers(&self) -> &[Arc<Image>] {
        self.layers.shared_images()
    }

    /// The image of a layer; 0 is the file that was asked.
    pub fn image(&self, layer: usize) -> Option<&Image> {
        self.layers.image(layer)
    }

    /// What lies below the last layer.
    pub fn bottom(&self) -> &Bottom {
        self.layers.bottom()
    }

    /// The extents of the whole disk.
    pub fn extents(&self) -> Result<Extents<'_>> {
        self.extents_of(VirtualRange::new(VirtualOffset::ZERO, self.size()))
    }

    /// The extents of the part of `range` that lies on the disk.
    pub fn extents_of(&self, range: VirtualRange) -> Result<Extents<'_>> {
        Extents::new(&self.layers, range)
    }

    /// Fills `buf` with the bytes at `offset`, all of which must lie on the disk.
    pub fn read_exact_at(&self, offset: VirtualOffset, buf: &mut [u8]) -> Result<()> {
        let end = offset.saturating_add(ByteLen::from(buf.len()));
        if end.0 > self.size().0 {
            let what = format!("virtual range {offset} to {end} ends past the disk's {}", VirtualOffset(self.size().0));
            return Err(Error::refused("", None, what));
        }
        self.with_cursors(|cursors| self.read_with(cursors, offset, buf))
    }

    /// Whether the block maps alone say that all bytes of `range` are zeros, so that nothing of it need be read; `false`
    /// also where that cannot be told.
    pub(crate) fn is_hole(&self, range: VirtualRange) -> bool {
        let known = self.with_cursors(|cursors| {
            let mut at = range.start;
            while at < range.end() {
                let extent = cursors.at(&self.layers, at, range.end())?;
                if extent.state.file_offset().is_some() || extent.range.len.is_zero() {
                    return Ok(false);
                }
                at = extent.range.end();
            }
            Ok(range.end().0 <= self.size().0)
        });
        known.unwrap_or(false)
    }

    fn with_cursors<T>(&self, look: impl FnOnce(&mut Cursors) -> Result<T>) -> Result<T> {
        let mut cursors = match self.idle.lock().ok().and_then(|mut idle| idle.pop()) {
            Some(cursors) => cursors,
            None => Cursors::new(&self.layers)?,
        };
        let looked = look(&mut cursors)?;
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(cursors);
        }
        Ok(looked)
    }

    fn read_with(&self, cursors: &mut Cursors, offset: VirtualOffset, buf: &mut [u8]) -> Result<()> {
        let end = offset.saturating_add(ByteLen::from(buf.len()));
        let mut at = offset;
        let mut rest = buf;
        while !rest.is_empty() {
            let extent = cursors.at(&self.layers, at, end)?;
            let len = extent.range.len.to_usize().unwrap_or(usize::MAX).min(rest.len());
            let (part, after) = rest.split_at_mut(len);
            match extent.state {
                ExtentState::Data(from) => self.read_layer(extent.layer, from, part)?,
                _ => part.fill(0),
            }
            rest = after;
            at = extent.range.end();
        }
        Ok(())
    }

    /// Fills `buf` from a layer's file, at a place that an extent gave.
    pub fn read_layer(&self, layer: usize, offset: FileOffset, buf: &mut [u8]) -> Result<()> {
        match self.image(layer) {
            Some(image) => image.view().read_exact_at("payload", offset, buf),
            None => Err(Error::refused("", None, "no such layer")),
        }
    }

    /// A cursor that reads and seeks.
    pub fn reader(&self) -> DiskReader<'_> {
        DiskReader { disk: self, at: 0 }
    }
}

/// `Read` and `Seek` over a virtual disk.
#[derive(Clone)]
pub struct DiskReader<'a> {
    disk: &'a VirtualDisk,
    at: u64,
}

impl fmt::Debug for DiskReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskReader").field("at", &VirtualOffset(self.at)).finish_non_exhaustive()
    }
}

impl io::Read for DiskReader<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = ByteLen(self.disk.size().0.saturating_sub(self.at));
        let len = left.to_usize().unwrap_or(usize::MAX).min(buf.len());
        if let Some(part) = buf.get_mut(..len) {
            self.disk.read_exact_at(VirtualOffset(self.at), part).map_err(io::Error::other)?;
        }
        self.at = self.at.saturating_add(ByteLen::from(len).0);
        Ok(len)
    }
}

impl io::Seek for DiskReader<'_> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        let target = match to {
            io::SeekFrom::Start(at) => Some(at),
            io::SeekFrom::Current(by) => self.at.checked_add_signed(by),
            io::SeekFrom::End(by) => self.disk.size().0.checked_add_signed(by),
        };
        self.at = target.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek before the start"))?;
        Ok(self.at)
    }
}
