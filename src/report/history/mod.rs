//! `history` as text: what changed first, then what ends soonest.

pub mod csv;
mod grid;
mod spark;
mod words;

use std::io::{self, Write};

use crate::analysis::history::change::{Change, Weight};
use crate::analysis::history::overview::{DiskView, Overview};
use crate::analysis::history::record::RunNo;

use super::{Paint, Style, text};
pub use csv::write_csv;
use grid::Grid;

const LEGEND: &str = "a day: the median of the slopes between the runs of 7 days (else 30, else 1), between its quartiles; \
    ?: too few runs";

/// How a history is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Colours and width.
    pub style: Style,
    /// Lines of ASCII characters alone.
    pub ascii: bool,
}

/// Writes a history.
pub fn write(overview: &Overview, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let style = look.style;
    let Some(last) = overview.runs.last() else {
        return writeln!(out, "No runs are recorded.");
    };
    let times = || overview.runs.iter().map(|run| run.head.as_of);
    let first = times().min().unwrap_or(last.head.as_of);
    let line = format!(
        "{} from {} on; the last, number {}, as of {} ({}){}",
        text::plural(crate::inspect::count(overview.runs.len()), "run"),
        first,
        last.number.0,
        last.head.as_of,
        match (text::age_of(last.head.as_of, style.as_of), last.head.as_of > style.as_of) {
            (age, true) => age,
            (age, false) => format!("{age} ago"),
        },
        last.head.host.as_ref().map(|host| format!(" on {}", text::printable(host))).unwrap_or_default(),
    );
    for line in wrapped(&line, style) {
        writeln!(out, "{line}")?;
    }
    changes(&overview.changes, style, out)?;
    volumes(overview, look, out)?;
    disks(overview, look, out)?;
    checkpoints(overview, look, out)?;
    machines(overview, look, out)?;
    writeln!(out)?;
    for line in wrapped(LEGEND, style) {
        writeln!(out, "{}", style.paint(Paint::Faint, line))?;
    }
    Ok(())
}

/// Writes what a run that was just recorded found, and what is different since the run before.
pub fn write_recorded(number: RunNo, overview: &Overview, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let count = |many: usize, one: &str| text::plural(crate::inspect::count(many), one);
    writeln!(
        out,
        "Recorded run {}: {} in {}, {}",
        number.0,
        count(overview.runs.last().map_or(0, |run| run.disk_files), "disk file"),
        count(overview.disks.len(), "chain"),
        count(overview.machines.len(), "machine"),
    )?;
    changes(&overview.changes, style, out)
}

fn changes(changes: &[Change], style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut run = None;
    for change in changes {
        if run != Some(change.run) {
            run = Some(change.run);
            let title = format!("New in run {}, as of {}", change.run.0, change.as_of);
            writeln!(out, "\n{}", style.paint(Paint::Strong, title))?;
        }
        let sign = if change.kind.weight() == Weight::Alarm { "!" } else { " " };
        let machine = change.machine.as_ref().map(|name| format!(" ({})", text::printable(name))).unwrap_or_default();
        let path = words::path(&change.path);
        let line = format!("{sign} {:<22}  {path}{machine}", words::title(change.kind));
        for line in wrapped(line.trim_end(), style) {
            writeln!(out, "{}", style.paint(words::paint_of(change.kind.weight()), line))?;
        }
        let detail = words::detail(change);
        if !detail.is_empty() {
            for line in wrapped(&format!("    {detail}"), style) {
                writeln!(out, "{line}")?;
            }
        }
    }
    Ok(())
}

/// Text in the width of the terminal, what follows set in.
fn wrapped(text: &str, style: Style) -> Vec<String> {
    const INDENT: &str = "    ";
    let Some(width) = style.width.filter(|width| text::width(text) > *width) else { return vec![text.to_owned()] };
    let start: String = text.chars().take_while(|c| *c == ' ').collect();
    let lines = text::wrap(text.trim_start(), width.saturating_sub(INDENT.len()).max(1));
    let set_in = |(number, line): (usize, String)| format!("{}{line}", if number == 0 { &start } else { INDENT });
    lines.into_iter().enumerate().map(set_in).collect()
}

fn volumes(overview: &Overview, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let mut grid = Grid::new(["FULL", "FREE", "OF", "A DAY", "<BETWEEN", "<30 DAYS", "<VOLUME"]);
    for volume in &overview.volumes {
        let [growth, range] = words::growth(&volume.growth);
        let cells = [
            words::outlook(&volume.full),
            text::size(volume.free),
            text::size(volume.total),
            growth,
            range,
            spark::line(&volume.points, look.ascii),
            text::printable(&volume.name),
        ];
        grid.row(cells, words::paint(volume.full.days()));
    }
    grid.write("Volumes", &["30 DAYS", "BETWEEN"], look.style, out)
}

fn disks(overview: &Overview, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let mut grid = Grid::new([
        "MERGE UNTIL",
        "MERGE NEEDS",
        "VOLUME FULL",
        "DISK FULL",
        "FILES",
        "A DAY",
        "<BETWEEN",
        "<30 DAYS",
        "<MACHINE",
        "<DISK",
    ]);
    for disk in &overview.disks {
        let [growth, range] = words::growth(&disk.growth);
        let merge = disk.merge.as_ref();
        let needs = merge.and_then(|merge| merge.growth_bytes);
        let cells = [
            merge.map_or_else(|| "-".to_owned(), |merge| words::last_day(&merge.last_day)),
            match (merge, needs) {
                (None, _) => "-".to_owned(),
                (_, None) => "?".to_owned(),
                (_, Some(bytes)) => text::size(bytes),
            },
            words::outlook(&disk.volume_full),
            words::disk_full(&disk.virtual_size_reached),
            disk.file_size.map_or_else(|| "?".to_owned(), text::size),
            growth,
            range,
            spark::line(&disk.points, look.ascii),
            disk.machine.as_ref().map(|(name, slot)| format!("{} {slot}", text::printable(name))).unwrap_or_default(),
            name(disk),
        ];
        grid.row(cells, words::paint(disk.soonest()));
    }
    grid.write("Disks", &["BETWEEN", "30 DAYS", "DISK FULL", "FILES", "MACHINE", "MERGE NEEDS"], look.style, out)
}

fn name(disk: &DiskView) -> String {
    let leaf = disk.files.first().map(words::path).unwrap_or_default();
    match disk.files.len() {
        0 | 1 => leaf,
        files => format!("{leaf} (+{} below)", files.saturating_sub(1)),
    }
}

fn checkpoints(overview: &Overview, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let mut grid = Grid::new(["FILE", "A DAY", "<BETWEEN", "<30 DAYS", "SEEN FOR", "<SINCE", "<CHECKPOINT DISK"]);
    for file in &overview.checkpoints {
        let [growth, range] = words::growth(&file.growth);
        let cells = [
            file.file_size.map_or_else(|| "?".to_owned(), text::size),
            growth,
            range,
            spark::line(&file.points, look.ascii),
            file.first.map_or_else(|| "?".to_owned(), |first| text::age_of(first, look.style.as_of)),
            text::printable(&file.since.join(", ")),
            words::path(&file.path),
        ];
        grid.row(cells, Paint::Plain);
    }
    grid.write("Checkpoint disks", &["30 DAYS", "BETWEEN", "SEEN FOR", "SINCE"], look.style, out)
}

fn machines(overview: &Overview, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let mut grid = Grid::new(["DISKS", "FILES", "A DAY", "<BETWEEN", "<30 DAYS", "<MACHINE"]);
    for machine in &overview.machines {
        let [growth, range] = words::growth(&machine.growth);
        let cells = [
            machine.disks.len().to_string(),
            text::size(machine.file_size),
            growth,
            range,
            spark::line(&machine.points, look.ascii),
            text::printable(machine.name.as_ref().unwrap_or(&machine.key)),
        ];
        grid.row(cells, Paint::Plain);
    }
    grid.write("Machines", &["30 DAYS", "BETWEEN"], look.style, out)
}
