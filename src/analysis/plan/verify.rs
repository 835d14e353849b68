//! Whether a plan is still true: the facts that it rests on, read again and laid beside those that it holds.

use std::collections::BTreeMap;

use super::fingerprint::{ConfigurationFact, DiskFact, Fingerprint};
use super::path_text::PathText;

/// A fact that is no longer what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file.
    pub path: PathText,
    /// Which fact, by its name in the plan.
    pub what: &'static str,
    /// What the plan says; `None` where it says nothing.
    pub planned: Option<String>,
    /// What was found now.
    pub found: Option<String>,
}

/// Every fact of `planned` that `found` does not hold, and every file that is new, sorted by path.
pub fn compare(planned: &Fingerprint, found: &Fingerprint) -> Vec<Change> {
    let mut changes = Vec::new();
    let disks = |print: &Fingerprint| by_path(print.disks.iter().map(|disk| (disk.path.clone(), disk.clone())));
    both(&disks(planned), &disks(found), "disk", &mut changes, |path, old, new, changes| {
        for ((what, before), (_, now)) in facts(old).into_iter().zip(facts(new)) {
            if before != now {
                changes.push(Change { path: path.clone(), what, planned: before, found: now });
            }
        }
    });
    let configurations =
        |print: &Fingerprint| by_path(print.configurations.iter().map(|known| (known.path.clone(), known.clone())));
    both(
        &configurations(planned),
        &configurations(found),
        "configuration",
        &mut changes,
        |path, old: &ConfigurationFact, new: &ConfigurationFact, changes| {
            if old.sha256 != new.sha256 {
                changes.push(Change {
                    path: path.clone(),
                    what: "sha256",
                    planned: old.sha256.clone(),
                    found: new.sha256.clone(),
                });
            }
        },
    );
    // One that is gone, or can be read now, is no danger: as a child it would be among the disks.
    for path in found.possible_children.iter().filter(|path| !planned.possible_children.contains(path)) {
        let known = planned.disks.iter().any(|disk| disk.path == *path);
        // A disk of the plan that cannot be read any more is told about as that disk.
        if !known {
            changes.push(Change {
                path: path.clone(),
                what: "possible_child",
                planned: None,
                found: Some("there".to_owned()),
            });
        }
    }
    changes.sort_by(|a, b| (&a.path, a.what).cmp(&(&b.path, b.what)));
    changes
}

fn by_path<T>(all: impl Iterator<Item = (PathText, T)>) -> BTreeMap<PathText, T> {
    all.collect()
}

/// Walks both lists; a file that only one of them has is a change itself.
fn both<T>(
    planned: &BTreeMap<PathText, T>,
    found: &BTreeMap<PathText, T>,
    what: &'static str,
    changes: &mut Vec<Change>,
    each: impl Fn(&PathText, &T, &T, &mut Vec<Change>),
) {
    let there = || Some("there".to_owned());
    for (path, old) in planned {
        match found.get(path) {
            Some(new) => each(path, old, new, changes),
            None => changes.push(Change { path: path.clone(), what, planned: there(), found: None }),
        }
    }
    for path in found.keys().filter(|path| !planned.contains_key(*path)) {
        changes.push(Change { path: path.clone(), what, planned: None, found: there() });
    }
}

/// The facts of a disk in words, in the order of the plan.
fn facts(disk: &DiskFact) -> [(&'static str, Option<String>); 14] {
    let number = |number: Option<u64>| number.map(|number| number.to_string());
    [
        ("part", Some(disk.part.clone())),
        ("size_bytes", number(disk.size_bytes)),
        ("modified", disk.modified.clone()),
        ("file_id", disk.file_id.clone()),
        ("format", disk.format.clone()),
        ("virtual_size_bytes", number(disk.virtual_size_bytes)),
        ("virtual_disk_id", disk.virtual_disk_id.clone()),
        ("file_write_guid", disk.file_write_guid.clone()),
        ("data_write_guid", disk.data_write_guid.clone()),
        ("linkage", disk.linkage.clone()),
        ("linkage2", disk.linkage2.clone()),
        ("header_sequence_number", number(disk.header_sequence_number)),
        ("log_state", disk.log_state.clone()),
        ("structures_blake3", disk.structures_blake3.clone()),
    ]
}
