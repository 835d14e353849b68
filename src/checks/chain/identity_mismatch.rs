//! The file in the parent's place is another one, or has changed.

use crate::chain::LinkStatus;
use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0803",
    name: "parent-identity-mismatch",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "A recorded path leads to a file whose DataWriteGuid is neither of the two that the disk expects \
            (MS-VHDX 2.6.2.6.3). The evidence names the reason where it can be proved: written later (the file's older \
            header has the expected GUID), another disk (another virtual disk id), another byte order (the GUID was \
            stored with its groups swapped); or only that it is a relative (the same virtual disk id).",
        matters: "What this disk does not hold would be taken from a parent that has since changed, or was never its \
            parent: a mix of two states. Windows gives error 0xC03A000E.",
        harmless: "A parent that was attached for writing, booted or checked after the checkpoint was made; an older \
            or newer copy restored over it; a wrong file under the right name. Some writers that are not Windows swap \
            the GUID's byte order, and then the link is right.",
        todo: "Look for a copy of the parent with the expected DataWriteGuid: in backups, by --search. Only when \
            the content is proved to be the same set the link with Set-VHD -IgnoreIdMismatch, on copies.",
        not_first: "Do not force the link to make the machine start, and do not merge: the parent would be destroyed \
            for every other child too.",
    },
    run: Run::Link(run),
};

fn run(file: &LinkedFile<'_>, link: &Link, out: &mut Sink<'_>) {
    if link.status != LinkStatus::IdentityMismatch {
        return;
    }
    if super::mixed_formats::is_mixed(file) {
        return;
    }
    let reason = reason(file, link);
    let finding =
        out.finding("parent locator", format!("the file in the parent's place has another identity: {reason}"));
    let finding = super::place(finding, file, link).with("reason", reason);
    out.push(super::candidates(finding, file, link));
}

/// The reason that can be proved.
fn reason(file: &LinkedFile<'_>, link: &Link) -> &'static str {
    let (Some(expected), Some(found), Some(parent)) = (link.expected, link.found, file.parent()) else {
        return "nothing more is known";
    };
    if uuid::Uuid::from_bytes_le(found.into_bytes()) == expected {
        return "it is the expected one in another byte order";
    }
    let Some(parent) = parent.disk.as_deref() else { return "nothing more is known" };
    if parent.header_guids.contains(&expected) {
        return "the parent was written to later";
    }
    match (file.disk().and_then(|disk| disk.virtual_disk_id), parent.virtual_disk_id) {
        (Some(own), Some(other)) if own == other => "it is a relative, written to later or an older copy",
        (Some(_), Some(_)) => "it is another disk",
        _ => "nothing more is known",
    }
}
