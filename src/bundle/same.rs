//! Whether what two hosts saw is one file on storage that they share.
//!
//! A name proves nothing, and a copy made with its times looks like its original. What tells them apart is the number of
//! the file on its volume, which a share gives to all its hosts. Where numbers are missing, the whole path and everything
//! else must agree. What stays in doubt is told apart here, and its verdict is no surer than "possible"
//! (`estate::verdict`): a file that is called a copy may be the original, seen by another way.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::chain::windows_path::to_upper;
use crate::estate::FoundFile;
use crate::image::DiskFacts;

/// Under what a file is looked for among those of other hosts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// Its number on its volume, and its name.
    Number(u64, String),
    /// Its path, where it has no number.
    Path(String),
}

impl Key {
    /// The keys of a file. One without a number is looked for by its path, and so must those with one be.
    pub(super) fn of(file: &FoundFile) -> Vec<Self> {
        let name = file.path.file_name().map(|name| to_upper(&name.to_string_lossy())).unwrap_or_default();
        let path = Self::Path(to_upper(&file.path.to_string_lossy()));
        file.id.map(|id| Self::Number(id.file(), name)).into_iter().chain([path]).collect()
    }
}

/// Whether two files with a key in common, seen by two hosts, are one.
pub(super) fn is_one_file(a: &FoundFile, b: &FoundFile, both_windows: bool) -> bool {
    if a.kind != b.kind {
        return false;
    }
    match (a.id, b.id) {
        // Elsewhere every host numbers its volumes itself.
        (Some(one), Some(other)) => {
            let same_volume = one.device() == other.device();
            one.file() == other.file()
                && (same_volume || !both_windows)
                && is_same_content(a, b).unwrap_or_else(|| is_same_state(a, b))
        }
        _ => is_same_content(a, b) == Some(true) && is_same_state(a, b),
    }
}

/// Whether two files of one number on one host are one file under two names, and not two that had the number one after
/// the other.
pub(super) fn is_one_link(a: &FoundFile, b: &FoundFile) -> bool {
    a.id.is_some() && a.id == b.id && a.kind == b.kind && is_same_content(a, b) != Some(false) && is_same_state(a, b)
}

/// Whether both records of one place on one host contradict each other, so that there must be two hosts of one name.
pub(super) fn contradict(a: &FoundFile, b: &FoundFile) -> bool {
    let disk_id = |file: &FoundFile| known(file.disk.as_ref()?.virtual_disk_id);
    differ(disk_id(a), disk_id(b)) || differ(machine_id(a), machine_id(b)) || lists_differ(a, b)
}

/// The id of the machine or checkpoint that a file configures.
fn machine_id(file: &FoundFile) -> Option<Uuid> {
    known(file.configuration.as_ref()?.id)
}

/// Whether both are hosts' lists and have no machine in common. A host's own list changes little by little.
fn lists_differ(a: &FoundFile, b: &FoundFile) -> bool {
    let ids = |file: &FoundFile| -> BTreeSet<Uuid> {
        let listed = file.configuration.iter().flat_map(|configuration| &configuration.registered);
        listed.filter_map(|entry| known(entry.id)).collect()
    };
    let (a, b) = (ids(a), ids(b));
    !a.is_empty() && !b.is_empty() && a.is_disjoint(&b)
}

fn differ(a: Option<Uuid>, b: Option<Uuid>) -> bool {
    a.zip(b).is_some_and(|(a, b)| a != b)
}

/// Whether both bear the same id; `None` where one has none. A running machine changes its disk's identity between two
/// scans, and not the id that the guest sees.
fn is_same_content(a: &FoundFile, b: &FoundFile) -> Option<bool> {
    if let (Some(a), Some(b)) = (a.disk.as_deref(), b.disk.as_deref()) {
        let same = |id: fn(&DiskFacts) -> Option<Uuid>| Some(known(id(a))? == known(id(b))?);
        return match same(DiskFacts::identity) {
            Some(true) => Some(true),
            other => same(|disk| disk.virtual_disk_id).or(other),
        };
    }
    Some(machine_id(a)? == machine_id(b)?)
}

fn known(id: Option<Uuid>) -> Option<Uuid> {
    id.filter(|id| !id.is_nil())
}

/// Whether both have the length and the time of the last write.
fn is_same_state(a: &FoundFile, b: &FoundFile) -> bool {
    let state = |file: &FoundFile| file.stamp.and_then(|stamp| Some((stamp.size, stamp.modified?)));
    state(a).zip(state(b)).is_some_and(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::format::text::Utf16Text;
    use crate::image::FileKind;
    use crate::source::{FileId, FileStamp};
    use crate::units::ByteLen;
    use crate::vm::{Configuration, ConfigurationKind, Registered, RegisteredList};

    fn file(volume: u64, number: Option<u64>, written: u64, disk_id: u128) -> FoundFile {
        let stamp = FileStamp {
            size: ByteLen(4096),
            allocated: None,
            modified: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(written)),
        };
        let disk = DiskFacts {
            virtual_disk_id: Some(Uuid::from_u128(disk_id)),
            data_write_guid: Some(Uuid::from_u128(disk_id + u128::from(written))),
            ..DiskFacts::default()
        };
        FoundFile {
            kind: FileKind::Vhdx,
            id: number.map(|number| FileId::new(volume, number)),
            stamp: Some(stamp),
            disk: Some(Box::new(disk)),
            ..FoundFile::new("/vm/a.vhdx".into())
        }
    }

    #[test]
    fn one_number_and_one_disk_are_one_file_even_while_it_is_written_to() {
        let one = file(1, Some(7), 100, 5);
        assert!(is_one_file(&one, &file(2, Some(7), 100, 5), false));
        assert!(is_one_file(&one, &file(2, Some(7), 900, 5), false), "a running machine writes between two scans");
        assert!(is_one_file(&one, &file(1, Some(7), 900, 5), true));
        assert!(!is_one_file(&one, &file(2, Some(7), 100, 5), true), "Windows tells volumes apart");
        assert!(!is_one_file(&one, &file(2, Some(8), 100, 5), false), "a copy with its times");
        assert!(!is_one_file(&one, &file(2, Some(7), 100, 6), false), "another disk under one number");
    }

    #[test]
    fn without_numbers_everything_else_must_agree() {
        let one = file(1, None, 100, 5);
        assert!(is_one_file(&one, &file(2, Some(7), 100, 5), false));
        assert!(!is_one_file(&one, &file(2, Some(7), 101, 5), false));
        assert!(!is_one_file(&one, &file(2, None, 100, 6), false));
    }

    /// Hosts that were set up from one image number their volumes and files alike.
    #[test]
    fn the_lists_of_two_hosts_are_two() {
        let list = |written: u64, ids: &[u128]| {
            let entry = |id: &u128| Registered {
                list: RegisteredList::VirtualMachines,
                id: Some(Uuid::from_u128(*id)),
                path: Utf16Text::from_bytes(b"a\0"),
            };
            let registered = ids.iter().map(entry).collect();
            let configuration =
                Configuration { kind: ConfigurationKind::RegistrationList, registered, ..Configuration::default() };
            let disk = None;
            let kind = FileKind::Vmcx;
            FoundFile { configuration: Some(Box::new(configuration)), disk, kind, ..file(1, Some(7), written, 0) }
        };
        let one = list(100, &[1, 2]);
        assert!(!is_one_file(&one, &list(200, &[3]), true));
        assert!(is_one_file(&one, &list(100, &[1, 2]), true));
        assert!(contradict(&one, &list(200, &[3, 4])));
        assert!(!contradict(&one, &list(200, &[2, 3])), "a machine was removed and another one made");
        assert!(!contradict(&one, &list(200, &[])));
    }
}
