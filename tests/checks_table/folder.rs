//! A folder of fixtures, and the check of it.

use std::fs;
use std::path::PathBuf;

use vhdxray::checks::{self, Findings};
use vhdxray::estate::{OriginNo, Silent, Volume};
use vhdxray::image::vhdx::Depth;
use vhdxray::inspect::{Request, inspect};
use vhdxray::testkit::vhdx::{Block, Builder, Built, Locator};
use vhdxray::testkit::{SparseImage, pattern};
use vhdxray::units::ByteLen;

pub(crate) const MIB: u64 = 1 << 20;
/// Where the builder puts the BAT, its first entry, and the first block.
pub(crate) const BAT: u64 = 3 * MIB;
/// Where the builder puts the metadata table.
pub(crate) const METADATA: u64 = 2 * MIB;
/// Where the builder puts the first metadata item.
pub(crate) const ITEMS: u64 = METADATA + (64 << 10);

/// A file of this name holds the name of a path that is named beside the folder.
pub(crate) const ALSO_NAMED: &str = "also named.txt";
/// A file of this name makes the volume one on which nothing is free.
pub(crate) const FULL: &str = "the volume is full.txt";
/// A file of this name changes while it is read.
pub(crate) const CHANGED: &str = "changed.vhdx";

/// A folder that is gone when it is dropped.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    pub(crate) fn put(&self, name: &str, built: &Built) {
        self.put_image(name, &built.image);
    }

    pub(crate) fn put_image(&self, name: &str, image: &SparseImage) {
        image.write_to(&self.path(name)).unwrap();
    }

    pub(crate) fn put_bytes(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// What all checks say of the files in `named`, or of the whole folder where there is no such folder.
    pub(crate) fn check(&self) -> Findings {
        let named = self.0.path().join("named");
        let mut request = Request::default();
        request.paths.push(if named.is_dir() { named } else { self.0.path().to_owned() });
        if let Ok(name) = fs::read_to_string(self.0.path().join(ALSO_NAMED)) {
            request.paths.push(self.0.path().join(name));
        }
        request.read.open.depth = Depth::Full;
        // Long after every file was written: what was just written is not called unneeded.
        request.as_of = Some("2100-01-01T00:00:00Z".parse().unwrap());
        let mut inspection = inspect(&request, &Silent);
        // No system can be made to change a file at the right moment: one of this name counts as changed.
        for file in inspection.inventory.files.iter_mut().filter(|file| file.path.ends_with(CHANGED)) {
            file.changed_while_read = true;
        }
        // The system's own may lie anywhere, and be as full as it is.
        inspection.volumes = vec![Volume {
            origin: OriginNo(0),
            id: "1:1".to_owned(),
            mount_path: Some(self.0.path().to_owned()),
            file_system: None,
            total: ByteLen(1 << 40),
            free: if self.0.path().join(FULL).exists() { ByteLen(0) } else { ByteLen(1 << 39) },
        }];
        checks::run(&inspection.subject())
    }
}

/// The findings in a line.
pub(crate) fn shown(findings: &Findings) -> String {
    let each = findings.list.iter().map(|finding| {
        let name = finding.path.file_name().unwrap_or_default().display();
        format!("{} in {name} at {:x?} ({})", finding.code, finding.offset.map(|offset| offset.0), finding.message)
    });
    each.collect::<Vec<_>>().join(", ")
}

/// A disk of 8 blocks, of which the first is there.
pub(crate) fn disk() -> Builder {
    Builder::dynamic(8 * MIB).seed(1).block(0, full(1))
}

pub(crate) fn full(tag: u32) -> Block {
    Block::full(pattern::image(tag, 0, MIB))
}

/// The locator that Hyper-V writes for a parent of this name in the same folder.
pub(crate) fn locator(parent: &Built, name: &str) -> Locator {
    Locator::hyper_v(
        parent.layout.data_write_guid,
        &format!(r"C:\Hyper-V\{name}"),
        &format!(r".\{name}"),
        &format!(r"\\?\Volume{{5f1c2a70-0000-4000-8000-00000000c0de}}\Hyper-V\{name}"),
    )
}

/// A child over a parent of this name, whose first block has its first 8 sectors.
pub(crate) fn child(parent: &Built, name: &str) -> Builder {
    child_with(parent, locator(parent, name))
}

pub(crate) fn child_with(parent: &Built, locator: Locator) -> Builder {
    let block = Block::partial(pattern::image(9, 0, MIB)).present(0..8);
    Builder::differencing(8 * MIB, locator).seed(2).virtual_disk_id(parent.layout.virtual_disk_id).block(0, block)
}
