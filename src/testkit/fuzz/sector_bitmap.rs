//! Runs of sector bitmaps of both formats against a loop over single bits.

use crate::format::{vhd, vhdx};

use super::input::Input;

/// A start, a length (each 16 bits, which may reach past the view) and the bits.
pub fn sector_bitmap(data: &[u8]) {
    let mut input = Input::new(data);
    let (start, len) = (u64::from(input.le16()), u64::from(input.le16()));
    let bits = input.rest();
    let lowest_first = |at: u64, byte: u8| byte >> (at % 8) & 1 == 1;
    let highest_first = |at: u64, byte: u8| byte << (at % 8) & 0x80 != 0;
    let bitmap = vhdx::sector_bitmap::SectorBitmap::new(bits);
    let runs = bitmap.runs(start, len).map(|run| (run.start, run.len, run.set));
    check(bits, start, len, lowest_first, runs, bitmap.count_set(start, len));
    let bitmap = vhd::sector_bitmap::SectorBitmap::new(bits);
    let runs = bitmap.runs(start, len).map(|run| (run.start, run.len, run.set));
    check(bits, start, len, highest_first, runs, bitmap.count_set(start, len));
    assert_eq!(bitmap.runs(u64::MAX, u64::MAX).count(), 0);
}

fn check(
    bytes: &[u8],
    start: u64,
    len: u64,
    is_set: impl Fn(u64, u8) -> bool,
    runs: impl Iterator<Item = (u64, u64, bool)>,
    count: u64,
) {
    let wanted = (start..start + len).map_while(|at| Some(is_set(at, *bytes.get(crate::testkit::size(at / 8))?)));
    let wanted: Vec<bool> = wanted.collect();
    let (mut got, mut at, mut last) = (Vec::new(), start, None);
    for (run_start, run_len, set) in runs {
        assert!(run_start == at && run_len > 0 && last != Some(set), "a run of {run_len} from {run_start} after {at}");
        got.extend((0..run_len).map(|_| set));
        (at, last) = (run_start + run_len, Some(set));
    }
    assert_eq!(got, wanted);
    assert_eq!(count, wanted.iter().filter(|set| **set).count() as u64);
}

pub(super) fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let seed = |start: u16, len: u16, bits: &[u8]| [&start.to_le_bytes()[..], &len.to_le_bytes(), bits].concat();
    vec![
        ("a-run-across-words", seed(3, 900, &[&[0xFF; 40][..], &[0; 40], &[0x0F, 0xF0, 0xAA]].concat())),
        ("from-within-a-byte", seed(4, 2, &[0xF0])),
        ("past-the-view", seed(60, u16::MAX, &[0xFF; 9])),
        ("starts-past-the-view", seed(u16::MAX, 1, &[1])),
    ]
}
