//! The file ends before the end of a region.

use crate::checks::prelude::*;
use crate::format::vhdx::region_table;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0207",
    name: "region-beyond-end",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "A region's place reaches behind the end of the file.",
        matters: "The file has been cut off. If the missing part belongs to the BAT or the metadata, the virtual \
            disk cannot be read at all.",
        harmless: "A copy or download that stopped early, a volume that was full, a file restored with the wrong \
            length. A region that is longer than its content may lose padding only.",
        todo: "Compare the length with that of the original and copy again. If there is no original: what is in \
            the file can still be read where the BAT is there.",
        not_first: "Do not extend the file with zeros and attach it: zeros in place of BAT entries read as empty \
            blocks.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(copy) = super::current(file) else { return };
    let file_size = file.survey.file_size;
    for entry in copy.valid().into_iter().flat_map(|table| &table.entries) {
        let range = entry.range();
        // An unknown region that is required has a finding of its own, and nobody knows how much of it is needed.
        let counts = matches!(entry.guid, region_table::BAT | region_table::METADATA) || !entry.is_required();
        if !counts || range.end().0 <= file_size.0 {
            continue;
        }
        let in_file = file_size.0.saturating_sub(range.start.0).min(range.len.0);
        let missing = range.len.0.saturating_sub(in_file);
        let message = format!("{missing} bytes of the {} lie behind the end of the file", super::name(entry));
        let finding = out
            .finding(copy.structure, message)
            .at(entry.at.saturating_add(ByteLen(16)), ByteLen(12))
            .with("region_offset", range.start)
            .with("region_bytes", range.len)
            .with("file_bytes", file_size)
            .with("missing_bytes", missing);
        out.push(finding);
    }
}
