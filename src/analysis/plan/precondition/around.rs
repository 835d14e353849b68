//! What hangs on the disk without being a part of it.

use std::collections::BTreeSet;

use crate::image::FileKind;

use super::Precondition;
use crate::analysis::plan::ask::Ask;
use crate::analysis::plan::course::Course;
use crate::analysis::plan::facts::Facts;

/// 18: no change tracking is lost.
pub(super) fn change_tracking(facts: &Facts<'_>, course: &Course) -> Precondition {
    let mut it = Precondition::new(18, "change-tracking", "no backup loses track of what has changed");
    for file in course.changed() {
        let name = facts.path(file).file_name().unwrap_or_default().to_string_lossy().into_owned();
        for (kind, extension) in [(FileKind::Rct, "rct"), (FileKind::Mrt, "mrt")] {
            if let Some(companion) = facts.beside(file, kind, &format!("{name}.{extension}")) {
                // A warning: it keeps nobody from merging.
                it.fail(companion, format!("it tracks the changes of {name} for a backup program"), &[]);
            }
        }
    }
    it.end(
        "After the work the next backup must be a full one: have the backup program reset its change tracking.",
        "no .rct or .mrt lies beside the files",
    )
}

/// 22: the machine is no domain controller and in no cluster.
pub(super) fn roles(facts: &Facts<'_>, course: &Course) -> Precondition {
    let mut it = Precondition::new(22, "roles", "the machine is no domain controller and no role of a cluster");
    let machines = facts.machines_of(&course.users());
    for number in &machines {
        let Some(machine) = facts.machines.get(*number) else { continue };
        match machine.configuration.clustered {
            Some(true) => {
                it.unknown(
                    machine.file,
                    format!("{} is a role of a cluster: another node may own it", machine.title()),
                );
                it.ask.push(Ask::Cluster);
            }
            Some(false) => it.saw(machine.file, format!("{} is no role of a cluster", machine.title())),
            None => it.unknown(machine.file, format!("{} does not say whether it is clustered", machine.title())),
        }
        it.unknown(machine.file, "what it does for others does not stand in any file");
    }
    if machines.is_empty() {
        it.unknown(None, "no machine that attaches it was found");
    }
    it.end(
        "Work on the node that owns the role. Of a domain controller merge only what it runs on now, never an older \
         branch: directory replication breaks. Inside the guest: (Get-CimInstance Win32_ComputerSystem).DomainRole is \
         4 or 5 on a domain controller.",
        "",
    )
}

/// 23: the disks of the machine have chains of one depth.
pub(super) fn equal_depth(facts: &Facts<'_>, course: &Course) -> Precondition {
    let mut it = Precondition::new(23, "equal-depth", "all disks of the machine have chains of one depth");
    for number in facts.machines_of(&course.users()) {
        let Some(machine) = facts.machines.get(number) else { continue };
        // Images of discs and floppies have no chains.
        let attached = machine.disks.iter().filter(|disk| disk.drive.disk_path().is_some());
        let files = attached.filter_map(crate::estate::AttachedDisk::file);
        let depths: Vec<(crate::chain::FileNo, usize)> =
            files.map(|file| (file, facts.forest.ancestry(file).count())).collect();
        let different: BTreeSet<usize> = depths.iter().map(|(_, depth)| *depth).collect();
        if different.len() < 2 {
            continue;
        }
        for (file, depth) in depths {
            let files = if depth == 1 { "file" } else { "files" };
            it.fail(file, format!("a disk of {}, with a chain of {depth} {files}", machine.title()), &[]);
        }
    }
    super::uses::no_configurations(facts, &mut it);
    it.end(
        "Checkpoints are made over all disks at once: find out why one has more than another before the states of the \
         disks are mixed. A disk that was attached later is a harmless reason.",
        "no machine has disks of different depths on this chain",
    )
}
