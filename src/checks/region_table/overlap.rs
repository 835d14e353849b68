//! Two structures claim the same bytes of the file.

use crate::checks::prelude::*;
use crate::format::vhdx::region_table::RegionTableEntry;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0206",
    name: "regions-overlap",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "Two regions, or a region and the log, share bytes (MS-VHDX 2.2: log, BAT, metadata and all other \
            regions lie apart).",
        matters: "Writing the one destroys the other. What is read from either is not to be trusted.",
        harmless: "None known.",
        todo: "Compare with the other header and region table. Find out which of the two really lies there \
            (metadata starts with \"metadata\", a log entry with \"loge\"), and restore from a backup.",
        not_first: "Do not attach the file for writing: the first log entry or BAT update does the damage.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(copy) = super::current(file) else { return };
    let Some(table) = copy.valid() else { return };
    let log = file.survey.log.as_ref().map(|log| (log.range, None));
    let overlaps_log = |entry: &RegionTableEntry| log.is_some_and(|(range, _)| entry.range().overlaps(range));
    let overlap = |one: &RegionTableEntry, two: &RegionTableEntry| one.range().overlaps(two.range());
    if few_and_unlike(&table.entries, overlap) && !table.entries.iter().any(overlaps_log) {
        return;
    }
    let mut ranges: Vec<_> = table.entries.iter().map(|entry| (entry.range(), Some(entry))).chain(log).collect();
    ranges.sort_by_key(|(range, entry)| (*range, entry.map(|entry| entry.at)));
    // The one so far that reaches furthest: whatever starts before its end overlaps it.
    let mut furthest: Option<(FileRange, Option<&RegionTableEntry>)> = None;
    for (range, entry) in ranges {
        if let Some((other_range, other)) = furthest
            && range.overlaps(other_range)
        {
            let (first, second) = (other.map_or("log", super::name), entry.map_or("log", super::name));
            let at = entry.or(other).map_or(copy.at, |entry| entry.at);
            let shared = range.end().min(other_range.end()).0.saturating_sub(range.start.0);
            let finding = out
                .finding(copy.structure, format!("the {first} and the {second} share {shared} bytes of the file"))
                .at(at, ByteLen(32))
                .with("shared_offset", range.start)
                .with("shared_bytes", shared)
                .see(file.path, Some(other_range.start), format!("start of the {first}"))
                .see(file.path, Some(range.start), format!("start of the {second}"));
            out.push(finding);
        }
        if furthest.is_none_or(|(other, _)| range.end() > other.end()) {
            furthest = Some((range, entry));
        }
    }
}
