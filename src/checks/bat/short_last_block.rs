//! The file ends inside its last block, behind the last byte of the disk.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0406",
    name: "last-block-short",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "The place of the virtual disk's last block reaches behind the end of the file, and all bytes of it \
            that lie on the disk are there.",
        matters: "No data is missing: the disk ends inside the block. Some programs refuse the file or report it as \
            cut off.",
        harmless: "Early versions of QEMU end the file with the last byte of the disk.",
        todo: "Nothing. If a program refuses the file, extend a copy with zeros up to the end of the block, or \
            convert it.",
        not_first: "Do not treat the file as damaged because of this alone.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let (Some(bat), Some(geometry)) = (file.bat(), file.geometry()) else { return };
    let Some(entry) = &bat.short_last_block else { return };
    let what = format!("the file ends inside {}, behind the end of the disk", super::owner(entry));
    let finding = super::place(out.finding("BAT", what), geometry, entry).with("file_bytes", file.survey.file_size);
    out.push(finding);
}
