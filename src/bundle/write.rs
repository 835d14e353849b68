//! Writing a bundle: under a temporary name beside its place, and renamed when all of it is on the disk.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::checks::{Check, Finding};
use crate::inspect::Inspection;
use crate::source::open_regular;

use super::contents::ContentsLine;
use super::file::{FileLine, LinkLine, UnreadableLine, VolumeLine};
use super::finding::{FindingLine, NotShownLine};
use super::header::{About, HeaderLine};
use super::line::{EndLine, Line};
use super::read::{GZIP, Lines};
use super::text::Text;

/// Writes what a run saw to a file. A file that is there already stays as it is until the new one is whole.
pub fn write(inspection: &Inspection, about: &About, path: &Path) -> io::Result<()> {
    let beside = beside(path);
    let written = File::create_new(&beside).and_then(|file| {
        let mut out = BufWriter::new(file);
        write_to(inspection, about, &mut out)?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&beside, path)
    });
    if written.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::AlreadyExists) {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Writes what a run saw.
pub fn write_to(inspection: &Inspection, about: &About, out: &mut dyn Write) -> io::Result<()> {
    // Without a name and a time in its own header, the same facts give the same bytes.
    let mut zipped = GzEncoder::new(out, Compression::default());
    write_lines(inspection, about, &mut zipped)?;
    zipped.finish()?.flush()
}

/// Writes what a run saw as lines that are not compressed.
pub fn write_lines(inspection: &Inspection, about: &About, out: &mut dyn Write) -> io::Result<()> {
    let mut lines_count = 0_u64;
    for line in lines(inspection, about) {
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
        lines_count = lines_count.saturating_add(1);
    }
    serde_json::to_writer(&mut *out, &Line::End(EndLine { lines_count }))?;
    out.write_all(b"\n")
}

/// Whether a file that is there already is a bundle, so that another may take its place.
pub fn is_bundle(path: &Path) -> io::Result<bool> {
    let mut file = open_regular(path).map_err(|error| io::Error::other(error.reason().to_string()))?;
    let mut start = [0; GZIP.len()];
    if file.read_exact(&mut start).is_err() || start != GZIP {
        return Ok(false);
    }
    Ok(matches!(Lines::open(path).map(|mut lines| lines.next_line()), Ok(Ok(Some((_, Line::Bundle(_)))))))
}

fn lines<'a>(inspection: &'a Inspection, about: &About) -> impl Iterator<Item = Line> + use<'a> {
    let header = Line::Bundle(Box::new(HeaderLine::new(inspection, about)));
    let volumes = inspection.volumes.iter().map(|volume| Line::Volume(VolumeLine::from(volume)));
    let unreadable =
        inspection.inventory.unreadable.iter().map(|unreadable| Line::Unreadable(UnreadableLine::from(unreadable)));
    let links = inspection.inventory.links.iter().map(|link| Line::Link(LinkLine::from(link)));
    let files = inspection.inventory.files.iter().map(|file| Line::File(Box::new(FileLine::from(file))));
    let contents = inspection.contents.iter().filter_map(|(number, contents)| {
        let path = Text::of_path(&inspection.file(*number)?.path);
        Some(Line::Contents(Box::new(ContentsLine::new(path, contents))))
    });
    let found = inspection.findings.list.iter().filter(|finding| is_carried(finding.code));
    let findings = found.map(|finding: &Finding| Line::Finding(FindingLine::from(finding)));
    let more = inspection.findings.not_shown.iter().filter(|more| is_carried(more.code));
    let not_shown = more.map(|more| Line::NotShown(NotShownLine::from(more)));
    std::iter::once(header)
        .chain(volumes)
        .chain(unreadable)
        .chain(links)
        .chain(files)
        .chain(contents)
        .chain(findings)
        .chain(not_shown)
}

/// Whether a finding cannot be made anew from the facts, for its check reads the file.
fn is_carried(code: &str) -> bool {
    crate::checks::find(code).is_some_and(Check::is_of_file_alone)
}

/// A name beside a path that no other run uses.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().map(std::ffi::OsStr::to_owned).unwrap_or_default();
    name.push(format!(".{}.part", std::process::id()));
    path.with_file_name(name)
}
