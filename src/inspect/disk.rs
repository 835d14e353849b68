//! From a file of a run to the virtual disk that is read through its chain.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::chain::{Bottom, FileNo, Link, LinkStatus, MissingParent, VirtualDisk};
use crate::error::{Error, Result};
use crate::estate::FoundFile;
use crate::image::Image;
use crate::units::ByteLen;

use super::Inspection;

/// What to do where a chain is not proved. The defaults refuse; every output names what was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChainPolicy {
    /// Take a parent that is not there, or cannot be read, for zeros.
    pub missing_parent_is_zero: bool,
    /// Read through a parent that a recorded path leads to although its identity is another.
    pub ignore_identity: bool,
}

/// A virtual disk, and what about it rests on a policy rather than on proof.
#[derive(Debug)]
pub struct OpenedDisk {
    /// The disk.
    pub disk: VirtualDisk,
    /// The files it is read through, the one that was asked first.
    pub files: Vec<FileNo>,
    /// One sentence for each use of an option of [`ChainPolicy`], and for each dirty log that was not replayed; empty
    /// when everything is proved.
    pub unproved: Vec<String>,
}

impl Inspection {
    /// The virtual disk as seen from `file`.
    pub fn open_disk(&self, file: FileNo, policy: ChainPolicy) -> Result<OpenedDisk> {
        self.open_disk_by(FoundFile::open_image, file, policy)
    }

    /// The same, with each file opened as `open` does.
    pub(super) fn open_disk_by(
        &self,
        open: impl Fn(&FoundFile) -> Option<Result<Arc<Image>>>,
        file: FileNo,
        policy: ChainPolicy,
    ) -> Result<OpenedDisk> {
        let mut files = Vec::new();
        let mut images = Vec::new();
        let mut unproved = Vec::new();
        let mut seen = BTreeSet::new();
        let mut next = Some(file);
        let mut bottom = Bottom::Whole;
        while let Some(at) = next.take() {
            let found = self.file(at).ok_or_else(|| Error::refused("", None, "no such file"))?;
            if let (Some(error), true) =
                (&found.error, found.disk.is_none() || found.opened.is_none() || files.is_empty())
            {
                return Err(error.clone().with_path(&found.path));
            }
            let image = open(found).ok_or_else(|| {
                Error::refused("", None, format!("a {} file is no virtual disk", found.kind.name()))
                    .with_path(&found.path)
            })??;
            seen.insert(at);
            files.push(at);
            images.push(image);
            let Some(link) = self.link(at) else { break };
            let follow = match link.status {
                LinkStatus::Linked | LinkStatus::LinkedBySecondGuid => true,
                LinkStatus::IdentityMismatch => policy.ignore_identity,
                _ => false,
            };
            match link.parent.filter(|parent| follow && !seen.contains(parent)) {
                Some(parent) => {
                    if !link.status.is_linked() {
                        unproved.push(self.identity_ignored(&found.path, link));
                    }
                    next = Some(parent);
                }
                None => {
                    let missing = MissingParent { child: found.path.clone(), why: self.why(link) };
                    bottom = if policy.missing_parent_is_zero {
                        unproved.push(format!(
                            "{}: {}; taken for zeros (--allow-missing-parent zero)",
                            found.path.display(),
                            missing.why
                        ));
                        Bottom::Zeros(missing)
                    } else {
                        Bottom::Missing(missing)
                    };
                }
            }
        }
        for image in images.iter().filter(|image| image.awaits_replay()) {
            unproved.push(format!("{}: its dirty log was not replayed (--as-on-disk)", image.path().display()));
        }
        Ok(OpenedDisk { disk: VirtualDisk::new(images, bottom)?, files, unproved })
    }

    /// The path of a layer's file, as it was found; empty for a layer that is not there.
    pub fn layer_path(&self, opened: &OpenedDisk, layer: usize) -> &Path {
        let file = opened.files.get(layer).and_then(|file| self.file(*file));
        file.map_or(Path::new(""), |file| &file.path)
    }

    /// One sentence for each file of a disk whose length or time of last write is no longer what it was when the file
    /// was opened: what was read since may mix two states.
    pub fn changed_since(&self, opened: &OpenedDisk) -> Vec<String> {
        let files = opened.files.iter().filter_map(|file| self.file(*file));
        let changed = files.filter(|file| {
            let now = std::fs::metadata(&file.path).ok();
            let now = now.map(|now| (ByteLen(now.len()), now.modified().ok()));
            file.stamp.is_some_and(|then| now != Some((then.size, then.modified)))
        });
        changed.map(|file| format!("{}: changed while it was read", file.path.display())).collect()
    }

    fn identity_ignored(&self, child: &Path, link: &Link) -> String {
        format!("{}: {}; read all the same (--ignore-identity)", child.display(), self.why(link))
    }

    /// Why a parent is not read from, in words for a person.
    pub fn why(&self, link: &Link) -> String {
        let path = |file: Option<FileNo>| {
            file.and_then(|file| self.file(file)).map_or_else(String::new, |file| file.path.display().to_string())
        };
        let guid = |guid: Option<uuid::Uuid>| guid.map_or_else(|| "unknown".to_owned(), |guid| guid.to_string());
        match link.status {
            LinkStatus::Linked | LinkStatus::LinkedBySecondGuid => format!("its parent is {}", path(link.parent)),
            LinkStatus::Missing => format!("its parent {} is missing", guid(link.expected)),
            LinkStatus::Outside => {
                format!("its parent {} is recorded outside the paths that were named", guid(link.expected))
            }
            LinkStatus::IdentityMismatch => format!(
                "its parent should have identity {}, and {} has {}",
                guid(link.expected),
                path(link.parent),
                guid(link.found)
            ),
            LinkStatus::Ambiguous => format!(
                "{} files have the identity {} of its parent, and nothing decides between them",
                link.candidates.len(),
                guid(link.expected)
            ),
            LinkStatus::Cycle => "following its parents leads back to it".to_owned(),
            LinkStatus::Unreadable => format!("its parent {} cannot be read", path(link.parent)),
            LinkStatus::UnusableLocator => match &link.problem {
                Some(problem) => problem.reason().to_string(),
                None => "it does not say by what to know its parent".to_owned(),
            },
        }
    }
}
