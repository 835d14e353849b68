//! Disks behind symbolic links that were not followed: their places are not empty, whatever the walk found there.

use std::collections::BTreeSet;
use std::path::Path;

use crate::chain::windows_path::{WindowsPath, to_upper};
use crate::estate::correlate::AttachedStatus;
use crate::estate::names::folded_name;

use super::Machines;

impl Machines {
    /// Takes no disk for missing that may lie behind one of the links, told by its own name, or by that of its folder
    /// where the link leads out of what was looked at.
    pub fn look_behind(&mut self, links: &[&Path], outside: &[&Path]) {
        let names = |links: &[&Path]| links.iter().map(|link| folded_name(link)).collect::<BTreeSet<String>>();
        let (names, folders) = (names(links), names(outside));
        if names.is_empty() {
            return;
        }
        let disks = self.all.iter_mut().flat_map(|machine| &mut machine.disks);
        for disk in disks.filter(|disk| disk.found.status == AttachedStatus::Missing) {
            let path = WindowsPath::parse(&disk.recorded);
            let is_link = path.file_name().is_some_and(|name| names.contains(&to_upper(name)));
            let folder = path.parent_components().last().is_some_and(|folder| folders.contains(&to_upper(folder)));
            if is_link || folder {
                disk.found.status = AttachedStatus::Outside;
            }
        }
    }
}
