//! Where the virtual disk lies in a file, for a file that is opened again: its content can be read without reading once
//! more the structures that say so.

use std::sync::Arc;

use crate::units::{ByteLen, FileRange};

use super::{vhd, vhdx};

/// Where the virtual disk lies in a file that can be read as it is: nothing stands in the way, and no log is, or would
/// have to be, laid over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout(pub(super) FormatLayout);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FormatLayout {
    Vhdx {
        geometry: vhdx::Geometry,
        /// Structures that a payload block must not lie in, by name.
        structures: Arc<[(&'static str, FileRange)]>,
        /// What the BAT says of the first and the last block, where all of it was read.
        ends: Option<vhdx::Ends>,
    },
    Vhd(vhd::Geometry),
}

impl Layout {
    pub(super) fn virtual_size(&self) -> ByteLen {
        match &self.0 {
            FormatLayout::Vhdx { geometry, .. } => geometry.virtual_size,
            FormatLayout::Vhd(geometry) => geometry.virtual_size,
        }
    }

    pub(super) fn logical_sector_size(&self) -> ByteLen {
        match &self.0 {
            FormatLayout::Vhdx { geometry, .. } => geometry.logical_sector_size,
            FormatLayout::Vhd(_) => crate::format::vhd::SECTOR_SIZE,
        }
    }
}
