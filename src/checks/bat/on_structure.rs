//! A block lies where the file keeps its own structures.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0408",
    name: "block-on-structure",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The place that a present block's BAT entry names shares bytes with the log, the BAT, the metadata \
            or another region (MS-VHDX 2.2).",
        matters: "The content of the block is lost or was never there, and a write to it destroys the structure and \
            with it the whole disk.",
        harmless: "None known. It can be an attempt to make the disk's content reach the file's own structures.",
        todo: "Restore the block from a backup of the disk, and treat the origin of the file as suspect.",
        not_first: "Do not attach the file for writing, not even once.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let (Some(bat), Some(geometry)) = (file.bat(), file.geometry()) else { return };
    out.push_each(&bat.on_structures, |out, collision| {
        let structure = super::structure_at(file.survey, collision.range);
        let what = format!("{} lies in the {}", super::owner(&collision.entry), structure.0);
        super::place(out.finding("BAT", what), geometry, &collision.entry).see(
            file.path,
            Some(structure.1),
            format!("start of the {}", structure.0),
        )
    });
}
