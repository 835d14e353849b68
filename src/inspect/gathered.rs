//! What is known before anything is linked or judged: the files with the facts about each. It comes from a walk, or from
//! what several walks wrote down; all that follows is the same.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::analysis::contents::Contents;
use crate::chain::windows_path::PathMap;
use crate::chain::{Forest, Node, PathMaps, Scope};
use crate::checks::{self, CheckSet, Findings};
use crate::error::Result;
use crate::estate::{FileFacts, FoundFile, Inventory, Machines, NamedPath, Volume};
use crate::threads::Threads;

use super::{Inspection, chains, judge};

/// What one walk gathered, or several together.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The files and what could not be read.
    pub inventory: Inventory,
    /// Where files could have been found.
    pub looked: Looked,
    /// The volumes on which the named paths lie, sorted by where they are mounted.
    pub volumes: Vec<Volume>,
    /// Everything that the user named.
    pub named_paths: Vec<NamedPath>,
    /// What is on the disks that were looked into already, by any of their paths.
    pub contents: BTreeMap<NamedPath, Result<Contents>>,
    /// What was found wrong already.
    pub findings: Findings,
    /// Whether a run was broken off before all files were read.
    pub interrupted: bool,
    /// On how many threads the files are linked and judged.
    pub threads: Threads,
}

/// Where files could have been found, and how recorded paths lead there.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    /// The folders that were looked through, as places.
    pub scope: Scope,
    /// For each origin: where its recorded Windows paths are now, as places.
    pub maps: Vec<PathMap>,
    /// Whether folders were left out on request: a greatest depth, excluded names.
    pub limited: bool,
    /// Whether single files were named rather than whole folders.
    pub single_files: bool,
}

impl Looked {
    /// The map of each file.
    pub(super) fn maps_of(&self, inventory: &Inventory) -> PathMaps {
        PathMaps::new(self.maps.clone(), inventory.files.iter().map(|file| file.origin.0).collect())
    }
}

impl Inspection {
    /// Links and judges what was gathered, and runs those of the checks that look at a file among the others: those that
    /// look at one alone ran while it was read.
    pub fn of(gathered: Gathered, checks: &CheckSet) -> Self {
        let Gathered { mut inventory, looked, volumes, named_paths, contents, findings, interrupted, threads } =
            gathered;
        inventory.name_by_links();
        let mut facts = inventory.facts(threads);
        let mut nodes: Vec<Node> = inventory.files.iter().zip(&facts).map(|(file, facts)| node(file, facts)).collect();
        let maps = looked.maps_of(&inventory);
        lend(&mut inventory, &mut facts, &mut nodes);
        let forest = Forest::link_on(threads, &nodes, &looked.scope, &maps);
        lend(&mut inventory, &mut facts, &mut nodes);
        drop(nodes);
        let mut inspection = Self {
            inventory,
            forest,
            chains: Vec::new(),
            machines: Machines::default(),
            verdicts: Vec::new(),
            contents: BTreeMap::new(),
            volumes,
            named_paths,
            findings,
            interrupted,
            looked,
        };
        inspection.chains = chains::chains(&inspection, threads);
        judge::judge(&mut inspection, &facts, &maps, threads);
        let found = checks::run_on_links(&inspection.subject(), checks, threads);
        inspection.findings.add(found);
        inspection.take_contents(contents);
        inspection
    }
}

/// Gives the places of the disks and what they say about their parents to the nodes, or back: of thousands of files two
/// copies would be much.
fn lend(inventory: &mut Inventory, facts: &mut [FileFacts], nodes: &mut [Node]) {
    for ((file, facts), node) in inventory.files.iter_mut().zip(facts).zip(nodes) {
        if let Some(path) = node.paths.first_mut().filter(|_| node.is_image) {
            std::mem::swap(path, &mut facts.path);
        }
        if let Some(disk) = &mut file.disk {
            std::mem::swap(&mut disk.reference, &mut node.reference);
        }
    }
}

/// A node without what is lent to it. Nothing but a disk is looked for by its path.
fn node(file: &FoundFile, facts: &FileFacts) -> Node {
    Node {
        paths: match file.is_image() {
            true => std::iter::once(PathBuf::new()).chain(facts.other_places.iter().cloned()).collect(),
            false => Vec::new(),
        },
        identity: facts.identity,
        virtual_disk_id: facts.virtual_disk_id,
        reference: None,
        readable: facts.readable,
        is_image: file.is_image(),
    }
}
