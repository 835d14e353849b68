//! `log` for people.

use std::io::{self, Write};

use crate::analysis::log_history::{BatChange, BitmapChange, HistoryEntry, LogHistory, Target, Touch};
use crate::estate::FoundFile;
use crate::format::vhdx::bat::{BatEntry, SectorBitmapState, Slot};
use crate::image::vhdx::Geometry;
use crate::units::FileOffset;

use super::{Paint, Style, text};

/// Runs of bits that are shown one by one for a sector.
const SHOWN_RUNS: usize = 6;

/// Writes every entry with what it touched and what it changed.
pub fn write(file: &FoundFile, history: &LogHistory, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let geometry = file.image.as_deref().and_then(|image| image.as_vhdx()?.geometry());
    let live = history.entries.iter().filter(|entry| entry.live).count();
    let stale = history.entries.len().saturating_sub(live);
    writeln!(out, "{}", style.paint(Paint::Strong, text::path(&file.path)))?;
    writeln!(
        out,
        "log at {}, {}, {}: {live} live and {stale} stale entries",
        history.range.start,
        text::size(history.range.len),
        history.state.name()
    )?;
    if let Some(problem) = &history.problem {
        writeln!(out, "{}", style.paint(Paint::Alarm, text::printable(&problem.to_string())))?;
    }
    let mut session = None;
    for entry in &history.entries {
        if session.replace(entry.header.log_guid) != Some(entry.header.log_guid) {
            writeln!(out, "\n{} {}", style.paint(Paint::Strong, "log GUID"), entry.header.log_guid)?;
        }
        self::entry(entry, geometry, style, out)?;
    }
    if !history.fragments.is_empty() {
        writeln!(out, "\n{}", style.paint(Paint::Strong, "starts of entries that are not whole"))?;
    }
    for fragment in &history.fragments {
        let (number, guid) = (fragment.header.sequence_number, fragment.header.log_guid);
        writeln!(out, "  at {}: sequence number {number} of log {guid}", fragment.at)?;
    }
    for (count, what) in [(history.touches_left_out, "descriptor"), (history.changes_left_out, "change")] {
        if count > 0 {
            let line = format!("{} more not shown", text::plural(count, what));
            writeln!(out, "{}", style.paint(Paint::Notice, line))?;
        }
    }
    Ok(())
}

fn entry(entry: &HistoryEntry, geometry: Option<&Geometry>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let header = &entry.header;
    let (state, paint) = if entry.live { ("live", Paint::Notice) } else { ("stale", Paint::Faint) };
    writeln!(
        out,
        "{} at {}, {}, {}; file flushed to {}, in use to {}",
        style.paint(Paint::Strong, format!("entry {}", header.sequence_number)),
        entry.at,
        text::size(crate::units::ByteLen(header.entry_length.into())),
        style.paint(paint, state),
        FileOffset(header.flushed_file_offset.0),
        FileOffset(header.last_file_offset.0),
    )?;
    let mut touches = entry.touches.iter().peekable();
    while let Some(touch) = touches.next() {
        let mut end = touch.range.end();
        while let Some(next) = touches.next_if(|next| goes_on(touch, next, end)) {
            end = next.range.end();
        }
        self::touch(touch, end, geometry, style, out)?;
    }
    Ok(())
}

/// Whether two sectors are one line: neighbours in one structure of which there is nothing more to tell.
fn goes_on(first: &Touch, next: &Touch, end: FileOffset) -> bool {
    let is_plain = |touch: &Touch| touch.bat.is_empty() && touch.bitmap.is_empty() && touch.image_at.is_some();
    next.range.start == end
        && is_plain(first)
        && is_plain(next)
        && first.same_now == next.same_now
        && first.targets == next.targets
}

fn touch(
    touch: &Touch,
    end: FileOffset,
    geometry: Option<&Geometry>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut what: Vec<String> = touch.targets.iter().map(|target| describe(*target, touch, geometry)).collect();
    let more = touch.targets_count.saturating_sub(u64::try_from(touch.targets.len()).unwrap_or(u64::MAX));
    if more > 0 {
        what.push(format!("{} more", text::count(more)));
    }
    let wrote = if touch.image_at.is_some() { "sector" } else { "zeros" };
    let now = match touch.same_now {
        Some(true) => ", as it is now",
        Some(false) => ", different now",
        None => "",
    };
    let start = touch.range.start;
    writeln!(out, "  {wrote} {start} to {end}: {}{}", what.join(", "), style.paint(Paint::Faint, now))?;
    for change in &touch.bat {
        writeln!(out, "    {}", bat(change))?;
    }
    for change in touch.bitmap.iter().take(SHOWN_RUNS) {
        writeln!(out, "    {}", bitmap(change, geometry))?;
    }
    let more = touch.bitmap.get(SHOWN_RUNS..).unwrap_or_default();
    if !more.is_empty() {
        let sectors = more.iter().fold(0_u64, |sum, change| sum.saturating_add(change.count));
        let stretches = u64::try_from(more.len()).unwrap_or(u64::MAX);
        let (stretches, sectors) = (text::count(stretches), text::plural(sectors, "sector"));
        writeln!(
            out,
            "    {}",
            style.paint(Paint::Faint, format!("{stretches} more stretches, {sectors}; --format json has all"))
        )?;
    }
    Ok(())
}

fn describe(target: Target, touch: &Touch, geometry: Option<&Geometry>) -> String {
    match target {
        Target::Bat { first, count } => {
            let last = first.0.saturating_add(count).saturating_sub(1);
            let slot = geometry.map(|geometry| geometry.chunk_ratio.slot(first));
            match slot {
                Some(Slot::Payload(block)) => format!("BAT entries {first} to {last}, from block {block} on"),
                _ => format!("BAT entries {first} to {last}"),
            }
        }
        Target::SectorBitmap(chunk) => format!("sector bitmap of chunk {chunk}"),
        Target::Payload(block) => format!("payload block {block}"),
        Target::Formerly(Slot::Payload(block)) => format!("unreferenced; block {block} lay there"),
        Target::Formerly(Slot::SectorBitmap(chunk)) => {
            format!("unreferenced; the sector bitmap of chunk {chunk} lay there")
        }
        Target::MetadataItem(id) | Target::OtherRegion(id) => format!("{} {id}", target.name()),
        _ if touch.range.len.is_zero() => "nothing".to_owned(),
        _ => target.name().to_owned(),
    }
}

fn bat(change: &BatChange) -> String {
    let value = |entry: BatEntry| value(change.slot, entry);
    let name = match change.slot {
        Slot::Payload(block) => format!("block {block}"),
        Slot::SectorBitmap(chunk) => format!("sector bitmap of chunk {chunk}"),
    };
    let then = value(change.entry);
    let then = match change.before {
        Some(before) => format!("{name} was {}, became {then}", value(before)),
        None => format!("{name} was {then}"),
    };
    match change.now {
        Some(now) if now == change.entry => format!("{then}, and still is"),
        Some(now) => format!("{then}; now {}", value(now)),
        None => then,
    }
}

fn value(slot: Slot, entry: BatEntry) -> String {
    let state = match slot {
        Slot::Payload(_) => entry.payload_state().name().to_owned(),
        Slot::SectorBitmap(_) => match entry.sector_bitmap_state() {
            SectorBitmapState::NotPresent => "not present".to_owned(),
            SectorBitmapState::Present => "present".to_owned(),
            SectorBitmapState::Reserved(number) => format!("in reserved state {number}"),
        },
    };
    match entry.file_offset() {
        FileOffset::ZERO => state,
        at => format!("{state} at {at}"),
    }
}

fn bitmap(change: &BitmapChange, geometry: Option<&Geometry>) -> String {
    let size = geometry.map_or(0, |geometry| geometry.logical_sector_size.0);
    let at = crate::units::VirtualOffset(change.first.0.saturating_mul(size));
    let sectors = text::plural(change.count, "sector");
    let how = match (change.changed, change.set) {
        (true, true) => "came into the file",
        (true, false) => "went out of the file",
        (false, true) => "were in the file",
        (false, false) => "were not in the file yet",
    };
    let now = match change.set_now {
        Some(0) => "; now none is",
        Some(count) if count == change.count => "; now all are",
        Some(_) => "; now some are",
        None => "",
    };
    format!("{sectors} from {at} on {how}{now}")
}
