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

/// Takes the findings of one check about one file.
#[derive(Debug)]
pub(super) struct Sink<'a> {
    /// Code, name and severity of the check.
    check: (&'static str, &'static str, Severity),
    origin: OriginNo,
    path: &'a Path,
    findings: Vec<Finding>,
    not_shown: u64,
}

impl<'a> Sink<'a> {
    pub(super) fn new(check: (&'static str, &'static str, Severity), origin: OriginNo, path: &'a Path) -> Self {
        Self { check, origin, path, findings: Vec::new(), not_shown: 0 }
    }

    /// A finding about `structure`, for [`push`](Self::push).
    pub(super) fn finding(&self, structure: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Finding {
        Finding::new(self.check, structure, message)
    }

    /// Takes a finding about the file.
    pub(super) fn push(&mut self, finding: Finding) {
        if self.findings.len() < MAX_FINDINGS_PER_CHECK {
            self.findings.push(Finding { origin: self.origin, path: self.path.to_owned(), ..finding });
        } else {
            self.not_shown = self.not_shown.saturating_add(1);
        }
    }

    /// Takes one finding for each place of a sample, and counts those that the sample did not keep.
    pub(super) fn push_each<T>(&mut self, sample: &Sample<T>, mut finding: impl FnMut(&Self, &T) -> Finding) {
        for one in &sample.first {
            let finding = finding(self, one);
            self.push(finding);
        }
        let kept = u64::try_from(sample.first.len()).unwrap_or(u64::MAX);
        self.not_shown = self.not_shown.saturating_add(sample.count.saturating_sub(kept));
    }

    pub(super) fn finish(self) -> (Vec<Finding>, Option<NotShown>) {
        let not_shown = (self.not_shown != 0).then(|| NotShown {
            code: self.check.0,
            origin: self.origin,
            path: self.path.to_owned(),
            count: self.not_shown,
        });
        (self.findings, not_shown)
    }
}
