//! From a plan file back to a run: whether the plan is still true, and whether what was done lost nothing.

use std::path::{Path, PathBuf};

use crate::analysis::plan::{Change, ContentHash, DiskFact, Fingerprint, PathText, Sealed, compare};
use crate::chain::FileNo;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::units::ByteLen;

use super::plan_file::{is_relative, path_of};
use super::verify_also::OtherDisk;
use super::{Inspection, Request};

/// Whether a plan is still true.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// Whether nothing in the plan file was altered since it was written.
    pub intact: bool,
    /// The facts that are no longer what they were, sorted by path.
    pub changes: Vec<Change>,
    /// The file whose content the plan holds the hash of: it was not compared.
    pub hashed: Option<PathText>,
    /// The folder that relative paths of the plan were taken from, where one of them was not found.
    pub relative_to: Option<PathBuf>,
}

impl Verified {
    fn new(sealed: &Sealed, changes: Vec<Change>) -> Self {
        let question = &sealed.fingerprint.question;
        let is_lost = |change: &Change| change.found.is_none() && change.what == "disk" && is_relative(&change.path);
        let relative_to = changes.iter().any(is_lost).then(|| crate::chain::absolute(Path::new(".")));
        let hashed = sealed.content_hash.as_ref().map(|_| question.file.clone());
        Self { intact: sealed.is_intact(), changes, hashed, relative_to }
    }
}

/// Whether a merge that was carried out lost nothing.
#[derive(Clone, Debug)]
pub struct Aftermath {
    /// Whether nothing in the plan file was altered since it was written.
    pub intact: bool,
    /// The file that holds the disk now.
    pub survivor: PathBuf,
    /// What was looked at, in order.
    pub checks: Vec<Check>,
    /// Whether the content is what it was.
    pub content: Content,
    /// The disks that Hyper-V merges with the named one.
    pub also: Vec<OtherDisk>,
}

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

impl Aftermath {
    /// Whether everything is as the plan expects and the content of every disk that was merged was proved.
    pub fn is_proved(&self) -> bool {
        self.intact
            && self.checks.iter().all(|check| check.ok != Some(false))
            && matches!(self.content, Content::Proved { .. })
            && self.also.iter().all(OtherDisk::is_proved)
    }
}

impl Inspection {
    /// Lays the facts of a plan beside those that are found now.
    pub fn verify(&self, request: &Request, sealed: &Sealed) -> Result<Verified> {
        let question = &sealed.fingerprint.question;
        let gone = |what: &PathText| Change {
            path: what.clone(),
            what: "disk",
            planned: Some("there".to_owned()),
            found: None,
        };
        let Some(file) = self.find(&path_of(&question.file)?) else {
            return Ok(Verified::new(sealed, vec![gone(&question.file)]));
        };
        let into = match &question.into {
            None => None,
            Some(into) => match self.find(&path_of(into)?) {
                Some(into) => Some(into),
                None => return Ok(Verified::new(sealed, vec![gone(into)])),
            },
        };
        let changes = match self.fingerprint(request, file, into, question.clone()) {
            Ok(found) => compare(&sealed.fingerprint, &found),
            // The files no longer hang together as the plan needs them to.
            Err(error) => vec![Change {
                path: question.file.clone(),
                what: "course",
                planned: Some("can be merged".to_owned()),
                found: Some(error.reason().to_string()),
            }],
        };
        Ok(Verified::new(sealed, changes))
    }

    /// Looks at what a merge left behind. `survivor` is the file that holds the disk now.
    pub fn verify_after(
        &self,
        sealed: &Sealed,
        survivor: &Path,
        progress: &mut dyn FnMut(ByteLen) -> bool,
    ) -> Result<Aftermath> {
        let number = self.find(survivor).ok_or_else(|| {
            let mut why = "the file that should hold the disk now is not there".to_owned();
            if survivor.is_relative() {
                let from = crate::chain::absolute(Path::new("."));
                why.push_str(&format!("; relative paths were taken from {}", from.to_string_lossy()));
            }
            Error::refused("", None, why).with_path(survivor)
        })?;
        let content = self.content_of(number, sealed.content_hash.as_ref(), progress);
        let mut checks = Vec::new();
        let planned = planned(&sealed.fingerprint, survivor);
        checks.push(self.readable(number));
        checks.push(self.virtual_size(number, sealed.expectation.virtual_size_bytes));
        checks.extend(self.file_size(number, sealed, planned.is_some()));
        let moved = planned.map(|before| self.has_changed(number, before));
        let mut is_source = false;
        for source in &sealed.expectation.sources {
            is_source |= self.find(&path_of(source)?) == Some(number);
        }
        let untouched = |disk: &DiskFact| self.is_unchanged(disk);
        let nothing_merged = is_source && merging(&sealed.fingerprint).all(untouched);
        let needed = self.chain_of(number);
        let left = match (planned, &content) {
            _ if nothing_merged => Left::AsItWas,
            (None, _) => Left::BesideAnExport,
            (Some(_), Content::Proved { .. }) => Left::Merged,
            (Some(_), _) => Left::InDoubt,
        };
        for source in &sealed.expectation.sources {
            checks.push(self.source(source, number, &needed, left)?);
        }
        for child in &sealed.expectation.relinked {
            checks.push(self.relinked(child, number)?);
        }
        for before in sealed.fingerprint.disks.iter().filter(|disk| disk.part == "below" || disk.part == "sibling") {
            checks.push(self.untouched(before)?);
        }
        // A child without content of its own leaves its parent as it is; only the hash can tell that.
        let is_proved = matches!(content, Content::Proved { .. });
        if nothing_merged {
            let what = "nothing was merged: it is one of the files that were to be merged, and all are as they were";
            checks.insert(
                0,
                Check {
                    name: "survivor_changed",
                    ok: if is_proved { None } else { Some(false) },
                    what: what.to_owned(),
                },
            );
        } else if let Some(moved) = moved.filter(|moved| moved.ok == Some(true) || !is_proved) {
            checks.insert(0, moved);
        }
        let also = self.other_disks(sealed, progress)?;
        Ok(Aftermath { intact: sealed.is_intact(), survivor: survivor.to_owned(), checks, content, also })
    }

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

    /// A file by any of its paths.
    pub fn find(&self, path: &Path) -> Option<FileNo> {
        let leads = |file: &crate::estate::FoundFile| file.path == path || file.other_paths.iter().any(|p| p == path);
        let named = self.files().find(|(_, file)| leads(file)).map(|(number, _)| number);
        named.or_else(|| {
            let wanted = crate::chain::absolute(path);
            self.files().find(|(_, file)| crate::chain::absolute(&file.path) == wanted).map(|(number, _)| number)
        })
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

    /// Whether the file has a length that one of the ways gives it. An export makes a file that the plan does not know.
    fn file_size(&self, survivor: FileNo, sealed: &Sealed, known: bool) -> Option<Check> {
        let found = self.file(survivor)?.stamp?.size.0;
        let fitting = |outcome: &&crate::analysis::plan::Outcome| (outcome.method != "export") == known;
        let outcomes: Vec<_> = sealed.expectation.outcomes.iter().filter(fitting).collect();
        let least = outcomes.iter().map(|outcome| outcome.size_least_bytes).min()?;
        let most = outcomes.iter().map(|outcome| outcome.size_most_bytes).max()?;
        let fits = (least..=most).contains(&found);
        let rounded = (most..=most.saturating_add(GROWTH_STEP)).contains(&found);
        let what = match (fits, rounded) {
            (true, _) => format!("the file: {found} bytes, planned {least} to {most}"),
            (false, true) => format!(
                "the file: {found} bytes, other than planned: {least} to {most}; some writers let a file grow in steps \
                 of {GROWTH_STEP}"
            ),
            (false, false) => format!("the file: {found} bytes, other than planned: {least} to {most}"),
        };
        Some(Check { name: "file_size", ok: fits.then_some(true), what })
    }

    fn has_changed(&self, survivor: FileNo, before: &DiskFact) -> Check {
        let same = self.is_same(survivor, before);
        Check {
            name: "survivor_changed",
            ok: Some(!same),
            what: if same {
                "it is exactly as it was before: nothing was merged into it".to_owned()
            } else {
                "it was written to since the plan was made".to_owned()
            },
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

    fn is_unchanged(&self, before: &DiskFact) -> bool {
        let file = before.path.to_path().and_then(|path| self.find(&path));
        file.is_some_and(|file| self.is_same(file, before))
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

/// A writer may let a file grow in steps of so many bytes, as `OpenVMM` does.
const GROWTH_STEP: u64 = 32 << 20;

/// The files that a merge writes to or takes away.
fn merging(fingerprint: &Fingerprint) -> impl Iterator<Item = &DiskFact> {
    fingerprint.disks.iter().filter(|disk| disk.part == "merged" || disk.part == "target")
}

/// What the plan knows of a file.
pub(super) fn planned<'a>(fingerprint: &'a Fingerprint, path: &Path) -> Option<&'a DiskFact> {
    let wanted = crate::chain::absolute(path);
    fingerprint
        .disks
        .iter()
        .find(|disk| disk.path.to_path().is_some_and(|known| crate::chain::absolute(&known) == wanted))
}
