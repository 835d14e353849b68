//! Fields read by their offsets in the specification, to hold against what the parsers say. Bytes that are not there
//! count as zero.

use uuid::Uuid;

/// `N` bytes at an offset.
pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut found = [0; N];
    for (place, byte) in found.iter_mut().zip(bytes.get(at..).unwrap_or_default()) {
        *place = *byte;
    }
    found
}

pub(super) fn le16(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(array(bytes, at))
}

pub(super) fn le32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array(bytes, at))
}

pub(super) fn le64(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array(bytes, at))
}

pub(super) fn be16(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes(array(bytes, at))
}

pub(super) fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(array(bytes, at))
}

pub(super) fn be64(bytes: &[u8], at: usize) -> u64 {
    u64::from_be_bytes(array(bytes, at))
}

/// A GUID as Windows stores it.
pub(super) fn guid(bytes: &[u8], at: usize) -> Uuid {
    Uuid::from_bytes_le(array(bytes, at))
}

/// CRC-32C with four bytes taken as zero, by the plainest way: over a copy.
pub(super) fn crc_without(bytes: &[u8], field: usize) -> u32 {
    let mut copy = bytes.to_vec();
    if let Some(field) = copy.get_mut(field..field + 4) {
        field.fill(0);
    }
    crc32c::crc32c(&copy)
}
