//! Checksums over a structure whose own checksum field counts as zero: CRC-32C in VHDX (MS-VHDX 2.2.2, 2.2.3.1,
//! 2.3.1.1), CRC-32 as in zlib in the Hyper-V storage container.

/// CRC-32C of `bytes` with the four bytes at `field` taken as zero, computed without touching the buffer.
pub(crate) fn crc32c_without_field(bytes: &[u8], field: usize) -> u32 {
    let end = field.saturating_add(4);
    let before = bytes.get(..field).unwrap_or(bytes);
    let after = bytes.get(end..).unwrap_or_default();
    let crc = crc32c::crc32c(before);
    let crc = crc32c::crc32c_append(crc, &[0; 4]);
    crc32c::crc32c_append(crc, after)
}

/// CRC-32 (ISO-HDLC, as in zlib; not CRC-32C) of `bytes` with the four bytes at `field` taken as zero.
pub(crate) fn crc32_without_field(bytes: &[u8], field: usize) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(bytes.get(..field).unwrap_or(bytes));
    crc.update(&[0; 4]);
    crc.update(bytes.get(field.saturating_add(4)..).unwrap_or_default());
    crc.finalize()
}

/// CRC-32 (ISO-HDLC) of `bytes`.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
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
        bytes[4..8].fill(0xFF);
        let computed = crc32_without_field(&bytes, 4);
        bytes[4..8].fill(0);
        assert_eq!(computed, crc32(&bytes));
        // The check values of both in the catalogue of parametrised CRC algorithms.
        assert_eq!(crc32c::crc32c(b"123456789"), 0xE306_9283);
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }
}
