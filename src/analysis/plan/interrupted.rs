//! A merge that was broken off: the child is whole, and running the same merge again completes it.

use crate::chain::{FileNo, LinkStatus, VirtualDisk};
use crate::error::Result;
use crate::image::{Content, Image, Runs};
use crate::source::ReadAt;
use crate::units::{ByteLen, VirtualOffset, VirtualRange};

use super::course::Course;
use super::facts::Facts;

/// How sure it is that a merge was broken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// The parent already has the second identity that the child records (MS-VHDX 2.6.2.6.3, note 12).
    Proved,
    /// The child records a second identity, and the parent still has the first: nothing of the content was moved yet.
    Prepared,
    /// Most of what the child holds stands in the parent as well.
    Likely,
}

impl Certainty {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Prepared => "prepared",
            Self::Likely => "likely",
        }
    }
}

/// A merge that was broken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupted {
    /// The file whose content was on its way.
    pub child: FileNo,
    /// The file that it goes into.
    pub parent: FileNo,
    /// How sure that is.
    pub certainty: Certainty,
    /// How much had arrived, where that was compared.
    pub done: Option<Share>,
}

/// How much of a child's content stands in its parent as well. Sectors of zeros are not counted: nothing tells one that
/// arrived from one that nobody ever wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Bytes that are the same.
    pub equal: ByteLen,
    /// Bytes of the child's content.
    pub all: ByteLen,
}

impl Share {
    /// In percent, rounded down, so that only all of it is a hundred; `None` for a child without content.
    pub fn percent(self) -> Option<u64> {
        u64::try_from(u128::from(self.equal.0).saturating_mul(100).checked_div(self.all.0.into())?).ok()
    }

    /// Whether so much is the same that chance does not explain it.
    fn is_most(self) -> bool {
        !self.all.is_zero() && self.equal.0.saturating_mul(2) >= self.all.0
    }
}

/// The link of the chain that shows a merge that was broken off, by the identities alone.
pub fn by_identity(facts: &Facts<'_>, course: &Course) -> Option<Interrupted> {
    course.chain().iter().find_map(|child| {
        let link = facts.forest.link(*child)?;
        let parent = link.parent?;
        let reference = facts.image(*child)?.parent_reference()?.ok()?;
        let certainty = match (link.status, reference.linkage2) {
            (LinkStatus::LinkedBySecondGuid, _) => Certainty::Proved,
            (LinkStatus::Linked, Some(second))
                if Some(second) != reference.linkage && course.merged.contains(child) =>
            {
                Certainty::Prepared
            }
            _ => return None,
        };
        Some(Interrupted { child: *child, parent, certainty, done: None })
    })
}

/// The same by the content, which was compared.
pub fn by_content(child: FileNo, parent: FileNo, share: Share) -> Option<Interrupted> {
    share.is_most().then_some(Interrupted { child, parent, certainty: Certainty::Likely, done: Some(share) })
}

/// Bytes that are compared at once.
const PIECE: ByteLen = ByteLen::mib(1);

/// Compares what `child` holds itself with what its parent's disk holds in the same places. `progress` hears how many
/// bytes of the disk are done and says whether to go on.
pub fn compare(child: &Image, parent: &VirtualDisk, progress: &mut dyn FnMut(ByteLen) -> bool) -> Result<Share> {
    let mut share = Share::default();
    let end = VirtualOffset(child.virtual_size().unwrap_or_default().0);
    let mut runs = Runs::new(child)?;
    let mut reader = Reader { view: &**child.view(), parent, own: Vec::new(), other: Vec::new() };
    let sector = child.logical_sector_size().filter(|size| !size.is_zero()).unwrap_or(ByteLen(512));
    let mut at = VirtualOffset::ZERO;
    while at < end {
        let run = runs.at(at, end)?;
        if let Content::Data(_) = run.content {
            let mut from = run.range.start;
            while from < run.range.end() {
                let piece = run.from(from);
                let len = piece.range.len.min(PIECE);
                let part = VirtualRange::new(from, len);
                if let Content::Data(offset) = piece.content {
                    reader.compare(part, offset, sector, &mut share)?;
                }
                from = part.end();
                if !progress(ByteLen(from.0)) {
                    return Err(crate::Error::refused("", None, "interrupted"));
                }
            }
        }
        at = run.range.end();
    }
    Ok(share)
}

struct Reader<'a> {
    view: &'a dyn ReadAt,
    parent: &'a VirtualDisk,
    own: Vec<u8>,
    other: Vec<u8>,
}

impl Reader<'_> {
    /// Adds the sectors of `part`.
    fn compare(
        &mut self,
        part: VirtualRange,
        offset: crate::units::FileOffset,
        sector: ByteLen,
        share: &mut Share,
    ) -> Result<()> {
        let len = part.len.to_usize().unwrap_or_default();
        self.own.resize(len, 0);
        self.view.read_exact_at("payload", offset, &mut self.own)?;
        // What lies behind the end of a shorter parent reads as zeros.
        self.other.clear();
        self.other.resize(len, 0);
        let on_parent = ByteLen(self.parent.size().0.saturating_sub(part.start.0)).min(part.len);
        if let Some(there) = on_parent.to_usize().and_then(|len| self.other.get_mut(..len)).filter(|b| !b.is_empty()) {
            self.parent.read_exact_at(part.start, there)?;
        }
        let size = sector.to_usize().unwrap_or(512);
        let told =
            self.own.chunks(size).zip(self.other.chunks(size)).filter(|(own, _)| own.iter().any(|byte| *byte != 0));
        for (own, other) in told {
            let len = ByteLen::from(own.len());
            share.all = share.all.saturating_add(len);
            if own == other {
                share.equal = share.equal.saturating_add(len);
            }
        }
        Ok(())
    }
}
