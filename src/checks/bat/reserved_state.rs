//! A block is in a state that does not exist.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0402",
    name: "reserved-block-state",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "A payload entry of the BAT has state 4 or 5 (MS-VHDX 2.5.1.1).",
        matters: "Nobody can say what the block holds. Some programs read it as zeros, some skip it and shift the \
            rest of the disk; this one refuses to read it.",
        harmless: "None known.",
        todo: "Look at the place the entry names, if any: the block may be there. Restore the block from a backup \
            of the disk.",
        not_first: "Do not convert the disk with a tool that does not complain about it; the result is quietly wrong.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let (Some(bat), Some(geometry)) = (file.bat(), file.geometry()) else { return };
    out.push_each(&bat.reserved_states, |out, entry| {
        let what = format!("{} is in the reserved state {}", super::owner(entry), entry.entry.raw_state());
        super::place(out.finding("BAT", what), geometry, entry)
    });
}
