//! Writes VHD files (version 1) from the numbers of Microsoft's Virtual Hard Disk Image Format Specification of October
//! 2006. Everything is stored most significant byte first.

mod builder;
mod footer;
mod header;
mod write;

pub use builder::{Block, Builder, Kind};
pub use footer::{Footer, Geometry, chs};
pub use header::{DynamicHeader, ParentLocator};
pub use write::{Built, Layout};

use super::low32;
use super::record::{Checksum, Record};

/// The size of a sector, always.
pub const SECTOR: u64 = 512;

/// An entry of the BAT that points nowhere.
pub const UNUSED: u32 = 0xFFFF_FFFF;

/// Puts the checksum of footer or dynamic header: the ones' complement of the sum of all bytes, those of the checksum
/// taken as zero.
fn seal(record: &mut Record, at: usize, checksum: Checksum) {
    record.be32(at, 0);
    let sum = record.bytes().iter().fold(0_u32, |sum, byte| sum.wrapping_add(u32::from(*byte)));
    record.be32(at, checksum.over(!sum));
}
