//! The files that a virtual disk is read through, checked once for whether they can belong together.

use std::path::PathBuf;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::image::Image;
use crate::units::{ByteLen, VirtualRange};

/// The files of a chain, the one that was asked first and its base last, and what lies below.
#[derive(Debug)]
pub(super) struct Layers {
    images: Vec<Arc<Image>>,
    sizes: Vec<ByteLen>,
    bottom: Bottom,
}

/// What lies below the last layer.
#[derive(Clone, Debug)]
pub enum Bottom {
    /// Nothing: the last layer is a base.
    Whole,
    /// Zeros, because the user asked to take a missing parent for zeros.
    Zeros(MissingParent),
    /// A parent that is not there or not proved: an error wherever its data would be needed.
    Missing(MissingParent),
}

/// A parent that cannot be read from.
#[derive(Clone, Debug)]
pub struct MissingParent {
    /// The file whose parent it is.
    pub child: PathBuf,
    /// Why it cannot be read from.
    pub why: String,
}

impl MissingParent {
    pub(super) fn needed_for(&self, range: VirtualRange) -> Error {
        let what = format!(
            "the parent's data is needed for virtual range {} to {}, and {}",
            range.start,
            range.end(),
            self.why
        );
        Error::refused("", None, what).with_path(&self.child)
    }
}

impl Layers {
    pub(super) fn new(images: Vec<Arc<Image>>, bottom: Bottom) -> Result<Self> {
        let mut sizes = Vec::new();
        for image in &images {
            if let Some(blocker) = image.blockers().first() {
                return Err(blocker.clone().with_path(image.path()));
            }
            sizes.push(image.virtual_size().ok_or_else(|| {
                Error::refused("", None, "the size of the virtual disk is unknown").with_path(image.path())
            })?);
        }
        for (child, parent) in images.iter().zip(images.iter().skip(1)) {
            fits(child, parent)?;
        }
        if images.is_empty() {
            return Err(Error::refused("", None, "no file to read from"));
        }
        Ok(Self { images, sizes, bottom })
    }

    /// Bytes of the virtual disk, as the file that was asked has it.
    pub(super) fn size(&self) -> ByteLen {
        self.sizes.first().copied().unwrap_or_default()
    }

    pub(super) fn images(&self) -> impl ExactSizeIterator<Item = &Image> + Clone {
        self.images.iter().map(Arc::as_ref)
    }

    pub(super) fn shared_images(&self) -> &[Arc<Image>] {
        &self.images
    }

    pub(super) fn image(&self, layer: usize) -> Option<&Image> {
        self.images.get(layer).map(Arc::as_ref)
    }

    /// Bytes of the virtual disk as each layer has it.
    pub(super) fn sizes(&self) -> impl Iterator<Item = ByteLen> + '_ {
        self.sizes.iter().copied()
    }

    pub(super) fn bottom(&self) -> &Bottom {
        &self.bottom
    }
}

/// Whether a child can have this parent at all.
fn fits(child: &Image, parent: &Image) -> Result<()> {
    let refuse = |what: String| {
        let what = format!("{what}; the parent is {}", parent.path().display());
        Error::refused("chain", None, what).with_path(child.path())
    };
    match (child.logical_sector_size(), parent.logical_sector_size()) {
        (Some(own), Some(other)) if own != other => {
            return Err(refuse(format!("logical sectors of {own} bytes over a parent with {other}")));
        }
        _ => {}
    }
    match (child.is_vhdx(), parent.is_vhdx()) {
        // A VHDX child may be larger or smaller than its parent: what lies past the parent's end is zeros.
        (true, true) => Ok(()),
        (false, false) => match (child.virtual_size(), parent.virtual_size()) {
            (Some(own), Some(other)) if own != other => {
                Err(refuse(format!("a VHD of {own} bytes over a parent of {other}, which VHD does not allow")))
            }
            _ => Ok(()),
        },
        _ => Err(refuse("a VHD and a VHDX in one chain".to_owned())),
    }
}
