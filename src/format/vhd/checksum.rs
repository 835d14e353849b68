//! The checksum of footer and dynamic disk header ("Hard Disk Footer Format", Checksum).

/// The ones' complement of the sum of all bytes, the four of the field at `field` left out; the buffer is not touched.
pub(super) fn ones_complement_without_field(bytes: &[u8], field: usize) -> u32 {
    let before = bytes.get(..field).unwrap_or(bytes);
    let after = bytes.get(field.saturating_add(4)..).unwrap_or_default();
    !before.iter().chain(after).fold(0_u32, |sum, byte| sum.wrapping_add(u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_counts_as_zero() {
        assert_eq!(ones_complement_without_field(&[1, 2, 0xFF, 0xFF, 0xFF, 0xFF, 3], 2), !6);
        assert_eq!(ones_complement_without_field(&[], 64), u32::MAX);
        assert_eq!(ones_complement_without_field(&[0xFF; 512], 64), !(508 * 255));
    }
}
