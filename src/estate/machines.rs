//! The configurations of an estate: what each stands for, where its disks are, whose checkpoint it is.

mod behind;
mod checkpoints;
mod nearest;
mod registration;
mod rivals;

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::chain::windows_path::{WindowsPath, to_upper};
use crate::chain::{FileNo, Forest, PathMaps, Scope};
use crate::vm::{Configuration, ConfigurationKind, Drive};

use super::FileFacts;
use super::correlate::{AttachedBy, AttachedStatus, Finder, Resolved};
use super::names::{folded_name, is_backup_copy};

pub use checkpoints::CheckpointNode;
use checkpoints::is_same_drive;
use nearest::Nearest;
pub use registration::Registration;
use rivals::DriveNo;

/// The number of a configuration among those of an estate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MachineNo(pub usize);

/// A configuration of a machine or checkpoint, and where its disks are.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The file of the configuration.
    pub file: FileNo,
    /// What it says.
    pub configuration: Configuration,
    /// Whether it is the copy that a backup makes before its checkpoint.
    pub backup_copy: bool,
    /// For a checkpoint: the configuration of its machine.
    pub owner: Option<MachineNo>,
    /// What the hosts' lists say of it; `None` where no list was found, and for a configuration up to 2012 R2, whose
    /// hosts keep none.
    pub registered: Option<Registration>,
    /// The disks, in the order of the drives.
    pub disks: Vec<AttachedDisk>,
}

/// A disk that a configuration attaches.
#[derive(Clone, Debug)]
pub struct AttachedDisk {
    /// The drive.
    pub drive: Drive,
    /// The path as recorded.
    pub recorded: String,
    /// Where it is.
    pub found: Resolved,
}

impl AttachedDisk {
    /// The file, where it was found.
    pub fn file(&self) -> Option<FileNo> {
        self.found.files.first().copied().filter(|_| self.found.status == AttachedStatus::Found)
    }
}

/// A host's list of its machines.
#[derive(Clone, Debug)]
pub struct HostList {
    /// The file of the list.
    pub file: FileNo,
    /// Machines that it names and whose configurations were not found where it says.
    pub unseen: Vec<Unseen>,
}

/// A machine that a host's list names and whose configuration is not where it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// Its id.
    pub id: Option<Uuid>,
    /// Where the configuration lies, as recorded.
    pub recorded: String,
    /// Whether one of that id was found elsewhere: a copy, or the machine's own under another path.
    pub is_elsewhere: bool,
}

/// All configurations of an estate.
#[derive(Clone, Debug, Default)]
pub struct Machines {
    /// Those of machines and checkpoints, in the order of their files.
    pub all: Vec<Machine>,
    /// The hosts' lists.
    pub lists: Vec<HostList>,
    /// Configurations of which something could not be read.
    pub damaged: Vec<FileNo>,
    /// The trees of checkpoints, by machine.
    trees: BTreeMap<MachineNo, Vec<CheckpointNode>>,
    /// The configurations by the files that they certainly attach.
    attaching: BTreeMap<FileNo, Vec<MachineNo>>,
    /// Files that may be the disk of a drive for which another one was found, with some of these drives.
    rivals: BTreeMap<FileNo, Vec<DriveNo>>,
    /// The checkpoints by machine, in the order of their files.
    checkpoints: BTreeMap<MachineNo, Vec<MachineNo>>,
}

impl Machine {
    /// What the configuration stands for.
    pub fn kind(&self) -> ConfigurationKind {
        self.configuration.kind
    }

    /// Whether it is a machine's own configuration: no checkpoint, no copy.
    pub fn is_machine(&self) -> bool {
        !self.backup_copy && !matches!(self.kind(), ConfigurationKind::Checkpoint | ConfigurationKind::Cached)
    }

    /// The name, shown lossily.
    pub fn name(&self) -> Option<String> {
        self.configuration.name.as_ref().map(crate::format::text::Utf16Text::lossy)
    }

    /// The label with what the configuration stands for: `machine "web"`.
    pub fn title(&self) -> String {
        let what = if self.kind() == ConfigurationKind::Checkpoint { "checkpoint" } else { "machine" };
        format!("{what} {}", self.label())
    }

    /// The name, or where there is none the id, for sentences.
    pub fn label(&self) -> String {
        match (self.name(), self.configuration.id) {
            (Some(name), _) if !name.is_empty() => format!("\"{name}\""),
            (_, Some(id)) => id.to_string(),
            _ => "without a name".to_owned(),
        }
    }
}

impl Machines {
    /// A configuration by its number.
    pub fn get(&self, number: MachineNo) -> Option<&Machine> {
        self.all.get(number.0)
    }

    /// The configuration in a file.
    pub fn of_file(&self, file: FileNo) -> Option<(MachineNo, &Machine)> {
        // They stand in the order of their files.
        let number = self.all.binary_search_by_key(&file, |machine| machine.file).ok()?;
        Some((MachineNo(number), self.all.get(number)?))
    }

    /// The host's list in a file.
    pub fn list_in(&self, file: FileNo) -> Option<&HostList> {
        // They stand in the order of their files, and so do the damaged ones.
        self.lists.get(self.lists.binary_search_by_key(&file, |list| list.file).ok()?)
    }

    /// Whether something could not be read of the configuration in a file.
    pub fn is_damaged(&self, file: FileNo) -> bool {
        self.damaged.binary_search(&file).is_ok()
    }

    /// All of them with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (MachineNo, &Machine)> {
        self.all.iter().enumerate().map(|(number, machine)| (MachineNo(number), machine))
    }

    /// The checkpoints of a machine.
    pub fn checkpoints(&self, of: MachineNo) -> impl Iterator<Item = (MachineNo, &Machine)> {
        let numbers = self.checkpoints.get(&of).map(Vec::as_slice).unwrap_or_default();
        numbers.iter().filter_map(|number| Some((*number, self.get(*number)?)))
    }

    /// The configurations for one of whose drives a file was found.
    pub fn attaching(&self, file: FileNo) -> impl Iterator<Item = &Machine> {
        let numbers = self.attaching.get(&file).map(Vec::as_slice).unwrap_or_default();
        numbers.iter().filter_map(|number| self.get(*number))
    }

    /// The files that may be the disk of drives for which others were found, or that are more than a drive keeps as
    /// candidates: each with some of these drives, as configuration and number of the disk.
    pub(super) fn rivals(&self) -> impl Iterator<Item = (FileNo, &[DriveNo])> {
        self.rivals.iter().map(|(file, drives)| (*file, drives.as_slice()))
    }

    /// The checkpoints of a machine, oldest first, each with the one that it was made over.
    pub fn checkpoint_tree(&self, of: MachineNo) -> &[CheckpointNode] {
        self.trees.get(&of).map(Vec::as_slice).unwrap_or_default()
    }

    /// Joins the configurations to the files.
    pub fn correlate(
        files: &[FileFacts],
        configurations: Vec<(FileNo, Configuration)>,
        forest: &Forest,
        maps: &PathMaps,
        scope: &Scope,
    ) -> Self {
        // Most folders of disks hold no configuration that would look for one.
        let finder = Finder::new(if configurations.is_empty() { &[] } else { files }, maps);
        let left_out: BTreeSet<String> = scope.left_out().map(folded_name).collect();
        let is_left_out = |name: &str| scope.has_more_left_out() || left_out.contains(name);
        let mut machines = Self::default();
        let mut lists = Vec::new();
        for (file, configuration) in configurations {
            if configuration.problems.iter().any(|problem| problem.kind.loses_content()) {
                machines.damaged.push(file);
            }
            match configuration.kind {
                ConfigurationKind::RegistrationList => lists.push((file, configuration)),
                ConfigurationKind::RuntimeState => {}
                // Nothing is left of it that could be told.
                ConfigurationKind::Unknown
                    if configuration.drives.is_empty()
                        && configuration.id.is_none()
                        && configuration.name.is_none() => {}
                _ => {
                    if let Some(facts) = files.get(file.0) {
                        machines.all.push(machine(file, facts, configuration, &finder, &is_left_out));
                    }
                }
            }
        }
        machines.rivals = rivals::weigh(&mut machines.all, &finder);
        machines.register(files, &lists, maps);
        machines.find_owners(files, forest);
        for (number, machine) in machines.all.iter().enumerate() {
            for file in machine.disks.iter().filter_map(AttachedDisk::file) {
                machines.attaching.entry(file).or_default().push(MachineNo(number));
            }
            if let Some(owner) = machine.owner {
                machines.checkpoints.entry(owner).or_default().push(MachineNo(number));
            }
        }
        machines.find_by_checkpoints(forest);
        machines.trees = machines.checkpoints.keys().map(|owner| (*owner, machines.tree_of(*owner, forest))).collect();
        machines
    }

    /// Whose checkpoint each is: by the machine's id, by the machine's list, or by the disks. Where a machine's folder was
    /// copied, each checkpoint belongs to the configuration that it lies with.
    fn find_owners(&mut self, files: &[FileFacts], forest: &Forest) {
        let mut by_id: BTreeMap<Uuid, Vec<MachineNo>> = BTreeMap::new();
        let mut by_listed: BTreeMap<Uuid, Vec<MachineNo>> = BTreeMap::new();
        let mut by_disk: BTreeMap<FileNo, MachineNo> = BTreeMap::new();
        for (number, machine) in self.iter().filter(|(_, machine)| machine.kind() == ConfigurationKind::Machine) {
            if machine.backup_copy {
                continue;
            }
            let ids = [machine.configuration.id, machine.configuration.machine_id];
            for id in ids.into_iter().flatten().collect::<BTreeSet<Uuid>>() {
                by_id.entry(id).or_default().push(number);
            }
            for id in &machine.configuration.checkpoints.listed {
                by_listed.entry(*id).or_default().push(number);
            }
            for file in machine.disks.iter().filter_map(|disk| disk.found.files.first()) {
                for below in forest.ancestry(*file) {
                    if by_disk.contains_key(&below) {
                        break;
                    }
                    by_disk.insert(below, number);
                }
            }
        }
        let path = |number: MachineNo| Some(files.get(self.get(number)?.file.0)?.path.as_path());
        let (by_id, by_listed) = (nearest::by_place(&by_id, path), nearest::by_place(&by_listed, path));
        let owner = |checkpoint: &Machine| {
            let configuration = &checkpoint.configuration;
            let disks = || checkpoint.disks.iter().filter_map(|disk| disk.found.files.first());
            let place = files.get(checkpoint.file.0).map(|file| file.path.as_path());
            let nearest = |machines: &Nearest<'_>| machines.to(place);
            let by_id = configuration.machine_id.and_then(|id| by_id.get(&id)).map(nearest);
            by_id
                .or_else(|| by_listed.get(&configuration.id?).map(nearest))
                .or_else(|| disks().find_map(|file| by_disk.get(file)).copied())
        };
        let is_checkpoint = |machine: &Machine| machine.kind() == ConfigurationKind::Checkpoint;
        let owners: Vec<Option<MachineNo>> =
            self.all.iter().map(|machine| if is_checkpoint(machine) { owner(machine) } else { None }).collect();
        for (machine, owner) in self.all.iter_mut().zip(owners) {
            machine.owner = owner;
        }
    }

    /// A disk that is not where it was recorded may be one that depends on what a checkpoint keeps of the same drive.
    fn find_by_checkpoints(&mut self, forest: &Forest) {
        let taken: BTreeSet<FileNo> = self
            .all
            .iter()
            .flat_map(|machine| &machine.disks)
            .filter(|disk| disk.found.status == AttachedStatus::Found)
            .flat_map(|disk| disk.found.files.iter().copied())
            .collect();
        let mut additions = Vec::new();
        for (number, machine) in self.iter().filter(|(_, machine)| machine.kind() != ConfigurationKind::Checkpoint) {
            for (place, disk) in machine.disks.iter().enumerate() {
                if disk.found.status == AttachedStatus::Found {
                    continue;
                }
                let of_drive =
                    |other: &&AttachedDisk| is_same_drive(other, disk) && other.found.status == AttachedStatus::Found;
                let kept =
                    self.checkpoints(number).flat_map(|(_, checkpoint)| checkpoint.disks.iter().filter(of_drive));
                let mut leaves = BTreeSet::new();
                for kept in kept.filter_map(|disk| disk.found.files.first()) {
                    add_leaves(*kept, forest, &mut leaves);
                }
                leaves.retain(|leaf| !taken.contains(leaf) && !disk.found.files.contains(leaf));
                additions.push((number, place, leaves));
            }
        }
        for (number, place, leaves) in additions.into_iter().filter(|(_, _, leaves)| !leaves.is_empty()) {
            let disk = self.all.get_mut(number.0).and_then(|machine| machine.disks.get_mut(place));
            if let Some(disk) = disk {
                disk.found.files.extend(leaves);
                disk.found.found_by = disk.found.found_by.or(Some(AttachedBy::Identity));
            }
        }
    }
}

/// The files without children that depend on a file.
fn add_leaves(file: FileNo, forest: &Forest, leaves: &mut BTreeSet<FileNo>) {
    let mut seen = BTreeSet::new();
    let mut waiting = forest.children(file).to_vec();
    while let Some(next) = waiting.pop() {
        if !seen.insert(next) {
            continue;
        }
        let children = forest.children(next);
        if children.is_empty() {
            leaves.insert(next);
        }
        waiting.extend(children);
    }
}

fn machine(
    file: FileNo,
    facts: &FileFacts,
    configuration: Configuration,
    finder: &Finder<'_>,
    is_left_out: &dyn Fn(&str) -> bool,
) -> Machine {
    let mut disks: Vec<AttachedDisk> = configuration
        .drives
        .iter()
        .filter_map(|drive| {
            let recorded = drive.path.as_ref()?.lossy();
            let found = finder.find(file, &recorded);
            (!recorded.is_empty()).then(|| AttachedDisk { drive: drive.clone(), recorded, found })
        })
        .collect();
    // A folder in which another of its disks was found was looked through.
    let known: Vec<WindowsPath> = disks
        .iter()
        .filter(|disk| disk.found.status == AttachedStatus::Found)
        .filter(|disk| disk.found.found_by.is_some_and(AttachedBy::is_by_place))
        .map(|disk| WindowsPath::parse(&disk.recorded))
        .collect();
    for disk in disks.iter_mut().filter(|disk| disk.found.status == AttachedStatus::Outside) {
        let path = WindowsPath::parse(&disk.recorded);
        let beside = |other: &WindowsPath| {
            other.kind() == path.kind()
                && crate::chain::windows_path::eq_ignore_case(
                    &other.parent_components().join("\\"),
                    &path.parent_components().join("\\"),
                )
        };
        if known.iter().any(beside) {
            disk.found.status = AttachedStatus::Missing;
        }
    }
    // A file that was met and left out is not missing, wherever exactly it should be.
    for disk in disks.iter_mut().filter(|disk| disk.found.status == AttachedStatus::Missing) {
        let name = WindowsPath::parse(&disk.recorded).file_name().map(to_upper);
        if name.is_some_and(|name| is_left_out(&name)) {
            disk.found.status = AttachedStatus::Outside;
        }
    }
    Machine { file, backup_copy: is_backup_copy(&facts.path), configuration, owner: None, registered: None, disks }
}
