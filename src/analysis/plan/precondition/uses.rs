//! Nobody else needs what changes.

use crate::chain::{FileNo, LinkStatus};
use crate::estate::Machine;
use crate::estate::verdict::Class;
use crate::image::FileKind;

use super::{FIND_TARGET, MOST_NAMED, Method, NO_TARGET, Precondition};
use crate::analysis::plan::ask::Ask;
use crate::analysis::plan::course::Course;
use crate::analysis::plan::doubtful::doubtful;
use crate::analysis::plan::facts::Facts;
use crate::analysis::plan::native;

/// 5: no other disk depends on what changes.
pub(super) fn no_siblings(facts: &Facts<'_>, course: &Course) -> Precondition {
    let mut it = Precondition::new(5, "no-siblings", "no other disk depends on a file that changes");
    for sibling in course.siblings.iter().take(MOST_NAMED) {
        let also = match sibling.dependants.len() {
            0 => String::new(),
            n => format!(", and with it {n} more that depend on it"),
        };
        let seen = format!("depends on {} and would be lost{also}", facts.name(sibling.parent));
        it.fail(sibling.file, seen, &Method::IN_PLACE);
    }
    if let Some(more) = course.siblings.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
        it.fail(None, format!("{more} more depend on a file that changes"), &Method::IN_PLACE);
    }
    unknown_to_hyper_v(facts, course, &mut it);
    for disk in doubtful(facts, course).into_iter().take(MOST_NAMED) {
        let why =
            if disk.leads { "records a path to a file that changes" } else { "cannot be read, and may depend on it" };
        it.unknown(disk.file, why);
    }
    if course.target.is_none() {
        it.unknown(course.top(), NO_TARGET);
    }
    let disks = facts.files.iter().filter(|file| file.is_image()).count();
    let unblock = if course.siblings.is_empty() {
        "Merge by hand, which gives each of these disks its new parent (Set-VHD -ParentPath), or export the disk. One that \
         nobody needs can be moved away after that was made sure."
    } else {
        "Merge the siblings first, or give each a copy of the parent of its own; or export this disk, which changes no \
         file that is there. A sibling that nobody needs can be moved away after that was made sure."
    };
    it.end_or_ask(
        unblock,
        "Make the files readable and plan again, or make sure otherwise that none of them depends on what changes.",
        format!("none of the {disks} disks that were looked at"),
    )
}

/// Hyper-V gives a new parent only to disks that the machine's configuration or one of its checkpoints leads to. Any
/// other child of the file that goes loses its parent.
fn unknown_to_hyper_v(facts: &Facts<'_>, course: &Course, it: &mut Precondition) {
    let Some(owner) = course.merging_machine(facts) else { return };
    let lost = course.above.iter().copied().filter(|child| !native::leads_to(facts, owner, *child));
    let title = facts.machines.get(owner).map(Machine::title).unwrap_or_default();
    let lost: Vec<FileNo> = lost.collect();
    for child in lost.iter().take(MOST_NAMED) {
        let seen = format!(
            "depends on {}, and nothing of {title} leads to it: Hyper-V would take its parent away; after a merge by \
             hand it must be re-linked",
            facts.name(course.top())
        );
        it.fail(*child, seen, &[Method::Native]);
    }
    if let Some(more) = lost.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
        it.fail(None, format!("{more} more would lose their parent"), &[Method::Native]);
    }
}

/// 6: nobody has the files open, and no memory was saved over them.
pub(super) fn not_attached(facts: &Facts<'_>, course: &Course) -> Precondition {
    let mut it =
        Precondition::new(6, "not-attached", "no machine runs on the disk, and none has saved its memory over it");
    let machines = facts.machines_of(&course.users());
    for number in machines.iter().copied() {
        let Some(machine) = facts.machines.get(number) else { continue };
        if let Some(state) = saved_state(facts, machine) {
            let seen = format!("{} has saved its memory, which does not fit a disk that changed", machine.title());
            it.fail(state, seen, &Method::BY_HAND);
        }
        it.unknown(machine.file, format!("whether {} runs does not stand in any file", machine.title()));
        it.ask.push(Ask::MachineState(number));
    }
    if machines.is_empty() {
        it.unknown(None, "no machine that attaches it was found; it may be attached or mounted all the same");
    }
    it.ask.push(Ask::Attached(course.top()));
    it.end(
        "Shut the machine down (Stop-VM) and see that it is Off, not Saved: a saved machine is started and shut down, or \
         its state is given up with Remove-VMSavedState. Nothing may have the files mounted.",
        "",
    )
}

/// The run-time state beside a configuration that holds memory.
fn saved_state(facts: &Facts<'_>, machine: &Machine) -> Option<FileNo> {
    let own = || machine.configuration.saved_state.as_ref().filter(|state| state.holds_memory()).map(|_| machine.file);
    let stem = facts.path(machine.file).file_stem()?.to_string_lossy().into_owned();
    let beside = facts.beside(machine.file, FileKind::Vmrs, &format!("{stem}.vmrs")).filter(|file| {
        let state = facts.file(*file).and_then(|file| file.configuration.as_ref()?.saved_state.as_ref());
        state.is_some_and(crate::vm::SavedState::holds_memory)
    });
    beside.or_else(own)
}

/// 7: no backup, replication, migration or merge of Hyper-V's own is under way.
pub(super) fn not_busy(facts: &Facts<'_>, course: &Course) -> Precondition {
    let mut it =
        Precondition::new(7, "not-busy", "no backup, replication, migration or merge of Hyper-V's own is at work");
    for file in course.changed() {
        match facts.class(file) {
            Some(Class::RecoveryCheckpoint) => it.fail(
                file,
                "a checkpoint that a backup made keeps it: the backup runs, or left it behind",
                &Method::BY_HAND,
            ),
            Some(Class::Replica) => it.fail(file, "it belongs to a replica", &Method::IN_PLACE),
            _ => {}
        }
        let name = facts.path(file).file_name().unwrap_or_default().to_string_lossy();
        let stem = facts.path(file).file_stem().unwrap_or_default().to_string_lossy();
        let log = [format!("{name}.hrl"), format!("{stem}.hrl")];
        if let Some(log) = log.iter().find_map(|name| facts.beside(file, FileKind::Hrl, name)) {
            it.unknown(log, "a replication log of the disk: its machine is, or was, replicated");
        }
    }
    for file in course.chain() {
        let Some(link) = facts.forest.link(file).filter(|link| link.status == LinkStatus::LinkedBySecondGuid) else {
            continue;
        };
        // It alone can be merged again; anything else would take half of it for all of it.
        if course.merged != [file] {
            let parent = link.parent.map_or_else(String::new, |parent| format!(" into {}", facts.name(parent)));
            let seen = format!("a merge of it{parent} was broken off, and must be run again before any other");
            it.fail(file, seen, &Method::IN_PLACE);
        }
    }
    for number in facts.machines_of(&course.users()) {
        let Some(machine) = facts.machines.get(number) else { continue };
        if machine.configuration.merge_pending == Some(true) {
            let seen = format!("{} says that Hyper-V still owes a merge", machine.title());
            it.fail(machine.file, seen, &Method::BY_HAND);
        } else {
            it.unknown(machine.file, format!("what {} is busy with does not stand in any file", machine.title()));
        }
        it.ask.extend([Ask::MachineState(number), Ask::Replication(number), Ask::Checkpoints(number)]);
    }
    if facts.machines_of(&course.users()).is_empty() {
        it.unknown(None, "no machine that attaches it was found; one may be busy with it all the same");
    }
    it.end(
        "Let backups and migrations end, and pause them and the replication for the time of the work. A recovery \
         checkpoint that a backup left is removed with Remove-VMSnapshot. A merge that Hyper-V owes goes on when the \
         machine runs, or after Restart-Service vmms.",
        "no machine that attaches the disk was found",
    )
}

/// 8: no checkpoint keeps what changes or goes.
pub(super) fn no_checkpoint(facts: &Facts<'_>, course: &Course) -> Precondition {
    let mut it = Precondition::new(8, "no-checkpoint", "no checkpoint keeps a file that changes or goes");
    let owner = course.merging_machine(facts);
    for file in course.changed() {
        for (_, machine, _) in facts.perhaps_attaching(file) {
            if machine.kind() != crate::vm::ConfigurationKind::Checkpoint || machine.backup_copy {
                continue;
            }
            let what = if Some(file) == course.target { "which would be overwritten" } else { "which would go" };
            let seen = format!("{} keeps {}, {what}", machine.title(), facts.name(file));
            if owner.is_some() && machine.owner == owner {
                it.fail(machine.file, seen, &Method::BY_HAND);
            } else {
                // The restore point of somebody else is lost with the file, whoever merges.
                let of = machine.owner.and_then(|owner| facts.machines.get(owner)).map(Machine::title);
                let whose = of.unwrap_or_else(|| "no machine that was found".to_owned());
                it.fail(machine.file, format!("{seen}; it is one of {whose}"), &Method::IN_PLACE);
            }
        }
    }
    for file in native::deleted(facts, course) {
        let seen = "the checkpoint keeps it as well, nothing of the machine needs it otherwise, and Hyper-V would delete \
                    it with the checkpoint";
        it.fail(file, seen, &[Method::Native]);
    }
    super::unseen::checkpoints(facts, course, &mut it);
    super::unseen::disks(facts, course, &mut it);
    no_configurations(facts, &mut it);
    it.end_or_ask(
        "Where a configuration or a disk was not found, name the folder in which it lies first (--search, --map); a \
         checkpoint that the manager calls missing is removed with Get-VMSnapshot -SnapshotType Missing | \
         Remove-VMSnapshot. Delete the checkpoint in Hyper-V (Remove-VMSnapshot): Hyper-V then merges by itself, also \
         while the machine runs. A merge by hand under a checkpoint leaves a machine that can only be made anew. A \
         checkpoint of another machine is a restore point of that machine: find out why it keeps this file, or export \
         the disk.",
        NAME_CONFIGURATIONS,
        "no checkpoint names one of them",
    )
}

const NAME_CONFIGURATIONS: &str = "Name the folders in which configurations lie with --search (Virtual Machines, \
    Snapshots, the host's data.vmcx), or ask every host which drive has one of the files.";

/// Where no configuration was looked at, none speaks against anything.
pub(super) fn no_configurations(facts: &Facts<'_>, it: &mut Precondition) {
    if facts.machines.all.is_empty() {
        it.unknown(None, "no configuration of a machine or checkpoint was among what was looked at");
        it.ask.push(Ask::References);
    }
}

/// 9: no disk of a VHD set, and none that machines share.
pub(super) fn not_shared(facts: &Facts<'_>, course: &Course) -> Precondition {
    let mut it = Precondition::new(9, "not-shared", "the disk belongs to no VHD set and is not shared");
    for file in course.changed() {
        if facts.class(file) == Some(Class::VhdSetMember) {
            it.fail(file, "a VHD set names it", &Method::IN_PLACE);
        }
        for (_, machine, disk) in facts.attaching(file) {
            let shared = disk.drive.settings.iter().any(|(name, value)| {
                name.eq_ignore_ascii_case("persistent_reservations_supported")
                    && matches!(value.to_ascii_lowercase().as_str(), "true" | "1")
            });
            if shared {
                it.fail(machine.file, format!("{} has it as a shared disk", machine.title()), &Method::IN_PLACE);
            }
        }
    }
    no_configurations(facts, &mut it);
    it.end(
        "Checkpoints of a VHD set are removed with Remove-VHDSnapshot and Optimize-VHDSet; Merge-VHD does not know sets. \
         A shared disk has no checkpoints of its own: detach it from all machines before anything is done.",
        "no set names it, and no drive says that it is shared",
    )
}

/// 17: what would be overwritten is no image that others are made from.
pub(super) fn not_golden(facts: &Facts<'_>, course: &Course) -> Precondition {
    const WORDS: [&str; 6] = ["gold", "template", "master", "sysprep", "baseimage", "base-image"];
    let mut it = Precondition::new(17, "not-golden", "the target is no image that other disks are made from");
    let Some(target) = course.target else {
        it.unknown(course.top(), NO_TARGET);
        return it.end(FIND_TARGET, "");
    };
    let children = facts.forest.children(target).len();
    if children > 2 {
        it.fail(target, format!("{children} disks depend on it"), &Method::IN_PLACE);
    }
    let name = facts.path(target).file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    if let Some(word) = WORDS.iter().find(|word| name.contains(**word)) {
        it.unknown(target, format!("its name has \"{word}\" in it"));
    }
    let attributes = facts.attributes.get(&target);
    if facts.forest.link(target).is_none() && attributes.is_some_and(|kept| kept.read_only == Some(true)) {
        it.unknown(target, "it is a base that must not be written to, as images are kept that others are made from");
    }
    if let Some(names) = attributes.and_then(|kept| kept.names).filter(|names| *names > 1) {
        let seen = format!(
            "it has {names} names (hard links): whatever is written to it shows under each of them, so that a copy that \
             was made by linking is overwritten with it"
        );
        it.unknown(target, seen);
    }
    it.end(
        "Ask who made it and what is made from it. Never merge into an image that others are made from: export the disk.",
        "one chain depends on it, and neither its name nor its attributes speak of more",
    )
}

/// 20: one machine has the disk, and has all of it: one that runs on a file further down would find other content there.
pub(super) fn one_machine(facts: &Facts<'_>, course: &Course) -> Precondition {
    const TITLE: &str = "no two machines have the disk, and none runs on a file that would be overwritten";
    let mut it = Precondition::new(20, "one-machine", TITLE);
    let mut users: Vec<(String, FileNo)> = Vec::new();
    for file in course.changed() {
        for (_, machine, disk) in facts.perhaps_attaching(file).filter(|(_, machine, _)| machine.is_machine()) {
            let title = machine.title();
            let is_certain = disk.file() == Some(file);
            if file != course.top() {
                let becomes = if Some(file) == course.target { "be overwritten" } else { "go" };
                let seen = format!(
                    "{title} {} {}, which would {becomes}: the machine would find there what {} holds",
                    if is_certain { "runs on" } else { "may run on" },
                    facts.name(file),
                    facts.name(course.top())
                );
                it.fail(machine.file, seen, &Method::IN_PLACE);
            } else if !is_certain {
                it.unknown(machine.file, format!("{title} may have {}", facts.name(file)));
            } else if !course.above.is_empty() {
                // A warning: a merge changes nothing of what either sees.
                let seen =
                    format!("{title} runs on a file that other disks depend on: what it writes, they see changed");
                it.fail(machine.file, seen, &[]);
            }
            if is_certain && !users.iter().any(|(_, known)| *known == machine.file) {
                users.push((title, machine.file));
            }
        }
    }
    let several = users.len() > 1;
    for (title, file) in users {
        if several {
            it.fail(file, format!("{title} attaches the chain"), &Method::IN_PLACE);
        } else {
            it.saw(file, format!("{title} attaches the disk, and no other"));
        }
    }
    no_configurations(facts, &mut it);
    it.end_or_ask(
        "Where a machine may run on one of several files of a name, say with --map where its recorded paths are now. Find \
         out which machine is the right one and take the disk from the other (Remove-VMHardDiskDrive). A machine that \
         was put back on a file further down has gone on from an older state: do not merge, for that would replace \
         what it has written since; export the disk and look which state is wanted. If both ran, the content of the disk \
         is doubtful.",
        NAME_CONFIGURATIONS,
        "no machine that attaches it was found",
    )
}
