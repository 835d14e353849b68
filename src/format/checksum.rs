//! CRC-32C over a structure whose own checksum field counts as zero (MS-VHDX 2.2.2, 2.2.3.1, 2.3.1.1).

/// CRC-32C of `bytes` with the four bytes at `field` taken as zero, computed without touching the buffer.
pub(crate) fn crc32c_without_field(bytes: &[u8], field: usize) -> u32 {
    let end = field.saturating_add(4);
    let before = bytes.get(..field).unwrap_or(bytes);
    let after = bytes.get(end..).unwrap_or_default();
    let crc = crc32c::crc32c(before);
    let crc = crc32c::crc32c_append(crc, &[0; 4]);
    crc32c::crc32c_append(crc, after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_the_checksum_of_a_zeroed_copy() {
        let mut bytes: Vec<u8> = (0..200).collect();
        let computed = crc32c_without_field(&bytes, 4);
        bytes[4..8].fill(0);
        assert_eq!(computed, crc32c::crc32c(&bytes));
        // The check value of CRC-32C in the catalogue of parametrised CRC algorithms.
        assert_eq!(crc32c::crc32c(b"123456789"), 0xE306_9283);
    }
}
