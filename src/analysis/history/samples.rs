//! A few pieces of a disk's own content, so that it can be told later whether they arrived in its parent.
//!
//! After a merge the parent holds what its child held, wherever the guest has not written since. After a deletion it
//! does not. The file that would prove either is gone by then; the hashes of a few pieces are not.

use crate::chain::VirtualDisk;
use crate::image::{Content, Image, Runs};
use crate::limits;
use crate::units::{ByteLen, VirtualOffset};

use super::record::Sample;

/// Bytes of a piece: a page of a guest, written as one by most.
const PIECE: ByteLen = ByteLen(4096);

/// Pieces of what the file itself holds, spread over the disk; fewer where it holds little, none where it cannot be
/// read.
///
/// Pieces that its parent holds as well are passed by: only what differs can be seen to arrive.
pub fn take(image: &Image, parent: &VirtualDisk) -> Vec<Sample> {
    let Some(size) = image.virtual_size() else { return Vec::new() };
    let Ok(mut runs) = Runs::new(image) else { return Vec::new() };
    let mut samples: Vec<Sample> = Vec::new();
    let slices = limits::MAX_HISTORY_SAMPLES;
    // One piece a slice of the disk, the first that there is; what a guest writes lies all over it.
    for slice in 0..slices {
        let bound = |slice: u64| {
            let at = u128::from(size.0).saturating_mul(slice.into()) / u128::from(slices);
            VirtualOffset(u64::try_from(at).unwrap_or(u64::MAX))
        };
        samples.extend(first_piece(image, parent, &mut runs, bound(slice), bound(slice.saturating_add(1))));
    }
    samples
}

fn first_piece(
    image: &Image,
    parent: &VirtualDisk,
    runs: &mut Runs,
    start: VirtualOffset,
    end: VirtualOffset,
) -> Option<Sample> {
    let mut at = start;
    for _ in 0..limits::MAX_HISTORY_SAMPLE_STEPS {
        if at.0 >= end.0 {
            return None;
        }
        let run = runs.at(at, end).ok()?.from(at);
        if let Content::Data(offset) = run.content
            && run.range.len.0 >= PIECE.0
        {
            let mut piece = vec![0; PIECE.to_usize()?];
            image.view().read_exact_at("payload", offset, &mut piece).ok()?;
            let mut below = vec![0; piece.len()];
            if run.range.start.0.saturating_add(PIECE.0) <= parent.size().0 {
                parent.read_exact_at(run.range.start, &mut below).ok()?;
            }
            if piece != below {
                return Some(Sample { offset: run.range.start, length: PIECE, hash: hash(&piece) });
            }
        }
        at = run.range.end();
    }
    None
}

/// How many of the samples could be compared with what a disk holds now, and how many of them it holds.
pub fn compare(samples: &[Sample], disk: &VirtualDisk) -> (u64, u64) {
    let (mut compared, mut arrived) = (0_u64, 0_u64);
    for sample in samples.iter().filter(|sample| sample.length == PIECE) {
        let mut piece = vec![0; PIECE.to_usize().unwrap_or_default()];
        if disk.read_exact_at(sample.offset, &mut piece).is_ok() {
            compared = compared.saturating_add(1);
            arrived = arrived.saturating_add(u64::from(hash(&piece) == sample.hash));
        }
    }
    (compared, arrived)
}

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().chars().take(32).collect()
}
