//! VHD ("version 1": VHD and AVHD files), one file for each heading of the [Virtual Hard Disk Image Format
//! Specification] (Microsoft, 11 October 2006, version 1.0). All numbers are big-endian.
//!
//! ```text
//! fixed         data (the whole virtual disk) · footer
//! dynamic,      footer copy · dynamic disk header · block allocation table · blocks (each a sector bitmap, then data)
//! differencing    and parent locator data, anywhere between · footer
//! ```
//!
//! [Virtual Hard Disk Image Format Specification]: https://www.microsoft.com/download/details.aspx?id=23850

pub mod block_allocation_table;
mod checksum;
pub mod dynamic_disk_header;
pub mod fields;
pub mod footer;
pub mod geometry;
pub mod parent_locator;
pub mod sector_bitmap;

use crate::units::ByteLen;

/// Bytes of a sector: always 512 (Introduction, "Sector length").
pub const SECTOR_SIZE: ByteLen = ByteLen(512);

/// `len` rounded up to whole sectors; saturates far beyond any disk.
pub const fn round_up_to_sector(len: ByteLen) -> ByteLen {
    ByteLen(len.0.div_ceil(SECTOR_SIZE.0).saturating_mul(SECTOR_SIZE.0))
}
