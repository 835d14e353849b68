//! The end of the report: what is no disk, and the numbers of the whole.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

use crate::checks::Severity;
use crate::image::FileKind;
use crate::inspect::{Inspection, Summary, count};
use crate::report::{Paint, place, text};

use super::Page;

/// A volume of which so many percent are used is painted as an alarm: a merge needs room.
const NEARLY_FULL: u64 = 90;

impl Page<'_> {
    /// What is no disk, by kind.
    pub(super) fn write_others(&self, out: &mut dyn Write) -> io::Result<()> {
        let others = &self.summary.others;
        if others.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", self.style.paint(Paint::Strong, "Not disks"))?;
        for (kind, total) in others {
            let line = format!(
                "  {}  {}  {}  {}",
                text::right(&text::count(total.files), 6),
                text::left(kind.name(), 8),
                text::right(&text::size(total.size), 10),
                self.style.paint(Paint::Faint, what_is(*kind)),
            );
            writeln!(out, "{}", line.trim_end())?;
        }
        writeln!(out)
    }

    /// The numbers of the whole.
    pub(super) fn write_summary(&self, out: &mut dyn Write) -> io::Result<()> {
        let summary = &self.summary;
        writeln!(out, "{}", self.style.paint(Paint::Strong, "Summary"))?;
        self.write_line(out, "Files", &files(summary), Paint::Plain)?;
        let paint = match (summary.chains, summary.broken_chains, summary.unreadable_chains) {
            (0, ..) => Paint::Plain,
            (_, 0, 0) => Paint::Good,
            _ => Paint::Alarm,
        };
        self.write_line(out, "Chains", &chains(summary), paint)?;
        if summary.dirty_logs > 0 {
            let line = format!("{} not clean; see the notes", text::count(summary.dirty_logs));
            self.write_line(out, "Logs", &line, Paint::Notice)?;
        }
        if summary.changed_files > 0 {
            let line = format!("{} while they were read", text::plural(summary.changed_files, "file"));
            self.write_line(out, "Changed", &line, Paint::Notice)?;
        }
        let links = count(self.inspection.links_not_followed().count());
        if links > 0 {
            let line = format!("{} not followed: what lies behind was not looked at", text::count(links));
            self.write_line(out, "Links", &line, Paint::Notice)?;
        }
        for origin in &self.inspection.inventory.origins {
            let Some(bundle) = origin.bundle.as_deref() else { continue };
            let host = origin.host.as_deref().map(|host| format!(" of {}", text::printable(host))).unwrap_or_default();
            let when = origin.as_of.map(|time| format!(", as of {time:.0}")).unwrap_or_default();
            self.write_line(out, "Bundle", &format!("{}{host}{when}", text::path(bundle)), Paint::Plain)?;
        }
        if let Some((line, paint)) = findings(self.inspection) {
            self.write_line(out, "Findings", &line, paint)?;
        }
        self.write_line(out, "Sizes", &sizes(summary), Paint::Plain)?;
        if let Some(line) = unneeded(summary) {
            self.write_line(out, "Unneeded", &line, Paint::Notice)?;
        }
        for volume in &self.inspection.volumes {
            let place = volume.mount_path.as_deref().unwrap_or(Path::new(&volume.id));
            let place = place::path(&self.inspection.inventory, volume.origin, place);
            let system = volume.file_system.as_deref().map(|name| format!(" ({})", text::printable(name)));
            let used = volume.used_percent();
            let percent = used.map(|percent| format!(", {percent} % used")).unwrap_or_default();
            let line = format!(
                "{place}{}: {} free of {}{percent}",
                system.unwrap_or_default(),
                text::size(volume.free),
                text::size(volume.total),
            );
            let full = used.is_some_and(|percent| percent >= NEARLY_FULL);
            self.write_line(out, "Volume", &line, if full { Paint::Alarm } else { Paint::Plain })?;
        }
        if self.inspection.interrupted {
            self.write_line(out, "Note", "broken off before all files were read", Paint::Alarm)?;
        }
        Ok(())
    }

    fn write_line(&self, out: &mut dyn Write, label: &str, line: &str, paint: Paint) -> io::Result<()> {
        let label = self.style.paint(Paint::Faint, text::left(label, 8));
        writeln!(out, "  {label} {}", self.style.paint(paint, line))
    }
}

/// What shows more: a command that looks at files, or for bundles, which have none, an option.
pub(super) fn shown_by(inspection: &Inspection, command: &'static str, option: &'static str) -> &'static str {
    let of_bundles = inspection.inventory.origins.iter().any(|origin| origin.bundle.is_some());
    if of_bundles { option } else { command }
}

/// How many findings there are above info, if any.
fn findings(inspection: &Inspection) -> Option<(String, Paint)> {
    let findings = &inspection.findings;
    let grave = count(findings.count(Severity::Fatal)).saturating_add(count(findings.count(Severity::Error)));
    let warnings = count(findings.count(Severity::Warning));
    let paint = if grave > 0 { Paint::Alarm } else { Paint::Notice };
    let parts = [(grave, "error"), (warnings, "warning")].into_iter().filter(|(number, _)| *number > 0);
    let parts: Vec<String> = parts.map(|(number, word)| text::plural(number, word)).collect();
    (!parts.is_empty()).then(|| {
        (format!("{}; {} shows them", parts.join(", "), shown_by(inspection, "check", "--format json")), paint)
    })
}

fn files(summary: &Summary) -> String {
    let mut line = text::plural(summary.images, "disk");
    if summary.other_files > 0 {
        let _ = write!(line, " and {}", text::plural(summary.other_files, "other file"));
    }
    if summary.unreadable_files > 0 {
        let _ = write!(line, "; {} cannot be read", text::count(summary.unreadable_files));
    }
    line
}

fn chains(summary: &Summary) -> String {
    let mut line = format!("{}: {} complete", text::count(summary.chains), text::count(summary.complete_chains));
    for (count, what) in
        [(summary.broken_chains, "broken"), (summary.unreadable_chains, "with a file that cannot be read")]
    {
        if count > 0 {
            let _ = write!(line, ", {} {what}", text::count(count));
        }
    }
    line
}

fn sizes(summary: &Summary) -> String {
    let on_disk = summary.image_allocated.map(|bytes| format!(" ({} on disk)", text::size(bytes)));
    let others = (!summary.other_size.is_zero()).then(|| format!("; other files {}", text::size(summary.other_size)));
    format!(
        "disks {}{} for {} of virtual disks{}",
        text::size(summary.image_size),
        on_disk.unwrap_or_default(),
        text::size(summary.virtual_size),
        others.unwrap_or_default(),
    )
}

/// What nothing needs, where anything was judged so.
fn unneeded(summary: &Summary) -> Option<String> {
    let bytes = summary.orphans.filter(|bytes| !bytes.is_zero())?;
    let probable = summary.reclaimable.unwrap_or_default();
    let how_sure = match probable {
        probable if probable.is_zero() => "possibly, none of it probably".to_owned(),
        probable if probable == bytes => "probably or surely".to_owned(),
        probable => format!("possibly, {} of it probably or surely", text::size(probable)),
    };
    Some(format!("{} {how_sure}; vhdxray orphans says why", text::size(bytes)))
}

fn what_is(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Vhdx | FileKind::Vhd => "virtual disk",
        FileKind::VhdSet => "VHD set: names the disk that several machines share",
        FileKind::Vmcx => "configuration of a machine or checkpoint",
        FileKind::Vmrs => "run-time state of a machine or checkpoint",
        FileKind::Vmgs => "guest state: firmware variables, virtual TPM",
        FileKind::VmXml => "configuration of a machine or checkpoint, up to 2012 R2",
        FileKind::Rct => "resilient change tracking of a disk",
        FileKind::Mrt => "coarse change tracking of a disk",
        FileKind::Hrl => "replica log of a disk",
        FileKind::Hru => "replica undo log of a disk",
        FileKind::Bin => "memory of a saved machine, up to 2012 R2",
        FileKind::Vsv => "device state of a saved machine, up to 2012 R2",
        FileKind::Slp => "smart paging file",
        FileKind::VhdPmem => "virtual persistent memory",
        FileKind::Vfd => "floppy image",
        FileKind::Iso => "optical image",
        FileKind::Other => "",
    }
}
