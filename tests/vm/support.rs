//! What these tests share: reading bytes as a file of some name, and looking into the result.

use std::path::{Path, PathBuf};

use vhdxray::error::Result;
use vhdxray::source::{MemorySource, ReadAt};
use vhdxray::testkit::hvs::{Bus, Container, Machine};
use vhdxray::units::{ByteLen, FileOffset};
use vhdxray::vm::{Key, ProblemKind, Value, VmFile};

use uuid::Uuid;

pub(crate) const MACHINE: Uuid = Uuid::from_u128(0x0A11_CE00_0000_4000_8000_0000_0000_0001);
pub(crate) const CHECKPOINT: Uuid = Uuid::from_u128(0x0A11_CE00_0000_4000_8000_0000_0000_0002);
pub(crate) const DISK: &str = r"D:\VMs\web\web.vhdx";

/// Bytes under a path.
#[derive(Debug)]
struct Named {
    bytes: MemorySource<Vec<u8>>,
    path: PathBuf,
}

impl ReadAt for Named {
    fn size(&self) -> ByteLen {
        self.bytes.size()
    }

    fn path(&self) -> Option<&Path> {
        Some(&self.path)
    }

    fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> Result<()> {
        self.bytes.read_exact_at(structure, offset, buf)
    }
}

pub(crate) fn read(bytes: &[u8]) -> VmFile {
    read_as(bytes, "Virtual Machines/x.vmcx")
}

pub(crate) fn read_as(bytes: &[u8], path: &str) -> VmFile {
    VmFile::read(&Named { bytes: MemorySource::new(bytes.to_vec()), path: path.into() }).unwrap()
}

/// A machine with one disk on its SCSI controller.
pub(crate) fn machine() -> Machine {
    Machine::new(MACHINE, "web").disk(Bus::Scsi(0, 0), DISK)
}

pub(crate) fn container() -> Container {
    Container::new(machine().keys)
}

/// What kinds of problems there are, sorted.
pub(crate) fn problems(vm: &VmFile) -> Vec<ProblemKind> {
    let mut kinds: Vec<ProblemKind> = vm.configuration.problems.iter().map(|problem| problem.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// The recorded paths of the disks.
pub(crate) fn disks(vm: &VmFile) -> Vec<String> {
    vm.configuration.drives.iter().filter_map(|drive| Some(drive.disk_path()?.lossy())).collect()
}

/// Every value with the names above it, in the order of the tree.
pub(crate) fn flat(vm: &VmFile) -> Vec<(String, Value)> {
    fn walk(key: &Key, above: &str, out: &mut Vec<(String, Value)>) {
        let path = format!("{above}/{}", key.name);
        out.push((path.clone(), key.value.clone()));
        key.children.iter().for_each(|child| walk(child, &path, out));
    }
    let mut out = Vec::new();
    vm.keys.iter().for_each(|key| walk(key, "", &mut out));
    out
}
