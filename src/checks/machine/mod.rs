//! `VHDX10xx`: configuration of virtual machines.

pub(super) mod attached_twice;
pub(super) mod backup_checkpoint;
pub(super) mod checkpoint_disk_missing;
pub(super) mod checkpoint_not_found;
pub(super) mod checksum;
pub(super) mod damaged;
pub(super) mod disk_missing;
pub(super) mod header_damaged;
pub(super) mod log_not_replayed;
pub(super) mod lost;
pub(super) mod merge_pending;
pub(super) mod not_scanned;
pub(super) mod over_others;
pub(super) mod saved_memory;
pub(super) mod table_twice;
pub(super) mod tree_disagrees;
pub(super) mod twice;
pub(super) mod unknown_version;
pub(super) mod unregistered;

use crate::estate::{AttachedStatus, Machine};
use crate::image::FileKind;
use crate::limits::MAX_SAMPLES;
use crate::vm::ProblemKind;

use super::finding::Finding;
use super::prelude::{ByteLen, LinkedFile, Severity, Sink};

/// A finding for each problem of a configuration of the kinds that `wanted` picks.
fn problems(file: &LinkedFile<'_>, out: &mut Sink<'_>, wanted: impl Fn(ProblemKind) -> bool) {
    let Some(configuration) = file.configuration() else { return };
    for problem in configuration.problems.iter().filter(|problem| wanted(problem.kind)) {
        let structure = problem.error.structure();
        let reason = problem.error.reason().to_string();
        let mut finding = out
            .finding(structure.to_owned(), reason)
            .with("problem", problem.kind.name())
            .with("places_count", problem.count);
        if let Some(offset) = problem.error.offset().filter(|_| !structure.is_empty()) {
            finding = finding.at(offset, ByteLen::ZERO);
        }
        if file.file.kind == FileKind::Vmrs {
            // A machine starts without it, and loses no more than its memory.
            finding.severity = finding.severity.min(Severity::Warning);
        }
        out.push(finding);
    }
}

/// A finding for each drive whose disk is not where it must be.
fn missing_disks(file: &LinkedFile<'_>, machine: &Machine, out: &mut Sink<'_>) {
    let gone = machine
        .disks
        .iter()
        .filter(|disk| disk.drive.disk_path().is_some() && disk.found.status == AttachedStatus::Missing);
    for disk in gone {
        let controller = &disk.drive.controller;
        let (kind, number) = (controller.kind.name().to_uppercase(), controller.number);
        let place = format!("{kind} {number}, location {}", disk.drive.location);
        let finding = out
            .finding("", format!("{} names a disk at {place} that is not there", machine.title()))
            .with("path_recorded", disk.recorded.as_str())
            .with("candidates_count", disk.found.files.len());
        let candidates = disk.found.files.iter().take(MAX_SAMPLES).filter_map(|number| file.subject.file(*number));
        out.push(candidates.fold(finding, |finding, other| finding.see_file(other, None, "may be the disk")));
    }
}

/// The configurations, as related places.
fn see_configurations<'a>(
    finding: Finding,
    file: &LinkedFile<'_>,
    machines: impl Iterator<Item = &'a Machine>,
) -> Finding {
    machines.take(MAX_SAMPLES).fold(finding, |finding, machine| match file.subject.file(machine.file) {
        Some(found) => finding.see_file(found, None, format!("the configuration of {}", machine.title())),
        None => finding,
    })
}
