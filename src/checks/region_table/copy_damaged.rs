//! One region table cannot be trusted; the other is used.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0202",
    name: "region-table-copy-damaged",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "One of the two copies of the region table has a wrong signature, a wrong checksum or an impossible \
            entry count, the other is valid (MS-VHDX 2.2.3).",
        matters: "The valid copy is used and the content is as it should be. Programs that read only the first copy, \
            QEMU and 7-Zip among them, refuse the file or read the damaged table.",
        harmless: "A bad sector, or a tool that edited one copy and not the other.",
        todo: "Make a new file from this one (Convert-VHD, or qemu-img convert when the first copy is the valid \
            one), and look at the health of the storage.",
        not_first: "Do not patch the checksum of the damaged copy: that makes bytes valid that may be wrong.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let (bad, good) = match file.survey.region_tables.as_slice() {
        [bad, good] | [good, bad] if bad.valid().is_none() && good.valid().is_some() => (bad, good),
        _ => return,
    };
    if file.is_cut_in_headers() {
        return;
    }
    let content = bad.content();
    let message = format!("{} {}; {} is used", bad.structure, bad.state.predicate(), good.structure);
    let finding = out
        .finding(bad.structure, message)
        .at(bad.at, ByteLen(16))
        .with_some("found_signature", content.map(|table| table.signature.escape_ascii().to_string()))
        .with_some("stored_checksum", content.map(|table| format!("{:#010x}", table.checksum)))
        .with_some("computed_checksum", content.map(|table| format!("{:#010x}", table.computed_checksum)))
        .with_some("entries_count", content.map(|table| table.entry_count))
        .see(file.path, Some(good.at), format!("{}, which is used", good.structure));
    out.push(finding);
}
