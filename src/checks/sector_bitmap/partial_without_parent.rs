//! A block is partially present in a disk that has no parent for the rest of it.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0502",
    name: "partial-block-without-parent",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "A payload entry of a fixed or dynamic disk has state 7, partially present, which only a \
            differencing disk has (MS-VHDX 2.5.1.1).",
        matters: "Windows and this program read the block as fully present. Other programs refuse it.",
        harmless: "A differencing disk whose flag HasParent was cleared to make it open, or a writer that uses the \
            wrong state.",
        todo: "Find out whether the disk once had a parent: the parent locator may still be there. If so, the \
            sectors that are not in this file are wrong.",
        not_first: "Do not use a disk that was made to open this way as if it were whole.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let (Some(bat), Some(geometry)) = (file.bat(), file.geometry()) else { return };
    let Some(first) = bat.partial.first.first().filter(|_| !geometry.has_parent) else { return };
    let what = format!("{} is partially present, and the disk has no parent", crate::checks::bat::owner(first));
    let finding = crate::checks::bat::place(out.finding("BAT", what), geometry, first);
    out.push(finding.with("blocks_count", bat.partial.count));
}
