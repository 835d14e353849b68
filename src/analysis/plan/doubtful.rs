//! Disks that may depend on a file that changes, and of which that cannot be told.

use std::collections::BTreeSet;

use crate::chain::{FileNo, Lead};

use super::course::Course;
use super::facts::Facts;

/// A disk that may depend on a file that changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Doubtful {
    /// The disk.
    pub(super) file: FileNo,
    /// Whether it records a path to such a file; else it cannot be read.
    pub(super) leads: bool,
}

/// All of them, in the order of the files.
pub(super) fn doubtful(facts: &Facts<'_>, course: &Course) -> Vec<Doubtful> {
    let concerned = course.concerned();
    let changed: BTreeSet<FileNo> = course.changed().into_iter().skip(1).collect();
    let look = |(number, file): (usize, &crate::estate::FoundFile)| {
        let number = FileNo(number);
        if !file.is_image() || concerned.contains(&number) {
            return None;
        }
        let link = facts.forest.link(number);
        let leads = link.is_some_and(|link| {
            link.recorded.iter().any(|path| matches!(path.leads, Lead::To(to) if changed.contains(&to)))
                || link.candidates.iter().any(|candidate| changed.contains(&candidate.file))
                || link.parent.is_some_and(|parent| changed.contains(&parent))
        });
        let silent =
            link.is_none() && !file.is_readable() && file.disk.as_deref().and_then(|disk| disk.disk_type).is_none();
        (leads || silent).then_some(Doubtful { file: number, leads })
    };
    facts.files.iter().enumerate().filter_map(look).collect()
}
