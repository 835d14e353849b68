//! What is looked at after a merge, file by file.

use std::path::Path;

use crate::analysis::plan::{ContentHash, DiskFact, Fingerprint, PathText};
use crate::chain::FileNo;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::units::ByteLen;

use super::Inspection;
use super::plan_file::path_of;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name for scripts.
    pub name: &'static str,
    /// Whether it is as the plan expects; `None` for what may be either way.
    pub ok: Option<bool>,
    /// What was seen.
    pub what: String,
}

/// Whether the content is what it was before.
#[derive(Clone, Debug)]
pub enum Content {
    /// Every byte of the virtual disk: the hashes are equal.
    Proved {
        /// The hash.
        sha256: String,
    },
    /// The plan has no hash to compare with.
    NotProved,
    /// The hashes differ.
    Differs {
        /// The hash before.
        planned: String,
        /// The hash now.
        found: String,
    },
    /// It could not be read.
    Unreadable(Error),
}

impl Content {
    /// The word in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Proved { .. } => "proved",
            Self::NotProved => "not_proved",
            Self::Differs { .. } => "differs",
            Self::Unreadable(_) => "unreadable",
        }
    }
}

impl Inspection {
    /// Whether a file holds what the hash says.
    pub(super) fn content_of(
        &self,
        file: FileNo,
        before: Option<&ContentHash>,
        progress: &mut dyn FnMut(ByteLen) -> bool,
    ) -> Content {
        let Some(before) = before else { return Content::NotProved };
        match self.content_hash(file, progress) {
            Ok(now) if now.sha256 == before.sha256 => Content::Proved { sha256: now.sha256 },
            Ok(now) => Content::Differs { planned: before.sha256.clone(), found: now.sha256 },
            Err(error) => Content::Unreadable(error),
        }
    }

    fn image(&self, file: FileNo) -> Option<&Image> {
        self.file(file)?.image.as_deref()
    }

    pub(super) fn readable(&self, survivor: FileNo) -> Check {
        let error = self.file(survivor).and_then(|file| file.error.as_ref());
        Check {
            name: "survivor_readable",
            ok: Some(error.is_none() && self.image(survivor).is_some()),
            what: error.map_or_else(|| "it can be read".to_owned(), |error| error.reason().to_string()),
        }
    }

    pub(super) fn virtual_size(&self, survivor: FileNo, planned: Option<u64>) -> Check {
        let found = self.image(survivor).and_then(Image::virtual_size).map(|size| size.0);
        let shown = |size: Option<u64>| size.map_or_else(|| "unknown".to_owned(), |size| format!("{size} bytes"));
        Check {
            name: "virtual_size",
            ok: Some(found.is_some() && found == planned),
            what: format!("the virtual disk: {}, planned {}", shown(found), shown(planned)),
        }
    }

    pub(super) fn is_same(&self, file: FileNo, before: &DiskFact) -> bool {
        self.file(file).map(|file| DiskFact::read(file, &before.part)).is_some_and(|now| {
            now.size_bytes == before.size_bytes
                && now.data_write_guid == before.data_write_guid
                && now.file_write_guid == before.file_write_guid
                && now.structures_blake3 == before.structures_blake3
                && now.modified == before.modified
        })
    }

    /// What a file is read from beside itself.
    pub(super) fn chain_of(&self, file: FileNo) -> Vec<FileNo> {
        self.forest.ancestry(file).skip(1).collect()
    }

    /// `needed` is what the survivor is read from.
    pub(super) fn source(
        &self,
        source: &PathText,
        survivor: FileNo,
        needed: &[FileNo],
        otherwise: Left,
    ) -> Result<Check> {
        let what = match self.find(&path_of(source)?) {
            None => "gone, or not among what was looked at",
            Some(left) if left == survivor => "is the survivor itself",
            Some(left) if needed.contains(&left) => "left; the survivor depends on it",
            Some(_) => otherwise.what(),
        };
        Ok(Check { name: "source", ok: None, what: format!("{}: {what}", source.path) })
    }

    pub(super) fn relinked(&self, child: &PathText, survivor: FileNo) -> Result<Check> {
        let found = self.find(&path_of(child)?);
        let linked = found.is_some_and(|child| {
            self.link(child).is_some_and(|link| link.status.is_linked() && link.parent == Some(survivor))
        });
        let what = match found {
            Some(_) if linked => "its parent is the survivor",
            Some(_) => "its parent is not the survivor",
            None => "is not among what was looked at",
        };
        Ok(Check { name: "relinked", ok: Some(linked), what: format!("{}: {what}", child.path) })
    }

    pub(super) fn untouched(&self, before: &DiskFact) -> Result<Check> {
        let now = self.find(&path_of(&before.path)?).and_then(|file| self.file(file));
        let now = now.map(|file| DiskFact::read(file, &before.part));
        let same = now.is_some_and(|now| {
            now.size_bytes == before.size_bytes
                && now.data_write_guid == before.data_write_guid
                && now.structures_blake3 == before.structures_blake3
        });
        let what = if same { "as it was" } else { "is not what it was, or is gone" };
        Ok(Check { name: "untouched", ok: Some(same), what: format!("{}: {what}", before.path.path) })
    }
}

/// What there is to say of a file that was to be merged and is still there. Whoever hears that it is no longer needed
/// deletes it, so that nothing but a proof says so.
#[derive(Clone, Copy, Debug)]
pub(super) enum Left {
    /// Nothing was merged.
    AsItWas,
    /// The survivor is a new file, and nothing old is changed.
    BesideAnExport,
    /// The survivor holds the whole disk.
    Merged,
    /// That was not proved.
    InDoubt,
}

impl Left {
    fn what(self) -> &'static str {
        match self {
            Self::AsItWas => "left as it was",
            Self::BesideAnExport => "left; the new file does not replace it by itself",
            Self::Merged => "left; the survivor holds its content, and the chain through it is no longer valid",
            Self::InDoubt => "left; keep it: that the survivor holds its content was not proved",
        }
    }
}

/// What the plan knows of a file.
pub(super) fn planned<'a>(fingerprint: &'a Fingerprint, path: &Path) -> Option<&'a DiskFact> {
    let wanted = crate::chain::absolute(path);
    fingerprint
        .disks
        .iter()
        .find(|disk| disk.path.to_path().is_some_and(|known| crate::chain::absolute(&known) == wanted))
}
