//! From what the user named to the one result.

use std::path::{Path, PathBuf};

use crate::chain::Scope;
use crate::estate::{Inventory, NamedPath, Origin, OriginNo, Progress, Walked, volumes_of};

use super::{Gathered, Inspection, Looked, Request};

/// Walks, reads and links everything that `request` names.
pub fn inspect(request: &Request, progress: &dyn Progress) -> Inspection {
    let gathered = gather(request, progress);
    let mut inspection = Inspection::of(gathered, |check| request.checks.is_some_and(|most| check.cost() <= most));
    if !inspection.interrupted {
        inspection.recognise(request.recognise, request.read.jobs);
    }
    inspection
}

/// Walks and reads everything that `request` names.
fn gather(request: &Request, progress: &dyn Progress) -> Gathered {
    let mut walked = Walked::default();
    let mut scope = Scope::default();
    for path in &request.paths {
        if path.is_dir() {
            scope.add_below(path);
            walked.add_below(path, true, &request.walk);
        } else {
            // A file names itself and the folder it lies in.
            let folder = path.parent().unwrap_or(Path::new(""));
            scope.add_beside(if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
            walked.add_below(path, true, &request.walk);
            walked.add_beside(folder, &request.walk);
        }
    }
    for folder in request.search.iter().map(PathBuf::as_path).chain(request.map.targets()) {
        scope.add_below(folder);
        walked.add_below(folder, false, &request.walk);
    }
    let (mut inventory, whole) = Inventory::read(walked, &request.read, progress);
    inventory.origins = vec![Origin::here(request.as_of)];
    let named_paths = request.paths.iter().chain(&request.search).map(PathBuf::as_path).chain(request.map.targets());
    Gathered {
        looked: Looked {
            scope,
            maps: vec![request.map.clone()],
            limited: request.walk.max_depth.is_some() || !request.walk.exclude.is_empty(),
            single_files: request.paths.iter().any(|path| !path.is_dir()),
        },
        volumes: volumes_of(request.paths.iter().map(PathBuf::as_path)),
        named_paths: named_paths.map(|path| NamedPath { origin: OriginNo::default(), path: path.to_owned() }).collect(),
        interrupted: !whole,
        inventory,
        ..Gathered::default()
    }
}
