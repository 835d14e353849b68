//! From what the user named to the one result.

use std::path::{Path, PathBuf};

use crate::chain::{Forest, Node, Scope};
use crate::checks::{self, CheckSet, Findings};
use crate::estate::{FoundFile, Inventory, Machines, Progress, ReadOptions, Walked, volumes_of};

use super::{Inspection, Request, chains, judge};

/// Walks, reads and links everything that `request` names.
pub fn inspect(request: &Request, progress: &dyn Progress) -> Inspection {
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
    let none = CheckSet::default();
    let checks = request.checks.as_ref().unwrap_or(&none);
    // What is found in one file is found by the thread that read it, while its tables are at hand.
    let read = ReadOptions { survey_blocks: checks.reads_blocks(), ..request.read };
    let (inventory, found, whole) = Inventory::read_each(walked, &read, progress, |file| {
        if file.named { checks::run_on_file(file, checks) } else { Findings::default() }
    });
    let nodes: Vec<Node> = inventory.files.iter().map(node).collect();
    let forest = Forest::link_all(&nodes, &scope, &request.map);
    let named_paths = request.paths.iter().chain(&request.search).map(PathBuf::as_path).chain(request.map.targets());
    let mut inspection = Inspection {
        inventory,
        forest,
        chains: Vec::new(),
        machines: Machines::default(),
        verdicts: Vec::new(),
        volumes: volumes_of(request.paths.iter().map(PathBuf::as_path)),
        named_paths: named_paths.map(Path::to_owned).collect(),
        findings: Findings::default(),
        interrupted: !whole,
    };
    inspection.chains = chains::chains(&inspection);
    if !checks.is_empty() {
        inspection.findings = checks::run_on_links(&inspection.subject(), checks, found);
    }
    judge::judge(&mut inspection, request);
    inspection
}

fn node(file: &FoundFile) -> Node {
    let image = file.image.as_deref();
    let mut paths = vec![file.path.clone()];
    paths.extend(file.other_paths.iter().cloned());
    Node {
        paths,
        identity: image.and_then(crate::image::Image::identity),
        virtual_disk_id: image.and_then(crate::image::Image::virtual_disk_id),
        reference: image.and_then(crate::image::Image::parent_reference),
        readable: file.is_readable(),
        is_image: file.is_image(),
    }
}
