//! What judging needs to know of a file: facts alone, so that they can come from a walk or from elsewhere.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use uuid::Uuid;

use crate::chain::Here;
use crate::image::{DiskFacts, FileKind, KindBy};
use crate::threads::Threads;
use crate::units::ByteLen;

use super::{FoundFile, Inventory, OriginNo};

/// The facts about one file.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact that stands alone")]
pub struct FileFacts {
    /// Where it comes from.
    pub origin: OriginNo,
    /// Its place: what tells it from every other file, and what folders and names are told by.
    pub path: PathBuf,
    /// The places of all other paths that lead to it, on whatever host.
    pub other_places: Vec<PathBuf>,
    /// From where it was seen beside [`origin`](Self::origin), sorted.
    pub seen_by: Vec<OriginNo>,
    /// How sentences name it, where that is another path than its place.
    pub shown: Option<Box<str>>,
    /// What it is.
    pub kind: FileKind,
    /// How that is known.
    pub kind_by: KindBy,
    /// Its length; `None` where it could not be opened.
    pub size: Option<ByteLen>,
    /// Bytes that it takes on its volume.
    pub allocated: Option<ByteLen>,
    /// When it was last written to.
    pub modified: Option<Timestamp>,
    /// Whether everything that was wanted of it could be read.
    pub readable: bool,
    /// Whether it changed while it was read, so that `modified` is not the last time.
    pub changed_while_read: bool,
    /// What a child would name it by.
    pub identity: Option<Uuid>,
    /// What the guest sees as the disk's identity.
    pub virtual_disk_id: Option<Uuid>,
    /// Whether it has, or should have, a parent.
    pub differencing: bool,
    /// Number of blocks of which the file itself tells the content, where they were counted: not only those that lie in
    /// it, but those that it says are zero, trimmed or undefined too. All others are the parent's.
    pub settled_blocks: Option<u64>,
    /// A VHD set's: the name of the disk behind it.
    pub backing_name: Option<String>,
    /// Run-time state's: whether it holds a machine's memory.
    pub holds_memory: bool,
}

impl FileFacts {
    /// A file of which nothing but its path and kind is known.
    pub fn new(path: impl Into<PathBuf>, kind: FileKind) -> Self {
        let path = path.into();
        Self {
            origin: OriginNo::default(),
            shown: None,
            path,
            other_places: Vec::new(),
            seen_by: Vec::new(),
            kind,
            kind_by: KindBy::Content,
            size: Some(ByteLen::ZERO),
            allocated: None,
            modified: None,
            readable: true,
            changed_while_read: false,
            identity: None,
            virtual_disk_id: None,
            differencing: false,
            settled_blocks: None,
            backing_name: None,
            holds_memory: false,
        }
    }

    /// The places of all paths that lead to it.
    pub fn places(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(&self.path).chain(&self.other_places).map(PathBuf::as_path)
    }

    /// How sentences name it.
    pub fn shown(&self) -> String {
        self.shown.as_deref().map_or_else(|| self.path.to_string_lossy().into_owned(), str::to_owned)
    }

    /// Bytes that would come free with the file: those that it takes, or its length where the system does not tell.
    pub fn at_stake(&self) -> Option<ByteLen> {
        self.allocated.or(self.size)
    }
}

impl Inventory {
    /// The facts about each file, in the order of the files.
    pub fn facts(&self, threads: Threads) -> Vec<FileFacts> {
        let here = Here::now();
        let several_hosts = self.has_several_hosts();
        threads.map(self.files.len(), |number| match self.files.get(number) {
            Some(file) => self.facts_of(file, &here, several_hosts),
            None => FileFacts::new(PathBuf::new(), FileKind::Other),
        })
    }

    fn facts_of(&self, file: &FoundFile, here: &Here, several_hosts: bool) -> FileFacts {
        let disk = file.disk.as_deref();
        let place = |origin: OriginNo, path: &Path| match self.origin(origin) {
            Some(origin) => origin.place_from(path, here),
            None => here.absolute(path),
        };
        let own = place(file.origin, &file.path);
        let here_too = file.other_paths.iter().map(|path| place(file.origin, path));
        let elsewhere = file.elsewhere.iter().map(|(origin, path)| place(*origin, path));
        let mut seen_by: Vec<OriginNo> = file.elsewhere.iter().map(|(origin, _)| *origin).collect();
        seen_by.retain(|origin| *origin != file.origin);
        seen_by.sort_unstable();
        seen_by.dedup();
        FileFacts {
            origin: file.origin,
            other_places: here_too.chain(elsewhere).collect(),
            seen_by,
            shown: match several_hosts {
                true => Some(self.shown(file.origin, &file.path).into()),
                false if file.path.as_os_str() == own.as_os_str() => None,
                false => Some(file.path.to_string_lossy().into()),
            },
            path: own,
            kind: file.kind,
            kind_by: file.kind_by,
            size: file.stamp.map(|stamp| stamp.size),
            allocated: file.stamp.and_then(|stamp| stamp.allocated),
            modified: file.stamp.and_then(|stamp| Timestamp::try_from(stamp.modified?).ok()),
            readable: file.is_readable(),
            changed_while_read: file.changed_while_read,
            identity: disk.and_then(DiskFacts::identity),
            virtual_disk_id: disk.and_then(|disk| disk.virtual_disk_id),
            differencing: disk.is_some_and(|disk| disk.reference.is_some()),
            settled_blocks: file.blocks.as_deref().and_then(|counts| Some(counts.as_ref().ok()?.settled())),
            backing_name: file.vhd_set.as_ref().map(|set| set.backing_name.lossy()),
            holds_memory: file
                .configuration
                .as_ref()
                .and_then(|configuration| configuration.saved_state.as_ref())
                .is_some_and(crate::vm::SavedState::holds_memory),
        }
    }
}
