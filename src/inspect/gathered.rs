//! What is known before anything is linked or judged: the files with the facts about each. It comes from a walk, or from
//! what several walks wrote down; all that follows is the same.

use std::borrow::Cow;
use std::collections::BTreeMap;

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
        let facts = inventory.facts(threads);
        let maps = looked.maps_of(&inventory);
        let nodes: Vec<Node<'_>> = inventory.files.iter().zip(&facts).map(|(file, facts)| node(file, facts)).collect();
        let forest = Forest::link_on(threads, &nodes, &looked.scope, &maps);
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

fn node<'a>(file: &'a FoundFile, facts: &'a FileFacts) -> Node<'a> {
    Node {
        path: Cow::Borrowed(&facts.path),
        other_paths: &facts.other_places,
        identity: facts.identity,
        virtual_disk_id: facts.virtual_disk_id,
        reference: file.disk.as_deref().and_then(|disk| disk.reference.as_ref()).map(Cow::Borrowed),
        readable: facts.readable,
        is_image: file.is_image(),
    }
}
