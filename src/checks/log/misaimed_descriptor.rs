//! An entry of the log wants to change what it must not.

use crate::checks::prelude::*;
use crate::format::vhdx::REGION_TABLE_1_OFFSET;
use crate::image::vhdx::{BatSurvey, LogState, RejectReason};

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0307",
    name: "log-descriptor-misaimed",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "A descriptor of an entry that is to be replayed aims at the identifier, a header or the log \
            itself, behind the end of the longest file there can be, or behind the LastFileOffset of its entry; or, for information, at the data of a payload block \
            (MS-VHDX 2.3.1.2, 2.3.1.3).",
        matters: "An entry that aims at headers or log, or behind any file, is not replayed, and neither is what follows it: a replay \
            could be made to destroy the file. One that aims behind LastFileOffset contradicts itself. Payload needs \
            no log, but writing it there does no harm.",
        harmless: "None known for the first two. A writer that logs payload as well as metadata.",
        todo: "Treat the content as suspect, and compare it with a backup. An examiner notes the entry: no \
            ordinary writer makes it.",
        not_first: "Do not let a tool replay this log on the original.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(log) = &file.survey.log else { return };
    for entry in &log.rejected {
        if let RejectReason::ForbiddenTarget(target) = entry.why {
            // The other reason is a place behind the longest file there can be.
            let is_structure = target.start < REGION_TABLE_1_OFFSET || target.overlaps(log.range);
            let what = if is_structure { "at the header section or at the log itself" } else { "behind any file" };
            let finding = out
                .finding("log entry", format!("an entry of the log aims {what}"))
                .at(entry.at, ByteLen(entry.header.entry_length.into()))
                .with("sequence_number", entry.header.sequence_number)
                .with("target_offset", target.start)
                .with("target_bytes", target.len);
            out.push(finding);
        }
    }
    for entry in log.entries.iter().filter(|entry| entry.active && log.state == LogState::Dirty) {
        let end = entry.header.last_file_offset;
        let beyond = entry.targets.iter().find(|target| target.end().0 > end.0);
        let payload =
            || entry.targets.iter().find(|target| file.bat().is_some_and(|bat| is_payload(file, bat, **target)));
        let (what, severity, target) = match (beyond, payload()) {
            (Some(target), _) => ("behind its own LastFileOffset", Severity::Error, target),
            (None, Some(target)) => ("at the data of a payload block", Severity::Info, target),
            (None, None) => continue,
        };
        let finding = out
            .finding("log entry", format!("an entry of the log aims {what}"))
            .severity(severity)
            .at(entry.at, ByteLen(entry.header.entry_length.into()))
            .with("sequence_number", entry.header.sequence_number)
            .with("target_offset", target.start)
            .with("target_bytes", target.len)
            .with("last_file_offset", entry.header.last_file_offset);
        out.push(finding);
    }
}

/// Whether the range touches a present block that is neither a structure nor a sector bitmap.
fn is_payload(file: &VhdxFile<'_>, bat: &BatSurvey, target: FileRange) -> bool {
    let bitmap = ByteLen(crate::format::vhdx::sector_bitmap::SIZE);
    bat.used.is_taken(target)
        && !file.survey.structures().iter().any(|structure| structure.overlaps(target))
        && !bat.bitmaps.iter().any(|(_, at)| FileRange::new(*at, bitmap).overlaps(target))
}
