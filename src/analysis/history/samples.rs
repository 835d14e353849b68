//! A few pieces of a disk's own content, so that it can be told later whether they arrived in its parent.
//!
//! After a merge the parent holds what its child held, wherever the guest has not written since. After a deletion it
//! does not. The file that would prove either is gone by then; the hashes of a few pieces are not.

use crate::chain::VirtualDisk;
use crate::error::Result;
use crate::image::{Content, Image, Runs};
use crate::limits;
use crate::units::{ByteLen, FileOffset, VirtualOffset};

use super::record::Sample;

/// Bytes of a piece: a page of a guest, written as one by most.
const PIECE: ByteLen = ByteLen(4096);

/// Pieces of what the file itself holds, spread over its blocks; fewer where it holds little, none where it cannot be
/// read.
///
/// Pieces that its parent holds as well are passed by: only what differs can be seen to arrive.
pub fn take(image: &Image, parent: &VirtualDisk) -> Vec<Sample> {
    let places = places(image).unwrap_or_default();
    let count = places.iter().fold(0_u64, |sum, place| sum.saturating_add(place.blocks));
    let most = limits::MAX_HISTORY_SAMPLES;
    let mut samples: Vec<Sample> = Vec::new();
    // So many blocks at equal distances; those between them where the first ones have nothing to offer.
    for round in 0..ROUNDS {
        for number in 0..most {
            let part = number.saturating_mul(ROUNDS).saturating_add(round);
            let block = u128::from(part).saturating_mul(count.into()) / u128::from(most.saturating_mul(ROUNDS));
            let place = u64::try_from(block).ok().and_then(|block| nth(&places, block));
            let Some((at, offset)) = place.filter(|(at, _)| samples.iter().all(|known| known.offset != *at)) else {
                continue;
            };
            samples.extend(piece(image, parent, at, offset));
            if samples.len() >= usize::try_from(most).unwrap_or(usize::MAX) {
                return samples;
            }
        }
    }
    samples
}

/// How often the file is gone over before no more pieces are looked for.
const ROUNDS: u64 = 4;

/// A run of data, as blocks that start a block's length apart.
struct Place {
    at: VirtualOffset,
    offset: FileOffset,
    block_size: ByteLen,
    blocks: u64,
}

/// Runs of data that are long enough for a piece, some from every part of the disk.
fn places(image: &Image) -> Result<Vec<Place>> {
    let mut places = Vec::new();
    let (Some(size), Some(block_size)) = (image.virtual_size(), image.block_size()) else { return Ok(places) };
    let mut runs = Runs::new(image)?;
    let parts = limits::MAX_HISTORY_SAMPLES;
    let bound = |part: u64| {
        let at = u128::from(size.0).saturating_mul(part.into()) / u128::from(parts);
        VirtualOffset(u64::try_from(at).unwrap_or(u64::MAX))
    };
    for part in 0..parts {
        let (mut at, end) = (bound(part), bound(part.saturating_add(1)));
        for _ in 0..limits::MAX_HISTORY_SAMPLE_STEPS {
            if at >= end {
                break;
            }
            let run = runs.at(at, end)?.from(at);
            let len = run.range.len.0.min(end.0.saturating_sub(at.0));
            if let (Content::Data(offset), true) = (run.content, len >= PIECE.0) {
                let blocks = len.saturating_sub(PIECE.0).checked_div(block_size.0).unwrap_or(0).saturating_add(1);
                places.push(Place { at, offset, block_size, blocks });
            }
            at = run.range.end();
        }
    }
    Ok(places)
}

fn nth(places: &[Place], mut block: u64) -> Option<(VirtualOffset, FileOffset)> {
    for place in places {
        if block < place.blocks {
            let further = ByteLen(block.saturating_mul(place.block_size.0));
            return Some((place.at.saturating_add(further), place.offset.saturating_add(further)));
        }
        block = block.saturating_sub(place.blocks);
    }
    None
}

fn piece(image: &Image, parent: &VirtualDisk, at: VirtualOffset, offset: FileOffset) -> Option<Sample> {
    let mut piece = vec![0; PIECE.to_usize()?];
    image.view().read_exact_at("payload", offset, &mut piece).ok()?;
    let mut below = vec![0; piece.len()];
    // Past the end of a shorter parent there are zeros.
    if at.0.saturating_add(PIECE.0) <= parent.size().0 {
        parent.read_exact_at(at, &mut below).ok()?;
    }
    (piece != below).then(|| Sample { offset: at, length: PIECE, hash: hash(&piece) })
}

/// What became of samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// How many could be compared with what a disk holds now.
    pub compared: u64,
    /// How many of them it holds.
    pub arrived: u64,
    /// How many of the others lie where the topmost file has nothing at all: neither data nor zeros.
    pub absent: u64,
}

/// Looks for samples in a disk.
pub fn compare(samples: &[Sample], disk: &VirtualDisk) -> Compared {
    let mut found = Compared::default();
    for sample in samples.iter().filter(|sample| sample.length == PIECE) {
        let mut piece = vec![0; PIECE.to_usize().unwrap_or_default()];
        if disk.read_exact_at(sample.offset, &mut piece).is_ok() {
            found.compared = found.compared.saturating_add(1);
            if hash(&piece) == sample.hash {
                found.arrived = found.arrived.saturating_add(1);
            } else if disk.images().next().is_some_and(|top| has_nothing(top, sample.offset)) {
                found.absent = found.absent.saturating_add(1);
            }
        }
    }
    found
}

/// Whether a file says nothing about a place, as one into which nothing was ever merged there.
fn has_nothing(image: &Image, at: VirtualOffset) -> bool {
    let run = Runs::new(image).and_then(|mut runs| runs.at(at, at.saturating_add(PIECE)));
    run.is_ok_and(|run| matches!(run.from(at).content, Content::Transparent | Content::Absent))
}

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().chars().take(32).collect()
}
