//! Blocks without content still name a place in the file.

use crate::checks::prelude::*;
use crate::format::vhdx::bat::PayloadState;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0409",
    name: "absent-block-keeps-place",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "BAT entries in the states not present, undefined, zero or unmapped have a file offset (MS-VHDX \
            2.5.1.1).",
        matters: "The disk shows zeros, or the parent, for these blocks; the offset has no effect on it. For trimmed \
            blocks (unmapped, undefined) the space stays reserved, and the old content may still be there.",
        harmless: "Trimming by the guest leaves it so until the disk is optimised. Some writers leave the offset when \
            they zero a block.",
        todo: "Optimize-VHD gives the space back. An examiner reads the places with the residue command: what was \
            there before the trim may still be.",
        not_first: "Do not optimise or compact the file while what was deleted may still be wanted.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let (Some(bat), Some(geometry)) = (file.bat(), file.geometry()) else { return };
    let total = bat.anchored.iter().fold(0, |sum: u64, anchored| sum.saturating_add(anchored.count));
    let first = bat.anchored.iter().filter_map(|anchored| anchored.first).min_by_key(|entry| entry.at);
    let Some(first) = first else { return };
    let names = ["not_present_count", "undefined_count", "zero_count", "unmapped_count"];
    let what = match total {
        1 => "1 block without content has a file offset all the same".to_owned(),
        _ => format!("{total} blocks without content have file offsets all the same"),
    };
    let mut finding = out.finding("BAT", what);
    for ((anchored, name), state) in bat.anchored.iter().zip(names).zip(PayloadState::ALL) {
        if anchored.count != 0 && anchored.first.is_some_and(|entry| entry.entry.payload_state() == state) {
            finding = finding.with(name, anchored.count);
        }
    }
    out.push(super::place(finding, geometry, &first));
}
