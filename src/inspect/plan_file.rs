//! From the paths of a plan file to a run that opens them, and nothing else.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::analysis::plan::{PathText, Question, Sealed};
use crate::chain::windows_path::{PathMap, WindowsPath};
use crate::error::{Error, Result};

use super::Request;

/// The run that a plan asks for: `first` is the file to name, the folders are those of the plan.
///
/// A plan file may come from anybody. What it names is opened only where it is a path of this system: a path to the
/// network or to a device is refused, for opening it could hand this user's credentials to a stranger. Where `allowed`
/// names anything, whatever lies elsewhere is refused as well, and whatever a link leads elsewhere. Of `more` only what
/// is there and may be opened is read.
pub fn request_of(question: &Question, first: PathBuf, more: &[PathBuf], allowed: &[PathBuf]) -> Result<Request> {
    let mut scope = crate::chain::Scope::default();
    for path in allowed {
        if path.is_dir() { scope.add_below(path) } else { scope.add_beside(path.parent().unwrap_or(Path::new(""))) }
    }
    let check = |path: &Path| {
        let text = path.to_string_lossy();
        let windows = WindowsPath::parse(&text);
        let refuse = |why: &str| Err(Error::refused("", None, format!("the plan names {text:?}, {why}")));
        if windows.is_unc() || text.starts_with("//") || text.starts_with(r"\\") || text.contains("://") {
            return refuse("which leads to the network or to a device; make the plan again where the files lie");
        }
        let absolute = crate::chain::absolute(path);
        let lies_in = |root: &PathBuf| absolute.starts_with(crate::chain::absolute(root));
        if !allowed.is_empty() && !scope.contains(&absolute) && !allowed.iter().any(lies_in) {
            return refuse("which lies outside the paths that were named");
        }
        if !allowed.is_empty() {
            let real = real(&absolute);
            let holds = |root: &PathBuf| {
                let beside = crate::chain::absolute(root).parent().map(self::real);
                real.starts_with(self::real(root)) || !root.is_dir() && real.parent() == beside.as_deref()
            };
            if !allowed.iter().any(holds) {
                return refuse("from where a link leads outside the paths that were named");
            }
        }
        Ok(())
    };
    check(&first)?;
    let mut search = Vec::new();
    for folder in &question.search {
        search.push(path_of(folder)?);
    }
    let mut rules: Vec<OsString> = Vec::new();
    for rule in &question.map {
        rules.push(path_of(rule)?.into_os_string());
    }
    let map = PathMap::from_arguments(&rules)
        .map_err(|error| Error::refused("", None, format!("the plan's --map: {error}")))?;
    for folder in search.iter().map(PathBuf::as_path).chain(map.targets()) {
        check(folder)?;
    }
    let mut paths = vec![first];
    for path in more {
        // Nothing is asked of the system about a path that may not be opened.
        if check(path).is_ok() && path.is_file() && !paths.contains(path) {
            paths.push(path.clone());
        }
    }
    Ok(Request { paths, search, map, ..Request::default() })
}

/// Where a path leads when links are followed, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let absolute = crate::chain::absolute(path);
    for known in absolute.ancestors() {
        if let Ok(found) = known.canonicalize() {
            return found.join(absolute.strip_prefix(known).unwrap_or(Path::new("")));
        }
    }
    absolute
}

/// Every disk that a plan names, to be found again wherever it lies.
pub fn paths_of(sealed: &Sealed) -> Vec<PathBuf> {
    let disks = sealed.fingerprint.disks.iter().map(|disk| &disk.path);
    let expected = sealed.expectation.sources.iter().chain(&sealed.expectation.relinked);
    disks.chain(expected).chain(&sealed.expectation.survivor).filter_map(|path| path_of(path).ok()).collect()
}

/// Whether a path hangs on the folder in which the command runs.
pub(super) fn is_relative(text: &PathText) -> bool {
    text.to_path().is_some_and(|path| path.is_relative())
}

/// The path in a plan.
pub fn path_of(text: &PathText) -> Result<PathBuf> {
    let path = text.to_path().filter(|path| !path.as_os_str().is_empty());
    path.ok_or_else(|| Error::refused("", None, format!("the plan names {:?}, which is no path here", text.path)))
}
