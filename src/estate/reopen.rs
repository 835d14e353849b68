//! What is asked of a file that was closed after it was read.

use std::sync::Arc;

use crate::error::Result;
use crate::image::vhdx::Depth;
use crate::image::{Image, KindBy, OpenOptions};
use crate::source::ReadAt;

use super::{FoundFile, OpenedAs};

impl FoundFile {
    /// The image of a disk that was opened in this run: the one that is kept, else opened again. `None` for any other
    /// file.
    pub fn open_image(&self) -> Option<Result<Arc<Image>>> {
        if let Some(image) = &self.image {
            return Some(Ok(Arc::clone(image)));
        }
        self.disk.as_ref()?;
        Some(self.image_again(self.opened?))
    }

    /// As [`open_image`](Self::open_image), but for a disk of which it is known where it lies in its file: that file is
    /// opened again only when something is read from it, which fails where it has changed since it was first read.
    pub fn open_image_when_read(&self) -> Option<Result<Arc<Image>>> {
        match (&self.image, self.opened, self.stamp, &self.layout) {
            (None, Some(how), Some(stamp), Some(layout)) => match how.when_read(&self.path, stamp, self.id) {
                Some(source) => Some(Ok(Arc::new(Image::reopen(source, (**layout).clone())))),
                None => self.open_image(),
            },
            _ => self.open_image(),
        }
    }

    /// The bytes of a disk, as of the replay of its log, or of a file that only calls itself one: those that are kept,
    /// else opened again. `None` for any other file, and where they cannot be opened any more.
    pub fn open_view(&self) -> Option<Arc<dyn ReadAt>> {
        match (self.open_image(), &self.unrecognised) {
            (Some(image), _) => Some(Arc::clone(image.ok()?.view())),
            (None, Some(source)) => Some(Arc::clone(source)),
            (None, None) if self.is_image() && self.kind_by == KindBy::Name => {
                self.opened?.again(&self.path, self.id).ok().map(|opened| opened.shared())
            }
            (None, None) => None,
        }
    }

    /// Reads no more than a view of the disk's content takes: nothing at first where it is known from the first time
    /// where the disk lies, and the file is still the same.
    fn image_again(&self, how: OpenedAs) -> Result<Arc<Image>> {
        let opened = how.again(&self.path, self.id)?;
        if let Some(layout) = self.layout.as_deref().filter(|_| self.stamp == Some(opened.file().stamp())) {
            return Ok(Arc::new(Image::reopen(opened.shared(), layout.clone())));
        }
        let options = OpenOptions { depth: Depth::Open, as_on_disk: how.as_on_disk };
        Image::open(opened.shared(), self.kind, options).map(Arc::new)
    }
}
