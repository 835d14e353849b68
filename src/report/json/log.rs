//! `log --format json`.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::analysis::log_history::{BatChange, BitmapChange, HistoryEntry, LogHistory, Target, Touch};
use crate::estate::FoundFile;
use crate::format::vhdx::bat::{BatEntry, SectorBitmapState, Slot};
use crate::image::vhdx::Geometry;
use crate::inspect::Inspection;
use crate::report::RunFacts;
use crate::units::ByteLen;

use super::common::{lossy, path_hex};
use super::{ErrorJson, RunJson};

/// Every entry of a log, live and stale, in the order of writing.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LogJson {
    /// Always `vhdxray.log/1`. Within this version fields are only added.
    pub schema: &'static str,
    /// Facts about the run.
    pub run: RunJson,
    /// The file, as found, lossily.
    pub path: String,
    /// The path's exact bytes as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_raw_hex: Option<String>,
    /// Where the log lies.
    pub log_offset: u64,
    /// Its bytes.
    pub log_length_bytes: u64,
    /// `clean`, `dirty` or `corrupt`.
    pub log_state: &'static str,
    /// Whether `now` is as of a replay in memory.
    pub replayed: bool,
    /// Why the log cannot be replayed, where it should be.
    pub problem: Option<ErrorJson>,
    /// The whole entries by sequence number, then by place.
    pub entries: Vec<LogEntryJson>,
    /// Starts of entries that are not whole any more, or never were, by place.
    pub fragments: Vec<LogFragmentJson>,
    /// Descriptors that are not told of, for there are too many.
    pub touches_left_out_count: u64,
    /// Changed values that are not told of, for there are too many.
    pub changes_left_out_count: u64,
}

/// One whole entry.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LogEntryJson {
    /// Its sequence number.
    pub sequence_number: u64,
    /// The GUID of the log that it belongs to.
    pub log_guid: String,
    /// Where it starts in the file.
    pub offset: u64,
    /// Its bytes; they may go on at the start of the log.
    pub length_bytes: u64,
    /// `live`: a replay applies it. `stale`: none does.
    pub state: &'static str,
    /// Where in the log the oldest entry lay that had to be replayed with it, from the log's start.
    pub tail_offset: u64,
    /// Bytes of the file that were on stable storage.
    pub flushed_file_bytes: u64,
    /// Bytes of the file into which everything fitted.
    pub last_file_bytes: u64,
    /// Number of its descriptors that fill with zeros.
    pub zero_count: u64,
    /// Number of its descriptors that write a sector.
    pub data_count: u64,
    /// What it wrote, in the order of its descriptors.
    pub touches: Vec<TouchJson>,
}

/// The start of an entry that is not whole.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LogFragmentJson {
    /// Where it starts in the file.
    pub offset: u64,
    /// Its sequence number.
    pub sequence_number: u64,
    /// The GUID of the log that it belongs to.
    pub log_guid: String,
}

/// What one descriptor wrote.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TouchJson {
    /// Where it wrote in the file.
    pub offset: u64,
    /// How many bytes.
    pub length_bytes: u64,
    /// `data` or `zeros`.
    pub what: &'static str,
    /// Where the sector stands in the log; `null` for zeros.
    pub image_offset: Option<u64>,
    /// Whether the file holds the same bytes now; `null` for zeros, and behind the end of the file.
    pub same_now: Option<bool>,
    /// What lies there now, the first few.
    pub targets: Vec<LogTargetJson>,
    /// How many things lie there now.
    pub targets_count: u64,
    /// Entries of the BAT that it changed, or that are not what they are now.
    pub bat_changes: Vec<BatChangeJson>,
    /// Bits of a sector bitmap that it changed, or that are not what they are now.
    pub bitmap_changes: Vec<BitmapChangeJson>,
}

/// What lies where an entry wrote.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct LogTargetJson {
    /// The name of the structure; `unreferenced` where there is none.
    pub structure: &'static str,
    /// The payload block.
    pub block: Option<u64>,
    /// The chunk of a sector bitmap.
    pub chunk: Option<u64>,
    /// Index of the first BAT entry in the range.
    pub first_entry: Option<u64>,
    /// Number of BAT entries in the range.
    pub entries_count: Option<u64>,
    /// The GUID of a metadata item or region.
    pub guid: Option<String>,
}

/// An entry of the BAT in a sector of the log.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BatChangeJson {
    /// The payload block; `null` for a sector bitmap.
    pub block: Option<u64>,
    /// The chunk of a sector bitmap; `null` for a payload block.
    pub chunk: Option<u64>,
    /// Where the block lies on the virtual disk; `null` for a sector bitmap.
    pub virtual_offset: Option<u64>,
    /// What it was before; `null` where the log does not know any more.
    pub before: Option<BatValueJson>,
    /// What the sector says.
    pub then: BatValueJson,
    /// What the file says now.
    pub now: Option<BatValueJson>,
}

/// What an entry of the BAT says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BatValueJson {
    /// The state, as in `image.blocks`, or `present` for a sector bitmap.
    pub state: String,
    /// Where the block lies; `null` where it has no place.
    pub file_offset: Option<u64>,
}

/// Neighbouring bits of a sector bitmap in a sector of the log.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BitmapChangeJson {
    /// Where their sectors lie on the virtual disk.
    pub virtual_offset: u64,
    /// The bytes of their sectors.
    pub length_bytes: u64,
    /// Number of sectors.
    pub sectors_count: u64,
    /// Whether the bits are set in the sector: the file has the sectors.
    pub set: bool,
    /// `true`: the log knows that they were the other way before. `false`: it does not know what they were before, and
    /// they are the other way now.
    pub changed: bool,
    /// How many of them are set now.
    pub set_now_count: Option<u64>,
}

/// Writes the history of a log as one JSON object.
pub fn write_log(
    inspection: &Inspection,
    file: &FoundFile,
    history: &LogHistory,
    facts: &RunFacts,
    out: &mut dyn Write,
) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &LogJson::new(inspection, file, history, facts))?;
    writeln!(out)
}

impl LogJson {
    fn new(inspection: &Inspection, file: &FoundFile, history: &LogHistory, facts: &RunFacts) -> Self {
        let image = file.image.as_deref();
        let geometry = image.and_then(|image| image.as_vhdx()?.geometry());
        Self {
            schema: "vhdxray.log/1",
            run: RunJson::new(facts, inspection),
            path: lossy(&file.path),
            path_raw_hex: path_hex(&file.path),
            log_offset: history.range.start.0,
            log_length_bytes: history.range.len.0,
            log_state: history.state.name(),
            replayed: image.is_some_and(crate::image::Image::replayed),
            problem: history.problem.as_ref().map(ErrorJson::from),
            entries: history.entries.iter().map(|entry| LogEntryJson::new(entry, geometry)).collect(),
            fragments: history
                .fragments
                .iter()
                .map(|fragment| LogFragmentJson {
                    offset: fragment.at.0,
                    sequence_number: fragment.header.sequence_number,
                    log_guid: fragment.header.log_guid.to_string(),
                })
                .collect(),
            touches_left_out_count: history.touches_left_out,
            changes_left_out_count: history.changes_left_out,
        }
    }
}

impl LogEntryJson {
    fn new(entry: &HistoryEntry, geometry: Option<&Geometry>) -> Self {
        Self {
            sequence_number: entry.header.sequence_number,
            log_guid: entry.header.log_guid.to_string(),
            offset: entry.at.0,
            length_bytes: entry.header.entry_length.into(),
            state: if entry.live { "live" } else { "stale" },
            tail_offset: entry.header.tail.into(),
            flushed_file_bytes: entry.header.flushed_file_offset.0,
            last_file_bytes: entry.header.last_file_offset.0,
            zero_count: entry.zero_count,
            data_count: entry.data_count,
            touches: entry.touches.iter().map(|touch| TouchJson::new(touch, geometry)).collect(),
        }
    }
}

impl TouchJson {
    fn new(touch: &Touch, geometry: Option<&Geometry>) -> Self {
        Self {
            offset: touch.range.start.0,
            length_bytes: touch.range.len.0,
            what: if touch.image_at.is_some() { "data" } else { "zeros" },
            image_offset: touch.image_at.map(|at| at.0),
            same_now: touch.same_now,
            targets: touch.targets.iter().map(|target| LogTargetJson::from(*target)).collect(),
            targets_count: touch.targets_count,
            bat_changes: touch.bat.iter().map(|change| BatChangeJson::new(change, geometry)).collect(),
            bitmap_changes: touch.bitmap.iter().map(|change| BitmapChangeJson::new(change, geometry)).collect(),
        }
    }
}

impl From<Target> for LogTargetJson {
    fn from(target: Target) -> Self {
        let named = Self { structure: target.name(), ..Self::default() };
        match target {
            Target::Payload(block) | Target::Formerly(Slot::Payload(block)) => Self { block: Some(block.0), ..named },
            Target::SectorBitmap(chunk) | Target::Formerly(Slot::SectorBitmap(chunk)) => {
                Self { chunk: Some(chunk.0), ..named }
            }
            Target::Bat { first, count } => Self { first_entry: Some(first.0), entries_count: Some(count), ..named },
            Target::MetadataItem(guid) | Target::OtherRegion(guid) => Self { guid: Some(guid.to_string()), ..named },
            _ => named,
        }
    }
}

impl BatChangeJson {
    fn new(change: &BatChange, geometry: Option<&Geometry>) -> Self {
        let value = |entry: BatEntry| BatValueJson::new(change.slot, entry);
        let (block, chunk) = match change.slot {
            Slot::Payload(block) => (Some(block), None),
            Slot::SectorBitmap(chunk) => (None, Some(chunk.0)),
        };
        Self {
            block: block.map(|block| block.0),
            chunk,
            virtual_offset: block.and_then(|block| Some(geometry?.block_start(block).0)),
            before: change.before.map(value),
            then: value(change.entry),
            now: change.now.map(value),
        }
    }
}

impl BatValueJson {
    fn new(slot: Slot, entry: BatEntry) -> Self {
        let state = match slot {
            Slot::Payload(_) => entry.payload_state().name().replace(' ', "_"),
            Slot::SectorBitmap(_) => match entry.sector_bitmap_state() {
                SectorBitmapState::NotPresent => "not_present".to_owned(),
                SectorBitmapState::Present => "present".to_owned(),
                SectorBitmapState::Reserved(number) => format!("reserved_state_{number}"),
            },
        };
        Self { state, file_offset: Some(entry.file_offset().0).filter(|at| *at != 0) }
    }
}

impl BitmapChangeJson {
    fn new(change: &BitmapChange, geometry: Option<&Geometry>) -> Self {
        let size = geometry.map_or(ByteLen::ZERO, |geometry| geometry.logical_sector_size).0;
        Self {
            virtual_offset: change.first.0.saturating_mul(size),
            length_bytes: change.count.saturating_mul(size),
            sectors_count: change.count,
            set: change.set,
            changed: change.changed,
            set_now_count: change.set_now,
        }
    }
}
