//! `log` for people.

use std::io::{self, Write};

use crate::analysis::log_history::{BatChange, BitmapChange, HistoryEntry, LogHistory, Target, Touch};
use crate::estate::FoundFile;
use crate::format::vhdx::bat::{BatEntry, SectorBitmapState, Slot};
use crate::image::vhdx::Geometry;
use crate::units::FileOffset;

use super::{Paint, Style, text};

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
    for touch in &entry.touches {
        self::touch(touch, geometry, style, out)?;
    }
    Ok(())
}

fn touch(touch: &Touch, geometry: Option<&Geometry>, style: Style, out: &mut dyn Write) -> io::Result<()> {
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
    let (start, end) = (touch.range.start, touch.range.end());
    writeln!(out, "  {wrote} {start} to {end}: {}{}", what.join(", "), style.paint(Paint::Faint, now))?;
    for change in &touch.bat {
        writeln!(out, "    {}", bat(change))?;
    }
    for change in &touch.bitmap {
        writeln!(out, "    {}", bitmap(change, geometry))?;
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
