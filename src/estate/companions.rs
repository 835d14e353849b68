//! Which disk a companion is named after.

use std::collections::HashMap;
use std::path::Path;

use crate::chain::FileNo;
use crate::image::FileKind;

use crate::chain::absolute;
use crate::chain::windows_path::to_upper;

/// The disks of an estate by their places.
#[derive(Clone, Debug, Default)]
pub struct DisksByPlace(HashMap<String, FileNo>);

impl DisksByPlace {
    /// Picks the disks from all files, each with its place.
    pub fn new<P: AsRef<Path>>(files: impl IntoIterator<Item = (FileNo, P, FileKind)>) -> Self {
        let is_disk = |kind| matches!(kind, FileKind::Vhdx | FileKind::Vhd | FileKind::VhdSet | FileKind::VhdPmem);
        let disks = files.into_iter().filter(|(_, _, kind)| is_disk(*kind));
        Self(disks.map(|(number, path, _)| (folded(path.as_ref()), number)).collect())
    }

    /// The disk beside a companion whose whole name stands before the companion's own extension. Replica logs are named
    /// after the disk with or without its extension.
    pub fn of(&self, companion: &Path) -> Option<FileNo> {
        let place = folded(companion);
        let (owner, extension) = place.rsplit_once('.')?;
        // A point in a folder's name is none of the file's.
        if extension.contains(std::path::is_separator) {
            return None;
        }
        ["", ".VHDX", ".VHD", ".AVHDX", ".AVHD"]
            .iter()
            .find_map(|extension| self.0.get(&format!("{owner}{extension}")).copied())
    }
}

/// The place as Windows compares it.
fn folded(path: &Path) -> String {
    to_upper(&absolute(path).to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_companion_is_named_after_its_disk_in_whatever_case() {
        let files = [("/v/Web.vhdx", FileKind::Vhdx), ("/v/old.vhd", FileKind::Vhd), ("/v/x.iso", FileKind::Iso)];
        let files = files.into_iter().enumerate().map(|(n, (path, kind))| (FileNo(n), Path::new(path), kind));
        let disks = DisksByPlace::new(files);
        for (companion, owner) in [
            ("/v/WEB.VHDX.rct", Some(0)),
            ("/v/web.hrl", Some(0)),
            ("/v/old.vhd.mrt", Some(1)),
            ("/w/web.vhdx.rct", None),
            ("/v/x.iso.rct", None),
            ("/v/none", None),
            ("/v.vhdx/none", None),
        ] {
            assert_eq!(disks.of(Path::new(companion)).map(|file| file.0), owner, "{companion}");
        }
    }
}
