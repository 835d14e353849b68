//! `residue --format json`, which is also the manifest of what was copied out.

use std::io::{self, Write};
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use crate::analysis::residue::{Extracted, Holds, Leftover, Residue};
use crate::estate::FoundFile;
use crate::inspect::Inspection;
use crate::report::RunFacts;

use super::common::{lossy, path_hex};
use super::stream::ObjectWriter;
use super::{ErrorJson, RunJson};

/// What is left in a file that no live structure uses.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ResidueJson {
    /// Always `vhdxray.residue/1`. Within this version fields are only added.
    pub schema: &'static str,
    /// Facts about the run.
    pub run: RunJson,
    /// The file, as found, lossily.
    pub path: String,
    /// The path's exact bytes as hexadecimal digits; `null` where it is valid Unicode.
    pub path_raw_hex: Option<String>,
    /// Bytes of the file: the sum of the next three.
    pub file_size_bytes: u64,
    /// Bytes that live structures use.
    pub used_bytes: u64,
    /// Bytes that none uses.
    pub unused_bytes: u64,
    /// Bytes whose use cannot be told.
    pub unknown_bytes: u64,
    /// Bytes that were read to look for data.
    pub looked_at_bytes: u64,
    /// Why the use of some bytes cannot be told.
    pub problem: Option<ErrorJson>,
    /// The listed ranges by kind.
    pub kinds: Vec<KindSumJson>,
    /// Ranges that are not listed, for there are too many.
    pub not_listed_count: u64,
    /// Their bytes.
    pub not_listed_bytes: u64,
    /// The folder of what was copied out, lossily; `null` without `--extract`.
    pub extracted_to: Option<String>,
    /// The ranges, sorted by offset.
    pub ranges: Vec<LeftoverJson>,
}

/// The ranges of one kind.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct KindSumJson {
    /// The kind, as in `ranges`.
    pub kind: &'static str,
    /// Number of ranges.
    pub ranges_count: u64,
    /// Their bytes.
    pub length_bytes: u64,
    /// Number of ranges that hold data.
    pub with_data_count: u64,
    /// The bytes of those.
    pub with_data_bytes: u64,
}

/// A range that no live structure uses.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LeftoverJson {
    /// Where it starts in the file.
    pub start_offset: u64,
    /// Its bytes.
    pub length_bytes: u64,
    /// `header_gap`, `stale_log`, `metadata_gap`, `bat_gap` (room in structures); `clear_sectors`, `past_virtual_end`
    /// (bytes of present blocks that are no content); `trimmed` (a block without content that keeps its place);
    /// `unreferenced`; `tail` (unreferenced up to the end of the file).
    pub kind: &'static str,
    /// The block that it belongs to.
    pub block: Option<u64>,
    /// The state of a block that keeps its place.
    pub state: Option<String>,
    /// `data`, `zeros` or `not_looked_at`.
    pub holds: &'static str,
    /// Where the first byte lies that is not zero.
    pub first_data_offset: Option<u64>,
    /// The copy; `null` where none was made.
    pub extracted: Option<ExtractedJson>,
}

/// A copy of a range.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ExtractedJson {
    /// The name of the file in the folder.
    pub file: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// Writes the ranges as one JSON object, a range a line. `extracted` is what was copied out, and where.
pub fn write_residue(
    inspection: &Inspection,
    file: &FoundFile,
    residue: &Residue,
    extracted: Option<(&Path, &[Extracted])>,
    facts: &RunFacts,
    out: &mut dyn Write,
) -> io::Result<()> {
    let size = residue.used.saturating_add(residue.unused).saturating_add(residue.unknown);
    let mut object = ObjectWriter::start(out)?;
    object.field("schema", &"vhdxray.residue/1")?;
    object.field("run", &RunJson::new(facts, inspection))?;
    object.field("path", &lossy(&file.path))?;
    object.field("path_raw_hex", &path_hex(&file.path))?;
    object.field("file_size_bytes", &size)?;
    object.field("used_bytes", &residue.used)?;
    object.field("unused_bytes", &residue.unused)?;
    object.field("unknown_bytes", &residue.unknown)?;
    object.field("looked_at_bytes", &residue.looked_at)?;
    object.field("problem", &residue.problem.as_ref().map(ErrorJson::from))?;
    object.field("kinds", &kinds(residue))?;
    object.field("not_listed_count", &residue.not_listed.ranges)?;
    object.field("not_listed_bytes", &residue.not_listed.bytes)?;
    object.field("extracted_to", &extracted.map(|(folder, _)| lossy(folder)))?;
    let mut copies = extracted.map_or(&[][..], |(_, copies)| copies).iter().peekable();
    let mut list = object.list("ranges")?;
    for leftover in &residue.ranges {
        let copy = copies.next_if(|copy| copy.leftover.range == leftover.range);
        list.element(&LeftoverJson::new(leftover, copy))?;
    }
    list.end()?;
    object.end()
}

fn kinds(residue: &Residue) -> Vec<KindSumJson> {
    let sums = residue.by_kind().into_iter();
    sums.map(|(kind, all, with_data)| KindSumJson {
        kind,
        ranges_count: all.ranges,
        length_bytes: all.bytes.0,
        with_data_count: with_data.ranges,
        with_data_bytes: with_data.bytes.0,
    })
    .collect()
}

impl LeftoverJson {
    fn new(leftover: &Leftover, copy: Option<&Extracted>) -> Self {
        let (holds, first) = match leftover.holds {
            Holds::Data(at) => ("data", Some(at.0)),
            Holds::Zeros => ("zeros", None),
            Holds::NotLookedAt => ("not_looked_at", None),
        };
        Self {
            start_offset: leftover.range.start.0,
            length_bytes: leftover.range.len.0,
            kind: leftover.usage.name(),
            block: leftover.block().map(|block| block.0),
            state: leftover.state().map(|state| state.name().replace(' ', "_")),
            holds,
            first_data_offset: first,
            extracted: copy.map(|copy| ExtractedJson { file: copy.name.clone(), sha256: copy.sha256.clone() }),
        }
    }
}
