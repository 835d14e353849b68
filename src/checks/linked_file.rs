//! A file among the others: how it hangs together with them, and what was judged of it.

use crate::chain::{FileNo, Link};
use crate::estate::verdict::{Class, Confidence, Verdict};
use crate::estate::{FoundFile, Machine, MachineNo};
use crate::image::{DiskFacts, LocatorFacts};
use crate::units::FileRange;
use crate::vm::Configuration;

use super::index::Index;
use super::subject::Subject;

/// A file among the others.
#[derive(Clone, Copy, Debug)]
pub(super) struct LinkedFile<'a> {
    pub(super) subject: &'a Subject<'a>,
    pub(super) index: &'a Index,
    pub(super) number: FileNo,
    pub(super) file: &'a FoundFile,
}

impl<'a> LinkedFile<'a> {
    pub(super) fn link(&self) -> Option<&'a Link> {
        self.subject.forest.link(self.number)
    }

    /// What is known of the disk itself: a link is judged by facts, whether or not the file was opened in this run.
    pub(super) fn disk(&self) -> Option<&'a DiskFacts> {
        self.file.disk.as_deref()
    }

    /// A VHDX parent locator and where it lies.
    pub(super) fn locator(&self) -> Option<(&'a LocatorFacts, FileRange)> {
        let locator = self.disk()?.locator.as_ref()?;
        Some((locator, locator.range?))
    }

    /// Where the value of a locator key lies: the place of a finding about a link.
    pub(super) fn value_range(&self, key: &str) -> Option<FileRange> {
        self.locator()?.0.value_range(key)
    }

    /// The verdict on it.
    pub(super) fn verdict(&self) -> Option<&'a Verdict> {
        self.subject.verdict(self.number)
    }

    /// The verdict on it, where it is one of this class and something that was looked at speaks for it.
    pub(super) fn judged(&self, class: Class) -> Option<&'a Verdict> {
        self.verdict().filter(|verdict| verdict.class == class && verdict.confidence > Confidence::Unknown)
    }

    /// What a configuration says.
    pub(super) fn configuration(&self) -> Option<&'a Configuration> {
        self.file.configuration.as_deref()
    }

    /// The machine or checkpoint that a configuration stands for.
    pub(super) fn machine(&self) -> Option<(MachineNo, &'a Machine)> {
        self.subject.machines.of_file(self.number)
    }

    /// The file that the link leads to, proved or not.
    pub(super) fn parent(&self) -> Option<&'a FoundFile> {
        self.subject.file(self.link()?.parent?)
    }
}
