//! Which disk a companion is named after.

use std::collections::BTreeMap;
use std::path::Path;

use crate::chain::FileNo;
use crate::image::FileKind;

use super::names::folded_parts;

/// The disks of an estate by their places.
#[derive(Clone, Debug, Default)]
pub struct DisksByPlace(BTreeMap<Vec<String>, FileNo>);

impl DisksByPlace {
    /// Picks the disks from all files, each with its place.
    pub fn new<P: AsRef<Path>>(files: impl IntoIterator<Item = (FileNo, P, FileKind)>) -> Self {
        let is_disk = |kind| matches!(kind, FileKind::Vhdx | FileKind::Vhd | FileKind::VhdSet | FileKind::VhdPmem);
        let disks = files.into_iter().filter(|(_, _, kind)| is_disk(*kind));
        Self(disks.map(|(number, path, _)| (folded_parts(path.as_ref()), number)).collect())
    }

    /// The disk beside a companion whose whole name stands before the companion's own extension. Replica logs are named
    /// after the disk with or without its extension.
    pub fn of(&self, companion: &Path) -> Option<FileNo> {
        let mut parts = folded_parts(companion);
        let name = parts.pop()?;
        let (owner, _) = name.rsplit_once('.')?;
        ["", ".VHDX", ".VHD", ".AVHDX", ".AVHD"].iter().find_map(|extension| {
            let mut place = parts.clone();
            place.push(format!("{owner}{extension}"));
            self.0.get(&place).copied()
        })
    }
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
        ] {
            assert_eq!(disks.of(Path::new(companion)).map(|file| file.0), owner, "{companion}");
        }
    }
}
