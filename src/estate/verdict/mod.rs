//! Whether a file is needed, by what, and how sure that is.
//!
//! The judgment is one function of facts: nothing is read here, and no clock is asked. Every disk, configuration and
//! companion gets one verdict. Being in use wins over everything else; what was not looked at makes "nothing needs it"
//! less sure, never more.

mod beside;
mod ceiling;
mod class;
mod companion;
mod configuration;
mod copies;
mod counted;
mod disk;
mod doubt;
mod foreign;
mod index;
mod unneeded;
mod uses;

use jiff::SignedDuration;

use crate::chain::{FileNo, Forest};
use crate::image::FileKind;
use crate::threads::Threads;
use crate::units::ByteLen;

use super::machines::Machines;
use super::names::{is_backup_copy, is_backup_document};
use super::{FileFacts, Origin};

use ceiling::Ceiling;
pub use class::{Class, Confidence, Group};
use index::Index;
use uses::Uses;

/// A verdict on one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What the file is to its estate.
    pub class: Class,
    /// How sure that is.
    pub confidence: Confidence,
    /// What it was concluded from, each a sentence that a person can check; the first says why the class.
    pub reasons: Vec<String>,
    /// Which of the reasons make it less sure, by their place among them.
    pub doubts: Vec<usize>,
    /// Bytes on the volume that hang on it.
    pub at_stake: Option<ByteLen>,
}

/// What was looked at, as far as it limits what can be said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Number of files and folders that could not be read.
    pub unreadable: u64,
    /// Number of symbolic links that were not followed and lead out of what was looked at.
    pub links: u64,
    /// Whether the walk was broken off.
    pub interrupted: bool,
    /// Whether folders were left out on request: a greatest depth, excluded names.
    pub limited: bool,
    /// Whether single files were named rather than whole folders.
    pub single_files: bool,
}

/// Everything that verdicts are made from.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The files.
    pub files: &'a [FileFacts],
    /// How the disks hang together.
    pub forest: &'a Forest,
    /// The configurations and where their disks are.
    pub machines: &'a Machines,
    /// What was looked at.
    pub seen: Seen,
    /// Where the files come from, and from when their ages count.
    pub origins: &'a [Origin],
}

impl<'a> Evidence<'a> {
    fn file(&self, file: FileNo) -> Option<&'a FileFacts> {
        self.files.get(file.0)
    }

    /// How long before a file was seen it was last written to; negative for one from the future.
    fn age(&self, file: &FileFacts) -> Option<SignedDuration> {
        Some(self.origins.get(file.origin.0)?.as_of?.duration_since(file.modified?))
    }

    /// Whether the paths of both files are of one host.
    fn is_same_host(&self, a: &FileFacts, b: &FileFacts) -> bool {
        let origin = |file: &FileFacts| self.origins.get(file.origin.0);
        origin(a).zip(origin(b)).is_none_or(|(a, b)| a.is_same_host(b))
    }

    /// The path of a file, for sentences.
    fn path(&self, file: FileNo) -> String {
        self.file(file).map(FileFacts::shown).unwrap_or_default()
    }
}

/// The verdicts, in the order of the files; `None` for what is no disk, no configuration and no companion.
pub fn judge(evidence: &Evidence<'_>) -> Vec<Option<Verdict>> {
    judge_on(Threads::default(), evidence)
}

/// As [`judge`], on several threads.
pub fn judge_on(threads: Threads, evidence: &Evidence<'_>) -> Vec<Option<Verdict>> {
    let uses = Uses::new(evidence);
    let index = Index::new(evidence, &uses);
    let judge = Judge { evidence: *evidence, uses, index, ceiling: Ceiling::new(evidence) };
    let mut verdicts = threads.map(evidence.files.len(), |number| {
        let file = evidence.files.get(number)?;
        let verdict = judge.first(FileNo(number), file)?;
        Some(Verdict { at_stake: file.at_stake(), ..verdict })
    });
    // What becomes of a companion hangs on the file that it belongs to.
    let companions: Vec<(FileNo, &FileFacts)> = numbered(evidence)
        .filter(|(number, file)| verdicts.get(number.0) == Some(&None) && is_companion(file))
        .collect();
    if companions.is_empty() {
        return verdicts;
    }
    let owners = companion::Owners::new(evidence, &verdicts);
    let found = threads.map(companions.len(), |number| {
        let (number, file) = companions.get(number)?;
        let verdict = companion::judge(&judge, *number, file, &owners);
        Some((*number, Verdict { at_stake: file.at_stake(), ..verdict }))
    });
    for (number, verdict) in found.into_iter().flatten() {
        if let Some(slot) = verdicts.get_mut(number.0) {
            *slot = Some(verdict);
        }
    }
    verdicts
}

fn numbered<'a>(evidence: &Evidence<'a>) -> impl Iterator<Item = (FileNo, &'a FileFacts)> {
    evidence.files.iter().enumerate().map(|(number, file)| (FileNo(number), file))
}

/// Whether what is neither disk nor configuration belongs to one.
fn is_companion(file: &FileFacts) -> bool {
    match file.kind {
        FileKind::Other => is_backup_copy(&file.path) || is_backup_document(&file.path),
        _ => true,
    }
}

/// What all verdicts of one estate have in common.
struct Judge<'a> {
    evidence: Evidence<'a>,
    uses: Uses,
    index: Index,
    ceiling: Ceiling,
}

impl Judge<'_> {
    /// Disks and configurations.
    fn first(&self, number: FileNo, file: &FileFacts) -> Option<Verdict> {
        match file.kind {
            FileKind::Vhdx | FileKind::Vhd | FileKind::VhdSet | FileKind::VhdPmem => Some(self.disk(number, file)),
            FileKind::Vmcx | FileKind::VmXml if !is_backup_copy(&file.path) => Some(self.configuration(number, file)),
            _ => None,
        }
    }
}

impl Verdict {
    fn new(class: Class, confidence: Confidence, reason: impl Into<String>) -> Self {
        Self { class, confidence, reasons: vec![reason.into()], doubts: Vec::new(), at_stake: None }
    }

    /// Adds what else is true.
    fn also(mut self, reason: impl Into<String>) -> Self {
        self.reasons.push(reason.into());
        self
    }

    /// Makes it no surer than `most`, for this reason.
    fn at_most(mut self, most: Confidence, reason: impl Into<String>) -> Self {
        if self.confidence > most {
            self.confidence = most;
        }
        self.doubts.push(self.reasons.len());
        self.reasons.push(reason.into());
        self
    }

    /// The reasons that make it less sure.
    pub fn doubts(&self) -> impl Iterator<Item = &str> {
        self.doubts.iter().filter_map(|place| self.reasons.get(*place)).map(String::as_str)
    }

    /// Whether nothing that was looked at needs the file.
    pub fn is_unneeded(&self) -> bool {
        self.class.group() == Group::Unneeded
    }
}
