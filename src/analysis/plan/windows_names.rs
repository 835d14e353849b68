//! What Windows calls the files of a plan: steps are carried out there, wherever the plan was made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::chain::windows_path::{PathKind, WindowsPath, eq_ignore_case};
use crate::chain::{FileNo, Lead};
use crate::estate::{AttachedDisk, Machine, Registration};

use super::facts::{Facts, folder};

/// Where the name of a file was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamedBy {
    /// The program runs on Windows, and this is its path.
    Here,
    /// `--map`, read backwards.
    Map,
    /// The configuration that attaches it.
    Configuration,
    /// A child that records it.
    Locator,
    /// Another file of the same folder.
    Neighbour,
}

impl NamedBy {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Here => "path",
            Self::Map => "map",
            Self::Configuration => "configuration",
            Self::Locator => "locator",
            Self::Neighbour => "neighbour",
        }
    }
}

/// A file's name on Windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowsName {
    /// The whole path.
    Full {
        /// The path.
        path: String,
        /// Where it was found.
        by: NamedBy,
    },
    /// Only the folder here is known: whoever carries the steps out must say what Windows calls it.
    InFolder {
        /// Which of [`WindowsNames::folders`].
        folder: usize,
        /// The name in it.
        name: String,
    },
    /// The name is no valid Unicode, so that no exact name can be written down.
    Unknown,
}

/// The names of all files of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WindowsNames {
    /// The names.
    pub names: BTreeMap<FileNo, WindowsName>,
    /// Folders of this system of which it is not known what Windows calls them.
    pub folders: Vec<PathBuf>,
}

impl WindowsNames {
    /// The names of these files.
    ///
    /// A record may be older than a move of its folder: then Windows has another folder of that name, or none. So all
    /// files of one folder here are in one folder there, the one that the surest of the records name, and where these
    /// disagree it is not known.
    pub fn of(facts: &Facts<'_>, files: &[FileNo]) -> Self {
        let records: BTreeMap<FileNo, Vec<Record>> = files.iter().map(|file| (*file, recorded(facts, *file))).collect();
        let mut folders: BTreeMap<PathBuf, Agreed> = BTreeMap::new();
        for (file, records) in &records {
            let agreed = folders.entry(folder(facts.path(*file))).or_default();
            for record in records {
                agreed.add(record);
            }
        }
        let mut all = Self::default();
        for (file, records) in records {
            let here = folder(facts.path(file));
            let there = folders.get(&here).and_then(Agreed::folder);
            let by_record = records.into_iter().find(|record| {
                record.worth == Worth::Now || there.is_some_and(|there| is_same_folder(there, parent_of(&record.path)))
            });
            let name = match (by_record, exact_name(facts.path(file)), there) {
                (Some(Record { path, by, .. }), ..) => WindowsName::Full { path, by },
                (None, None, _) => WindowsName::Unknown,
                (None, Some(name), Some(there)) => {
                    WindowsName::Full { path: format!("{there}{name}"), by: NamedBy::Neighbour }
                }
                (None, Some(name), None) => WindowsName::InFolder { folder: all.folder(here), name: name.to_owned() },
            };
            all.names.insert(file, name);
        }
        all
    }

    /// The name of a file.
    pub fn get(&self, file: FileNo) -> &WindowsName {
        self.names.get(&file).unwrap_or(&WindowsName::Unknown)
    }

    fn folder(&mut self, folder: PathBuf) -> usize {
        match self.folders.iter().position(|known| *known == folder) {
            Some(known) => known,
            None => {
                self.folders.push(folder);
                self.folders.len().saturating_sub(1)
            }
        }
    }
}

impl WindowsName {
    /// The whole path, where it is known.
    pub fn full(&self) -> Option<&str> {
        match self {
            Self::Full { path, .. } => Some(path),
            _ => None,
        }
    }

    /// Where the whole path was found.
    pub fn found_by(&self) -> Option<NamedBy> {
        match self {
            Self::Full { by, .. } => Some(*by),
            _ => None,
        }
    }

    /// A file in the same folder, under another name.
    #[must_use]
    pub fn beside(&self, other: &str) -> Self {
        match self {
            Self::Full { path, by } => match parent_of(path) {
                Some(folder) => Self::Full { path: format!("{folder}{other}"), by: *by },
                None => Self::Unknown,
            },
            Self::InFolder { folder, .. } => Self::InFolder { folder: *folder, name: other.to_owned() },
            Self::Unknown => Self::Unknown,
        }
    }
}

/// A whole path that something calls a file by.
#[derive(Clone, Debug)]
struct Record {
    path: String,
    by: NamedBy,
    worth: Worth,
}

/// What a record is worth against another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    /// It was right once.
    Once,
    /// A configuration has it, and the file was found in its place.
    InPlace,
    /// It is where the file is now.
    Now,
}

/// The folder that the records of most worth name for a folder here, where they agree.
#[derive(Debug, Default)]
struct Agreed {
    worth: Option<Worth>,
    folder: Option<String>,
    disagree: bool,
}

impl Agreed {
    fn add(&mut self, record: &Record) {
        let Some(folder) = parent_of(&record.path) else { return };
        match self.worth {
            Some(worth) if worth > record.worth => {}
            Some(worth) if worth == record.worth => {
                self.disagree |= self.folder.as_deref().is_some_and(|known| !is_same_folder(known, Some(folder)));
            }
            _ => *self = Self { worth: Some(record.worth), folder: Some(folder.to_owned()), disagree: false },
        }
    }

    fn folder(&self) -> Option<&str> {
        self.folder.as_deref().filter(|_| !self.disagree)
    }
}

/// The folder of a Windows path, its separator included.
fn parent_of(path: &str) -> Option<&str> {
    path.get(..=path.rfind(['\\', '/'])?)
}

fn is_same_folder(known: &str, other: Option<&str>) -> bool {
    other.is_some_and(|other| WindowsPath::parse(known).same_place(&WindowsPath::parse(other)))
}

/// The name of a file, where Windows takes it as it stands.
fn exact_name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str().filter(|name| is_exact(name))
}

/// Whether Windows takes a name as it stands: it cuts spaces and points at the end, and some names lead to devices, so
/// that a command would open another file.
fn is_exact(name: &str) -> bool {
    !name.ends_with([' ', '.'])
        && !name.contains(['<', '>', ':', '"', '/', '\\', '|', '?', '*'])
        && !name.contains(char::is_control)
        && !WindowsPath::parse(name).is_device()
}

/// The paths that are known of a file, the surest first.
fn recorded(facts: &Facts<'_>, file: FileNo) -> Vec<Record> {
    let path = facts.path(file);
    if cfg!(windows) {
        let path = crate::chain::absolute(path).to_str().map(str::to_owned);
        return path.map(|path| Record { path, by: NamedBy::Here, worth: Worth::Now }).into_iter().collect();
    }
    let Some(name) = exact_name(path) else { return Vec::new() };
    let is_whole = |path: &String| WindowsPath::parse(path).components().iter().all(|name| is_exact(name));
    if let Some(path) = facts.map.unmap(path).filter(is_whole) {
        return vec![Record { path, by: NamedBy::Map, worth: Worth::Now }];
    }
    // A record that has another name is older than the name that the file has now.
    let fits = |recorded: &str| {
        let recorded = WindowsPath::parse(recorded);
        recorded.is_absolute()
            && !recorded.is_device()
            && !matches!(recorded.kind(), PathKind::Volume { .. })
            && recorded.file_name().is_some_and(|known| eq_ignore_case(known, name))
    };
    // Of a configuration that is perhaps a copy, the disks at its paths are perhaps those of the one that it was made of.
    let is_copy =
        |machine: &Machine| machine.backup_copy || matches!(machine.registered, Some(Registration::Perhaps(_)));
    let is_itself = |machine: &Machine| {
        let owner = machine.owner.and_then(|owner| facts.machines.get(owner));
        !is_copy(machine) && !owner.is_some_and(is_copy)
    };
    let attached = facts.attaching(file).filter(|(_, machine, disk)| is_itself(machine) && fits(&disk.recorded));
    let by_configuration = |disk: &AttachedDisk| Record {
        path: plain(&disk.recorded),
        by: NamedBy::Configuration,
        worth: match disk.found.is_by_place() && disk.found.rivals.is_empty() {
            true => Worth::InPlace,
            false => Worth::Once,
        },
    };
    let mut records: Vec<Record> = attached.map(|(.., disk)| by_configuration(disk)).collect();
    for child in facts.forest.children(file) {
        let Some(link) = facts.forest.link(*child) else { continue };
        let absolute = link.recorded.iter().filter(|known| {
            // A share that only a disk names may be anybody's: opening it would tell this user's name to a stranger.
            fits(&known.path)
                && !WindowsPath::parse(&known.path).is_unc()
                && !matches!(known.leads, Lead::Itself)
                && !matches!(known.leads, Lead::To(to) if to != file)
        });
        let by_locator = |path: &str| Record { path: plain(path), by: NamedBy::Locator, worth: Worth::Once };
        records.extend(absolute.map(|known| by_locator(&known.path)));
    }
    records
}

/// The path as programs take it: without what only the kernel needs to see, and with one kind of separator.
fn plain(recorded: &str) -> String {
    let trimmed = recorded.trim_end_matches('\0').replace('/', "\\");
    match trimmed.strip_prefix(r"\\?\").or_else(|| trimmed.strip_prefix(r"\??\")) {
        Some(rest) if rest.get(1..3) == Some(":\\") => rest.to_owned(),
        _ => trimmed,
    }
}
