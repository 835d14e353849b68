//! What planning knows: files, links, machines, verdicts, and how files are kept. All of it was found by a run; nothing
//! here is asked of a host.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::chain::windows_path::PathMap;
use crate::chain::{FileNo, Forest, Link, LinkStatus};
use crate::error::Error;
use crate::estate::verdict::{Class, Seen, Verdict};
use crate::estate::{AttachedDisk, FoundFile, Machine, MachineNo, Machines};
use crate::image::{FileKind, Image};
use crate::source::FileAttributes;
use crate::units::ByteLen;
use crate::vm::ConfigurationKind;

/// Everything that a plan is made from.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The files.
    pub files: &'a [FoundFile],
    /// How the disks hang together.
    pub forest: &'a Forest,
    /// The configurations and where their disks are.
    pub machines: &'a Machines,
    /// Whether each file is needed, in the order of the files; empty where that was not judged.
    pub verdicts: &'a [Option<Verdict>],
    /// What was looked at.
    pub seen: Seen,
    /// Where recorded Windows paths are now.
    pub map: &'a PathMap,
    /// How the files of the chain are kept.
    pub attributes: BTreeMap<FileNo, FileAttributes>,
    /// What is wrong with the block maps of the files of the chain.
    pub block_maps: BTreeMap<FileNo, BlockMap>,
    /// What checks found in the files of the chain that is an error: code and sentence.
    pub errors: BTreeMap<FileNo, Vec<(&'static str, String)>>,
    /// The volumes on which the files of the chain lie.
    pub volumes: BTreeMap<FileNo, PlanVolume>,
}

/// What one pass over a block map found that keeps a disk from being merged.
#[derive(Clone, Debug, Default)]
pub struct BlockMap {
    /// Blocks that end behind the end of the file: how many, and the bytes that are lost.
    pub beyond_end: Option<(u64, ByteLen)>,
    /// Blocks that lie where something else lies, and entries that no specification knows.
    pub faulty_entries: u64,
    /// Why it cannot be read.
    pub problem: Option<Error>,
}

/// A volume that files of a plan lie on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlanVolume {
    /// The name: as given with its free space, else where it is mounted here, else the root of its Windows path.
    pub name: String,
    /// Bytes that are free on it, where somebody said so.
    pub given: Option<ByteLen>,
    /// Bytes that are free on what the files lie on here, which need not be where they are at home.
    pub measured: Option<ByteLen>,
}

impl<'a> Facts<'a> {
    /// A file by its number.
    pub fn file(&self, file: FileNo) -> Option<&'a FoundFile> {
        self.files.get(file.0)
    }

    /// The path of a file, as it was found.
    pub fn path(&self, file: FileNo) -> &'a Path {
        self.file(file).map_or(Path::new(""), |file| &file.path)
    }

    /// The path for sentences.
    pub fn name(&self, file: FileNo) -> String {
        self.path(file).display().to_string()
    }

    /// The disk in a file.
    pub fn image(&self, file: FileNo) -> Option<&'a Image> {
        self.file(file)?.image.as_deref()
    }

    /// The length of a file, where it could be opened.
    pub fn size(&self, file: FileNo) -> Option<ByteLen> {
        self.file(file)?.stamp.map(|stamp| stamp.size)
    }

    /// What was concluded about a file.
    pub fn class(&self, file: FileNo) -> Option<Class> {
        Some(self.verdicts.get(file.0)?.as_ref()?.class)
    }

    /// The configurations that certainly attach a file, each with the drive.
    pub fn attaching(&self, file: FileNo) -> impl Iterator<Item = (MachineNo, &'a Machine, &'a AttachedDisk)> {
        self.machines.iter().flat_map(move |(number, machine)| {
            let disks = machine.disks.iter().filter(move |disk| disk.file() == Some(file));
            disks.map(move |disk| (number, machine, disk))
        })
    }

    /// The configurations that may attach a file, the certain ones among them.
    pub fn perhaps_attaching(&self, file: FileNo) -> impl Iterator<Item = (MachineNo, &'a Machine, &'a AttachedDisk)> {
        self.machines.iter().flat_map(move |(number, machine)| {
            let disks = machine.disks.iter().filter(move |disk| disk.found.files.contains(&file));
            disks.map(move |disk| (number, machine, disk))
        })
    }

    /// The id of a machine or checkpoint: what it says itself, else the GUID that its file is called by.
    pub fn id_of(&self, machine: &Machine) -> Option<Uuid> {
        let named = || {
            let stem = self.path(machine.file).file_stem()?.to_string_lossy().into_owned();
            Uuid::try_parse(&stem).ok()
        };
        machine.configuration.id.or_else(named)
    }

    /// The files of a kind that lie beside another and are called `name`.
    pub fn beside(&self, file: FileNo, kind: FileKind, name: &str) -> Option<FileNo> {
        let folder = folder(self.path(file));
        let is_it = |found: &FoundFile| {
            found.kind == kind
                && found.path.file_name().is_some_and(|known| known.to_string_lossy().eq_ignore_ascii_case(name))
                && self::folder(&found.path) == folder
        };
        self.files.iter().position(is_it).map(FileNo)
    }

    /// Machines, not checkpoints or copies, that attach any of these files, each once.
    pub fn machines_of(&self, files: &[FileNo]) -> Vec<MachineNo> {
        self.configurations_of(files, Machine::is_machine)
    }

    /// Checkpoints that keep any of these files, each once.
    pub fn checkpoints_of(&self, files: &[FileNo]) -> Vec<MachineNo> {
        self.configurations_of(files, |found| found.kind() == ConfigurationKind::Checkpoint && !found.backup_copy)
    }

    /// The configurations of a kind that certainly attach any of these files, each once, in the order of their files.
    fn configurations_of(&self, files: &[FileNo], is_wanted: impl Fn(&Machine) -> bool) -> Vec<MachineNo> {
        let attaching = files.iter().flat_map(|file| self.machines.attaching(*file)).filter(|found| is_wanted(found));
        let numbers: BTreeSet<MachineNo> =
            attaching.filter_map(|found| Some(self.machines.of_file(found.file)?.0)).collect();
        numbers.into_iter().collect()
    }
}

/// The folder of a file, whatever way to it the user named.
pub(super) fn folder(path: &Path) -> PathBuf {
    crate::chain::absolute(path).parent().unwrap_or(Path::new("")).to_owned()
}

/// Why a parent is not proved, in words for a person; `None` where it is.
pub(super) fn why_broken(facts: &Facts<'_>, link: &Link) -> Option<String> {
    let guid = |guid: Option<Uuid>| guid.map_or_else(|| "unknown".to_owned(), |guid| guid.to_string());
    let parent = || link.parent.map_or_else(String::new, |parent| facts.name(parent));
    Some(match link.status {
        LinkStatus::Linked | LinkStatus::LinkedBySecondGuid => return None,
        LinkStatus::Missing => format!("its parent {} is not there", guid(link.expected)),
        LinkStatus::Outside => format!("its parent {} is recorded outside what was named", guid(link.expected)),
        LinkStatus::IdentityMismatch => format!(
            "its parent should have the identity {}, and {} has {}",
            guid(link.expected),
            parent(),
            guid(link.found)
        ),
        LinkStatus::Ambiguous => {
            format!("{} files have the identity of its parent {}", link.candidates.len(), guid(link.expected))
        }
        LinkStatus::Cycle => "following its parents leads back to it".to_owned(),
        LinkStatus::Unreadable => format!("its parent {} cannot be read", parent()),
        LinkStatus::UnusableLocator => match &link.problem {
            Some(problem) => problem.reason().to_string(),
            None => "it does not say by what to know its parent".to_owned(),
        },
    })
}
