//! Bits of a BAT entry are set that have no meaning.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0403",
    name: "reserved-bat-bits-set",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "One of the bits 3 to 19 of a BAT entry is set (MS-VHDX 2.5.1: reserved, zero).",
        matters: "The entry's state and place are read as if the bits were clear, as Windows does. But the entry was \
            not written by Windows, or has been damaged, and its other bits may be wrong too.",
        harmless: "A writer that stores the offset in bytes or sectors with more precision than the format has.",
        todo: "Look at the block that the entry names and compare it with a backup.",
        not_first: "Do not clear the bits before the block has been looked at: an offset that was meant finer than a \
            megabyte is lost with them.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let (Some(bat), Some(geometry)) = (file.bat(), file.geometry()) else { return };
    out.push_each(&bat.reserved_bits, |out, entry| {
        let what = format!("the entry of {} has reserved bits set", super::owner(entry));
        super::place(out.finding("BAT", what), geometry, entry)
            .with("reserved_bits", format!("{:#x}", entry.entry.reserved()))
    });
}
