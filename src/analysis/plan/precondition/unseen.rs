//! What belongs to the machine and was not found: nothing can be said of it, and Hyper-V acts on it all the same.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{MOST_NAMED, Method, Precondition};
use crate::analysis::plan::course::Course;
use crate::analysis::plan::facts::Facts;
use crate::analysis::plan::native;
use crate::units::ByteLen;

/// Checkpoints that a machine lists and whose configurations were not found: each keeps a file of every disk, and which
/// cannot be told.
pub(super) fn checkpoints(facts: &Facts<'_>, course: &Course, it: &mut Precondition) {
    for number in facts.machines_of(&course.users()) {
        let Some(machine) = facts.machines.get(number) else { continue };
        let found: BTreeSet<Uuid> =
            facts.machines.checkpoints(number).filter_map(|(_, checkpoint)| facts.id_of(checkpoint)).collect();
        let listed = &machine.configuration.checkpoints;
        let missing = listed.listed.iter().filter(|id| !found.contains(id)).count();
        let fewer = listed.count.unwrap_or_default().saturating_sub(ByteLen::from(found.len()).0);
        let missing = fewer.max(ByteLen::from(missing).0);
        if missing > 0 {
            let what = if missing == 1 { "a checkpoint" } else { "checkpoints" };
            let seen = format!(
                "{} lists {what} of which no configuration was found ({missing}): which files it keeps cannot be told",
                machine.title()
            );
            it.fail(machine.file, seen, &Method::IN_PLACE);
        }
    }
}

/// Disks of the machine, and of the checkpoints that would be deleted, that were not found: Hyper-V merges them as well,
/// and neither what is in the way of that nor what it takes is known.
pub(super) fn disks(facts: &Facts<'_>, course: &Course, it: &mut Precondition) {
    let Some(owner) = course.merging_machine(facts) else { return };
    let acted_on = [owner].into_iter().chain(native::checkpoints(facts, course));
    let mut left = MOST_NAMED;
    for machine in acted_on.filter_map(|number| facts.machines.get(number)) {
        let disks = machine.disks.iter().filter(|disk| disk.drive.disk_path().is_some() && disk.file().is_none());
        for disk in disks {
            let Some(rest) = left.checked_sub(1) else { return };
            left = rest;
            let seen = format!(
                "{} has the disk {}, of which it is not known where it is: Hyper-V would merge it as well",
                machine.title(),
                disk.recorded
            );
            it.fail(machine.file, seen, &[Method::Native]);
        }
    }
}
