//! What became of the disks that Hyper-V merges with the named one. Only deleting the checkpoint touches them, so that
//! afterwards they are either as they were or merged as well.

use crate::analysis::plan::{AlsoExpected, PathText, Sealed};
use crate::error::Result;
use crate::units::ByteLen;

use super::Inspection;
use super::plan_file::path_of;
use super::verify_checks::{Check, Content, Left, planned};

/// A disk that Hyper-V merges with the named one, afterwards.
#[derive(Clone, Debug)]
pub struct OtherDisk {
    /// The file from which the disk was seen before.
    pub file: PathText,
    /// The file that holds it after a merge.
    pub survivor: PathText,
    /// What the survivor holds; `None` where nothing was merged, as by every way that deletes no checkpoint.
    pub content: Option<Content>,
    /// What was looked at.
    pub checks: Vec<Check>,
}

impl OtherDisk {
    /// Whether nothing of it can be lost: it was not merged, or what was merged was proved.
    pub fn is_proved(&self) -> bool {
        self.checks.iter().all(|check| check.ok != Some(false))
            && matches!(self.content, None | Some(Content::Proved { .. }))
    }
}

impl Inspection {
    /// Looks at all of them, in the order of the plan.
    pub(super) fn other_disks(
        &self,
        sealed: &Sealed,
        progress: &mut dyn FnMut(ByteLen) -> bool,
    ) -> Result<Vec<OtherDisk>> {
        sealed.expectation.also.iter().map(|other| self.other_disk(sealed, other, progress)).collect()
    }

    fn other_disk(
        &self,
        sealed: &Sealed,
        other: &AlsoExpected,
        progress: &mut dyn FnMut(ByteLen) -> bool,
    ) -> Result<OtherDisk> {
        let survivor_path = path_of(&other.survivor)?;
        let mut found =
            OtherDisk { file: other.file.clone(), survivor: other.survivor.clone(), content: None, checks: Vec::new() };
        let Some(survivor) = self.find(&survivor_path) else {
            let what = format!("{}: is gone, or not among what was looked at", other.survivor.path);
            found.checks.push(Check { name: "survivor_readable", ok: Some(false), what });
            return Ok(found);
        };
        let fact = planned(&sealed.fingerprint, &survivor_path);
        let stays = fact.is_some_and(|before| self.is_same(survivor, before));
        let mut gone = 0_usize;
        for source in &other.sources {
            gone = gone.saturating_add(usize::from(self.find(&path_of(source)?).is_none()));
        }
        for below in &other.below {
            let fact = planned(&sealed.fingerprint, &path_of(below)?);
            found.checks.extend(fact.map(|before| self.untouched(before)).transpose()?);
        }
        // What the machine has written since into the topmost file does not make it a merge.
        if stays && gone == 0 {
            return Ok(found);
        }
        let content = self.content_of(survivor, other.content_hash.as_ref(), progress);
        let is_proved = matches!(content, Content::Proved { .. });
        found.checks.push(self.readable(survivor));
        found.checks.push(self.virtual_size(survivor, other.virtual_size_bytes));
        // A file without content of its own leaves its parent as it is; only the hash can tell that.
        if stays && !is_proved {
            let what = format!(
                "{} is exactly as it was before, and {gone} of the files over it are gone: what they held was not merged",
                other.survivor.path
            );
            found.checks.insert(0, Check { name: "survivor_changed", ok: Some(false), what });
        }
        let needed = self.chain_of(survivor);
        let left = if is_proved { Left::Merged } else { Left::InDoubt };
        for source in &other.sources {
            found.checks.push(self.source(source, survivor, &needed, left)?);
        }
        for child in &other.relinked {
            found.checks.push(self.relinked(child, survivor)?);
        }
        found.content = Some(content);
        Ok(found)
    }
}
