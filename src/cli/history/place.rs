//! Where a history may lie: nowhere among what is looked at, for nothing there is ever written.

use std::path::{Path, PathBuf};

use crate::inspect::{Inspection, Request};
use crate::report::text;
use crate::source::FileSource;

use crate::cli::Failure;
use crate::cli::precious::{self, is_same_file, real};

/// Looks whether a history may be written at `db` before anything else is done.
pub(super) fn check(db: &Path, request: &Request) -> Result<(), Failure> {
    let refuse = |what: String| Err(Failure::new(format!("--db {}: {what}", text::path(db))));
    if db.is_dir() {
        return refuse("is a folder".to_owned());
    }
    if let Some(is) = precious::image(db) {
        return refuse(format!("is {is}, which is never written to"));
    }
    let folder = db.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(real) = real(folder) else { return refuse(format!("there is no folder {}", text::path(folder))) };
    for looked_at in request.paths.iter().chain(&request.search).map(PathBuf::as_path).chain(request.map.targets()) {
        let below = precious::real(looked_at).is_some_and(|looked_at| real.starts_with(&looked_at));
        if below || is_same_file(db, looked_at) {
            let what = text::path(looked_at);
            return refuse(format!("lies in {what}, which is looked at, and nothing there is ever written"));
        }
    }
    Ok(())
}

/// Looks whether any of the files that were looked at is the history under another name.
pub(super) fn check_found(db: &Path, inspection: &Inspection) -> Result<(), Failure> {
    let Some(id) = FileSource::open(db).ok().and_then(|file| file.id()) else { return Ok(()) };
    match inspection.files().find(|(_, file)| file.named && file.id == Some(id)) {
        Some((_, file)) => Err(Failure::new(format!(
            "--db {}: is {}, which is looked at, and is never written to",
            text::path(db),
            text::path(&file.path)
        ))),
        None => Ok(()),
    }
}
