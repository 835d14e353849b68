//! A sector bitmap entry is set in a disk that has no sector bitmaps.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0410",
    name: "unused-bitmap-slot-set",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "A sector bitmap entry of the BAT of a fixed or dynamic disk is not zero. Such a disk has these \
            entries (MS-VHDX 2.5) and no use for them.",
        matters: "Nothing: readers are to pass over them. Some refuse the file or report it as cut off, 7-Zip and \
            older versions of qemu-img among them.",
        harmless: "QEMU before version 8 wrote such entries.",
        todo: "Nothing. If a program refuses the file, convert it.",
        not_first: "Do not treat the file as damaged because of this alone.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let (Some(bat), Some(geometry)) = (file.bat(), file.geometry()) else { return };
    let Some(first) = bat.unused_slots.first.first() else { return };
    let what = match bat.unused_slots.count {
        1 => "a sector bitmap entry is set, which a disk without parent has no use for",
        _ => "sector bitmap entries are set, which a disk without parent has no use for",
    };
    let finding = super::place(out.finding("BAT", what), geometry, first).with("entries_count", bat.unused_slots.count);
    out.push(finding);
}
