//! From a plan file back to a run: whether the plan is still true, and whether what was done lost nothing.

use std::path::{Path, PathBuf};

use crate::analysis::plan::{Change, DiskFact, Fingerprint, PathText, Sealed, compare};
use crate::chain::FileNo;
use crate::error::{Error, Result};
use crate::units::ByteLen;

use super::plan_file::{is_relative, path_of};
use super::verify_also::OtherDisk;
use super::verify_checks::{Check, Content, Left, planned};
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

    /// A file by any of its paths.
    pub fn find(&self, path: &Path) -> Option<FileNo> {
        let leads = |file: &crate::estate::FoundFile| file.path == path || file.other_paths.iter().any(|p| p == path);
        let named = self.files().find(|(_, file)| leads(file)).map(|(number, _)| number);
        named.or_else(|| {
            let wanted = crate::chain::absolute(path);
            self.files().find(|(_, file)| crate::chain::absolute(&file.path) == wanted).map(|(number, _)| number)
        })
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

    fn is_unchanged(&self, before: &DiskFact) -> bool {
        let file = before.path.to_path().and_then(|path| self.find(&path));
        file.is_some_and(|file| self.is_same(file, before))
    }
}

/// A writer may let a file grow in steps of so many bytes, as `OpenVMM` does.
const GROWTH_STEP: u64 = 32 << 20;

/// The files that a merge writes to or takes away.
fn merging(fingerprint: &Fingerprint) -> impl Iterator<Item = &DiskFact> {
    fingerprint.disks.iter().filter(|disk| disk.part == "merged" || disk.part == "target")
}
