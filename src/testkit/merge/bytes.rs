//! Numbers in the bytes of a file.

use uuid::Uuid;

use crate::testkit::sparse::SparseImage;

/// Bytes that are moved at once.
const PIECE: u64 = 1 << 20;

pub(super) fn le16(image: &SparseImage, at: u64) -> u16 {
    image.read(at, 2).first_chunk().copied().map_or(0, u16::from_le_bytes)
}

pub(super) fn le32(image: &SparseImage, at: u64) -> u32 {
    image.read(at, 4).first_chunk().copied().map_or(0, u32::from_le_bytes)
}

pub(super) fn le64(image: &SparseImage, at: u64) -> u64 {
    image.read(at, 8).first_chunk().copied().map_or(0, u64::from_le_bytes)
}

pub(super) fn be32(image: &SparseImage, at: u64) -> u32 {
    image.read(at, 4).first_chunk().copied().map_or(0, u32::from_be_bytes)
}

pub(super) fn be64(image: &SparseImage, at: u64) -> u64 {
    image.read(at, 8).first_chunk().copied().map_or(0, u64::from_be_bytes)
}

/// A GUID as Windows stores it.
pub(super) fn guid(image: &SparseImage, at: u64) -> Uuid {
    image.read(at, 16).first_chunk().copied().map_or(Uuid::nil(), Uuid::from_bytes_le)
}

/// Copies bytes from one file into another. Zeros are copied too, and cost no memory.
pub(super) fn copy(from: &SparseImage, at: u64, to: &mut SparseImage, place: u64, len: u64) {
    let mut done = 0;
    while done < len {
        let piece = from.read(at + done, PIECE.min(len - done));
        let end = piece.len() as u64;
        if piece.iter().all(|byte| *byte == 0) {
            to.zero(place + done..place + done + end);
        } else {
            to.write(place + done, &piece);
        }
        done += end.max(1);
    }
}

/// The runs of set bits among `count` from `first`, counted from `first`; `at` is where bit 0 stands. VHDX counts the
/// bits of a byte from the lowest, VHD from the highest.
pub(super) fn set_bits(image: &SparseImage, at: u64, first: u64, count: u64, lowest_first: bool) -> Vec<(u64, u64)> {
    let bytes = image.read(at + first / 8, (first % 8 + count).div_ceil(8));
    let mut runs: Vec<(u64, u64)> = vec![];
    for bit in 0..count {
        let place = first % 8 + bit;
        let byte = bytes.get(super::super::size(place / 8)).copied().unwrap_or(0);
        let mask = if lowest_first { 1 << (place % 8) } else { 0x80 >> (place % 8) };
        if byte & mask != 0 {
            match runs.last_mut().filter(|(_, end)| *end == bit) {
                Some((_, end)) => *end = bit + 1,
                None => runs.push((bit, bit + 1)),
            }
        }
    }
    runs
}

/// Sets bits; `at` is where bit 0 stands.
pub(super) fn put_bits(image: &mut SparseImage, at: u64, first: u64, end: u64, lowest_first: bool) {
    let (from, to) = (first / 8, end.div_ceil(8));
    let mut bytes = image.read(at + from, to - from);
    for bit in first..end {
        if let Some(byte) = bytes.get_mut(super::super::size(bit / 8 - from)) {
            *byte |= if lowest_first { 1 << (bit % 8) } else { 0x80 >> (bit % 8) };
        }
    }
    image.write(at + from, &bytes);
}
