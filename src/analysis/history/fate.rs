//! What became of a differencing disk that is no longer there: merged into its parent, or deleted.
//!
//! A merge brings the blocks of the child into the parent and gives the parent a new identity. Deleting the child leaves
//! the parent as it was. Between the two stands a parent that somebody wrote to after its child was deleted: it has a
//! new identity, too, and nothing arrived in it.

use super::record::{Arrival, DiskRecord, FileRecord};

/// Fewest samples none of which arrived that speak of a deletion; one or two may have been written over by the guest
/// between the last run and the merge.
const MIN_SAMPLES: u64 = 3;

/// What became of a disk that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// Its content was found in the file below it.
    Merged,
    /// What stood on it stands on the file below, as after a merge, and none of its content was compared.
    ProbablyMerged,
    /// It held nothing of its own.
    Empty,
    /// The file below it does not hold its content.
    Deleted,
    /// The file below it was written to, and whether the content arrived cannot be told.
    Unproved,
}

/// The signs from which the fate is told.
#[derive(Clone, Copy, Debug)]
pub struct Signs<'a> {
    /// The disk that is gone, as it was.
    pub gone: &'a DiskRecord,
    /// The nearest file below it that is still there, as it was.
    pub before: &'a FileRecord,
    /// The same file, as it is.
    pub now: &'a FileRecord,
    /// What the samples of the disk that is gone show.
    pub arrival: Option<&'a Arrival>,
    /// Whether a disk that stood on the one that is gone now stands on the file below it.
    pub relinked: bool,
}

/// What became of the disk.
pub fn fate(signs: &Signs<'_>) -> Fate {
    let (Some(before), Some(now)) = (&signs.before.disk, &signs.now.disk) else { return Fate::Unproved };
    let (compared, arrived) = signs.arrival.map_or((0, 0), |arrival| (arrival.compared, arrival.arrived));
    let absent = signs.arrival.and_then(|arrival| arrival.absent).unwrap_or(0);
    // A guest may have written over some between the last run and the merge. A few may be there because a merge was
    // broken off, or because the file below held the same before.
    if arrived > 0 && absent == 0 && arrived >= compared.div_ceil(2) {
        return Fate::Merged;
    }
    if signs.gone.is_empty() {
        return Fate::Empty;
    }
    if is_untouched(signs, before, now) {
        return Fate::Deleted;
    }
    // Where a merge came, something is. A guest that gave it up, and a disk that was compacted since, can explain few.
    if absent > 0 && absent >= compared.div_ceil(4) {
        return Fate::Deleted;
    }
    if (compared >= MIN_SAMPLES && arrived == 0) || holds_too_little(signs.gone, now) {
        return Fate::Deleted;
    }
    // That the file below has grown proves nothing: a machine that was started on it makes it grow as well.
    if compared == 0 && signs.relinked { Fate::ProbablyMerged } else { Fate::Unproved }
}

/// Whether the file below is what it was. A VHD keeps its identity whatever is written to it; its time of the last write
/// tells.
fn is_untouched(signs: &Signs<'_>, before: &DiskRecord, now: &DiskRecord) -> bool {
    let same_content = if before.data_write_guid.is_some() {
        before.data_write_guid == now.data_write_guid
    } else {
        signs.before.modified.is_some() && signs.before.modified == signs.now.modified
    };
    same_content && signs.before.size == signs.now.size && before.present_blocks() == now.present_blocks()
}

/// Whether the file below has fewer blocks than those of the disk that is gone would take in it.
fn holds_too_little(gone: &DiskRecord, now: &DiskRecord) -> bool {
    let least = || {
        let (own, theirs) = (gone.block_size?.0, now.block_size?.0);
        let whole = u128::from(gone.full_blocks?).saturating_mul(own.into()).div_ceil(u128::from(theirs).max(1));
        // Each block touches one block at least, and that block so many of ours at most.
        let per_block = theirs.checked_div(own)?.max(1);
        let touched = gone.present_blocks()?.div_ceil(per_block);
        Some(whole.max(touched.into()))
    };
    match (least(), now.present_blocks()) {
        (Some(least), Some(present)) => u128::from(present) < least,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::analysis::history::path_text::PathText;
    use crate::units::ByteLen;

    const MIB: u64 = 1 << 20;

    fn disk(identity: u128, full: u64, partial: u64, block: u64) -> DiskRecord {
        DiskRecord {
            data_write_guid: Some(Uuid::from_u128(identity)),
            full_blocks: Some(full),
            partial_blocks: Some(partial),
            zero_blocks: Some(0),
            total_blocks: Some(100),
            block_size: Some(ByteLen(block)),
            ..DiskRecord::default()
        }
    }

    fn fate_of(
        gone: &DiskRecord,
        before: DiskRecord,
        now: DiskRecord,
        arrival: Option<(u64, u64)>,
        relinked: bool,
    ) -> Fate {
        fate_with(gone, before, now, arrival.map(|(compared, arrived)| (compared, arrived, None)), relinked)
    }

    fn fate_with(
        gone: &DiskRecord,
        before: DiskRecord,
        now: DiskRecord,
        arrival: Option<(u64, u64, Option<u64>)>,
        relinked: bool,
    ) -> Fate {
        let file = |disk| FileRecord { disk: Some(disk), ..FileRecord::default() };
        let path = PathText::default();
        let arrival = arrival.map(|(compared, arrived, absent)| Arrival { path, into: 0, compared, arrived, absent });
        let (before, now) = (file(before), file(now));
        fate(&Signs { gone, before: &before, now: &now, arrival: arrival.as_ref(), relinked })
    }

    #[test]
    fn a_parent_that_is_as_it_was_received_nothing() {
        let gone = disk(9, 2, 1, MIB);
        assert_eq!(fate_of(&gone, disk(1, 5, 0, MIB), disk(1, 5, 0, MIB), None, false), Fate::Deleted);
        assert_eq!(fate_of(&disk(9, 0, 0, MIB), disk(1, 5, 0, MIB), disk(1, 5, 0, MIB), None, false), Fate::Empty);
        // Blocks of zeros hide what the parent has, and take no place.
        let trimmed = DiskRecord { zero_blocks: Some(3), ..disk(9, 0, 0, MIB) };
        assert_eq!(fate_of(&trimmed, disk(1, 5, 0, MIB), disk(1, 5, 0, MIB), None, false), Fate::Deleted);
    }

    #[test]
    fn samples_decide_before_anything_else() {
        let gone = disk(9, 2, 1, MIB);
        let fate = |arrival| fate_of(&gone, disk(1, 5, 0, MIB), disk(2, 7, 0, MIB), Some(arrival), true);
        assert_eq!(fate((4, 4)), Fate::Merged);
        assert_eq!(fate((4, 2)), Fate::Merged, "the guest wrote over the others before the merge");
        assert_eq!(fate((4, 1)), Fate::Unproved);
        assert_eq!(fate((3, 0)), Fate::Deleted);
        assert_eq!(fate((2, 0)), Fate::Unproved);
        assert_eq!(fate((0, 0)), Fate::ProbablyMerged);
    }

    /// A merge came to its end for five of a hundred blocks; then somebody deleted the child.
    #[test]
    fn a_merge_that_was_broken_off_is_no_merge() {
        let gone = disk(9, 100, 0, 2 * MIB);
        let fate = |now, arrival| fate_of(&gone, disk(1, 3, 0, 2 * MIB), disk(2, now, 0, 2 * MIB), arrival, false);
        assert_eq!(fate(8, Some((16, 1))), Fate::Deleted);
        assert_eq!(fate(8, None), Fate::Deleted);
        assert_eq!(fate(103, Some((16, 16))), Fate::Merged);
    }

    /// Half of it had come when the power failed, and the child was deleted: nobody writes a place empty.
    #[test]
    fn places_that_are_empty_received_nothing() {
        let gone = disk(9, 16, 0, MIB);
        let fate = |arrived, absent| {
            fate_with(&gone, disk(1, 30, 0, MIB), disk(2, 38, 0, MIB), Some((16, arrived, Some(absent))), true)
        };
        assert_eq!(fate(8, 8), Fate::Deleted);
        assert_eq!(fate(12, 4), Fate::Deleted);
        assert_eq!(fate(15, 1), Fate::Unproved, "given up by the guest, or compacted");
        assert_eq!(fate(9, 0), Fate::Merged);
        assert_eq!(fate(0, 16), Fate::Deleted);
    }

    #[test]
    fn without_samples_blocks_are_counted() {
        let gone = disk(9, 8, 2, 2 * MIB);
        let fate = |now, relinked| fate_of(&gone, disk(1, 5, 0, MIB), disk(2, now, 0, MIB), None, relinked);
        // Eight whole blocks of 2 MiB take sixteen of 1 MiB.
        assert_eq!(fate(15, true), Fate::Deleted);
        assert_eq!(fate(16, false), Fate::Unproved, "a machine that was started on the parent makes it grow as well");
        // A parent that held all of these blocks before does not grow.
        let full = |relinked| fate_of(&gone, disk(1, 100, 0, MIB), disk(2, 100, 0, MIB), None, relinked);
        assert_eq!((full(false), full(true)), (Fate::Unproved, Fate::ProbablyMerged));
        // Into blocks of 32 MiB sixteen of 2 MiB may go.
        let wide = fate_of(&gone, disk(1, 0, 0, 32 * MIB), disk(2, 1, 0, 32 * MIB), None, true);
        assert_eq!(wide, Fate::ProbablyMerged);
    }

    #[test]
    fn a_vhd_keeps_its_identity_whatever_is_written_to_it() {
        let vhd =
            |full| DiskRecord { data_write_guid: None, unique_id: Some(Uuid::from_u128(1)), ..disk(0, full, 0, MIB) };
        let at = |second| jiff::Timestamp::from_second(second).ok();
        let file = |full, modified| FileRecord { disk: Some(vhd(full)), modified, ..FileRecord::default() };
        let fate = |before: FileRecord, now: FileRecord| {
            fate(&Signs { gone: &vhd(3), before: &before, now: &now, arrival: None, relinked: false })
        };
        assert_eq!(fate(file(5, at(1)), file(5, at(1))), Fate::Deleted);
        assert_eq!(fate(file(5, at(1)), file(6, at(2))), Fate::Unproved);
        assert_eq!(fate(file(5, at(1)), file(5, at(2))), Fate::Unproved);
    }
}
