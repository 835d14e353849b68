//! Two metadata items share bytes.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0606",
    name: "metadata-items-overlap",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The places of two metadata items overlap (MS-VHDX 2.6.1.2).",
        matters: "At least one of the two values is not what its writer meant.",
        harmless: "None known.",
        todo: "Compare both values with a backup or another file of the chain.",
        not_first: "Do not edit one of the items in place: it changes the other.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(metadata) = file.metadata() else { return };
    // Nearly every writer puts one item behind the other.
    let ranges = metadata.items.iter().filter_map(|item| item.range);
    if ranges.is_sorted_by(|one, next| one.end() <= next.start) {
        return;
    }
    let mut ranges: Vec<_> = metadata.items.iter().filter_map(|item| Some((item.range?, item))).collect();
    ranges.sort_by_key(|(range, item)| (*range, item.entry.at));
    for pair in ranges.windows(2) {
        let [(before, first), (range, item)] = pair else { continue };
        if before.overlaps(*range) {
            let message = format!("{} and {} share bytes", super::name(first), super::name(item));
            let finding = super::place(out.finding("metadata table", message), item);
            out.push(finding.see(file.path, Some(first.entry.at), format!("entry of {}", super::name(first))));
        }
    }
}
