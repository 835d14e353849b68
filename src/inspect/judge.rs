//! Configurations joined to disks, and a verdict on each file.

use std::path::Path;

use crate::chain::{FileNo, PathMaps};
use crate::estate::verdict::{self, Evidence, Seen};
use crate::estate::{FileFacts, FoundFile, Machines};
use crate::threads::Threads;
use crate::vm::Configuration;

use super::Inspection;
use super::coverage::count;

/// Joins and judges what was read and linked.
pub(super) fn judge(inspection: &mut Inspection, facts: &[FileFacts], maps: &PathMaps, threads: Threads) {
    let configurations: Vec<(FileNo, Configuration)> = inspection
        .files()
        .filter_map(|(number, file)| Some((number, file.configuration.as_deref()?.clone())))
        .collect();
    inspection.machines =
        Machines::correlate(facts, configurations, &inspection.forest, maps, &inspection.looked.scope);
    let outside: Vec<&Path> =
        inspection.inventory.links_outside(&inspection.looked.scope).map(|link| link.path.as_path()).collect();
    inspection.machines.look_behind(&outside);
    let origins = &inspection.inventory.origins;
    if origins.iter().any(|origin| origin.as_of.is_none()) {
        return;
    }
    let seen = seen(inspection);
    let evidence = Evidence { files: facts, forest: &inspection.forest, machines: &inspection.machines, seen, origins };
    inspection.verdicts = verdict::judge_on(threads, &evidence);
}

/// What was looked at.
pub(super) fn seen(inspection: &Inspection) -> Seen {
    let inventory = &inspection.inventory;
    let unreadable_files = inventory.files.iter().filter(|file| is_gap(file)).count();
    Seen {
        unreadable: count(inventory.unreadable.len().saturating_add(unreadable_files)),
        links: count(inspection.links_not_followed().count()),
        interrupted: inspection.interrupted,
        limited: inspection.looked.limited,
        single_files: inspection.looked.single_files,
    }
}

/// Whether a file keeps to itself what it needs: a disk whose parent is not known, a configuration that cannot be read.
fn is_gap(file: &FoundFile) -> bool {
    let told = file.disk.as_deref().is_some_and(|disk| disk.reference.is_some());
    file.error.is_some() && !told
}
