//! The last changes stand in the log only.

use crate::checks::prelude::*;
use crate::image::vhdx::LogState;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0303",
    name: "log-not-replayed",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "The current header names a log GUID, and the log holds a whole sequence of entries of it (MS-VHDX \
            2.3.2): the file was not closed.",
        matters: "What the BAT, the metadata and the sector bitmaps say on disk is out of date. This program shows \
            the file as of the replay, in memory. Many others read it as it stands on disk, without a warning, and \
            return wrong content.",
        harmless: "A virtual machine that is running, a copy made of a running machine, a crash or power failure. All \
            of these are normal, and the format is made for them.",
        todo: "Attach a copy once on Windows, or let qemu-img check -r all repair a copy: both write the log \
            back. Then check the guest's file system.",
        not_first: "Do not convert, mount or hash the file with tools that do not replay the log, and do not run any \
            repair on the only copy.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(log) = file.survey.log.as_ref().filter(|log| log.state == LogState::Dirty) else { return };
    let Some(active) = &log.active else { return };
    let entries = log.entries.iter().filter(|entry| entry.active);
    let first = entries.clone().min_by_key(|entry| entry.header.sequence_number);
    let Some(first) = first else { return };
    let message = match active.entry_count {
        1 => "the log holds an entry that is not yet written back".to_owned(),
        count => format!("the log holds {count} entries that are not yet written back"),
    };
    let finding = out
        .finding("log", message)
        .at(first.at, ByteLen(first.header.entry_length.into()))
        .with("log_guid", first.header.log_guid)
        .with("entries_count", active.entry_count)
        .with("first_sequence_number", active.first_sequence_number)
        .with("last_sequence_number", active.last_sequence_number)
        .with("data_sectors_count", entries.clone().fold(0, |sum: u64, entry| sum.saturating_add(entry.data_count)))
        .with("zero_ranges_count", entries.fold(0, |sum: u64, entry| sum.saturating_add(entry.zero_count)));
    out.push(finding);
}
