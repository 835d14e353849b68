//! Configurations joined to disks, and a verdict on each file.

use crate::chain::FileNo;
use crate::estate::verdict::{self, Evidence, Seen};
use crate::estate::{FileFacts, FoundFile, Machines};
use crate::image::{DiskType, Image};
use crate::vm::Configuration;

use super::coverage::count;
use super::{Inspection, Request};

/// Joins and judges what was read and linked.
pub(super) fn judge(inspection: &mut Inspection, request: &Request) {
    let facts: Vec<FileFacts> = inspection.inventory.files.iter().map(FileFacts::from).collect();
    let configurations: Vec<(FileNo, Configuration)> = inspection
        .files()
        .filter_map(|(number, file)| Some((number, file.configuration.as_deref()?.clone())))
        .collect();
    inspection.machines = Machines::correlate(&facts, configurations, &inspection.forest, &request.map);
    let Some(as_of) = request.as_of else { return };
    let unreadable_files = inspection.inventory.files.iter().filter(|file| is_gap(file)).count();
    let walk = &request.walk;
    let seen = Seen {
        unreadable: count(inspection.inventory.unreadable.len().saturating_add(unreadable_files)),
        interrupted: inspection.interrupted,
        limited: walk.max_depth.is_some() || !walk.exclude.is_empty(),
        single_files: request.paths.iter().any(|path| !path.is_dir()),
    };
    let evidence = Evidence { files: &facts, forest: &inspection.forest, machines: &inspection.machines, seen, as_of };
    inspection.verdicts = verdict::judge(&evidence);
}

/// Whether a file keeps to itself what it needs: a disk whose parent is not known, a configuration that cannot be read.
fn is_gap(file: &FoundFile) -> bool {
    let told = || file.image.as_deref().and_then(Image::disk_type) == Some(DiskType::Differencing);
    file.error.is_some() && !told()
}
