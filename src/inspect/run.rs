//! From what the user named to the one result.

use std::path::{Path, PathBuf};

use crate::chain::Scope;
use crate::checks::{self, CheckSet, Findings};
use crate::estate::{
    Arrival, FoundFile, Inventory, NamedPath, Origin, OriginNo, Progress, ReadOptions, Walked, volumes_of,
};
use crate::threads::Threads;

use super::stream::{Stream, Until};
use super::{Gathered, Inspection, Looked, Request};

/// Walks, reads and links everything that `request` names.
pub fn inspect(request: &Request, progress: &dyn Progress) -> Inspection {
    run(request, progress, None)
}

/// The same, and hands the files on to `stream` while others are still being read.
pub fn inspect_streaming(request: &Request, progress: &dyn Progress, stream: &dyn Stream) -> Inspection {
    run(request, progress, Some(stream))
}

fn run(request: &Request, progress: &dyn Progress, stream: Option<&dyn Stream>) -> Inspection {
    let none = CheckSet::default();
    let checks = request.checks.as_ref().unwrap_or(&none);
    let gathered = gather(request, checks, progress, stream);
    let mut inspection = Inspection::of(gathered, checks);
    if !inspection.interrupted {
        inspection.recognise(request.recognise, request.read.jobs);
    }
    inspection
}

/// Walks and reads everything that `request` names, and checks each file alone.
fn gather(request: &Request, checks: &CheckSet, progress: &dyn Progress, stream: Option<&dyn Stream>) -> Gathered {
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
    for path in walked.left_out.iter().chain(walked.links.iter().map(|link| &link.path)) {
        scope.leave_out(path);
    }
    let volumes = volumes_of(request.paths.iter().map(PathBuf::as_path));
    if let Some(stream) = stream {
        stream.begin(&volumes);
    }
    let read = ReadOptions { survey_blocks: checks.reads_blocks(), ..request.read };
    // What is found in one file is found by the thread that read it, while its tables are at hand.
    let make = |file: &mut FoundFile| {
        if !file.named {
            return (Findings::default(), None);
        }
        let found = checks::run_on_file(file, checks);
        let line = stream.map(|stream| stream.make(file));
        if stream.is_some_and(Stream::is_last) {
            file.forget_shown();
        }
        (found, line)
    };
    let mut findings = Findings::default();
    let arrive = |arrival: Arrival<'_, (Findings, Option<Vec<u8>>)>| match (arrival, stream) {
        (Arrival::File(_, (found, line)), stream) => {
            findings.append(found);
            if let (Some(line), Some(stream)) = (line, stream) {
                stream.file(&line);
            }
        }
        (Arrival::OtherPath(file, path), Some(stream)) if file.named => stream.other_path(file, path),
        (Arrival::Pause, Some(stream)) => stream.pause(),
        (Arrival::OtherPath(..) | Arrival::Pause, _) => {}
    };
    let (mut inventory, whole) = Inventory::read_each(walked, &read, &Until { progress, stream }, make, arrive);
    inventory.origins = vec![Origin::here(request.as_of)];
    let named_paths = request.paths.iter().chain(&request.search).map(PathBuf::as_path).chain(request.map.targets());
    Gathered {
        looked: Looked {
            scope,
            maps: vec![request.map.clone()],
            limited: request.walk.max_depth.is_some() || !request.walk.exclude.is_empty(),
            single_files: request.paths.iter().any(|path| !path.is_dir()),
        },
        volumes,
        named_paths: named_paths.map(|path| NamedPath { origin: OriginNo::default(), path: path.to_owned() }).collect(),
        interrupted: !whole,
        findings,
        threads: Threads::for_pieces(inventory.files.len(), request.read.jobs),
        inventory,
        ..Gathered::default()
    }
}
