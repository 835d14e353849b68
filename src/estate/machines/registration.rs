//! Which configurations the hosts' lists mean. A list names a machine at a path: a configuration of the same id at
//! another path may be a copy of it that nobody runs, or the machine itself where the scan saw its folder under another
//! name.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::chain::windows_path::{WindowsPath, to_upper};
use crate::chain::{FileNo, PathMaps, on_its_host};
use crate::estate::FileFacts;
use crate::estate::names::{folded_parts, leading_guid};
use crate::image::FileKind;
use crate::vm::{Configuration, ConfigurationKind, RegisteredList};

use super::{HostList, Machine, Machines, Unseen};

/// What the hosts' lists that were found say of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Registration {
    /// None names its machine.
    Unlisted,
    /// One names its machine, at this path as recorded: at another than the configuration's, or there are several that
    /// may be meant.
    Perhaps(String),
    /// One names it.
    Listed,
}

/// How a recorded path of a list is compared with a configuration.
struct Place {
    recorded: String,
    /// The folders as Windows compares them; `None` where the path does not say where it starts.
    folder: Option<Vec<String>>,
    /// Where it leads, where that is known.
    exact: Option<Vec<String>>,
    /// Whether it leads there on the list's own host, and so to nothing else of it.
    is_own: bool,
}

/// A configuration in exactly the place that was recorded.
const EXACT: usize = usize::MAX;

impl Machines {
    /// Reads the hosts' lists against the configurations that were found.
    pub(super) fn register(&mut self, files: &[FileFacts], lists: &[(FileNo, Configuration)], maps: &PathMaps) {
        if lists.is_empty() {
            return;
        }
        let mut by_id: BTreeMap<Uuid, Vec<usize>> = BTreeMap::new();
        for (number, machine) in self.all.iter_mut().enumerate() {
            let Some(facts) = files.get(machine.file.0) else { continue };
            // Hosts up to 2012 R2 keep no list.
            if facts.kind != FileKind::VmXml {
                machine.registered = Some(Registration::Unlisted);
            }
            let id = machine.configuration.id.or_else(|| leading_guid(&facts.path));
            if let Some(id) = id.filter(|_| machine.kind() != ConfigurationKind::Cached && !machine.backup_copy) {
                by_id.entry(id).or_default().push(number);
            }
        }
        for (file, list) in lists {
            let mut unseen = Vec::new();
            for entry in list.registered.iter().filter(|entry| entry.list == RegisteredList::VirtualMachines) {
                let place = Place::new(*file, entry.path.lossy(), maps);
                let named = entry.id.and_then(|id| by_id.get(&id)).map(Vec::as_slice).unwrap_or_default();
                if !self.mark(files, *file, named, &place) {
                    let is_elsewhere = !named.is_empty();
                    unseen.push(Unseen { id: entry.id, recorded: place.recorded, is_elsewhere });
                }
            }
            self.lists.push(HostList { file: *file, unseen });
        }
    }

    /// Marks those of the configurations of one id that a list means. Returns whether one of them is where it says.
    fn mark(&mut self, files: &[FileFacts], list: FileNo, named: &[usize], place: &Place) -> bool {
        let is_same_origin = |a: &FileFacts, b: FileNo| files.get(b.0).is_some_and(|list| list.origin == a.origin);
        let near = |number: usize| {
            let facts = files.get(self.all.get(number)?.file.0)?;
            place.near(facts, is_same_origin(facts, list))
        };
        let near: Vec<(usize, Option<usize>)> = named.iter().map(|number| (*number, near(*number))).collect();
        let best = near.iter().filter_map(|(_, near)| *near).max();
        let of_best = near.iter().filter(|(_, near)| near.is_some() && *near == best).count();
        for (number, near) in near {
            let found = match near.is_some() && near == best && of_best == 1 {
                true => Registration::Listed,
                false => Registration::Perhaps(place.recorded.clone()),
            };
            if let Some(machine) = self.all.get_mut(number) {
                // Another list may have named it already.
                machine.registered = machine.registered.take().max(Some(found));
            }
        }
        best.is_some()
    }
}

impl Place {
    fn new(list: FileNo, recorded: String, maps: &PathMaps) -> Self {
        let path = WindowsPath::parse(&recorded);
        let map = maps.of(list);
        let mapped = map.map(&path).ok().flatten().map(|mapped| mapped.path());
        let own = on_its_host(&path, map).filter(|_| path.is_absolute());
        let is_own = mapped.is_none() && own.is_some();
        let folder = || path.parent_components().iter().map(|part| to_upper(part)).collect();
        Self {
            folder: path.is_absolute().then(folder),
            exact: mapped.or(own).map(|place| folded_parts(&place)),
            is_own,
            recorded,
        }
    }

    /// How near to the recorded place a configuration lies; `None` for one that lies elsewhere.
    fn near(&self, configuration: &FileFacts, is_same_origin: bool) -> Option<usize> {
        let mut parts = folded_parts(&configuration.path);
        if self.exact.as_ref() == Some(&parts) {
            return Some(EXACT);
        }
        if self.is_own && is_same_origin {
            return None;
        }
        let Some(recorded) = &self.folder else { return Some(0) };
        parts.pop();
        let tail = parts.iter().rev().zip(recorded.iter().rev()).take_while(|(a, b)| a == b).count();
        // All configurations lie in folders of one name.
        (tail >= 2 || tail == recorded.len()).then_some(tail)
    }
}

impl Machine {
    /// Whether a host's list names it; `None` where no list was found that could, and where it names the machine and
    /// perhaps another configuration of it.
    pub fn is_listed(&self) -> Option<bool> {
        match self.registered.as_ref()? {
            Registration::Listed => Some(true),
            Registration::Unlisted => Some(false),
            Registration::Perhaps(_) => None,
        }
    }

    /// Whether lists were found and none names the machine.
    pub fn is_unlisted(&self) -> bool {
        self.registered == Some(Registration::Unlisted)
    }
}
