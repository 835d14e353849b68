//! Where a check puts what it finds; a flood is cut off and counted.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::estate::OriginNo;
use crate::image::Sample;
use crate::limits::MAX_FINDINGS_PER_CHECK;

use super::finding::Finding;
use super::severity::Severity;

/// How many findings of one check in one file are not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotShown {
    /// The check's code.
    pub code: &'static str,
    /// Where the file comes from.
    pub origin: OriginNo,
    /// The file.
    pub path: PathBuf,
    /// How many more there are.
    pub count: u64,
}

/// Takes the findings of one check after another about one file.
#[derive(Debug)]
pub(super) struct Sink<'a> {
    /// Code, name and severity of the check whose turn it is.
    check: (&'static str, &'static str, Severity),
    origin: OriginNo,
    path: &'a Path,
    findings: Vec<Finding>,
    /// How many of the findings are those of the checks before.
    before: usize,
    not_shown: Vec<NotShown>,
}

impl<'a> Sink<'a> {
    /// For a file; [`start`](Self::start) says of which check.
    pub(super) fn new(origin: OriginNo, path: &'a Path) -> Self {
        let check = ("", "", Severity::Info);
        Self { check, origin, path, findings: Vec::new(), before: 0, not_shown: Vec::new() }
    }

    /// What comes from here on is of this check.
    pub(super) fn start(&mut self, check: (&'static str, &'static str, Severity)) {
        self.check = check;
        self.before = self.findings.len();
    }

    /// A finding about `structure`, for [`push`](Self::push).
    pub(super) fn finding(&self, structure: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Finding {
        Finding::new(self.check, structure, message)
    }

    /// Takes a finding about the file.
    pub(super) fn push(&mut self, finding: Finding) {
        if self.findings.len().saturating_sub(self.before) < MAX_FINDINGS_PER_CHECK {
            self.findings.push(Finding { origin: self.origin, path: self.path.to_owned(), ..finding });
        } else {
            self.count_more(1);
        }
    }

    /// Takes one finding for each place of a sample, and counts those that the sample did not keep.
    pub(super) fn push_each<T>(&mut self, sample: &Sample<T>, mut finding: impl FnMut(&Self, &T) -> Finding) {
        for one in &sample.first {
            let finding = finding(self, one);
            self.push(finding);
        }
        let kept = u64::try_from(sample.first.len()).unwrap_or(u64::MAX);
        self.count_more(sample.count.saturating_sub(kept));
    }

    /// Everything that was found, and where there is more of it.
    pub(super) fn finish(self) -> (Vec<Finding>, Vec<NotShown>) {
        (self.findings, self.not_shown)
    }

    /// Counts findings of the check that are not shown.
    fn count_more(&mut self, more: u64) {
        if more == 0 {
            return;
        }
        let (code, origin) = (self.check.0, self.origin);
        match self.not_shown.last_mut().filter(|last| last.code == code) {
            Some(last) => last.count = last.count.saturating_add(more),
            None => self.not_shown.push(NotShown { code, origin, path: self.path.to_owned(), count: more }),
        }
    }
}
