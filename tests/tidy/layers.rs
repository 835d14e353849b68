//! Who may know whom: the arrows between the modules of `src`, which run one way, and circles, of which there are none.

use std::collections::{BTreeMap, BTreeSet};

use super::scan::{File, Mention};

/// Each module and those directly below it; what a module may know is all that can be reached from it.
const BELOW: [(&str, &[&str]); 17] = [
    ("units", &[]),
    ("error", &["units"]),
    ("limits", &["units"]),
    ("threads", &[]),
    ("source", &["units", "error", "limits"]),
    ("format", &["units", "error", "limits"]),
    ("image", &["source", "format"]),
    ("vm", &["source", "format"]),
    ("chain", &["image", "threads"]),
    ("estate", &["chain", "vm"]),
    ("analysis", &["estate"]),
    ("checks", &["analysis"]),
    ("inspect", &["checks"]),
    ("bundle", &["inspect"]),
    ("report", &["bundle"]),
    ("cli", &["report"]),
    // It takes its numbers from the specification; only fuzz bodies and oracles call the library.
    ("testkit", &[]),
];

/// What is wrong between these files, one line each.
pub(crate) fn broken(files: &[File]) -> Vec<String> {
    let sources: Vec<&File> = files.iter().filter(|file| file.is_source()).collect();
    let map = Map::of(&sources);
    let mut wrong = Vec::new();
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in sources {
        let from = file.module();
        for mention in file.mentions.iter().filter(|mention| !mention.is_export) {
            let target = map.resolve(&mention.segments);
            if let Some(complaint) = wrong_way(&from, mention, &target, file) {
                wrong.push(format!("{}:{}: {complaint}", file.path, mention.line));
            }
            let to = map.file_module(&target);
            let related = from.starts_with(&to) || to.starts_with(&from);
            if !mention.in_test && !related {
                edges.entry(from.join("::")).or_default().insert(to.join("::"));
            }
        }
    }
    wrong.extend(circles(&edges));
    wrong
}

fn wrong_way(from: &[String], mention: &Mention, target: &[String], file: &File) -> Option<String> {
    // The crate's root lists the modules; it is the map, not a part of the house.
    let (from, to) = (from.first()?.as_str(), target.first()?.as_str());
    if from == to || mention.in_test && to == "testkit" || calls_the_library(file) && to != "cli" {
        return None;
    }
    let Some(allowed) = reachable(from) else {
        return Some(format!("the module {from} has no place in the order of layers"));
    };
    if allowed.contains(to) {
        return None;
    }
    let path = mention.segments.join("::");
    Some(format!("{from} may not know {to} (crate::{path})"))
}

/// Fuzz bodies and oracles of the testkit.
fn calls_the_library(file: &File) -> bool {
    let parts = file.path.strip_prefix("src/testkit/").into_iter().flat_map(|path| path.split('/'));
    parts.into_iter().any(|part| part.starts_with("fuzz") || part.starts_with("oracle"))
}

fn reachable(module: &str) -> Option<BTreeSet<&'static str>> {
    let (_, below) = BELOW.iter().find(|(name, _)| *name == module)?;
    let mut found = BTreeSet::new();
    for name in *below {
        found.insert(*name);
        found.extend(reachable(name)?);
    }
    Some(found)
}

/// Which modules are files, and which names are signposts to another module.
struct Map {
    modules: BTreeSet<Vec<String>>,
    /// From the full path of an exported name to the path that it stands for.
    signposts: BTreeMap<Vec<String>, Vec<String>>,
}

impl Map {
    fn of(files: &[&File]) -> Self {
        let modules = files.iter().map(|file| file.module()).collect();
        let mut signposts = BTreeMap::new();
        for file in files {
            for mention in file.mentions.iter().filter(|mention| mention.is_export) {
                if let Some(name) = mention.segments.last() {
                    let mut post = file.module();
                    post.push(name.clone());
                    signposts.insert(post, mention.segments.clone());
                }
            }
        }
        Self { modules, signposts }
    }

    /// The path behind all signposts.
    fn resolve(&self, path: &[String]) -> Vec<String> {
        let mut path = path.to_vec();
        // A signpost may point at another; a ring of them does not compile.
        for _ in 0..8 {
            let post = (1..=path.len()).rev().find_map(|end| Some((end, self.signposts.get(&path[..end])?)));
            match post {
                Some((end, target)) if path[..end] != target[..] => path = [&target[..], &path[end..]].concat(),
                _ => break,
            }
        }
        path
    }

    /// The module file that a path leads into.
    fn file_module(&self, path: &[String]) -> Vec<String> {
        let known = (0..=path.len()).rev().find(|end| self.modules.contains(&path[..*end]));
        path[..known.unwrap_or_default()].to_vec()
    }
}

/// Circles among modules that are neither above nor below each other in the folders.
fn circles(edges: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut found = BTreeSet::new();
    for start in edges.keys() {
        let mut way = vec![start.clone()];
        let mut seen = BTreeSet::new();
        if leads_back(start, edges, &mut way, &mut seen) {
            let least = (0..way.len()).min_by_key(|index| &way[*index]).unwrap_or_default();
            way.rotate_left(least);
            found.insert(way);
        }
    }
    found.into_iter().map(|way| format!("a circle: {} -> {}", way.join(" -> "), way[0])).collect()
}

fn leads_back(
    start: &str,
    edges: &BTreeMap<String, BTreeSet<String>>,
    way: &mut Vec<String>,
    seen: &mut BTreeSet<String>,
) -> bool {
    let Some(next) = way.last().and_then(|last| edges.get(last)) else { return false };
    for module in next {
        if module == start {
            return true;
        }
        if seen.insert(module.clone()) {
            way.push(module.clone());
            if leads_back(start, edges, way, seen) {
                return true;
            }
            way.pop();
        }
    }
    false
}
