//! What nothing needs, and what somebody should see to: the list that decides.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::analysis::contents::Contents;
use crate::chain::FileNo;
use crate::error::Result;
use crate::estate::verdict::{Class, Confidence, Group, Verdict};
use crate::estate::{FoundFile, Inventory};
use crate::units::ByteLen;

use super::Inspection;

/// Which files are listed.
#[derive(Clone, Copy, Debug)]
pub struct OrphanFilter {
    /// How sure a verdict must be at least.
    pub min_confidence: Confidence,
    /// How long ago a file must have been written to at least.
    pub older_than: Option<SignedDuration>,
}

/// The list, by class.
#[derive(Clone, Debug)]
pub struct Orphans<'a> {
    /// The files, and where they come from.
    pub inventory: &'a Inventory,
    /// The classes, those that nothing needs before those to see to, and of both the ones with the most bytes first.
    pub classes: Vec<OrphanClass<'a>>,
    /// Number of files that the filter left out.
    pub left_out: usize,
    /// Reasons that all files that nothing needs have in common: what was not looked at.
    pub common_reasons: Vec<&'a str>,
}

/// The files of one class.
#[derive(Clone, Debug)]
pub struct OrphanClass<'a> {
    /// The class.
    pub class: Class,
    /// Bytes of its files.
    pub bytes: ByteLen,
    /// The files, those with the most bytes first.
    pub files: Vec<Orphan<'a>>,
}

/// A file of the list.
#[derive(Clone, Copy, Debug)]
pub struct Orphan<'a> {
    /// Its number.
    pub number: FileNo,
    /// The file.
    pub file: &'a FoundFile,
    /// The verdict on it.
    pub verdict: &'a Verdict,
    /// What is on a disk, or why that cannot be read; `None` where it was not looked into.
    pub contents: Option<&'a Result<Contents>>,
}

impl Orphan<'_> {
    fn bytes(&self) -> ByteLen {
        self.verdict.at_stake.unwrap_or_default()
    }
}

impl Orphans<'_> {
    /// Bytes of the files that nothing needs.
    pub fn unneeded_bytes(&self) -> ByteLen {
        let unneeded = self.classes.iter().filter(|class| class.class.group() == Group::Unneeded);
        unneeded.fold(ByteLen::ZERO, |sum, class| sum.saturating_add(class.bytes))
    }

    /// Number of files that nothing needs.
    pub fn unneeded_files(&self) -> usize {
        let unneeded = self.classes.iter().filter(|class| class.class.group() == Group::Unneeded);
        unneeded.map(|class| class.files.len()).sum()
    }
}

impl Inspection {
    /// The files that nothing needs and those to see to.
    pub fn orphans(&self, filter: &OrphanFilter) -> Orphans<'_> {
        let mut by_class: BTreeMap<Class, Vec<Orphan<'_>>> = BTreeMap::new();
        let mut left_out = 0_usize;
        for (number, file) in self.reported() {
            let Some(verdict) = self.verdict(number) else { continue };
            if !matches!(verdict.class.group(), Group::Unneeded | Group::Attention) {
                continue;
            }
            if filter.takes(file, self.as_of(file), verdict) {
                by_class.entry(verdict.class).or_default().push(Orphan {
                    number,
                    file,
                    verdict,
                    contents: self.contents(number),
                });
            } else {
                left_out = left_out.saturating_add(1);
            }
        }
        let mut classes: Vec<OrphanClass<'_>> =
            by_class.into_iter().map(|(class, files)| sorted(class, files)).collect();
        classes.sort_by_key(|class| (class.class.group(), std::cmp::Reverse(class.bytes), class.class));
        Orphans { inventory: &self.inventory, common_reasons: common(&classes), classes, left_out }
    }
}

impl OrphanFilter {
    fn takes(&self, file: &FoundFile, as_of: Option<Timestamp>, verdict: &Verdict) -> bool {
        let written = file.stamp.and_then(|stamp| Timestamp::try_from(stamp.modified?).ok());
        let age = as_of.zip(written).map(|(as_of, written)| as_of.duration_since(written));
        let old = self.older_than.is_none_or(|least| age.is_some_and(|age| age >= least));
        old && verdict.confidence >= self.min_confidence
    }
}

fn sorted(class: Class, mut files: Vec<Orphan<'_>>) -> OrphanClass<'_> {
    files.sort_by(|a, b| b.bytes().cmp(&a.bytes()).then_with(|| a.file.path.cmp(&b.file.path)));
    let bytes = files.iter().fold(ByteLen::ZERO, |sum, file| sum.saturating_add(file.bytes()));
    OrphanClass { class, bytes, files }
}

fn common<'a>(classes: &[OrphanClass<'a>]) -> Vec<&'a str> {
    let mut verdicts = classes
        .iter()
        .filter(|class| class.class.group() == Group::Unneeded)
        .flat_map(|class| class.files.iter().map(|file| file.verdict));
    let Some(first) = verdicts.next() else { return Vec::new() };
    let rest: Vec<&Verdict> = verdicts.collect();
    let mut shared: BTreeSet<&str> = first.doubts().collect();
    shared.retain(|doubt| !rest.is_empty() && rest.iter().all(|verdict| verdict.doubts().any(|own| own == *doubt)));
    first.doubts().filter(|doubt| shared.remove(doubt)).collect()
}
