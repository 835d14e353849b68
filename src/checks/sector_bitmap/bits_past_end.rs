//! A sector bitmap says something of sectors that do not exist.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0504",
    name: "bitmap-bits-past-end",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "Bits of the last sector bitmap block are set for sectors behind the end of the virtual disk \
            (MS-VHDX 2.4).",
        matters: "Nothing is read wrongly: no reader asks for these sectors. The disk was larger once, or its writer \
            sets whole bytes or blocks.",
        harmless: "Writers that mark a whole block as present, and disks that were made smaller.",
        todo: "Nothing. An examiner notes that the file may keep data from behind the present end of the disk.",
        not_first: "Do not enlarge the virtual disk to look at that data in the original.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let (Some(bitmaps), Some(geometry)) = (file.bitmaps(), file.geometry()) else { return };
    let Some(past) = &bitmaps.past_end else { return };
    let what = format!(
        "the sector bitmap of chunk {} has {} set behind the end of the disk",
        past.chunk,
        counted(past.count, "bit", "bits")
    );
    let finding = out
        .finding("sector bitmap", what)
        .at(past.at, ByteLen(1))
        .with("bits_count", past.count)
        .with("virtual_size_bytes", geometry.virtual_size);
    out.push(finding);
}
