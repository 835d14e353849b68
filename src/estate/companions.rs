//! Which disk a companion is named after.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::chain::windows_path::to_upper;
use crate::chain::{FileNo, absolute};
use crate::image::FileKind;

/// The disks of an estate by their places.
#[derive(Clone, Debug, Default)]
pub struct DisksByPlace(HashMap<String, Vec<(FileNo, PathBuf)>>);

impl DisksByPlace {
    /// Picks the disks from all files, each with its places: a file with several comes several times.
    pub fn new<P: AsRef<Path>>(files: impl IntoIterator<Item = (FileNo, P, FileKind)>) -> Self {
        let is_disk = |kind| matches!(kind, FileKind::Vhdx | FileKind::Vhd | FileKind::VhdSet | FileKind::VhdPmem);
        let disks = files.into_iter().filter(|(_, _, kind)| is_disk(*kind));
        let mut by_place: HashMap<String, Vec<(FileNo, PathBuf)>> = HashMap::new();
        for (number, path, _) in disks {
            let path = absolute(path.as_ref());
            by_place.entry(folded(&path)).or_default().push((number, path));
        }
        Self(by_place)
    }

    /// The disk beside a companion whose whole name stands before the companion's own extension. Replica logs are named
    /// after the disk with or without its extension. Of disks whose names differ in case alone it is the one that the
    /// companion spells.
    pub fn of(&self, companion: &Path) -> Option<FileNo> {
        let companion = absolute(companion);
        let place = folded(&companion);
        let spelled = companion.with_extension("");
        let (owner, extension) = place.rsplit_once('.')?;
        // A point in a folder's name is none of the file's.
        if extension.contains(std::path::is_separator) {
            return None;
        }
        ["", ".VHDX", ".VHD", ".AVHDX", ".AVHD"].iter().find_map(|extension| {
            let alike = self.0.get(&format!("{owner}{extension}"))?;
            let exact = |path: &Path| *path == spelled || path.with_extension("") == spelled;
            alike.iter().find(|(_, path)| exact(path)).or(alike.first()).map(|(file, _)| *file)
        })
    }
}

/// A place as Windows compares it.
fn folded(path: &Path) -> String {
    to_upper(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_companion_is_named_after_its_disk_in_whatever_case() {
        let files = [
            ("/v/Web.vhdx", FileKind::Vhdx),
            ("/v/old.vhd", FileKind::Vhd),
            ("/v/x.iso", FileKind::Iso),
            ("/v/OLD.vhd", FileKind::Vhd),
        ];
        let files = files.into_iter().enumerate().map(|(n, (path, kind))| (FileNo(n), Path::new(path), kind));
        let disks = DisksByPlace::new(files);
        for (companion, owner) in [
            ("/v/WEB.VHDX.rct", Some(0)),
            ("/v/web.hrl", Some(0)),
            ("/v/old.vhd.mrt", Some(1)),
            ("/v/OLD.vhd.mrt", Some(3)),
            ("/v/OLD.hrl", Some(3)),
            ("/v/Old.vhd.mrt", Some(1)),
            ("/w/web.vhdx.rct", None),
            ("/v/x.iso.rct", None),
            ("/v/none", None),
            ("/v.vhdx/none", None),
        ] {
            assert_eq!(disks.of(Path::new(companion)).map(|file| file.0), owner, "{companion}");
        }
    }
}
