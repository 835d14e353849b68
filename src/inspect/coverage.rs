//! What was looked at, and what could not be: part of every result.

use std::collections::BTreeSet;
use std::path::Path;

use crate::checks::Severity;
use crate::error::Error;
use crate::estate::{FoundFile, Link, OriginNo};

use super::{ChainStatus, Inspection};

/// What was looked at, and what could not be.
#[derive(Clone, Debug)]
pub struct Coverage<'a> {
    /// Number of files that were met, each once, those included in which only parents were looked for.
    pub files_seen: u64,
    /// How many of them could be read as far as was wanted.
    pub files_read: u64,
    /// Folders and named paths that could not be read, and files that are reported or are parents of such, sorted by
    /// path.
    pub unreadable: Vec<(OriginNo, &'a Path, &'a Error)>,
    /// Symbolic links that were not followed and lead out of what was looked at, sorted by path.
    pub links: Vec<&'a Link>,
}

impl Inspection {
    /// What was looked at, and what could not be.
    pub fn coverage(&self) -> Coverage<'_> {
        let files = || self.files().map(|(_, file)| file);
        let mut unreadable: Vec<(OriginNo, &Path, &Error)> = self.unreadable_paths();
        // Beside a named file others are read only to find its parents; one that is none of them is not its business.
        let concerns = |number, file: &FoundFile| file.named || !self.forest.children(number).is_empty();
        let concerned = self.files().filter(|(number, file)| concerns(*number, file));
        unreadable
            .extend(concerned.filter_map(|(_, file)| Some((file.origin, file.path.as_path(), file.error.as_ref()?))));
        unreadable.sort_by_key(|(origin, path, _)| (*path, *origin));
        Coverage {
            files_seen: count(files().count()),
            files_read: count(files().filter(|file| file.is_readable()).count()),
            unreadable,
            links: self.links_not_followed().collect(),
        }
    }

    /// The same with every file that could not be read, also those in which only relatives were looked for: a plan is
    /// about what may hang on what changes, and that may be any of them.
    pub fn coverage_of_all(&self) -> Coverage<'_> {
        let mut coverage = self.coverage();
        coverage.unreadable = self.unreadable_paths();
        let files = self.files().map(|(_, file)| file);
        coverage
            .unreadable
            .extend(files.filter_map(|file| Some((file.origin, file.path.as_path(), file.error.as_ref()?))));
        coverage.unreadable.sort_by_key(|(origin, path, _)| (*path, *origin));
        coverage
    }

    /// Symbolic links that were not followed and lead out of what was looked at.
    pub fn links_not_followed(&self) -> impl Iterator<Item = &Link> {
        self.inventory.links_outside(&self.looked.scope)
    }

    /// Folders that could not be walked, and named paths that are not there, each once, sorted by path.
    pub fn unreadable_paths(&self) -> Vec<(OriginNo, &Path, &Error)> {
        let mut seen = BTreeSet::new();
        let all = self.inventory.unreadable.iter().map(|entry| (entry.origin, entry.path.as_path(), &entry.error));
        all.filter(|(origin, path, _)| seen.insert((*origin, *path))).collect()
    }

    /// What the user named and what could not be opened at all: the command fails. A named file that could be opened
    /// and is damaged is a finding instead.
    pub fn unreadable_named(&self) -> Vec<(&Path, &Error)> {
        // What another run could not read is no failure of this one.
        let is_own = |origin| self.inventory.origin(origin).is_none_or(|origin| origin.bundle.is_none());
        let named = |path: &Path| self.named_paths.iter().any(|named| named.path == path && is_own(named.origin));
        let mut failed: Vec<(&Path, &Error)> =
            self.unreadable_paths().into_iter().map(|(_, path, error)| (path, error)).collect();
        failed.extend(
            self.files()
                .filter(|(_, file)| file.stamp.is_none())
                .filter_map(|(_, file)| Some((file.path.as_path(), file.error.as_ref()?))),
        );
        failed.retain(|(path, _)| named(path));
        failed.sort_by(|a, b| a.0.cmp(b.0));
        failed
    }

    /// Whether anything is wrong with what was named: a chain that is not complete, something that cannot be read, a
    /// finding that is an error.
    pub fn has_findings(&self) -> bool {
        self.chains.iter().any(|chain| chain.status != ChainStatus::Complete)
            || self.reported().any(|(_, file)| !file.is_readable())
            || !self.inventory.unreadable.is_empty()
            || self.findings.worst().is_some_and(|worst| worst >= Severity::Error)
    }
}

/// A count as it is shown.
pub fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
