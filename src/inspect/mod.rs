//! One run: walk, read, link, judge once. The single result that every report shows.

mod chains;
mod comparison;
mod coverage;
mod disk;
mod estate_plan;
mod gathered;
mod history;
mod judge;
mod orphans;
mod plan;
mod plan_file;
mod recognise;
mod run;
mod stream;
mod summary;
mod trees;
mod usage;
mod verify;
mod verify_also;
mod verify_checks;

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::analysis::contents::Contents;
use crate::chain::windows_path::PathMap;
use crate::chain::{FileNo, Forest, Link};
use crate::checks::{CheckSet, Findings, Subject};
use crate::error::Result;
use crate::estate::verdict::Verdict;
use crate::estate::{FoundFile, Inventory, Machines, NamedPath, ReadOptions, Volume, WalkOptions};

pub use chains::{Chain, ChainStatus, Role};
pub use comparison::Comparison;
pub use coverage::{Coverage, count};
pub use disk::{ChainPolicy, OpenedDisk};
pub use estate_plan::{EstateMerge, EstateOptions, EstatePlan, FreeSpace};
pub use gathered::{Gathered, Looked};
pub use history::RecordOptions;
pub use orphans::{Orphan, OrphanClass, OrphanFilter, Orphans};
pub use plan::PlanOptions;
pub use plan_file::{path_of, paths_of, request_of};
pub use recognise::Recognise;
pub use run::{inspect, inspect_streaming};
pub use stream::Stream;
pub use summary::{KindTotal, Summary};
pub use trees::{Branch, Folder, Trees};
pub use usage::{BlockSizeCost, ChainUsage, FileUsage, LayerUsage, Usage};
pub use verify::{Aftermath, Verified};
pub use verify_also::OtherDisk;
pub use verify_checks::{Check, Content};

/// What is to be looked at.
#[derive(Debug, Default)]
pub struct Request {
    /// What the user named: folders with everything below them, and single files.
    pub paths: Vec<PathBuf>,
    /// More folders in which parents may be found, but which are not reported.
    pub search: Vec<PathBuf>,
    /// Where recorded Windows paths are now.
    pub map: PathMap,
    /// How folders are walked.
    pub walk: WalkOptions,
    /// How files are read.
    pub read: ReadOptions,
    /// Which checks are run over the files that were named; none when `None`.
    pub checks: Option<CheckSet>,
    /// The moment from which the ages of files count in verdicts; without one there are none, for a file that was just
    /// written must not be called dead.
    pub as_of: Option<Timestamp>,
    /// Which disks are looked into, for a person to recognise them.
    pub recognise: Recognise,
}

/// Everything that one run found out.
#[derive(Debug)]
pub struct Inspection {
    /// The files and what could not be read.
    pub inventory: Inventory,
    /// How they hang together.
    pub forest: Forest,
    /// One chain a leaf, sorted by the leaf's path.
    pub chains: Vec<Chain>,
    /// The configurations of machines and checkpoints, and where their disks are.
    pub machines: Machines,
    /// Whether each file is needed, in the order of the files; empty where that was not judged.
    pub verdicts: Vec<Option<Verdict>>,
    /// What is on the disks that were looked into, or why that cannot be read.
    pub contents: BTreeMap<FileNo, Result<Contents>>,
    /// The volumes on which the named paths lie, sorted by where they are mounted.
    pub volumes: Vec<Volume>,
    /// Everything that the user named: the paths to be reported, and the folders to find parents in.
    pub named_paths: Vec<NamedPath>,
    /// What is wrong, as far as the request asked for it.
    pub findings: Findings,
    /// Whether the run was broken off before all files were read.
    pub interrupted: bool,
    /// Where files could have been found.
    pub looked: Looked,
}

impl Inspection {
    /// The files, how they hang together and what was judged, for [`checks::run`](crate::checks::run).
    pub fn subject(&self) -> Subject<'_> {
        Subject {
            files: &self.inventory.files,
            unreadable: &self.inventory.unreadable,
            forest: &self.forest,
            machines: &self.machines,
            verdicts: &self.verdicts,
            volumes: &self.volumes,
            named_paths: &self.named_paths,
            origins: &self.inventory.origins,
        }
    }

    /// The moment from which the age of a file counts: each file by the clock of the run that saw it.
    pub fn as_of(&self, file: &FoundFile) -> Option<Timestamp> {
        self.inventory.origin(file.origin)?.as_of
    }

    /// A file by its number.
    pub fn file(&self, file: FileNo) -> Option<&FoundFile> {
        self.inventory.files.get(file.0)
    }

    /// All files with their numbers, sorted by path.
    pub fn files(&self) -> impl Iterator<Item = (FileNo, &FoundFile)> {
        self.inventory.files.iter().enumerate().map(|(number, file)| (FileNo(number), file))
    }

    /// The files that reports show, sorted by path: those that were named, and those that a named disk depends on.
    pub fn reported(&self) -> impl Iterator<Item = (FileNo, &FoundFile)> {
        let mut needed = vec![false; self.inventory.files.len()];
        for file in self.chains.iter().flat_map(|chain| &chain.files) {
            if let Some(slot) = needed.get_mut(file.0) {
                *slot = true;
            }
        }
        self.files().zip(needed).filter(|((_, file), needed)| file.named || *needed).map(|(one, _)| one)
    }

    /// The link of a differencing disk.
    pub fn link(&self, file: FileNo) -> Option<&Link> {
        self.forest.link(file)
    }

    /// Whether a file is needed; `None` for what is no disk, no configuration and no companion, and where nothing was
    /// judged.
    pub fn verdict(&self, file: FileNo) -> Option<&Verdict> {
        self.verdicts.get(file.0).and_then(Option::as_ref)
    }

    /// The place of a disk in its chain; `None` for a file that is no disk.
    pub fn role(&self, file: FileNo) -> Option<Role> {
        chains::role(self, file)
    }

    /// What a file depends on, whether or not it has children itself.
    pub fn chain(&self, file: FileNo) -> Chain {
        chains::chain(self, file)
    }

    /// Number of files from this one to its base, itself included; up to the first broken link.
    pub fn depth(&self, file: FileNo) -> usize {
        self.forest.ancestry(file).count()
    }
}
