//! What must be true of any image that opens, however damaged: its numbers, its extents and its bytes.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::chain::{Bottom, Extent, ExtentState, MissingParent, Piece, VirtualDisk};
use crate::error::Error;
use crate::format::vhdx::bat::PayloadState;
use crate::image::vhdx::LogState;
use crate::image::{DiskType, Image, Survey};
use crate::testkit::size;
use crate::units::{ByteLen, FileOffset, VirtualOffset, VirtualRange};

/// Blocks of the largest BAT that is counted; more only take time.
const MOST_BLOCKS: u64 = 1 << 13;
/// How much is walked from the start of the disk, and how much at its end.
const START: u64 = 80 << 20;
const END: u64 = 4 << 20;
/// How many extents are read.
const MOST_READ: usize = 48;

/// Looks at everything and says in a few words what was there, to compare with another run.
pub(super) fn examine(image: &Arc<Image>, parent: Option<&Arc<Image>>, stream: bool) -> String {
    let mut seen = String::new();
    let mut note = |text: &dyn std::fmt::Debug| {
        // Writing into a String cannot fail.
        let _ok = write!(seen, "{text:?} ");
    };
    note(&(image.disk_type(), image.virtual_size(), image.block_size(), image.logical_sector_size()));
    note(&(image.identity(), image.virtual_disk_id(), image.parent_reference()));
    note(&(image.blockers(), image.log_state(), image.replayed()));
    for blocker in image.blockers() {
        assert!(!blocker.to_string().is_empty() && !blocker.structure().is_empty(), "{blocker}");
    }
    assert!(!image.replayed() || image.log_state() == Some(LogState::Dirty), "replayed, and nothing to replay");
    note(&counts(image));
    if let Some(survey) = image.as_vhdx() {
        super::bat::examine(image, survey);
    }
    if image.blockers().is_empty() {
        assert!(image.virtual_size().is_some(), "nothing is wrong, and the size is unknown");
        note(&disk(image, parent, stream));
    }
    seen
}

fn counts(image: &Image) -> Option<u64> {
    let blocks = match image.survey() {
        Survey::Vhdx(survey) => survey.geometry().map(|geometry| geometry.payload_blocks),
        Survey::Vhd(survey) => survey.geometry().and_then(|geometry| geometry.blocks.map(|blocks| blocks.count)),
    };
    let blocks = blocks.filter(|blocks| *blocks <= MOST_BLOCKS)?;
    match image.count_blocks()? {
        Ok(counts) => {
            assert_eq!(counts.total(), blocks, "every block is counted once");
            let present = counts.get(PayloadState::FullyPresent) + counts.get(PayloadState::PartiallyPresent);
            let used = image.block_use().and_then(Result::ok).map(|used| used.present);
            assert_eq!(used, Some(present), "two passes count differently");
            Some(counts.total())
        }
        Err(error) => {
            assert!(!image.blockers().is_empty(), "the BAT of a sound file cannot be read: {error}");
            None
        }
    }
}

fn disk(image: &Arc<Image>, parent: Option<&Arc<Image>>, stream: bool) -> String {
    let missing = || MissingParent { child: "fuzz".into(), why: "no parent was given".to_owned() };
    let (layers, bottom) = match (image.disk_type(), parent) {
        (Some(DiskType::Differencing), Some(parent)) => (vec![Arc::clone(image), Arc::clone(parent)], Bottom::Whole),
        (Some(DiskType::Differencing), None) => (vec![Arc::clone(image)], Bottom::Missing(missing())),
        _ => (vec![Arc::clone(image)], Bottom::Whole),
    };
    let disk = match VirtualDisk::new(layers, bottom) {
        Ok(disk) => disk,
        Err(error) => return error.to_string(),
    };
    let end = disk.size().get();
    let parts = [0..end.min(START), end.saturating_sub(END)..end];
    let mut seen = String::new();
    for part in parts {
        let range = VirtualRange::between(VirtualOffset(part.start), VirtualOffset(part.end));
        let (extents, error) = walked(&disk, range);
        for extent in extents.iter().take(MOST_READ) {
            read(&disk, extent);
        }
        // Writing into a String cannot fail.
        let _ok = write!(seen, "{extents:?} {:?} ", error.as_ref().map(Error::to_string));
        if stream && error.is_none() {
            streamed(&disk, VirtualRange { len: range.len.min(ByteLen(2 << 20)), ..range });
        }
    }
    let past = disk.read_exact_at(VirtualOffset(end), &mut [0]);
    assert!(past.is_err(), "a byte behind the end of the disk");
    seen
}

/// The extents of a range up to the first error. They tile it, and data lie in the file and outside its structures.
fn walked(disk: &VirtualDisk, range: VirtualRange) -> (Vec<Extent>, Option<Error>) {
    let extents = match disk.extents_of(range) {
        Ok(extents) => extents,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let (mut found, mut at): (Vec<Extent>, _) = (Vec::new(), range.start);
    for extent in extents {
        let extent = match extent {
            Ok(extent) => extent,
            Err(error) => return (found, Some(error)),
        };
        assert!(extent.range.start == at && !extent.range.len.is_zero(), "{extent:?} after {at}");
        assert!(found.last().is_none_or(|last: &Extent| last.merge(extent).is_none()), "two extents that are one");
        at = extent.range.end();
        let Some(layer) = disk.image(extent.layer) else { unreachable!("{extent:?} is of no layer") };
        if let ExtentState::Data(from) = extent.state {
            in_bounds(layer, from, extent.range.len);
        }
        found.push(extent);
    }
    assert_eq!(at, range.end(), "the extents end early");
    (found, None)
}

fn in_bounds(image: &Image, from: FileOffset, len: ByteLen) {
    let end = from.get() + len.get();
    assert!(end <= image.view().size().get(), "data from {from} to {end:#x} in a file of {}", image.view().size());
    let structures = match image.survey() {
        Survey::Vhdx(survey) => {
            let regions = [survey.geometry().map(|found| found.bat), survey.metadata().map(|found| found.region)];
            let log = survey.log.as_ref().map(|log| log.range);
            let head = crate::units::FileRange::new(FileOffset::ZERO, ByteLen::mib(1));
            regions.into_iter().chain([log, Some(head)]).flatten().collect()
        }
        Survey::Vhd(survey) => match survey.geometry().and_then(|geometry| geometry.blocks) {
            Some(blocks) => vec![blocks.bat, blocks.header],
            None => Vec::new(),
        },
    };
    let range = crate::units::FileRange::new(from, len);
    assert!(structures.iter().all(|structure| !structure.overlaps(range)), "data at {from} in {structures:?}");
}

/// The bytes of an extent's ends are those of the file or zeros, in one piece and in several.
fn read(disk: &VirtualDisk, extent: &Extent) {
    let len = extent.range.len.min(ByteLen(3000)).get();
    for skip in [0, extent.range.len.get() - len] {
        let at = VirtualOffset(extent.range.start.get() + skip);
        let mut whole = vec![0xA5; size(len)];
        let read = disk.read_exact_at(at, &mut whole);
        assert!(read.is_ok(), "an extent that cannot be read: {read:?}");
        let mut pieces = vec![0x5A; size(len)];
        let mut next = at;
        for piece in pieces.chunks_mut(701) {
            assert!(disk.read_exact_at(next, piece).is_ok());
            next = next.saturating_add(ByteLen::from(piece.len()));
        }
        assert!(whole == pieces, "reading in pieces gives other bytes at {at}");
        match extent.state {
            ExtentState::Data(from) => {
                let Some(layer) = disk.image(extent.layer) else { unreachable!("no such layer") };
                let mut stored = vec![0; size(len)];
                let from = from.saturating_add(ByteLen(skip));
                assert!(layer.view().read_exact_at("fuzz", from, &mut stored).is_ok() && stored == whole);
            }
            _ => assert!(whole.iter().all(|byte| *byte == 0)),
        }
    }
}

/// A stream tiles its range and has the bytes that reading has.
fn streamed(disk: &VirtualDisk, range: VirtualRange) {
    let mut at = range.start;
    let result = disk.stream(range, |piece| {
        match piece {
            Piece::Data(start, bytes) => {
                let mut read = vec![0; bytes.len()];
                assert!(start == at && disk.read_exact_at(start, &mut read).is_ok() && read == *bytes);
                at = at.saturating_add(ByteLen::from(bytes.len()));
            }
            Piece::Zeros(zeros) => {
                assert!(zeros.start == at && !zeros.len.is_zero());
                at = zeros.end();
            }
        }
        Ok(())
    });
    assert!(result.is_ok() && at == range.end(), "the stream ended at {at}: {result:?}");
}
