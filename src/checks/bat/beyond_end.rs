//! Blocks end behind the end of the file.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0405",
    name: "block-beyond-end",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The place that a present block's BAT entry names reaches behind the end of the file (MS-VHDX \
            2.5.1).",
        matters: "That part of the disk is lost, or the entry is wrong. One finding stands for all such blocks: it \
            names the one with the lowest virtual offset and the number of bytes that are missing.",
        harmless: "A copy or download that stopped early, or a volume that was full.",
        todo: "Compare the length of the file with its original and copy again. Failing that, everything before \
            the first lost virtual offset, and all other blocks, can still be read.",
        not_first: "Do not extend the file with zeros and attach it: the guest would take the zeros for data.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let (Some(bat), Some(geometry)) = (file.bat(), file.geometry()) else { return };
    if let Some(beyond) = &bat.beyond_end {
        let first = &beyond.first;
        let what = match beyond.count {
            1 => format!("{} ends behind the end of the file", super::owner(first)),
            count => format!("{count} payload blocks end behind the end of the file, {} first", super::owner(first)),
        };
        let finding = super::place(out.finding("BAT", what), geometry, first)
            .with("blocks_count", beyond.count)
            .with("lost_bytes", beyond.lost)
            .with("file_bytes", file.survey.file_size);
        out.push(finding);
    }
    out.push_each(&bat.bitmaps_beyond_end, |out, entry| {
        let what = format!("{} ends behind the end of the file", super::owner(entry));
        super::place(out.finding("BAT", what), geometry, entry).with("file_bytes", file.survey.file_size)
    });
}
