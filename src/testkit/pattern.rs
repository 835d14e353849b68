//! Recognisable content: every 512 bytes say who wrote them and where they belong.

use std::sync::Arc;

use super::size;
use super::sparse::SparseImage;

/// The unit of the pattern in bytes, whatever the disk's sector size is.
pub const UNIT: u64 = 512;

/// One 512-byte unit of the pattern: the writer's tag and the number of the unit on the virtual disk, as text, sixteen
/// times. It is never all zero and differs between any two tags and any two places.
pub fn unit(tag: u32, number: u64) -> Vec<u8> {
    format!("{tag:010} {number:020}\n").repeat(16).into_bytes()
}

/// The pattern of a range of the virtual disk as written by `tag`. Nothing has to be aligned.
pub fn range(tag: u32, offset: u64, len: u64) -> Vec<u8> {
    let mut bytes = vec![0; size(len)];
    fill(tag, offset, &mut bytes);
    bytes
}

/// Fills a buffer with the pattern of the virtual disk from `offset` on.
pub fn fill(tag: u32, offset: u64, buffer: &mut [u8]) {
    let mut at = offset;
    let mut rest = buffer;
    while !rest.is_empty() {
        let unit = unit(tag, at / UNIT);
        let source = unit.get(size(at % UNIT)..).unwrap_or_default();
        let (head, tail) = rest.split_at_mut(source.len().min(rest.len()));
        head.copy_from_slice(source.get(..head.len()).unwrap_or_default());
        at += head.len() as u64;
        rest = tail;
    }
}

/// The pattern of a range of the virtual disk, made only when it is read.
pub fn image(tag: u32, offset: u64, len: u64) -> SparseImage {
    let mut image = SparseImage::new(len);
    image.write_made(0, len, Arc::new(move |at, out| fill(tag, offset + at, out)));
    image
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_512_bytes_and_names_its_place() {
        let bytes = unit(3, 77);
        assert_eq!(bytes.len() as u64, UNIT);
        assert!(bytes.starts_with(b"0000000003 00000000000000000077\n"));
    }

    #[test]
    fn pieces_equal_the_whole() {
        let whole = range(9, 1000, 3000);
        assert_eq!(whole[24..536], unit(9, 2));
        let pieces: Vec<u8> = (0..30).flat_map(|piece| range(9, 1000 + piece * 100, 100)).collect();
        assert_eq!(whole, pieces);
        assert_eq!(image(9, 1000, 3000).to_vec(), whole);
    }
}
