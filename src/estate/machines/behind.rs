//! Disks behind symbolic links that were not followed: their places are not empty, whatever the walk found there. A link
//! in the place of a file is one of the things that were left out.

use std::collections::BTreeSet;
use std::path::Path;

use crate::chain::windows_path::{WindowsPath, to_upper};
use crate::estate::correlate::AttachedStatus;
use crate::estate::names::folded_name;

use super::Machines;

impl Machines {
    /// Takes no disk for missing whose folder may be one of these links.
    pub fn look_behind(&mut self, links: &[&Path]) {
        let folders: BTreeSet<String> = links.iter().map(|link| folded_name(link)).collect();
        let disks = self.all.iter_mut().flat_map(|machine| &mut machine.disks);
        for disk in disks.filter(|disk| !folders.is_empty() && disk.found.status == AttachedStatus::Missing) {
            let path = WindowsPath::parse(&disk.recorded);
            if path.parent_components().last().is_some_and(|folder| folders.contains(&to_upper(folder))) {
                disk.found.status = AttachedStatus::Outside;
            }
        }
    }
}
