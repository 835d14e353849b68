//! What no report, bundle or history is ever written over: disk images of any program, other runs' bundles, databases,
//! and whatever a command reads.

use std::path::{Path, PathBuf};

use crate::bundle;
use crate::image::{FileKind, KindBy};
use crate::source::{FileSource, ReadAt};
use crate::units::FileOffset;

/// How other programs' disk images and databases start, with where that stands and what they are called.
const SIGNATURES: [(FileOffset, &[u8], &str); 8] = [
    (FileOffset(0), b"QFI\xFB", "a qcow2 disk image"),
    (FileOffset(0), b"KDMV", "a VMDK disk image"),
    (FileOffset(0), b"COWD", "a VMDK disk image"),
    (FileOffset(0), b"# Disk DescriptorFile", "a VMDK description"),
    (FileOffset(0x40), &0xBEDA_107F_u32.to_le_bytes(), "a VDI disk image"),
    (FileOffset(0x8001), b"CD001", "an iso file"),
    (FileOffset(0x8001), b"BEA01", "an iso file"),
    (FileOffset(0), SQLITE, "an SQLite database"),
];
const SQLITE: &[u8] = b"SQLite format 3\0";

/// What an existing file is, if it is a disk image, a machine's file, or called like one.
pub(in crate::cli) fn image(path: &Path) -> Option<String> {
    let by_name = FileKind::of_name(path);
    let source = FileSource::open(path).ok();
    let kind = source.as_ref().and_then(|source| FileKind::of(source, path).ok());
    match kind.map_or(by_name, |(kind, _): (FileKind, KindBy)| kind) {
        FileKind::Other => foreign(source.as_ref()?).filter(|(magic, _)| *magic != SQLITE).map(|(_, is)| is.to_owned()),
        kind @ FileKind::Iso => Some(format!("an {} file", kind.name())),
        kind => Some(format!("a {} file", kind.name())),
    }
}

/// The same, and for a report also what other commands wrote that holds more than a report.
pub(in crate::cli) fn kept(path: &Path) -> Option<String> {
    if let Some(is) = image(path) {
        return Some(is);
    }
    let source = FileSource::open(path).ok()?;
    if let Some((_, is)) = foreign(&source) {
        return Some(is.to_owned());
    }
    bundle::is_bundle(path).is_ok_and(|is| is).then(|| "a bundle".to_owned())
}

fn foreign(source: &FileSource) -> Option<(&'static [u8], &'static str)> {
    let is = |(at, signature): (FileOffset, &[u8])| {
        let mut start = vec![0; signature.len()];
        source.read_up_to("", at, &mut start).is_ok_and(|have| have == start.len()) && start == signature
    };
    SIGNATURES.into_iter().find(|(at, signature, _)| is((*at, signature))).map(|(_, signature, name)| (signature, name))
}

/// Whether a file that is there is a named one, or lies below a named folder, whichever way leads there.
pub(in crate::cli) fn lies_in(path: &Path, named: &Path) -> bool {
    match named.is_dir() {
        true => real(path).zip(real(named)).is_some_and(|(path, named)| path.starts_with(named)),
        false => is_same_file(path, named),
    }
}

/// Whether two paths lead to one file.
pub(in crate::cli) fn is_same_file(a: &Path, b: &Path) -> bool {
    let id = |path: &Path| FileSource::open(path).ok().and_then(|file| file.id());
    id(a).is_some_and(|a| Some(a) == id(b))
}

/// A path without links, so that two ways to one folder are one.
#[expect(clippy::disallowed_methods, reason = "the path is one that the user named, and nothing is opened through it")]
pub(in crate::cli) fn real(path: &Path) -> Option<PathBuf> {
    std::fs::canonicalize(path).ok()
}
