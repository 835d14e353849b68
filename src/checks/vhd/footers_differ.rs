//! The footer and its copy are both right and do not say the same.

use crate::checks::prelude::*;
use crate::format::vhd::footer::{self, Footer};

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1104",
    name: "vhd-footers-differ",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The checksums of the footer at the end and of its copy at the start are right, and their fields \
            differ. It is an error when type, size, identity or the place of the header differ, and a warning \
            otherwise.",
        matters: "Programs that read the one see another disk than those that read the other.",
        harmless: "A tool that changed one footer and not the other, for instance a resize that was broken off.",
        todo: "Compare both with a backup. Writers change the footer at the end last.",
        not_first: "Do not copy the one over the other before both disks have been looked at.",
    },
    run: Run::Vhd(run),
};

fn run(file: &VhdFile<'_>, out: &mut Sink<'_>) {
    let footers = &file.survey.footers;
    let Some((copy, b)) = footers.copy.as_ref().and_then(|copy| Some((copy, copy.valid()?))) else { return };
    let Some(a) = footers.at_end.valid().filter(|a| facts(a) != facts(b)) else { return };
    let fields = [
        ("current size", a.current_size != b.current_size),
        ("disk type", a.disk_type != b.disk_type),
        ("unique id", a.unique_id != b.unique_id),
        ("data offset", a.data_offset != b.data_offset),
    ];
    let differing: Vec<String> =
        fields.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field.to_owned()).collect();
    let severity = if differing.is_empty() { Severity::Warning } else { Severity::Error };
    let finding = out
        .finding(footer::STRUCTURE, "the footer and its copy differ")
        .severity(severity)
        .at(footers.at_end.at, footers.size_at_end)
        .with("differing", differing)
        .see(file.path, Some(copy.at), "the copy");
    out.push(finding);
}

/// The footer without what differs between one of 511 bytes and its copy of 512.
fn facts(footer: &Footer) -> Footer {
    Footer { reserved: Vec::new(), checksum: 0, computed_checksum: 0, ..footer.clone() }
}
