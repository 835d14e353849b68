//! There are changes in the log that cannot be had.

use crate::checks::prelude::*;
use crate::image::vhdx::LogFault;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0304",
    name: "log-unreplayable",
    severity: Severity::Fatal,
    explanation: Explanation {
        seen: "The current header names a log GUID, and no sequence of whole entries bears it (MS-VHDX 2.3.2), or \
            the log cannot be read.",
        matters: "Changes to BAT, metadata or bitmaps stood in the log and are lost. What the file says on disk may \
            be half of an update. The virtual disk is not read.",
        harmless: "A copy that was made while the log was being written, by a tool that does not freeze the file.",
        todo: "Copy the file again from its source. Failing that, look at the file as it stands on disk \
            (--as-on-disk) on a copy, knowing that blocks may be missing or stale, and check the guest's file system.",
        not_first: "Do not clear the log GUID and go on working with the file as if it were whole.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(log) = &file.survey.log else { return };
    let Some(header) = file.survey.header().filter(|header| !header.log_guid.is_nil()) else { return };
    if !matches!(log.fault, Some(LogFault::NoSequence | LogFault::Unreadable)) {
        return;
    }
    let ours = log.entries.iter().filter(|entry| entry.header.log_guid == header.log_guid).count();
    let finding = out
        .finding("log", "the log has to be replayed and holds no sequence of entries that could be")
        .in_range(log.range)
        .with("log_guid", header.log_guid)
        .with("whole_entries_count", log.entries.len())
        .with("whole_entries_of_this_log_count", ours)
        .with("refused_entries_of_this_log_count", log.rejected.len())
        .with_some("reason", log.problem.as_ref().map(|problem| problem.reason().to_string()));
    out.push(finding);
}
