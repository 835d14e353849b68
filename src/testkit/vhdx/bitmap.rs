//! Sector bitmap blocks (MS-VHDX 2.4).

use std::ops::Range;

use crate::testkit::size;
use crate::testkit::sparse::SparseImage;

/// The size of a sector bitmap block in bytes (MS-VHDX 2.4: 1 MiB, one bit for each of a chunk's 2^23 sectors).
pub const BITMAP_SIZE: u64 = 1 << 20;

/// A sector bitmap block in which no sector is present.
pub fn empty() -> SparseImage {
    SparseImage::new(BITMAP_SIZE)
}

/// Marks sectors of the chunk as present in this file. Sector 0 of the chunk is the least significant bit of byte 0.
pub fn set(bitmap: &mut SparseImage, sectors: Range<u64>) {
    let first = sectors.start / 8;
    let mut bytes = bitmap.read(first, sectors.end.div_ceil(8).saturating_sub(first));
    for sector in sectors {
        if let Some(byte) = bytes.get_mut(size(sector / 8 - first)) {
            *byte |= 1 << (sector % 8);
        }
    }
    bitmap.write(first, &bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sectors_are_counted_from_the_least_significant_bit() {
        let mut bitmap = empty();
        set(&mut bitmap, 3..4);
        set(&mut bitmap, 7..17);
        set(&mut bitmap, 0x7F_FFFF..0x80_0000);
        assert_eq!(bitmap.read(0, 4), [0x88, 0xFF, 0x01, 0]);
        assert_eq!(bitmap.read(BITMAP_SIZE - 1, 9), [0x80]);
        assert_eq!(bitmap.len(), BITMAP_SIZE);
    }
}
