//! Checksums over a structure whose own checksum field counts as zero: CRC-32C in VHDX (MS-VHDX 2.2.2, 2.2.3.1,
//! 2.3.1.1), CRC-32 as in zlib in the Hyper-V storage container.

use std::array;
use std::sync::LazyLock;

/// CRC-32C of `bytes` with the four bytes at `field` taken as zero, computed without touching the buffer.
///
/// Of a region table of 64 KiB a hundred bytes are used, as a rule. Zeros at the end are looked for at the speed of
/// memory, and then cost as little as their number has binary digits.
pub(crate) fn crc32c_without_field(bytes: &[u8], field: usize) -> u32 {
    let end = field.saturating_add(4);
    let before = bytes.get(..field).unwrap_or(bytes);
    let (after, zeros) = without_zeros(bytes.get(end..).unwrap_or_default());
    let crc = crc32c::crc32c(before);
    let crc = crc32c::crc32c_append(crc, &[0; 4]);
    let crc = crc32c::crc32c_append(crc, after);
    append_zeros(crc, zeros)
}

/// The bytes without the zeros at their end, in whole pieces, and how many these are.
fn without_zeros(bytes: &[u8]) -> (&[u8], u32) {
    /// Long enough to be looked through without a branch.
    const PIECE: usize = 512;
    let is_zero =
        |piece: &[u8; PIECE]| piece.as_chunks::<8>().0.iter().fold(0, |any, word| any | u64::from_le_bytes(*word)) == 0;
    let pieces = bytes.as_rchunks::<PIECE>().1;
    let zeros = pieces.iter().rev().take_while(|piece| is_zero(piece)).count().saturating_mul(PIECE);
    match (u32::try_from(zeros), bytes.get(..bytes.len().saturating_sub(zeros))) {
        (Ok(zeros), Some(rest)) => (rest, zeros),
        _ => (bytes, 0),
    }
}

/// What a CRC-32C becomes when zeros follow. To its bits each zero does the same linear map, so that the one for any
/// number of them is put together from those for 1, 2, 4 ... zeros.
fn append_zeros(crc: u32, count: u32) -> u32 {
    let maps = ZEROS.iter().enumerate().filter(|(digit, _)| count >> digit & 1 != 0);
    !maps.fold(!crc, |state, (_, map)| apply(map, state))
}

/// A linear map of 32 bits: what each of them alone becomes.
type BitMap = [u32; 32];

/// What 1, 2, 4 ... 2^31 zeros do to the bits of a CRC-32C.
static ZEROS: LazyLock<[BitMap; 32]> = LazyLock::new(|| {
    /// The polynomial, its highest power in the lowest bit.
    const POLYNOMIAL: u32 = 0x82F6_3B78;
    let zero_bit = |state: u32| (state >> 1) ^ if state & 1 != 0 { POLYNOMIAL } else { 0 };
    let mut map: BitMap = array::from_fn(|bit| (0..8).fold(1 << bit, |state, _| zero_bit(state)));
    array::from_fn(|_| {
        let once = map;
        map = once.map(|bits| apply(&once, bits));
        once
    })
});

fn apply(map: &BitMap, state: u32) -> u32 {
    let bits = map.iter().enumerate().map(|(bit, becomes)| if state >> bit & 1 != 0 { *becomes } else { 0 });
    bits.fold(0, |sum, bits| sum ^ bits)
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
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn zeros_at_the_end_count(used in prop::collection::vec(any::<u8>(), 0..2000), zeros in 0_usize..70_000) {
            let mut bytes = used;
            bytes.resize(bytes.len() + zeros, 0);
            let computed = crc32c_without_field(&bytes, 4);
            bytes.iter_mut().skip(4).take(4).for_each(|byte| *byte = 0);
            let whole = if bytes.len() < 8 { [&bytes[..bytes.len().min(4)], &[0; 4]].concat() } else { bytes };
            prop_assert_eq!(computed, crc32c::crc32c(&whole));
        }
    }

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
