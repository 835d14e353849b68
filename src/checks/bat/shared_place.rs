//! Two blocks lie at one place of the file.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0407",
    name: "blocks-share-place",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The places that two BAT entries in a present state name share bytes; sector bitmap blocks count \
            too (MS-VHDX 2.5.1).",
        matters: "Only one of the two blocks can hold its own content. A write to either changes both.",
        harmless: "None known; the format has no shared blocks.",
        todo: "Find out which of the two virtual ranges the data belongs to, for instance by the file system in \
            the disk, and restore the other one from a backup.",
        not_first: "Do not run a file system repair inside the disk before the file has been copied: it writes to both \
            ranges at once.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let (Some(bat), Some(geometry)) = (file.bat(), file.geometry()) else { return };
    out.push_each(&bat.overlaps, |out, collision| {
        let entry = &collision.entry;
        let other = collision.other.as_ref();
        let first = other.map_or_else(|| "another block".to_owned(), super::owner);
        let what = format!("{} lies where {first} lies", super::owner(entry));
        let finding = super::place(out.finding("BAT", what), geometry, entry);
        let Some(other) = other else { return finding };
        let virtual_offset = super::virtual_offset(geometry, other);
        let note = match virtual_offset {
            Some(offset) => format!("entry of {first}, virtual offset {offset}"),
            None => format!("entry of {first}"),
        };
        finding.with_some("other_virtual_offset", virtual_offset).see(file.path, Some(other.at), note)
    });
}
