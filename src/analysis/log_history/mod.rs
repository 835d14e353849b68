//! The log as history: every entry in the order of writing, what it touched, and the earlier values that it still
//! holds.
//!
//! A log entry holds whole sectors as they were to be written. Two images of one sector tell what changed between
//! them; the first one known of a sector tells what it was then beside what it is now.

mod changes;
mod targets;

use crate::error::{Error, Result};
use crate::format::vhdx::log::{Descriptor, LogEntry, LogEntryHeader};
use crate::image::Image;
use crate::image::vhdx::{LogEntrySummary, LogRing, LogState, VhdxSurvey};
use crate::limits::{MAX_LOG_HISTORY_CHANGES, MAX_LOG_HISTORY_TOUCHES};
use crate::units::{ByteLen, FileOffset, FileRange};

pub use changes::{BatChange, BitmapChange};
pub use targets::Target;

use changes::Images;
use targets::Targets;

/// Everything that a log tells.
#[derive(Debug)]
pub struct LogHistory {
    /// Where the log lies.
    pub range: FileRange,
    /// What the log says about the file.
    pub state: LogState,
    /// Why the log cannot be replayed, where it should be.
    pub problem: Option<Error>,
    /// Every whole entry, by sequence number, then by place.
    pub entries: Vec<HistoryEntry>,
    /// Starts of entries that are not whole any more, or never were, in the order of the ring.
    pub fragments: Vec<Fragment>,
    /// Descriptors that are not told of, because there are more than [`MAX_LOG_HISTORY_TOUCHES`].
    pub touches_left_out: u64,
    /// Changed values that are not told of, because there are more than [`MAX_LOG_HISTORY_CHANGES`].
    pub changes_left_out: u64,
}

/// One whole entry.
#[derive(Clone, Debug)]
pub struct HistoryEntry {
    /// Where it starts in the file.
    pub at: FileOffset,
    /// Its header.
    pub header: LogEntryHeader,
    /// Whether a replay applies it; else it is stale.
    pub live: bool,
    /// Number of zero descriptors.
    pub zero_count: u64,
    /// Number of data descriptors.
    pub data_count: u64,
    /// What it wrote, in the order of its descriptors.
    pub touches: Vec<Touch>,
}

/// The start of an entry that is not whole.
#[derive(Clone, Debug)]
pub struct Fragment {
    /// Where it starts in the file.
    pub at: FileOffset,
    /// Its header.
    pub header: LogEntryHeader,
}

/// One descriptor: what it wrote where.
#[derive(Clone, Debug)]
pub struct Touch {
    /// The range of the file that it wrote.
    pub range: FileRange,
    /// Where in the file the sector that it wrote stands in the log; `None` for zeros, which stand nowhere.
    pub image_at: Option<FileOffset>,
    /// What lies in the range now; at most [`crate::limits::MAX_SAMPLES`].
    pub targets: Vec<Target>,
    /// How many things lie in the range now.
    pub targets_count: u64,
    /// Whether the file holds the same bytes now; `None` for zeros, which are not compared, and behind the end.
    pub same_now: Option<bool>,
    /// Entries of the BAT that it changed, or that are not what they are now.
    pub bat: Vec<BatChange>,
    /// Bits of a sector bitmap that it changed, or that are not what they are now.
    pub bitmap: Vec<BitmapChange>,
}

impl LogHistory {
    /// Reads the log of a VHDX file that was opened at full depth. `None` where no header names a log.
    pub fn of(image: &Image, survey: &VhdxSurvey) -> Option<Result<Self>> {
        let log = survey.log.as_ref()?;
        Some(log.ring(&**image.stored()).and_then(|ring| {
            let mut history = Self {
                range: log.range,
                state: log.state,
                problem: log.problem.clone(),
                entries: Vec::new(),
                fragments: fragments(&ring, &log.entries),
                touches_left_out: 0,
                changes_left_out: 0,
            };
            let mut in_order: Vec<&LogEntrySummary> = log.entries.iter().collect();
            in_order.sort_by_key(|entry| (entry.header.sequence_number, entry.at));
            let mut room = MAX_LOG_HISTORY_TOUCHES;
            for entry in &in_order {
                history.read(&ring, entry, &mut room);
            }
            let touches = history.entries.iter_mut().flat_map(|entry| &mut entry.touches);
            let mut targets = Targets::of(image, survey, touches.map(|touch| touch.range))?;
            history.compare(&in_order, Images::new(image, survey, MAX_LOG_HISTORY_CHANGES), &ring, &mut targets);
            Ok(history)
        }))
    }

    /// Adds an entry with what its descriptors say.
    fn read(&mut self, ring: &LogRing, summary: &LogEntrySummary, room: &mut usize) {
        let mut touches = Vec::new();
        let bytes = ring.entry_bytes(summary);
        if let Ok(entry) = LogEntry::parse(summary.at, &bytes) {
            let area = ByteLen(u64::from(entry.header.entry_length))
                .saturating_sub(ByteLen(summary.data_count.saturating_mul(SECTOR.0)));
            let mut sectors: u64 = 0;
            for (_, descriptor) in entry.descriptors() {
                let Some(range) = descriptor.target() else { continue };
                let mut image_at = None;
                if let Descriptor::Data { .. } = descriptor {
                    let within = area.saturating_add(ByteLen(sectors.saturating_mul(SECTOR.0)));
                    image_at = Some(ring.place(summary.at, within));
                    sectors = sectors.saturating_add(1);
                }
                if *room == 0 {
                    self.touches_left_out = self.touches_left_out.saturating_add(1);
                    continue;
                }
                *room = room.saturating_sub(1);
                touches.push(Touch {
                    range,
                    image_at,
                    targets: Vec::new(),
                    targets_count: 0,
                    same_now: None,
                    bat: Vec::new(),
                    bitmap: Vec::new(),
                });
            }
        }
        self.entries.push(HistoryEntry {
            at: summary.at,
            header: summary.header.clone(),
            live: summary.active,
            zero_count: summary.zero_count,
            data_count: summary.data_count,
            touches,
        });
    }

    /// Tells what each sector changed, entry by entry.
    fn compare(
        &mut self,
        in_order: &[&LogEntrySummary],
        mut images: Images<'_>,
        ring: &LogRing,
        targets: &mut Targets,
    ) {
        for (entry, summary) in self.entries.iter_mut().zip(in_order) {
            let bytes = ring.entry_bytes(summary);
            let Ok(parsed) = LogEntry::parse(entry.at, &bytes) else { continue };
            let mut sectors = 0;
            for ((_, descriptor), touch) in parsed.descriptors().zip(&mut entry.touches) {
                (touch.targets, touch.targets_count) = targets.at(touch.range);
                match descriptor {
                    Descriptor::Data { leading_bytes, trailing_bytes, .. } => {
                        if let Some(sector) = parsed.data_sector(sectors) {
                            let whole = sector.restore(leading_bytes, trailing_bytes);
                            images.sector(touch, whole);
                            for change in &touch.bat {
                                targets.formerly(change.slot, change.entry);
                            }
                        }
                        sectors = sectors.saturating_add(1);
                    }
                    Descriptor::Zero { range, .. } => images.zeros(range),
                    Descriptor::Unknown(_) => {}
                }
            }
        }
        self.changes_left_out = images.left_out();
    }
}

const SECTOR: ByteLen = crate::format::vhdx::log::SECTOR;

fn fragments(ring: &LogRing, whole: &[LogEntrySummary]) -> Vec<Fragment> {
    let mut places: Vec<FileOffset> = whole.iter().map(|entry| entry.at).collect();
    places.sort_unstable();
    ring.signatures()
        .filter(|(at, _)| places.binary_search(at).is_err())
        .map(|(at, header)| Fragment { at, header })
        .collect()
}
