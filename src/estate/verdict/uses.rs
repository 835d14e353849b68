//! Who needs which disk: what configurations attach, and everything that lies below it.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::chain::{CandidateReason, FileNo, FoundBy, Lead, LinkStatus};
use crate::estate::FileFacts;
use crate::estate::correlate::{AttachedStatus, Resolved};
use crate::estate::machines::{Machine, MachineNo, Registration};
use crate::image::FileKind;
use crate::vm::ConfigurationKind;

use super::beside::Beside;
use super::{Confidence, Evidence};

/// A configuration that attaches a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attachment {
    /// The configuration.
    pub machine: MachineNo,
    /// Which of its disks.
    pub disk: usize,
    /// How sure that is.
    pub sure: Confidence,
    /// Whether another file was found for the drive, and this one may be its disk as well.
    pub rival: bool,
}

/// Who needs a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Need {
    /// The configurations that attach it.
    pub attached: Vec<Attachment>,
    /// A file in use that depends on it.
    pub below: Option<(FileNo, Confidence)>,
    /// The VHD set that names it.
    pub set: Option<FileNo>,
}

impl Need {
    /// Whether anything needs the file, or may.
    pub(super) fn is_needed(&self) -> bool {
        !self.attached.is_empty() || self.below.is_some() || self.set.is_some()
    }
}

/// Who needs which file.
#[derive(Debug)]
pub(super) struct Uses {
    needs: Vec<Need>,
}

impl Uses {
    pub(super) fn new(evidence: &Evidence<'_>) -> Self {
        let mut uses = Self { needs: vec![Need::default(); evidence.files.len()] };
        let known = ids_of_machines(evidence);
        for (number, machine) in evidence.machines.iter() {
            for (disk, attached) in machine.disks.iter().enumerate() {
                for file in &attached.found.files {
                    let sure = certainty(evidence, &known, machine, &attached.found);
                    if let Some(need) = uses.needs.get_mut(file.0) {
                        need.attached.push(Attachment { machine: number, disk, sure, rival: false });
                    }
                }
            }
        }
        for (file, drives) in evidence.machines.rivals() {
            let Some(need) = uses.needs.get_mut(file.0) else { continue };
            for (machine, disk) in drives {
                if !need.attached.iter().any(|known| (known.machine, known.disk) == (*machine, *disk)) {
                    let sure = Confidence::Possible;
                    need.attached.push(Attachment { machine: *machine, disk: *disk, sure, rival: true });
                }
            }
        }
        let beside = Beside::default();
        uses.add_sets(evidence, &beside);
        uses.spread(evidence, &beside);
        uses
    }

    /// Adds what VHD sets name.
    fn add_sets<'a>(&mut self, evidence: &Evidence<'a>, beside: &Beside<'a>) {
        // The first of the files that sets which name none may be over: whatever comes after has one already.
        let mut met = BTreeSet::new();
        for (number, set) in super::numbered(evidence).filter(|(_, file)| file.kind == FileKind::VhdSet) {
            let Some(backing) = set.backing_name.as_deref() else {
                // It cannot say which disk it is over.
                let alike = beside.alike(evidence, set);
                if alike.clone().next().is_some_and(|first| met.insert(first)) {
                    for file in alike {
                        if let Some(need) = self.needs.get_mut(file.0) {
                            need.set = need.set.or(Some(number));
                        }
                    }
                }
                continue;
            };
            for file in beside.called(evidence, set, backing).filter(|file| *file != number) {
                if let Some(need) = self.needs.get_mut(file.0) {
                    need.set = Some(number);
                }
            }
        }
    }

    pub(super) fn of(&self, file: FileNo) -> Option<&Need> {
        self.needs.get(file.0)
    }

    pub(super) fn is_needed(&self, file: FileNo) -> bool {
        self.of(file).is_some_and(Need::is_needed)
    }

    /// Whether nothing speaks for it that a file is needed but what may as well speak for another.
    pub(super) fn is_perhaps_needed(&self, file: FileNo) -> bool {
        let possible = |sure: Confidence| sure <= Confidence::Possible;
        self.of(file).is_some_and(|need| {
            let all = need.attached.iter().map(|one| one.sure).chain(need.below.map(|(_, sure)| sure));
            need.set.is_none() && all.into_iter().all(possible)
        })
    }

    /// Whether a machine, and not a checkpoint alone, attaches a file.
    pub(super) fn is_of_a_machine(&self, file: FileNo, evidence: &Evidence<'_>) -> bool {
        let attached = self.of(file).into_iter().flat_map(|need| &need.attached).filter(|one| !one.rival);
        attached.filter_map(|one| evidence.machines.get(one.machine)).any(Machine::is_machine)
    }

    /// Everything below a needed file is needed, as surely as the file and the links to it. Each file is passed at most
    /// once for each degree of certainty, and so is each group of disks that may be below one another.
    fn spread<'a>(&mut self, evidence: &Evidence<'a>, beside: &Beside<'a>) {
        let mut groups = Groups { beside, passed: BTreeMap::new() };
        let mut waiting: Vec<(FileNo, Confidence)> = Vec::new();
        let needed: Vec<(FileNo, Confidence)> = self
            .needs
            .iter()
            .enumerate()
            .filter_map(|(number, need)| {
                let attached = need.attached.iter().map(|attachment| attachment.sure).max();
                let of_set = need.set.map(|set| match names_no_disk(evidence, set) {
                    false => Confidence::Probable,
                    true => Confidence::Possible,
                });
                Some((FileNo(number), attached.max(of_set)?))
            })
            .collect();
        // Of several users of a file the last is named.
        for (user, sure) in needed.into_iter().rev() {
            add_below(evidence, user, sure, &mut groups, &mut waiting);
            while let Some((file, sure)) = waiting.pop() {
                let Some(need) = self.needs.get_mut(file.0) else { continue };
                if need.below.is_some_and(|(_, known)| known >= sure) {
                    continue;
                }
                need.below = Some((user, sure));
                add_below(evidence, file, sure, &mut groups, &mut waiting);
            }
        }
    }
}

/// Adds the files that a disk depends on, or may depend on.
fn add_below<'a>(
    evidence: &Evidence<'a>,
    file: FileNo,
    sure: Confidence,
    groups: &mut Groups<'a, '_>,
    found: &mut Vec<(FileNo, Confidence)>,
) {
    let perhaps = Confidence::Possible.min(sure);
    let Some(link) = evidence.forest.link(file) else {
        groups.add_relatives(evidence, file, perhaps, found);
        return;
    };
    if let Some(parent) = link.parent.filter(|parent| *parent != file) {
        found.push((parent, if link.status.is_linked() { sure } else { perhaps }));
    }
    if !link.status.is_linked() && link.status != LinkStatus::Unreadable {
        let likely = link.candidates.iter().filter(|candidate| candidate.why != CandidateReason::SameVirtualDiskId);
        found.extend(likely.map(|candidate| (candidate.file, perhaps)));
    }
    // Windows goes by the recorded path first, whatever lies there.
    found.extend(link.recorded.iter().filter_map(|path| match path.leads {
        Lead::To(there) if Some(there) != link.parent => Some((there, perhaps)),
        _ => None,
    }));
    // No recorded path led to the parent: it may as well be one of its copies.
    if link.found_by == Some(FoundBy::Identity) {
        found.extend(link.copies.iter().map(|copy| (*copy, perhaps)));
    }
}

/// Disks beside one another whose names, but for what Hyper-V appends, are the same.
struct Groups<'a, 'b> {
    beside: &'b Beside<'a>,
    /// By the first of each group: how sure it is at least that its files are needed, and for which of them the others
    /// were added.
    passed: BTreeMap<FileNo, (Confidence, FileNo)>,
}

impl<'a> Groups<'a, '_> {
    /// Adds what a disk may depend on that cannot say so, for it cannot be read: the disks beside it whose names, but for
    /// what Hyper-V appends, are its own.
    fn add_relatives(
        &mut self,
        evidence: &Evidence<'a>,
        file: FileNo,
        sure: Confidence,
        found: &mut Vec<(FileNo, Confidence)>,
    ) {
        let is_mute = |facts: &&FileFacts| facts.kind.is_image() && !facts.readable && !facts.differencing;
        let Some(facts) = evidence.file(file).filter(is_mute) else { return };
        let alike = self.beside.alike(evidence, facts);
        let Some(group) = alike.clone().next() else { return };
        match self.passed.get(&group) {
            // All others of them were added already.
            Some((known, by)) if *known >= sure => found.extend((*by != file).then_some((*by, sure))),
            _ => {
                self.passed.insert(group, (sure, file));
                found.extend(alike.filter(|other| *other != file).map(|other| (other, sure)));
            }
        }
    }
}

/// Whether a file is a VHD set that does not say which disk it is over.
pub(super) fn names_no_disk(evidence: &Evidence<'_>, set: FileNo) -> bool {
    evidence.file(set).is_some_and(|set| set.kind == FileKind::VhdSet && set.backing_name.is_none())
}

/// The ids of the machines whose own configurations were found.
fn ids_of_machines(evidence: &Evidence<'_>) -> BTreeSet<Option<Uuid>> {
    let own = evidence.machines.iter().filter(|(_, machine)| machine.kind() == ConfigurationKind::Machine);
    own.map(|(_, machine)| machine.configuration.id).collect()
}

/// How sure it is that a configuration needs the file that was found for one of its drives.
fn certainty(
    evidence: &Evidence<'_>,
    known: &BTreeSet<Option<Uuid>>,
    machine: &Machine,
    found: &Resolved,
) -> Confidence {
    let place = match found.status {
        AttachedStatus::Found if found.is_sure() => Confidence::Confirmed,
        AttachedStatus::Found => Confidence::Probable,
        AttachedStatus::Ambiguous | AttachedStatus::Missing | AttachedStatus::Outside => Confidence::Possible,
    };
    let standing = match machine.kind() {
        _ if machine.backup_copy => Confidence::Possible,
        ConfigurationKind::Cached => {
            // The copy counts when the configuration itself was not found; beside it, it may be older.
            let itself = known.contains(&machine.configuration.id);
            if itself { Confidence::Possible } else { Confidence::Probable }
        }
        ConfigurationKind::Checkpoint if is_unlisted(evidence, machine) => Confidence::Possible,
        ConfigurationKind::Machine
            if matches!(machine.registered, Some(Registration::Unlisted | Registration::Perhaps(_))) =>
        {
            Confidence::Probable
        }
        ConfigurationKind::Machine | ConfigurationKind::Checkpoint => Confidence::Confirmed,
        _ => Confidence::Probable,
    };
    place.min(standing)
}

/// Whether a checkpoint's machine says that it has none.
pub(super) fn is_unlisted(evidence: &Evidence<'_>, checkpoint: &Machine) -> bool {
    let owner = checkpoint.owner.and_then(|owner| evidence.machines.get(owner));
    owner.is_some_and(|owner| owner.configuration.checkpoints.count == Some(0))
}
