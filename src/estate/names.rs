//! What names tell: upper and lower case as Windows compares them, folders, the GUID that Hyper-V puts into a name.

use std::path::Path;

use uuid::Uuid;

use crate::chain::absolute;
use crate::chain::windows_path::to_upper;

/// The name of a file as Windows compares it.
pub(super) fn folded_name(path: &Path) -> String {
    path.file_name().map(|name| to_upper(&name.to_string_lossy())).unwrap_or_default()
}

/// The parts of the absolute path as Windows compares them.
pub(super) fn folded_parts(path: &Path) -> Vec<String> {
    absolute(path).components().map(|part| to_upper(&part.as_os_str().to_string_lossy())).collect()
}

/// The names of a place: of the folders from its root on, the host's share among them, and its own. Not all are Unicode,
/// but whatever is ASCII in them stands for itself.
#[derive(Debug)]
pub(super) struct PlaceNames<'a> {
    folders: Vec<&'a [u8]>,
    name: &'a [u8],
}

impl<'a> PlaceNames<'a> {
    pub(super) fn of(place: &'a Path) -> Self {
        let mut names = place.as_os_str().as_encoded_bytes().rsplit(|byte| std::path::is_separator(char::from(*byte)));
        let name = names.next().unwrap_or_default();
        let mut folders = Vec::with_capacity(16);
        folders.extend(names);
        Self { folders, name }
    }

    /// The name without its extension.
    pub(super) fn stem(&self) -> &'a [u8] {
        let end = self.name.iter().rposition(|byte| *byte == b'.');
        end.and_then(|end| self.name.get(..end)).unwrap_or(self.name)
    }

    /// Whether one of the folders bears this name.
    pub(super) fn lies_in(&self, folder: &str) -> bool {
        self.folders.iter().any(|name| name.eq_ignore_ascii_case(folder.as_bytes()))
    }

    /// The names of the folders, the innermost first.
    pub(super) fn folders(&self) -> &[&'a [u8]] {
        &self.folders
    }
}

/// The name of a disk without its extension and without the GUID that Hyper-V appends for a checkpoint, as Windows
/// compares it: what a disk and the files over it have in common.
pub(super) fn disk_stem(name: &str) -> String {
    let name = to_upper(name);
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let base = stem.rsplit_once('_').filter(|(_, guid)| guid.len() == 36 && Uuid::try_parse(guid).is_ok());
    base.map_or(stem, |(base, _)| base).to_owned()
}

/// The GUID that a name starts with, as those of configurations and their companions do.
pub(super) fn leading_guid(path: &Path) -> Option<Uuid> {
    let name = path.file_name()?.to_string_lossy();
    Uuid::try_parse(name.get(..36)?)
        .ok()
        .filter(|_| name.get(36..).is_none_or(|rest| rest.is_empty() || rest.starts_with('.')))
}

/// Whether the name is one that Hyper-V gives to the disk behind a checkpoint: `.avhdx`, `.avhd`.
pub(crate) fn is_automatic(path: &Path) -> bool {
    has_extension(path, "avhdx") || has_extension(path, "avhd")
}

/// The copy of a configuration that a backup makes before its checkpoint.
pub(crate) fn is_backup_copy(path: &Path) -> bool {
    has_extension(path, "preCheckpointCopy")
}

/// The document that a backup of Windows Server 2012 R2 puts beside the disks in its shadow copy.
pub(crate) fn is_backup_document(path: &Path) -> bool {
    const NAME: &str = "BackupSnapshot.xml";
    ends_in(path, NAME) && path.file_name().is_some_and(|name| name.eq_ignore_ascii_case(NAME))
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    ends_in(path, wanted) && path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
}

/// Whether the text of a path ends so: most do not, and then it need not be taken apart.
fn ends_in(path: &Path, end: &str) -> bool {
    let text = path.as_os_str().as_encoded_bytes();
    let tail = text.len().checked_sub(end.len()).and_then(|start| text.get(start..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(end.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guid_of_a_name() {
        for (name, has) in [
            ("a/5F1C2A70-0000-4000-8000-0000000000aa.vmcx", true),
            ("5f1c2a70-0000-4000-8000-0000000000aa", true),
            ("5f1c2a70-0000-4000-8000-0000000000aa.vmcx.preCheckpointCopy", true),
            ("5f1c2a70-0000-4000-8000-0000000000aab.vmcx", false),
            ("web_5f1c2a70-0000-4000-8000-0000000000aa.avhdx", false),
        ] {
            assert_eq!(leading_guid(Path::new(name)).is_some(), has, "{name}");
        }
    }

    #[test]
    fn a_disk_and_the_files_over_it_have_a_stem_in_common() {
        for name in ["Web.vhdx", "web_5F1C2A70-0000-4000-8000-0000000000aa.avhdx", "WEB.avhdx"] {
            assert_eq!(disk_stem(name), "WEB", "{name}");
        }
        assert_eq!(disk_stem("web_1.vhdx"), "WEB_1");
    }

    #[test]
    fn paths_are_compared_as_windows_does() {
        assert_eq!(folded_name(Path::new("/x/Web é.vhdx")), "WEB É.VHDX");
        assert_eq!(folded_parts(Path::new("/x/../Y/z")), ["/", "Y", "Z"]);
        assert!(is_backup_document(Path::new("x/backupsnapshot.XML")) && !is_backup_document(Path::new("x/y.xml")));
        assert!(is_automatic(Path::new("a.AVHDX")) && !is_automatic(Path::new("a.vhdx")));
    }
}
