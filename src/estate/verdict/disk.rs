//! Verdicts on disks in use.

use std::collections::BTreeSet;

use crate::chain::{FileNo, LinkStatus};
use crate::estate::FileFacts;
use crate::estate::correlate::{AttachedBy, AttachedStatus};
use crate::estate::machines::{Machine, MachineNo, Registration};
use crate::estate::names::{PlaceNames, folded_name, is_automatic};
use crate::image::FileKind;
use crate::vm::ConfigurationKind;

use super::copies::is_copy;
use super::counted::{counted, verb};
use super::uses::{Attachment, Need};
use super::{Class, Confidence, Judge, Verdict, uses};

impl Judge<'_> {
    /// The verdict on a disk.
    pub(super) fn disk(&self, number: FileNo, file: &FileFacts) -> Verdict {
        let names = PlaceNames::of(&file.path);
        let verdict = match self.uses.of(number).filter(|need| need.is_needed()) {
            Some(need) => self.copy_of_the_found(number, file, need).unwrap_or_else(|| self.needed(number, file, need)),
            None => self.unneeded(number, file, &names),
        };
        self.about_the_file(number, file, &names, verdict)
    }

    /// A disk that is as good as the one that was found for a drive, and that nothing else speaks for.
    fn copy_of_the_found(&self, number: FileNo, file: &FileFacts, need: &Need) -> Option<Verdict> {
        let only_rival = need.attached.iter().all(|one| one.rival) && need.below.is_none() && need.set.is_none();
        if !only_rival || !self.evidence.forest.children(number).is_empty() {
            return None;
        }
        let (rival, twin) = need.attached.iter().find_map(|one| {
            let found = self.machine(one.machine)?.disks.get(one.disk)?.file()?;
            let is_twin = found != number && is_copy(self.evidence.file(found)?, file);
            is_twin.then_some((one, found))
        })?;
        let what = format!("{} has the same identity", self.evidence.path(twin));
        let verdict = Verdict::new(Class::Copy, Confidence::Possible, what).also(self.says(*rival));
        Some(self.ceiling.lower(verdict, file, &self.evidence))
    }

    fn needed(&self, number: FileNo, file: &FileFacts, need: &Need) -> Verdict {
        let is_checkpoint = |attachment: &&Attachment| {
            self.machine(attachment.machine).is_some_and(|machine| machine.kind() == ConfigurationKind::Checkpoint)
        };
        let surest = |attachments: Vec<&Attachment>| attachments.into_iter().max_by_key(|one| one.sure).copied();
        let machine = surest(need.attached.iter().filter(|one| !is_checkpoint(one)).collect());
        let checkpoint = surest(need.attached.iter().filter(is_checkpoint).collect());
        let mut verdict = match (machine, checkpoint, need.set, need.below) {
            (Some(machine), ..) if file.kind != FileKind::VhdSet => self.active(number, file, machine),
            (Some(machine), ..) => Verdict::new(Class::VhdSetMember, machine.sure, self.says(machine))
                .also("it is a VHD set: the disk behind it holds the data, and Merge-VHD is not for it"),
            (None, _, Some(set), _) => {
                let path = self.evidence.path(set);
                let (most, what) = match uses::names_no_disk(&self.evidence, set) {
                    false => (Confidence::Confirmed, format!("the VHD set {path} names it as the disk behind it")),
                    true => (
                        Confidence::Possible,
                        format!("the VHD set {path} cannot be read, and its name is that of the disk behind it"),
                    ),
                };
                Verdict::new(Class::VhdSetMember, self.set_confidence(set).min(most), what)
            }
            (None, Some(checkpoint), ..) => self.checkpoint_disk(file, checkpoint),
            (None, None, None, below) => self.member(number, below),
        };
        if let (Some(_), Some(checkpoint)) = (machine, checkpoint) {
            verdict = verdict.also(self.says(checkpoint));
        }
        if let (Some(_), Some((user, _))) = (machine, need.below) {
            let what =
                format!("{} depends on it as well: writing to it makes that one useless", self.evidence.path(user));
            verdict = verdict.also(what);
        }
        self.other_attachments(need, [machine, checkpoint], verdict)
    }

    fn set_confidence(&self, set: FileNo) -> Confidence {
        let attached = self.uses.of(set).and_then(|need| need.attached.iter().map(|one| one.sure).max());
        attached.unwrap_or(Confidence::Probable)
    }

    /// A disk that a machine attaches.
    fn active(&self, number: FileNo, file: &FileFacts, attachment: Attachment) -> Verdict {
        let Some(machine) = self.machine(attachment.machine) else {
            return Verdict::new(Class::ActiveLeaf, attachment.sure, "a configuration attaches it");
        };
        let mut verdict = Verdict::new(Class::ActiveLeaf, attachment.sure, self.says(attachment));
        let depth = self.evidence.forest.ancestry(number).count();
        let known = self.evidence.machines.checkpoints(attachment.machine).count();
        let listed = machine.configuration.checkpoints.count.unwrap_or(0);
        if file.differencing && is_automatic(&file.path) {
            if known == 0 && listed == 0 {
                verdict.class = Class::UncheckpointedChain;
                verdict.reasons.push(format!(
                    "its chain has {}, and neither a checkpoint's configuration nor the machine's list \
                     accounts for that: a merge was not done, or a backup left it",
                    counted(depth, "file")
                ));
                verdict.confidence = verdict.confidence.min(Confidence::Probable);
            } else if known == 0 {
                let configurations =
                    if listed == 1 { "its configuration was not" } else { "none of their configurations was" };
                verdict
                    .reasons
                    .push(format!("the machine lists {}, and {configurations} found", counted(listed, "checkpoint")));
            }
        }
        if machine.configuration.merge_pending == Some(true) {
            verdict.reasons.push("the machine's configuration says that a merge is still owed".to_owned());
        }
        verdict
    }

    fn checkpoint_disk(&self, file: &FileFacts, attachment: Attachment) -> Verdict {
        let checkpoint = self.machine(attachment.machine);
        let name = checkpoint.and_then(Machine::name).unwrap_or_default();
        let of_backup = is_name_of_backup(&name) || is_name_of_backup(&folded_name(&file.path));
        let class = if of_backup { Class::RecoveryCheckpoint } else { Class::CheckpointDisk };
        let mut verdict = Verdict::new(class, attachment.sure, self.says(attachment));
        if of_backup {
            verdict = verdict.at_most(
                Confidence::Probable,
                "its name is one that backup programs give: such a checkpoint goes when the backup ends",
            );
        }
        if let Some(checkpoint) = checkpoint {
            if uses::is_unlisted(&self.evidence, checkpoint) {
                verdict = verdict.also("its machine says that it has no checkpoints");
            }
            if checkpoint.owner.is_none() {
                verdict = verdict.also("the configuration of the checkpoint's machine was not found");
            }
        }
        verdict
    }

    fn member(&self, number: FileNo, below: Option<(FileNo, Confidence)>) -> Verdict {
        let Some((user, sure)) = below else {
            return Verdict::new(Class::Unknown, Confidence::Unknown, "nothing can be said of it");
        };
        let user_path = self.evidence.path(user);
        let proved = self.evidence.forest.ancestry(user).any(|file| file == number);
        let reason = if proved {
            format!("{user_path} depends on it, which is in use")
        } else {
            format!("it may be what {user_path} depends on, which is in use")
        };
        Verdict::new(Class::ChainMember, sure, reason)
    }

    /// Every further configuration that attaches the file.
    fn other_attachments(&self, need: &Need, said: [Option<Attachment>; 2], mut verdict: Verdict) -> Verdict {
        const NAMED: usize = 4;
        let mut left_out = 0_usize;
        for attachment in need.attached.iter().filter(|one| !said.contains(&Some(**one))) {
            if verdict.reasons.len() < NAMED {
                let sentence = self.says(*attachment);
                if !verdict.reasons.contains(&sentence) {
                    verdict.reasons.push(sentence);
                }
            } else {
                left_out = left_out.saturating_add(1);
            }
        }
        // A configuration may be there twice, as in a copy of a machine's folder; it is one machine all the same. What a file
        // may be is no use of it.
        let writers: BTreeSet<_> = need
            .attached
            .iter()
            .filter_map(|one| Some((one, self.machine(one.machine)?)))
            .filter(|(one, machine)| {
                !one.rival && machine.disks.get(one.disk).is_some_and(|disk| disk.found.is_by_place())
            })
            .filter(|(_, machine)| machine.kind() == ConfigurationKind::Machine && !machine.backup_copy)
            .map(|(one, machine)| machine.configuration.id.ok_or(one.machine))
            .collect();
        if writers.len() > 1 {
            verdict.reasons.push("more than one machine attaches it: if two have run on it, it is damaged".to_owned());
        }
        if left_out > 0 {
            verdict.reasons.push(format!("and {} it", verb(left_out, "more configuration", "attaches", "attach")));
        }
        verdict
    }

    /// What is true of the file whatever its use.
    fn about_the_file(
        &self,
        number: FileNo,
        file: &FileFacts,
        names: &PlaceNames<'_>,
        mut verdict: Verdict,
    ) -> Verdict {
        if verdict.is_unneeded() && verdict.class != Class::Copy {
            // Why its chain is broken is what the verdict was made from.
            return verdict;
        }
        if let Some(link) = self.evidence.forest.link(number) {
            let what = match link.status {
                LinkStatus::LinkedBySecondGuid => Some("a merge into its parent was under way and may not have ended"),
                status => status.trouble(),
            };
            if let Some(what) = what.filter(|what| !verdict.reasons.iter().any(|reason| reason.contains(what))) {
                verdict = verdict.also(what);
            }
        }
        if !file.readable && file.kind != FileKind::VhdSet {
            verdict = verdict.also("it cannot be read in full");
        }
        if verdict.class != Class::Replica && is_replica(names) {
            verdict = verdict.also("it lies in a folder of Hyper-V Replica");
        }
        verdict
    }

    pub(super) fn machine(&self, number: MachineNo) -> Option<&Machine> {
        self.evidence.machines.get(number)
    }

    /// The sentence that says which configuration attaches a file, and by what it was found.
    fn says(&self, attachment: Attachment) -> String {
        let Some(machine) = self.machine(attachment.machine) else { return String::new() };
        let Some(disk) = machine.disks.get(attachment.disk) else { return String::new() };
        let who = match machine.kind() {
            _ if machine.backup_copy => format!("a backup's copy of the configuration of {}", machine.label()),
            ConfigurationKind::Checkpoint => format!("checkpoint {}", machine.label()),
            ConfigurationKind::Planned => format!("the half-imported machine {}", machine.label()),
            ConfigurationKind::Cached => format!("the host's copy of the configuration of machine {}", machine.label()),
            _ => format!("machine {}", machine.label()),
        };
        let place = format!(
            "{} {}, location {}",
            disk.drive.controller.kind.name().to_uppercase(),
            disk.drive.controller.number,
            disk.drive.location
        );
        let unregistered = match machine.registered {
            Some(Registration::Unlisted) if machine.kind() == ConfigurationKind::Machine => {
                "; no host's list names the machine"
            }
            Some(Registration::Perhaps(_)) if machine.kind() == ConfigurationKind::Machine => {
                "; a host's list names the machine, and perhaps another configuration of it"
            }
            _ => "",
        };
        if attachment.rival {
            let other =
                disk.file().map(|file| format!("; {} was found for it by a likeness alone", self.evidence.path(file)));
            let other = other.unwrap_or_default();
            return format!(
                "it may be the disk of {who} at {place}: it has the name of {}{other}{unregistered}",
                disk.recorded
            );
        }
        match (disk.found.status, disk.found.found_by) {
            (AttachedStatus::Missing | AttachedStatus::Outside, _) => {
                format!("it may be the disk that {who} misses at {place}: {}{unregistered}", disk.recorded)
            }
            (AttachedStatus::Ambiguous, _) => {
                format!(
                    "it may be the disk of {who} at {place}: other files could be {} as well{unregistered}",
                    disk.recorded
                )
            }
            (AttachedStatus::Found, by) => {
                let others = match disk.found.rivals_count() {
                    0 => String::new(),
                    1 => format!("; another file could be {} as well, and only --map tells", disk.recorded),
                    n => format!("; {n} other files could be {} as well, and only --map tells", disk.recorded),
                };
                format!("{who} attaches it at {place}{}{others}{unregistered}", by.map_or("", found_by))
            }
        }
    }
}

/// By what an attached disk was found, as the end of a sentence.
fn found_by(by: AttachedBy) -> &'static str {
    match by {
        AttachedBy::Map => " (through --map)",
        AttachedBy::Path => "",
        AttachedBy::BesideConfiguration => " (found beside the configuration)",
        AttachedBy::DisksBelow | AttachedBy::DisksBeside => " (found in Virtual Hard Disks)",
        AttachedBy::PathTail => " (found by the last folders of its path)",
        AttachedBy::Name => " (found by its name alone)",
        AttachedBy::Identity => " (found by what its checkpoint keeps)",
    }
}

/// Whether a name says that a backup made what bears it.
fn is_name_of_backup(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["recovery checkpoint", "backup checkpoint", "- backup", "autorecovery", "recovery snapshot"]
        .iter()
        .any(|words| name.contains(words))
}

/// Whether a file lies where Hyper-V Replica keeps its disks.
pub(super) fn is_replica(names: &PlaceNames<'_>) -> bool {
    names.lies_in("Hyper-V Replica")
}
