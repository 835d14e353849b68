//! Which file system a volume holds.

use std::borrow::Cow;

use uuid::Uuid;

use crate::error::Result;
use crate::format::guest::{btrfs, exfat, ext, fat, ntfs, signatures, swap, xfs};

use super::FileSystem;
use super::window::{HEAD, Window};

/// Bytes of a root directory in which a label is looked for: it is the first entry.
const DIRECTORY: u64 = 32 << 10;

/// The file system of a volume; `None` where none is recognised.
pub(super) fn probe(volume: &Window<'_>) -> Result<Option<FileSystem>> {
    let Some(head) = volume.read_data(0, HEAD)? else { return Ok(None) };
    if let Some(boot) = ntfs::BootSector::parse(&head) {
        return ntfs(volume, &boot).map(Some);
    }
    if let Some(boot) = exfat::BootSector::parse(&head) {
        let directory = volume.read(boot.root_at, boot.root_size.min(DIRECTORY))?;
        return Ok(Some(FileSystem {
            name: "exFAT".into(),
            label: exfat::root_label(&directory).map(|label| label.lossy()),
            serial: Some(short_serial(boot.serial)),
        }));
    }
    if let Some(signed) = signatures::find(&head) {
        return Ok(Some(FileSystem { name: signed.name.into(), label: signed.label, serial: signed.serial }));
    }
    if let Some(found) = head.get(ext::SUPERBLOCK_AT..).and_then(ext::Superblock::parse) {
        let name = match found.version {
            2 => "ext2",
            3 => "ext3",
            _ => "ext4",
        };
        return Ok(Some(with_id(name, found.label, found.id)));
    }
    if let Some(found) = xfs::Superblock::parse(&head) {
        return Ok(Some(with_id("XFS", found.label, found.id)));
    }
    if let Some(found) = head.get(btrfs::SUPERBLOCK_AT..).and_then(btrfs::Superblock::parse) {
        return Ok(Some(with_id("Btrfs", found.label, found.id)));
    }
    if let Some(found) = swap::Header::parse(&head) {
        return Ok(Some(with_id("swap", found.label, found.id)));
    }
    // It has no name of its own, so that it comes last.
    let Some(boot) = fat::BootSector::parse(&head) else { return Ok(None) };
    let directory = volume.read(boot.root_at, boot.root_size.min(DIRECTORY))?;
    Ok(Some(FileSystem {
        name: match boot.bits {
            12 => "FAT12",
            16 => "FAT16",
            _ => "FAT32",
        }
        .into(),
        label: fat::root_label(&directory).or(boot.label),
        serial: boot.serial.map(short_serial),
    }))
}

fn ntfs(volume: &Window<'_>, boot: &ntfs::BootSector) -> Result<FileSystem> {
    let record = match boot.volume_record_at().filter(|at| *at < volume.len().0) {
        Some(at) => volume.read(at, boot.record_size.min(ntfs::MAX_RECORD))?,
        None => Cow::default(),
    };
    let label = ntfs::volume_name(&record).map(|name| name.lossy());
    Ok(FileSystem { name: "NTFS".into(), label, serial: Some(format!("{:016X}", boot.serial)) })
}

fn with_id(name: &'static str, label: Option<String>, id: Uuid) -> FileSystem {
    FileSystem { name: name.into(), label, serial: Some(id.to_string()) }
}

/// A serial number of 32 bits as Windows shows it.
fn short_serial(serial: u32) -> String {
    format!("{:04X}-{:04X}", serial >> 16, serial & 0xFFFF)
}
