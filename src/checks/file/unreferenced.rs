//! Space that nothing refers to.

use crate::checks::prelude::*;
use crate::limits::{MAX_RESIDUE_PROBE, MAX_SAMPLES};

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0905",
    name: "unreferenced-space",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "Whole megabytes of the file belong to no structure, to no present block and to no block that keeps \
            its place. The evidence says how many bytes they are, in how many ranges, and which of the first ranges \
            hold data.",
        matters: "The disk is as it should be. The space can be given back, and it may still hold what was in it \
            before: blocks that were trimmed or moved, or an earlier disk.",
        harmless: "Files grow in steps ahead of what is needed. Blocks that were freed are used again later.",
        todo: "Optimize-VHD, or a conversion, gives the space back. An examiner reads it with the residue \
            command.",
        not_first: "Do not optimise or compact the file while what was deleted may still be wanted.",
    },
    run: Run::Vhdx(run),
};

use super::probe::{self, Probe};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(free) = super::unreferenced(file) else { return };
    let mut probe = Probe::new(MAX_RESIDUE_PROBE);
    let (mut bytes, mut count, mut with_data) = (0_u64, 0_u64, 0_u64);
    let mut first: Option<FileRange> = None;
    let mut first_data = None;
    let mut shown = Vec::new();
    for range in free {
        let tail = super::tail_of(range).map_or(0, |tail| tail.len.0);
        let range = FileRange::new(range.start, ByteLen(range.len.0.saturating_sub(tail)));
        if range.len.is_zero() {
            continue;
        }
        first.get_or_insert(range);
        bytes = bytes.saturating_add(range.len.0);
        count = count.saturating_add(1);
        let was_spent = probe.is_spent();
        let data = probe::first_data(&**file.image.view(), range, &mut probe);
        with_data = with_data.saturating_add(u64::from(data.is_some()));
        first_data = first_data.or(data);
        if shown.len() < MAX_SAMPLES {
            let what = match (data, was_spent) {
                (Some(at), _) => format!("data from {at} on"),
                (None, true) => "not looked at".to_owned(),
                (None, false) => "zeros".to_owned(),
            };
            shown.push(format!("{} to {}: {what}", range.start, range.end()));
        }
    }
    let Some(first) = first else { return };
    let data = match (with_data, count) {
        (0, _) if probe.is_spent() => "no data in what was looked at".to_owned(),
        (0, _) => "no data there".to_owned(),
        (_, 1) => "there is data in them".to_owned(),
        (some, _) => format!("data in {some} of the ranges"),
    };
    let ranges = counted(count, "range", "ranges");
    let finding = out
        .finding("", format!("{bytes} bytes in {ranges} are referred to by nothing; {data}"))
        .in_range(first)
        .with("unreferenced_bytes", bytes)
        .with("ranges_count", count)
        .with("ranges_with_data_count", with_data)
        .with_some("first_data_offset", first_data)
        .with("looked_at_bytes", probe.looked_at())
        .with("ranges", shown);
    out.push(finding);
}
