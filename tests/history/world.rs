//! A small host whose disks change from day to day, and what follows from that for its history.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use uuid::Uuid;
use vhdxray::testkit::SparseImage;
use vhdxray::testkit::hvs::{Bus, Container, Machine};
use vhdxray::testkit::pattern;
use vhdxray::testkit::rng::Rng;
use vhdxray::testkit::vhdx::{Block, Builder, Locator};

pub(crate) const MIB: u64 = 1 << 20;

/// A disk file as it is to be.
#[derive(Clone)]
pub(crate) struct File {
    /// Path below the root.
    pub(crate) path: String,
    pub(crate) family: Uuid,
    pub(crate) identity: Uuid,
    /// Identity and name of the parent, as recorded.
    pub(crate) parent: Option<(Uuid, String)>,
    pub(crate) virtual_size: u64,
    /// Tag of the content of each block that is there.
    pub(crate) blocks: BTreeMap<u64, u32>,
}

/// The host.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    rng: Rng,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("vms")).unwrap();
        Self { folder, rng: Rng::new(seed) }
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("vms")
    }

    pub(crate) fn db(&self) -> PathBuf {
        self.folder.path().join("history.db")
    }

    pub(crate) fn guid(&mut self) -> Uuid {
        self.rng.guid()
    }

    pub(crate) fn base(&mut self, path: &str, virtual_size: u64) -> File {
        let (family, identity) = (self.guid(), self.guid());
        File { path: path.to_owned(), family, identity, parent: None, virtual_size, blocks: BTreeMap::new() }
    }

    pub(crate) fn child(&mut self, path: &str, parent: &File) -> File {
        let link = (parent.identity, parent.name());
        File {
            path: path.to_owned(),
            identity: self.guid(),
            parent: Some(link),
            blocks: BTreeMap::new(),
            ..parent.clone()
        }
    }

    /// The guest writes to so many blocks that it has not written to before; the content has a new identity then.
    pub(crate) fn grow(&mut self, file: &mut File, blocks: u64, tag: u32) {
        let next = file.blocks.keys().next_back().map_or(0, |last| last + 1);
        file.blocks.extend((next..next + blocks).map(|block| (block, tag)));
        file.identity = self.guid();
    }

    /// Brings a child's blocks into its parent.
    pub(crate) fn merge(&mut self, child: &File, parent: &mut File) {
        parent.blocks.extend(&child.blocks);
        parent.identity = self.guid();
    }

    /// Writes a file and returns its length.
    pub(crate) fn write(&self, file: &File) -> u64 {
        let built = file.built();
        let path = self.root().join(&file.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        built.write_to(&path).unwrap();
        built.len()
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.root().join(path)).unwrap();
    }

    pub(crate) fn rename(&self, file: &mut File, to: &str) {
        let to_path = self.root().join(to);
        fs::create_dir_all(to_path.parent().unwrap()).unwrap();
        fs::rename(self.root().join(&file.path), to_path).unwrap();
        to.clone_into(&mut file.path);
    }

    /// A machine that attaches these files.
    pub(crate) fn machine(&self, id: Uuid, name: &str, disks: &[&str]) {
        let machine = disks.iter().zip(0..).fold(Machine::new(id, name), |machine, (disk, place)| {
            machine.disk(Bus::Scsi(0, place), &format!(r"D:\vms\{}", disk.replace('/', r"\")))
        });
        let folder = self.root().join("Virtual Machines");
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{}.vmcx", id.to_string().to_uppercase()));
        fs::write(path, &Container::new(machine.keys).build().bytes).unwrap();
    }
}

impl File {
    fn name(&self) -> String {
        Path::new(&self.path).file_name().unwrap().to_string_lossy().into_owned()
    }

    /// The file's bytes. The first page of each block differs from any other.
    pub(crate) fn built(&self) -> SparseImage {
        let builder = match &self.parent {
            None => Builder::dynamic(self.virtual_size),
            Some((identity, name)) => {
                let locator = Locator::windows(*identity, &format!(r".\{name}"), &format!(r"D:\vms\{name}"));
                Builder::differencing(self.virtual_size, locator)
            }
        };
        let builder =
            builder.virtual_disk_id(self.family).data_write_guid(self.identity).file_write_guid(self.identity);
        let content = |block: u64, tag: u32| Block::full(pattern::image(tag, block * MIB, 4096));
        self.blocks
            .iter()
            .fold(builder, |builder, (block, tag)| builder.block(*block, content(*block, *tag)))
            .build()
            .image
    }
}
