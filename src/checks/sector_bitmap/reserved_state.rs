//! A sector bitmap is in a state that does not exist.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0503",
    name: "reserved-bitmap-state",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "A sector bitmap entry of a differencing disk has another state than 0 (not present) and 6 \
            (present) (MS-VHDX 2.5.1.2).",
        matters: "Whether the sector bitmap is there is unknown, and with it, for every partially present block of \
            the chunk, which sectors are in this file.",
        harmless: "None known.",
        todo: "Look at the place the entry names: if a bitmap lies there that fits the blocks of the chunk, state \
            6 on a copy makes the file readable.",
        not_first: "Do not merge the file before that.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let (Some(bat), Some(geometry)) = (file.bat(), file.geometry()) else { return };
    out.push_each(&bat.reserved_bitmap_states, |out, entry| {
        let owner = crate::checks::bat::owner(entry);
        let what = format!("{owner} is in the reserved state {}", entry.entry.raw_state());
        crate::checks::bat::place(out.finding("BAT", what), geometry, entry)
    });
}
