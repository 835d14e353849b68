//! Several bundles as one estate.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::chain::Scope;
use crate::chain::windows_path::{PathMap, PathMapError};
use crate::checks::{CheckSet, Findings};
use crate::error::Error;
use crate::estate::{FoundFile, Inventory, Link, NamedPath, Namespace, Origin, OriginNo, Unreadable};
use crate::inspect::{Gathered, Inspection, Looked};

use super::merge::Merge;
use super::names::BundleArgument;
use super::{Bundle, same};

/// What the user says beside the bundles.
#[derive(Clone, Debug, Default)]
pub struct Corrections {
    /// Rules that go before those that a bundle recorded.
    pub map: Vec<BundleArgument>,
    /// Bundles, by their number, with the name of the host whose files they tell of.
    pub hosts: Vec<(usize, String)>,
}

/// Links, checks and judges what the bundles tell, each with the paths and the map of its own host and by its own clock.
///
/// What reads a file was found when it was scanned and is taken over; everything else is found as in a scan of all of the
/// folders together.
pub fn correlate(bundles: Vec<Bundle>, corrections: &Corrections) -> Result<Inspection, PathMapError> {
    let gathered = gather(bundles, corrections)?;
    Ok(Inspection::of(gathered, &CheckSet::of(|_| true)))
}

fn gather(bundles: Vec<Bundle>, corrections: &Corrections) -> Result<Gathered, PathMapError> {
    let origins = origins(&bundles, corrections);
    let mut gathered = Gathered::default();
    let mut maps = Vec::new();
    let mut scope = Scope::default();
    let mut merge = Merge::new(&origins);
    let mut found = Findings::default();
    let mut unreadable: BTreeMap<PathBuf, Unreadable> = BTreeMap::new();
    let mut links: BTreeMap<PathBuf, Link> = BTreeMap::new();
    let mut volumes = BTreeMap::new();
    let mut named: BTreeMap<PathBuf, NamedPath> = BTreeMap::new();
    for (number, (bundle, origin)) in bundles.into_iter().zip(&origins).enumerate() {
        let from = OriginNo(number);
        maps.push(map(&bundle, number, &origins, &corrections.map)?);
        for root in &bundle.header.scope {
            let folder = origin.place(&root.path.to_path(bundle.header.windows));
            if root.below { scope.add_below(&folder) } else { scope.add_beside(&folder) }
        }
        for path in &bundle.header.left_out {
            scope.leave_out(&origin.place(&path.to_path(bundle.header.windows)));
        }
        if bundle.header.more_left_out {
            scope.leave_out_more();
        }
        gathered.interrupted |= bundle.header.coverage.interrupted || bundle.cut_after.is_some();
        gathered.looked.limited |= bundle.header.coverage.limited;
        gathered.looked.single_files |= bundle.header.coverage.single_files;
        for path in &bundle.header.named_paths {
            let path = path.to_path(bundle.header.windows);
            named.entry(origin.place(&path)).or_insert(NamedPath { origin: from, path });
        }
        let mut gaps = bundle.unreadable;
        gaps.extend(bundle.cut_after.map(|lines| cut(&bundle.path, lines)));
        for gap in gaps {
            let gap = Unreadable { origin: from, ..gap };
            unreadable.entry(origin.place(&gap.path)).or_insert(gap);
        }
        for link in bundle.links {
            links.entry(origin.place(&link.path)).or_insert(Link { origin: from, ..link });
        }
        for mut volume in bundle.volumes {
            volume.origin = from;
            volumes.entry((origin.root(), volume.id.clone())).or_insert(volume);
        }
        let told = bundle.contents.into_iter().map(|(path, contents)| (NamedPath { origin: from, path }, contents));
        gathered.contents.extend(told);
        for file in bundle.files {
            merge.add(FoundFile { origin: from, ..file });
        }
        found.list.extend(bundle.findings.list.into_iter().map(|mut finding| {
            finding.origin = from;
            finding
        }));
        found.not_shown.extend(bundle.findings.not_shown.into_iter().map(|mut more| {
            more.origin = from;
            more
        }));
    }
    let (files, replaced) = merge.finish();
    let stands = |origin: OriginNo, path: &Path| !replaced.contains(&(origin, path.to_owned()));
    found.list.retain(|finding| stands(finding.origin, &finding.path));
    found.not_shown.retain(|more| stands(more.origin, &more.path));
    let mut unreadable: Vec<Unreadable> = unreadable.into_values().collect();
    unreadable.sort_by(|a, b| (&a.path, a.origin).cmp(&(&b.path, b.origin)));
    gathered.looked = Looked { scope, maps, ..gathered.looked };
    gathered.volumes = volumes.into_values().collect();
    gathered.volumes.sort_by(|a, b| (&a.mount_path, a.origin, &a.id).cmp(&(&b.mount_path, b.origin, &b.id)));
    gathered.findings = found;
    gathered.named_paths = named.into_values().collect();
    let mut links: Vec<Link> = links.into_values().collect();
    links.sort_by(|a, b| (&a.path, a.origin).cmp(&(&b.path, b.origin)));
    gathered.inventory = Inventory { origins, files, unreadable, links };
    Ok(gathered)
}

/// What a bundle that was cut short does not tell.
fn cut(bundle: &Path, lines: u64) -> Unreadable {
    let why = format!("the bundle was cut short after line {lines}: what it told after that is not known");
    Unreadable { origin: OriginNo::default(), path: bundle.to_owned(), error: Error::refused("", None, why) }
}

/// The map of a bundle: what the user says, then what it recorded, then the drives of its host.
fn map(
    bundle: &Bundle,
    number: usize,
    origins: &[Origin],
    corrections: &[BundleArgument],
) -> Result<PathMap, PathMapError> {
    let place =
        |origin: usize, path: &Path| origins.get(origin).map_or_else(|| path.to_owned(), |origin| origin.place(path));
    let mut map = PathMap::default();
    // A rule for one bundle goes before one for all.
    let (own, all): (Vec<_>, Vec<_>) = corrections.iter().partition(|rule| rule.bundle.is_some());
    for rule in own.iter().filter(|rule| rule.bundle == Some(number)) {
        map.add(&rule.from, place(rule.to_bundle.unwrap_or(number), &rule.to))?;
    }
    let mut general = PathMap::default();
    for rule in all {
        let to = place(rule.to_bundle.unwrap_or(number), &rule.to);
        general.add(&rule.from, to.clone())?;
        add_if_new(&mut map, &rule.from, to);
    }
    for rule in &bundle.header.map {
        add_if_new(&mut map, &rule.from_recorded, place(number, &rule.to.to_path(bundle.header.windows)));
    }
    Ok(map.with_drives(origins.get(number).and_then(Origin::drives)))
}

/// Adds a rule unless there is one for the same path, or it cannot be one.
fn add_if_new(map: &mut PathMap, from: &str, to: PathBuf) {
    let _known_or_no_rule = map.add(from, to);
}

/// One origin a bundle. Bundles of one host have one namespace, unless they contradict each other.
fn origins(bundles: &[Bundle], corrections: &Corrections) -> Vec<Origin> {
    let mut origins: Vec<Origin> = Vec::new();
    let mut hosts = 0_usize;
    for (number, bundle) in bundles.iter().enumerate() {
        let corrected = corrections.hosts.iter().rev().find(|(of, _)| *of == number).map(|(_, name)| name.clone());
        let is_corrected = corrected.is_some();
        let host = corrected.or_else(|| bundle.header.host.clone());
        let namespace = |number| Namespace::Host {
            number,
            working_folder: bundle.header.working_folder.to_path(bundle.header.windows),
            windows: bundle.header.windows,
        };
        let origin = |number| Origin {
            host: host.clone(),
            bundle: Some(bundle.path.clone()),
            as_of: Some(bundle.header.as_of),
            namespace: namespace(number),
        };
        let same = origins.iter().zip(bundles).find_map(|(known, other)| {
            let Namespace::Host { number, windows, .. } = known.namespace else { return None };
            let is_same = host.is_some()
                && known.host.as_ref().map(|host| host.to_lowercase()) == host.as_ref().map(|host| host.to_lowercase())
                && windows == bundle.header.windows
                && (is_corrected || !contradict(bundle, &origin(number), other, known));
            is_same.then_some(number)
        });
        origins.push(origin(same.unwrap_or(hosts)));
        hosts = hosts.saturating_add(usize::from(same.is_none()));
    }
    tell_apart(&mut origins);
    origins
}

/// Whether both tell of other files under one path.
fn contradict(a: &Bundle, origin_a: &Origin, b: &Bundle, origin_b: &Origin) -> bool {
    let by_place: BTreeMap<PathBuf, &FoundFile> =
        b.files.iter().map(|file| (origin_b.place(&file.path), file)).collect();
    a.files
        .iter()
        .any(|file| by_place.get(&origin_a.place(&file.path)).is_some_and(|other| same::contradict(file, other)))
}

/// Two hosts of one name are called by their bundles as well.
fn tell_apart(origins: &mut [Origin]) {
    let before = origins.to_vec();
    for origin in origins {
        let twins = before.iter().filter(|other| other.host == origin.host && !other.is_same_host(origin)).count();
        let bundle = origin.bundle.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        if let (Some(host), Some(bundle), 1..) = (&origin.host, bundle, twins) {
            origin.host = Some(format!("{host} ({bundle})"));
        }
    }
}
