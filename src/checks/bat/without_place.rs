//! A block is said to be present at the very start of the file.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0404",
    name: "block-in-header-section",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "A BAT entry in a present state has file offset 0, where identifier, headers and region tables lie \
            (MS-VHDX 2.2; the next possible place is 1 MiB).",
        matters: "The content of the block is lost. A program that does not check returns the file's headers as disk \
            content; writing to the block would destroy the file.",
        harmless: "None known.",
        todo: "Restore the block from a backup of the disk. If the file has space that nothing refers to, the \
            block may lie there: see the finding about unreferenced space.",
        not_first: "Do not attach the file for writing.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let (Some(bat), Some(geometry)) = (file.bat(), file.geometry()) else { return };
    out.push_each(&bat.without_place, |out, entry| {
        let what = format!("{} is present at file offset 0, in the header section", super::owner(entry));
        super::place(out.finding("BAT", what), geometry, entry)
    });
}
