//! One line of `scan --format ndjson`.
//!
//! A line of type `file` holds what the file itself says. What hangs on other files comes after all of them: the lines
//! of types `other_path`, `link`, `contents` and `verdict` that have its path, put into it, make the entry of `files[]`
//! that `--format json` has.

use std::io::{self, Write};
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use crate::chain::FileNo;
use crate::estate::{FoundFile, Inventory};
use crate::inspect::Inspection;

use super::common::{lossy, path_hex};
use super::file::{FileNameJson, FileStateJson, elsewhere};
use super::image::{DiskJson, DiskPlaceJson};
use super::parent::{FoundParentJson, ParentRelativesJson, RecordedParentJson};
use super::{
    ChainJson, ContentsJson, ElsewhereJson, FindingJson, MachineJson, RunEndJson, RunStartJson, SummaryJson,
    VerdictJson, VolumeJson,
};

/// One line of `--format ndjson`: what `scan --format json` holds, one object a line, told apart by `type`. The lines come
/// in the order of the types here, those of type `file` and `other_path` mixed; within a type they are in the order that
/// they have in the one object. Without a line of type `end` it was cut short.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LineJson {
    /// The first line.
    Run {
        /// `vhdxray.scan/1`, of several bundles `vhdxray.correlate/1`.
        schema: &'static str,
        /// Facts about the run, as far as they are known when it starts.
        #[serde(flatten)]
        run: Box<RunStartJson>,
    },
    /// A volume on which named paths lie.
    Volume(VolumeJson),
    /// A file, as far as it tells itself: sorted by path, written while others are still being read. Last come those
    /// that were not named and that a named one depends on.
    File(Box<FileLineJson>),
    /// One of the `other_paths` of a file that came before.
    OtherPath(OtherPathJson),
    /// Where a disk stands among the others: what `image` has beside what its line of type `file` has.
    Link(Box<LinkLineJson>),
    /// What a guest has on a disk that was looked into: `image.contents`.
    Contents(Box<ContentsLineJson>),
    /// Whether a file is needed: `verdict`.
    Verdict(VerdictLineJson),
    /// A chain.
    Chain(ChainJson),
    /// A machine.
    Machine(MachineJson),
    /// A finding.
    Finding(FindingJson),
    /// The numbers of the whole.
    Summary(SummaryJson),
    /// The last line: facts about the run that are known only now.
    End(RunEndJson),
}

/// A file, as far as it tells itself.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FileLineJson {
    /// Which file it is.
    #[serde(flatten)]
    pub name: FileNameJson,
    /// Paths under which other hosts see the same file; only present where bundles were read and there are such.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<ElsewhereJson>,
    /// What can be told of it without looking at any other.
    #[serde(flatten)]
    pub state: FileStateJson,
    /// The virtual disk; `null` for a file that is none, or of which nothing can be told.
    pub image: Option<DiskLineJson>,
}

/// A virtual disk, as far as its file tells.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DiskLineJson {
    /// The disk.
    #[serde(flatten)]
    pub disk: DiskJson,
    /// What a differencing disk says about its parent; `null` for any other.
    pub parent: Option<RecordedParentJson>,
}

/// A further path of a file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OtherPathJson {
    /// The path, lossily, and where it comes from.
    #[serde(flatten)]
    pub name: FileNameJson,
    /// The `path` of the file that it leads to.
    pub same_as: String,
    /// The exact bytes of `same_as` as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_as_raw_hex: Option<String>,
}

/// Where a disk stands among the others.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LinkLineJson {
    /// Which file it is.
    #[serde(flatten)]
    pub name: FileNameJson,
    /// What came of the search for the parent of a differencing disk; `null` for any other.
    pub parent: Option<LinkedParentJson>,
    /// Its place.
    #[serde(flatten)]
    pub place: DiskPlaceJson,
}

/// What came of the search for a parent.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LinkedParentJson {
    /// What was found.
    #[serde(flatten)]
    pub found: FoundParentJson,
    /// What else was found.
    #[serde(flatten)]
    pub relatives: ParentRelativesJson,
}

/// What a guest has on a disk.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ContentsLineJson {
    /// Which file it is.
    #[serde(flatten)]
    pub name: FileNameJson,
    /// What is on it.
    #[serde(flatten)]
    pub contents: ContentsJson,
}

/// Whether a file is needed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct VerdictLineJson {
    /// Which file it is.
    #[serde(flatten)]
    pub name: FileNameJson,
    /// The verdict.
    #[serde(flatten)]
    pub verdict: VerdictJson,
}

impl LineJson {
    pub(super) fn file(inventory: &Inventory, file: &FoundFile) -> Self {
        let image = DiskJson::new(file)
            .map(|disk| DiskLineJson { disk, parent: file.disk.as_deref().and_then(RecordedParentJson::new) });
        Self::File(Box::new(FileLineJson {
            name: FileNameJson::new(inventory, file),
            elsewhere: elsewhere(inventory, file),
            state: FileStateJson::from(file),
            image,
        }))
    }

    pub(super) fn other_path(inventory: &Inventory, file: &FoundFile, path: &Path) -> Self {
        Self::OtherPath(OtherPathJson {
            name: FileNameJson::of(inventory, file.origin, path),
            same_as: lossy(&file.path),
            same_as_raw_hex: path_hex(&file.path),
        })
    }

    pub(super) fn link(inspection: &Inspection, number: FileNo) -> Option<Self> {
        let file = inspection.file(number)?;
        file.disk.as_ref()?;
        let parent = inspection.link(number).map(|link| LinkedParentJson {
            found: FoundParentJson::new(inspection, link),
            relatives: ParentRelativesJson::new(inspection, link),
        });
        Some(Self::Link(Box::new(LinkLineJson {
            name: FileNameJson::new(&inspection.inventory, file),
            parent,
            place: DiskPlaceJson::new(inspection, number),
        })))
    }

    pub(super) fn contents(inspection: &Inspection, number: FileNo) -> Option<Self> {
        let name = FileNameJson::new(&inspection.inventory, inspection.file(number)?);
        let contents = ContentsJson::new(inspection, number)?;
        Some(Self::Contents(Box::new(ContentsLineJson { name, contents })))
    }

    pub(super) fn verdict(inspection: &Inspection, number: FileNo) -> Option<Self> {
        let name = FileNameJson::new(&inspection.inventory, inspection.file(number)?);
        Some(Self::Verdict(VerdictLineJson { name, verdict: inspection.verdict(number)?.into() }))
    }
}

/// Writes a line.
pub(super) fn write_line(line: &LineJson, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    writeln!(out)
}
