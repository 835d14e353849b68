//! There are newer entries than the ones that can be replayed.

use crate::checks::prelude::*;
use crate::image::vhdx::LogState;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0306",
    name: "log-sequence-gap",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The log holds entries of the same GUID with higher sequence numbers than the last one of the \
            replayable sequence, with at least one missing in between or with a tail that leads nowhere (MS-VHDX \
            2.3.2).",
        matters: "Later changes are known to exist and cannot be applied. The file is seen at an earlier moment than \
            its last one, perhaps in the middle of a longer change.",
        harmless: "A copy made while the log was being written.",
        todo: "Copy the file again from its source. Failing that, check the guest's file system on a copy, and \
            expect that the last writes are missing.",
        not_first: "Do not renumber entries, and do not replay the newer ones over the gap.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(log) = file.survey.log.as_ref().filter(|log| log.state == LogState::Dirty) else { return };
    let (Some(active), Some(header)) = (&log.active, file.survey.header()) else { return };
    let newer = log.entries.iter().filter(|entry| {
        !entry.active
            && entry.header.log_guid == header.log_guid
            && entry.header.sequence_number > active.last_sequence_number
    });
    let Some(first) = newer.clone().min_by_key(|entry| entry.header.sequence_number) else { return };
    let message = format!(
        "entries from sequence number {} on follow the last one that can be replayed, {}, with a gap",
        first.header.sequence_number, active.last_sequence_number
    );
    let finding = out
        .finding("log entry", message)
        .at(first.at, ByteLen(first.header.entry_length.into()))
        .with("newer_entries_count", newer.count())
        .with("replayed_to_sequence_number", active.last_sequence_number)
        .with("next_sequence_number", first.header.sequence_number);
    out.push(finding);
}
