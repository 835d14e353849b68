//! Disks behind symbolic links that were not followed: their places are not empty, whatever the walk found there.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::chain::windows_path::{WindowsPath, to_upper};
use crate::estate::correlate::AttachedStatus;
use crate::estate::names::folded_name;

use super::Machines;

impl Machines {
    /// Takes no disk for missing that may lie behind one of these links, told by its own name or that of its folder.
    pub fn look_behind(&mut self, links: &[PathBuf]) {
        let names: BTreeSet<String> = links.iter().map(|link| folded_name(link)).collect();
        if names.is_empty() {
            return;
        }
        let disks = self.all.iter_mut().flat_map(|machine| &mut machine.disks);
        for disk in disks.filter(|disk| disk.found.status == AttachedStatus::Missing) {
            let path = WindowsPath::parse(&disk.recorded);
            let folder = path.parent_components();
            if path
                .file_name()
                .into_iter()
                .chain(folder.last().map(AsRef::as_ref))
                .any(|name| names.contains(&to_upper(name)))
            {
                disk.found.status = AttachedStatus::Outside;
            }
        }
    }
}
