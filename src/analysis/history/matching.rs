//! Which file of a run is which file of the run before: by identity, not by path.
//!
//! The strongest sign comes first, and a file that is matched is out of the game. A path alone never decides between two
//! readable disks: another disk at the same path is another disk. Copies share everything but the path and the number on
//! the volume; the one that stayed where it was is the old one, and the others are new.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::record::{DiskRecord, FileRecord};

/// For each file of `now` its place in `before`.
pub fn matched(before: &[&FileRecord], now: &[&FileRecord]) -> Vec<Option<usize>> {
    let mut matcher = Matcher { before, now, found: vec![None; now.len()], taken: vec![false; before.len()] };
    matcher.pass(Several::First, |file| Some((file.path.clone(), identity(file)?)));
    matcher.pass(Several::First, |file| Some((number(file)?, family(file)?)));
    matcher.pass(Several::First, |file| Some((file.path.clone(), family(file)?, is_differencing(file))));
    // Moved to another volume: its number is new, its content is not.
    matcher.pass(Several::First, |file| Some((identity(file)?, family(file), file.path.name().to_owned())));
    matcher.pass(Several::First, |file| Some((identity(file)?, family(file))));
    // Moved and written to: what its parent was, or else its name, is all that is left beside the family.
    matcher.pass(Several::Undecided, |file| Some((family(file)?, file.disk.as_ref()?.parent_expected?)));
    matcher.pass(Several::Undecided, |file| {
        Some((family(file)?, file.path.name().to_owned())).filter(|_| !is_differencing(file))
    });
    matcher.unreadable();
    matcher.found
}

/// What to do where several files have the same signs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Several {
    /// They are matched in the order of their paths.
    First,
    /// None is matched.
    Undecided,
}

struct Matcher<'a> {
    before: &'a [&'a FileRecord],
    now: &'a [&'a FileRecord],
    found: Vec<Option<usize>>,
    taken: Vec<bool>,
}

impl Matcher<'_> {
    fn pass<K: Ord>(&mut self, several: Several, key: impl Fn(&FileRecord) -> Option<K>) {
        let mut open: BTreeMap<K, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for (place, file) in self.before.iter().enumerate().rev() {
            if !self.taken.get(place).copied().unwrap_or(true)
                && let Some(key) = key(file)
            {
                open.entry(key).or_default().0.push(place);
            }
        }
        for (place, file) in self.now.iter().enumerate() {
            if self.found.get(place).is_some_and(Option::is_none)
                && let Some((_, now)) = key(file).and_then(|key| open.get_mut(&key))
            {
                now.push(place);
            }
        }
        for (mut before, now) in open.into_values() {
            if several == Several::Undecided && (before.len() > 1 || now.len() > 1) {
                continue;
            }
            for now in now {
                if let Some(before) = before.pop() {
                    self.take(before, now);
                }
            }
        }
    }

    /// A file that cannot be read, or could not, is the one at its path, or else the one of its number.
    fn unreadable(&mut self) {
        let unknown = |file: &FileRecord| family(file).is_none();
        for by_number in [false, true] {
            for (place, file) in self.now.iter().enumerate() {
                if self.found.get(place).is_none_or(Option::is_some) {
                    continue;
                }
                let same = |old: &&FileRecord| {
                    let same = if by_number {
                        number(file).is_some() && number(old) == number(file)
                    } else {
                        old.path == file.path
                    };
                    same && (unknown(old) || unknown(file))
                };
                let taken = &self.taken;
                let free = |place: &usize| !taken.get(*place).copied().unwrap_or(true);
                let found = (0..self.before.len()).filter(free).find(|old| self.before.get(*old).is_some_and(same));
                if let Some(old) = found {
                    self.take(old, place);
                }
            }
        }
    }

    fn take(&mut self, before: usize, now: usize) {
        if let (Some(taken), Some(found)) = (self.taken.get_mut(before), self.found.get_mut(now)) {
            *taken = true;
            *found = Some(before);
        }
    }
}

fn identity(file: &FileRecord) -> Option<Uuid> {
    file.disk.as_ref().and_then(DiskRecord::identity)
}

fn family(file: &FileRecord) -> Option<Uuid> {
    file.disk.as_ref().and_then(DiskRecord::family)
}

fn number(file: &FileRecord) -> Option<(String, u64)> {
    Some((file.volume.clone()?, file.file_id?))
}

fn is_differencing(file: &FileRecord) -> bool {
    file.disk.as_ref().is_some_and(DiskRecord::is_differencing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::history::path_text::PathText;

    /// A disk: path, number on the volume, family, identity.
    fn disk(path: &str, number: u64, family: u128, identity: u128) -> FileRecord {
        FileRecord {
            path: PathText { text: path.to_owned(), raw_hex: None },
            kind: "vhdx".to_owned(),
            readable: true,
            volume: Some("8:1".to_owned()),
            file_id: Some(number),
            disk: Some(DiskRecord {
                disk_type: Some("dynamic".to_owned()),
                virtual_disk_id: Some(Uuid::from_u128(family)),
                data_write_guid: Some(Uuid::from_u128(identity)),
                ..DiskRecord::default()
            }),
            ..FileRecord::default()
        }
    }

    fn child(path: &str, number: u64, family: u128, identity: u128, parent: u128) -> FileRecord {
        let mut file = disk(path, number, family, identity);
        if let Some(disk) = &mut file.disk {
            disk.disk_type = Some("differencing".to_owned());
            disk.parent_expected = Some(Uuid::from_u128(parent));
        }
        file
    }

    fn unreadable(path: &str, number: u64) -> FileRecord {
        FileRecord { disk: None, ..disk(path, number, 0, 0) }
    }

    #[track_caller]
    fn assert_matched(before: &[FileRecord], now: &[FileRecord], expected: &[Option<usize>]) {
        assert_eq!(matched(&before.iter().collect::<Vec<_>>(), &now.iter().collect::<Vec<_>>()), expected);
    }

    #[test]
    fn renamed_and_written_to_in_one() {
        assert_matched(&[disk("/a", 1, 7, 70)], &[disk("/b", 1, 7, 71)], &[Some(0)]);
        // On another volume there is another number; a name is left.
        assert_matched(&[disk("/a/x.vhdx", 1, 7, 70)], &[disk("/b/x.vhdx", 9, 7, 71)], &[Some(0)]);
        assert_matched(&[child("/a", 1, 7, 70, 5)], &[child("/b", 9, 7, 71, 5)], &[Some(0)]);
        assert_matched(&[disk("/a", 1, 7, 70)], &[disk("/b", 9, 7, 70)], &[Some(0)]);
    }

    #[test]
    fn two_disks_that_changed_places_are_told_apart() {
        assert_matched(
            &[disk("/a", 1, 7, 70), disk("/b", 2, 8, 80)],
            &[disk("/a", 2, 8, 80), disk("/b", 1, 7, 70)],
            &[Some(1), Some(0)],
        );
    }

    #[test]
    fn a_copy_is_new_and_the_original_stays() {
        let before = [disk("/b/x.vhdx", 2, 7, 70)];
        assert_matched(&before, &[disk("/a/x.vhdx", 3, 7, 70), disk("/b/x.vhdx", 2, 7, 70)], &[None, Some(0)]);
        // The original is written to after the copy was made.
        assert_matched(&before, &[disk("/a/x.vhdx", 3, 7, 70), disk("/b/x.vhdx", 2, 7, 71)], &[None, Some(0)]);
        // Two copies stay apart while both are written to.
        assert_matched(
            &[disk("/a/x.vhdx", 3, 7, 70), disk("/b/x.vhdx", 2, 7, 70)],
            &[disk("/a/x.vhdx", 3, 7, 72), disk("/b/x.vhdx", 2, 7, 71)],
            &[Some(0), Some(1)],
        );
    }

    #[test]
    fn another_disk_at_the_same_path_is_another_disk() {
        assert_matched(&[disk("/a", 1, 7, 70)], &[disk("/a", 1, 8, 80)], &[None]);
        // The old one was moved out of the way first.
        assert_matched(&[disk("/a", 1, 7, 70)], &[disk("/a", 2, 8, 80), disk("/a.old", 1, 7, 70)], &[None, Some(0)]);
    }

    #[test]
    fn layers_of_one_chain_share_the_family_and_are_told_apart() {
        let before = [disk("/base", 1, 7, 70), child("/leaf", 2, 7, 71, 70)];
        // A new checkpoint: the old leaf was closed with a new identity, the new one stands on it.
        let now = [disk("/base", 1, 7, 70), child("/leaf", 2, 7, 72, 70), child("/leaf2", 3, 7, 73, 72)];
        assert_matched(&before, &now, &[Some(0), Some(1), None]);
    }

    #[test]
    fn what_cannot_be_read_keeps_its_place() {
        assert_matched(&[disk("/a", 1, 7, 70)], &[unreadable("/a", 1)], &[Some(0)]);
        assert_matched(&[unreadable("/a", 1)], &[disk("/b", 1, 7, 70)], &[Some(0)]);
        assert_matched(&[disk("/a", 1, 7, 70)], &[unreadable("/b", 5)], &[None]);
    }
}
