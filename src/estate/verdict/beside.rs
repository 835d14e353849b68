//! Files by the folder in which they lie and what they are called there. Hardly any verdict asks for them.

use std::path::Path;
use std::sync::OnceLock;

use crate::chain::{FileNo, FilesBy};
use crate::estate::FileFacts;
use crate::estate::names::{disk_stem, folded_name};

use super::Evidence;

/// A folder and a name in it, as Windows compares names.
type Key<'a> = (Option<&'a Path>, String);

/// The files of each folder by their names.
#[derive(Debug, Default)]
pub(super) struct Beside<'a> {
    by_name: OnceLock<FilesBy<Key<'a>>>,
    by_stem: OnceLock<FilesBy<Key<'a>>>,
}

impl<'a> Beside<'a> {
    /// The files beside one that have this name.
    pub(super) fn called<'s>(
        &'s self,
        evidence: &Evidence<'a>,
        beside: &'a FileFacts,
        name: &str,
    ) -> impl Iterator<Item = FileNo> + use<'s, 'a> {
        let by_name = self.by_name.get_or_init(|| {
            let files = super::numbered(evidence);
            FilesBy::new(files.map(|(number, file)| ((file.path.parent(), folded_name(&file.path)), number)))
        });
        by_name.of(&(beside.path.parent(), folded_name(Path::new(name))))
    }

    /// The disks beside a file, and the file itself if it is one, whose names, but for what Hyper-V appends, are its own.
    pub(super) fn alike<'s>(
        &'s self,
        evidence: &Evidence<'a>,
        file: &'a FileFacts,
    ) -> impl Iterator<Item = FileNo> + Clone + use<'s, 'a> {
        let by_stem = self.by_stem.get_or_init(|| {
            let images = super::numbered(evidence).filter(|(_, file)| file.kind.is_image());
            FilesBy::new(images.map(|(number, file)| (key(file), number)))
        });
        by_stem.of(&key(file))
    }
}

fn key(file: &FileFacts) -> Key<'_> {
    (file.path.parent(), disk_stem(&folded_name(&file.path)))
}
