//! The entry after the last good one was not written to its end.

use crate::checks::prelude::*;
use crate::image::vhdx::{LogState, RejectReason};

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0305",
    name: "torn-log-entry",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "Behind the last entry that can be replayed stands one with the next sequence number and the same \
            GUID, and its checksum or its parts are wrong (MS-VHDX 2.3.2).",
        matters: "The replay ends one entry earlier. What that entry described did not happen as far as the format \
            is concerned: a write that the guest had not been told to be safe.",
        harmless: "A crash or power failure while an entry was being written leaves exactly this, and the format is \
            made to survive it. If the file came to rest without a crash, a sector of the log is damaged.",
        todo: "Nothing beside what the dirty log asks for: attach a copy once on Windows and check the guest's \
            file system.",
        not_first: "Do not patch the entry to make it count.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(log) = file.survey.log.as_ref().filter(|log| log.state == LogState::Dirty) else { return };
    let Some(next) = log.active.as_ref().and_then(|active| active.last_sequence_number.checked_add(1)) else { return };
    let torn = log.rejected.iter().filter(|entry| !matches!(entry.why, RejectReason::ForbiddenTarget(_)));
    for entry in torn.filter(|entry| entry.header.sequence_number == next) {
        let why = match entry.why {
            RejectReason::BadHeader => "a number in its header cannot be right",
            RejectReason::BadDescriptor => "a descriptor or data sector is not its own",
            RejectReason::BadChecksum | RejectReason::ForbiddenTarget(_) => "its checksum is wrong",
        };
        let finding = out
            .finding("log entry", format!("the entry after the last one that is replayed is not whole: {why}"))
            .at(entry.at, ByteLen(entry.header.entry_length.into()))
            .with("sequence_number", entry.header.sequence_number)
            .with("stored_checksum", format!("{:#010x}", entry.header.checksum))
            .with("replayed_to_sequence_number", next.saturating_sub(1));
        out.push(finding);
    }
}
