//! The content of the ranges that the block maps leave open.

use crate::analysis::hash::ZEROS;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::units::{ByteLen, VirtualOffset, VirtualRange};

use super::{Difference, Point, Side};

/// Bytes that are read of each disk at once.
const PIECE: ByteLen = ByteLen::mib(1);

/// Reads ranges of both disks and compares them sector by sector.
pub(super) struct Reader<'a> {
    a: Point<'a>,
    b: Point<'a>,
    /// Bytes of the smaller of the two disks' logical sectors: what is compared as one.
    sector: usize,
    bytes_of_a: Vec<u8>,
    bytes_of_b: Vec<u8>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(a: Point<'a>, b: Point<'a>) -> Self {
        let sector = |point: Point<'_>| point.disk.image(0).and_then(Image::logical_sector_size);
        let sector = sector(a).into_iter().chain(sector(b)).min().and_then(ByteLen::to_usize);
        Self {
            a,
            b,
            sector: sector.filter(|sector| *sector > 0).unwrap_or(512),
            bytes_of_a: vec![],
            bytes_of_b: vec![],
        }
    }

    /// Hands on the parts of an open range that really differ, not merged.
    pub(super) fn differences(
        &mut self,
        open: &Difference,
        progress: &mut dyn FnMut(ByteLen) -> bool,
        each: &mut dyn FnMut(Difference) -> Result<()>,
    ) -> Result<()> {
        // The end of a disk is a difference whatever its other side holds.
        if open.a == Side::PastEnd || open.b == Side::PastEnd {
            each(*open)?;
            return go_on(progress, open.range.end());
        }
        let mut rest = open.range;
        while !rest.len.is_zero() {
            let piece = VirtualRange::new(rest.start, rest.len.min(PIECE));
            let from_a = read(self.a, open.a, piece, &mut self.bytes_of_a)?;
            let from_b = read(self.b, open.b, piece, &mut self.bytes_of_b)?;
            for (start, len) in different_runs(from_a, from_b, self.sector) {
                let start = piece.start.saturating_add(ByteLen::from(start));
                each(Difference { range: VirtualRange::new(start, ByteLen::from(len)), ..*open })?;
            }
            go_on(progress, piece.end())?;
            rest = VirtualRange::between(piece.end(), rest.end());
        }
        Ok(())
    }
}

pub(super) fn go_on(progress: &mut dyn FnMut(ByteLen) -> bool, at: VirtualOffset) -> Result<()> {
    if progress(ByteLen(at.get())) { Ok(()) } else { Err(Error::refused("", None, "interrupted")) }
}

fn read<'b>(point: Point<'_>, side: Side, range: VirtualRange, buf: &'b mut Vec<u8>) -> Result<&'b [u8]> {
    let len = range.len.to_usize().unwrap_or_default();
    if side.is_zeros() {
        return Ok(ZEROS.get(..len).unwrap_or_default());
    }
    buf.resize(len, 0);
    point.disk.read_exact_at(range.start, buf)?;
    Ok(buf)
}

/// The runs of sectors in which two pieces of the same length differ, as start and length in bytes.
fn different_runs<'b>(a: &'b [u8], b: &'b [u8], sector: usize) -> impl Iterator<Item = (usize, usize)> + 'b {
    // Most pieces that are not the same place of the same file are still equal or differ throughout; one comparison
    // of the whole settles the first.
    let len = if a == b { 0 } else { a.len().min(b.len()) };
    let mut at = 0;
    std::iter::from_fn(move || {
        let equal = |at: usize| {
            let end = at.saturating_add(sector).min(len);
            a.get(at..end) == b.get(at..end)
        };
        while at < len && equal(at) {
            at = at.saturating_add(sector);
        }
        let start = at;
        while at < len && !equal(at) {
            at = at.saturating_add(sector);
        }
        let end = at.min(len);
        (start < end).then(|| (start, end.saturating_sub(start)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_sectors_are_found_at_every_place() {
        let a = vec![0; 10 * 512 + 100];
        let mut b = a.clone();
        assert_eq!(different_runs(&a, &b, 512).count(), 0);
        for at in [0, 512, 1023, 5000, 5219] {
            b[at] = 1;
        }
        let runs: Vec<_> = different_runs(&a, &b, 512).collect();
        assert_eq!(runs, [(0, 1024), (9 * 512, 512 + 100)]);
    }
}
