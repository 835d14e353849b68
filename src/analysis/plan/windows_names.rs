//! What Windows calls the files of a plan: steps are carried out there, wherever the plan was made.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::chain::windows_path::{PathKind, WindowsPath, eq_ignore_case};
use crate::chain::{FileNo, Lead};

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
    pub fn of(facts: &Facts<'_>, files: &[FileNo]) -> Self {
        let mut all = Self::default();
        for file in files {
            if let Some((path, by)) = recorded(facts, *file) {
                all.names.insert(*file, WindowsName::Full { path, by });
            }
        }
        let known: Vec<(PathBuf, String)> = all
            .names
            .iter()
            .filter_map(|(file, name)| Some((folder(facts.path(*file)), parent_of(name.full()?)?.to_owned())))
            .collect();
        for file in files {
            if all.names.contains_key(file) {
                continue;
            }
            let name = match facts.path(*file).file_name().and_then(|name| name.to_str()) {
                None => WindowsName::Unknown,
                Some(name) => {
                    let here = folder(facts.path(*file));
                    match known.iter().find(|(folder, _)| *folder == here) {
                        Some((_, windows)) => {
                            WindowsName::Full { path: format!("{windows}{name}"), by: NamedBy::Neighbour }
                        }
                        None => WindowsName::InFolder { folder: all.folder(here), name: name.to_owned() },
                    }
                }
            };
            all.names.insert(*file, name);
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

/// The folder of a Windows path, its separator included.
fn parent_of(path: &str) -> Option<&str> {
    path.get(..=path.rfind(['\\', '/'])?)
}

fn recorded(facts: &Facts<'_>, file: FileNo) -> Option<(String, NamedBy)> {
    let path = facts.path(file);
    if cfg!(windows) {
        return Some((crate::chain::absolute(path).to_str()?.to_owned(), NamedBy::Here));
    }
    if let Some(path) = facts.map.unmap(path) {
        return Some((path, NamedBy::Map));
    }
    // A record that has another name is older than the name that the file has now.
    let name = path.file_name()?.to_str()?;
    let fits = |recorded: &str| {
        let recorded = WindowsPath::parse(recorded);
        recorded.is_absolute()
            && !recorded.is_device()
            && !matches!(recorded.kind(), PathKind::Volume { .. })
            && recorded.file_name().is_some_and(|known| eq_ignore_case(known, name))
    };
    let by_place = |disk: &&crate::estate::AttachedDisk| {
        disk.found.is_by_place() && disk.found.rivals == 0 && fits(&disk.recorded)
    };
    if let Some((_, _, disk)) = facts.attaching(file).find(|(_, _, disk)| by_place(disk)) {
        return Some((plain(&disk.recorded), NamedBy::Configuration));
    }
    for child in facts.forest.children(file) {
        let Some(link) = facts.forest.link(*child) else { continue };
        let absolute = link.recorded.iter().find(|known| {
            // A share that only a disk names may be anybody's: opening it would tell this user's name to a stranger.
            fits(&known.path)
                && !WindowsPath::parse(&known.path).is_unc()
                && !matches!(known.leads, Lead::Itself)
                && !matches!(known.leads, Lead::To(to) if to != file)
        });
        if let Some(known) = absolute {
            return Some((plain(&known.path), NamedBy::Locator));
        }
    }
    None
}

/// The path as programs take it: without what only the kernel needs to see, and with one kind of separator.
fn plain(recorded: &str) -> String {
    let trimmed = recorded.trim_end_matches('\0').replace('/', "\\");
    match trimmed.strip_prefix(r"\\?\").or_else(|| trimmed.strip_prefix(r"\??\")) {
        Some(rest) if rest.get(1..3) == Some(":\\") => rest.to_owned(),
        _ => trimmed,
    }
}
