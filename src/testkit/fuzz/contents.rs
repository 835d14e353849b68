//! What a guest has on a disk of 1 MiB: patches over a partition table or a file system that is sound.

use std::sync::Arc;

use crate::analysis::contents::{self, Contents};
use crate::chain::{Bottom, VirtualDisk};
use crate::image::{FileKind, Image, OpenOptions};
use crate::limits;
use crate::report::json::ContentsJson;
use crate::source::MemorySource;
use crate::testkit::SparseImage;
use crate::testkit::hvs::crc32;
use crate::testkit::record::{Record, utf16, utf16_le};
use crate::testkit::vhd::Builder;

use super::input::{Input, piece};

/// Bytes of the disk.
const SIZE: usize = 1 << 20;
/// Where the volume behind the tables starts.
const VOLUME: usize = 64 << 10;
/// The same in sectors, from the extended boot record on.
const VOLUME_SECTOR: u32 = 128 - 8;

/// What is on the disk before the patches (0: a GPT; 1: an MBR with a logical partition; 2: NTFS; 3: FAT12; 4: exFAT;
/// other: nothing), then patches: a place in units of 16 bytes, and the bytes. The checksum of a GPT is set right.
pub fn contents(data: &[u8]) {
    let mut input = Input::new(data);
    let kind = input.byte();
    let mut disk = template(kind);
    let is_patched = !input.is_empty();
    while !input.is_empty() {
        let at = usize::from(input.le16()) * 16;
        let patch = input.piece();
        let room = disk.len().saturating_sub(at).min(patch.len());
        if let (Some(place), Some(patch)) = (disk.get_mut(at..at + room), patch.get(..room)) {
            place.copy_from_slice(patch);
        }
    }
    if kind == 0 {
        seal(&mut disk);
    }
    let found = look(&disk);
    sound(&found);
    if !is_patched {
        let volume = found.volume.as_ref().or(found.partitions.iter().find_map(|one| one.file_system.as_ref()));
        let name = volume.map(|found| (found.name.as_ref(), found.label.as_deref()));
        let expected = match kind {
            0 | 1 | 3 => Some(("FAT12", Some("LABEL"))),
            2 => Some(("NTFS", Some("Label"))),
            4 => Some(("exFAT", Some("Label"))),
            _ => None,
        };
        assert_eq!(name, expected, "{found:?}");
    }
}

fn look(disk: &[u8]) -> Contents {
    let built = Builder::fixed(SIZE as u64).content(SparseImage::from_bytes(disk)).build();
    let source = Arc::new(MemorySource::new(built.image.to_vec()));
    let image = Image::open(source, FileKind::Vhd, OpenOptions::default());
    let disk = image.and_then(|image| VirtualDisk::new(vec![Arc::new(image)], Bottom::Whole));
    let found = disk.and_then(|disk| contents::read(&disk));
    match found {
        Ok(found) => found,
        Err(error) => unreachable!("a fixed disk in memory can be read: {error}"),
    }
}

fn sound(found: &Contents) {
    assert!(found.partitions.len() as u64 <= limits::MAX_PARTITIONS);
    assert!(found.volume.is_none() || found.partitions.is_empty(), "{found:?}");
    assert!(!found.is_blank || found.table.is_none(), "a table on a blank disk: {found:?}");
    for pair in found.partitions.windows(2) {
        assert!(pair.first().map(|one| one.number) < pair.last().map(|one| one.number), "{found:?}");
    }
    for partition in &found.partitions {
        let on_disk = partition.start.get() < SIZE as u64 && partition.len.get() > 0;
        assert!(on_disk || partition.file_system.is_none(), "{partition:?}");
        assert!(partition.problem.is_none() || partition.file_system.is_none(), "{partition:?}");
    }
    let systems = found.partitions.iter().filter_map(|one| one.file_system.as_ref()).chain(&found.volume);
    for system in systems {
        // The longest is that of Btrfs, of 256 bytes, each of which may show as a replacement character.
        assert!(system.label.as_ref().is_none_or(|label| !label.is_empty() && label.chars().count() <= 2048));
    }
    assert!(serde_json::to_string(&ContentsJson::from(found)).is_ok());
}

fn template(kind: u8) -> Vec<u8> {
    let mut disk = Record::new(SIZE);
    match kind {
        0 => {
            disk.put(446 + 4, &[0xEE]).le32(446 + 8, 1).le32(446 + 12, u32::MAX).le16(510, 0xAA55);
            disk.put(512, b"EFI PART").le32(520, 0x1_0000).le32(524, 92);
            disk.le64(536, 1).le64(584, 2).le32(592, 128).le32(596, 128);
            let esp = [0x28, 0x73, 0x2A, 0xC1, 0x1F, 0xF8, 0xD2, 0x11, 0xBA, 0x4B, 0, 0xA0, 0xC9, 0x3E, 0xC9, 0x3B];
            disk.put(1024, &esp).put(1040, &[7; 16]).le64(1056, VOLUME as u64 / 512).le64(1064, 2047);
            disk.put(1080, &utf16_le(&utf16("System")));
            fat(&mut disk, VOLUME);
        }
        1 => {
            disk.put(446 + 4, &[0x05]).le32(446 + 8, 8).le32(446 + 12, 2040).le16(510, 0xAA55);
            let logical = 8 * 512;
            disk.put(logical + 446 + 4, &[0x01]).le32(logical + 446 + 8, VOLUME_SECTOR);
            disk.le32(logical + 446 + 12, 1900).le16(logical + 510, 0xAA55);
            fat(&mut disk, VOLUME);
        }
        2 => ntfs(&mut disk),
        3 => fat(&mut disk, 0),
        4 => {
            disk.put(3, b"EXFAT   ").le32(88, 128).le32(96, 2).le32(100, 0x1234_5678).put(108, &[9, 3]);
            disk.put(VOLUME, &[0x83, 5]).put(VOLUME + 2, &utf16_le(&utf16("Label")));
        }
        _ => {}
    }
    disk.into_bytes()
}

fn fat(disk: &mut Record, at: usize) {
    disk.put(at, &[0xEB, 0x3C, 0x90]).le16(at + 11, 512).put(at + 13, &[1]).le16(at + 14, 1).put(at + 16, &[1]);
    disk.le16(at + 17, 16).le16(at + 19, 1800).put(at + 21, &[0xF8]).le16(at + 22, 6);
    disk.put(at + 38, &[0x29]).le32(at + 39, 0xABCD_EF01).put(at + 43, b"NO NAME    ");
    disk.put(at + 7 * 512, b"LABEL      ").put(at + 7 * 512 + 11, &[0x08]);
}

fn ntfs(disk: &mut Record) {
    disk.put(3, b"NTFS    ").le16(11, 512).put(13, &[8]).le64(48, 4).put(64, &[0xF6]).le64(72, 0x0123_4567_89AB_CDEF);
    // The fourth record of 1 KiB of the table in cluster 4.
    let record = 4 * 4096 + 3 * 1024;
    disk.put(record, b"FILE").le16(record + 4, 48).le16(record + 6, 3).le16(record + 20, 56);
    disk.le16(record + 48, 1).le16(record + 510, 1).le16(record + 1022, 1);
    let name = utf16_le(&utf16("Label"));
    disk.le32(record + 56, 0x60).le32(record + 60, 40).le32(record + 72, 10).le16(record + 76, 24);
    disk.put(record + 80, &name).le32(record + 96, u32::MAX);
}

/// Sets the checksum of a GPT's header right.
fn seal(disk: &mut [u8]) {
    let Some(header) = disk.get_mut(512..604) else { return };
    if let Some(field) = header.get_mut(16..20) {
        field.fill(0);
    }
    let right = crc32(header).to_le_bytes();
    if let Some(field) = header.get_mut(16..20) {
        field.copy_from_slice(&right);
    }
}

/// A patch.
fn patch(at: u16, bytes: &[u8]) -> Vec<u8> {
    [&(at / 16).to_le_bytes()[..], &piece(bytes)].concat()
}

pub(super) fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let with = |kind: u8, patches: &[Vec<u8>]| [vec![kind], patches.concat()].concat();
    vec![
        ("gpt", vec![0]),
        ("gpt-many-entries", with(0, &[patch(592, &[0xFF, 0xFF, 0xFF, 0xFF, 0, 1, 0, 0])])),
        ("gpt-entries-nowhere", with(0, &[patch(576, &[0xFF; 16])])),
        ("mbr-logical", vec![1]),
        ("mbr-logical-to-itself", with(1, &[patch(8 * 512 + 464, &[0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1])])),
        ("ntfs", vec![2]),
        ("ntfs-far-table", with(2, &[patch(48, &[0xFF; 8])])),
        ("fat", vec![3]),
        ("exfat", vec![4]),
        ("exfat-shifts", with(4, &[patch(96, &[2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF])])),
        ("ext4", with(9, &[patch(1072, &[0, 0, 0, 0, 0, 0, 0, 0, 0x53, 0xEF])])),
        ("xfs", with(9, &[patch(0, b"XFSB")])),
        ("swap", with(9, &[patch(4080, b"\0\0\0\0\0\0SWAPSPACE2")])),
        ("lvm", with(9, &[patch(512, b"LABELONE\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0LVM2 001")])),
        ("blank", vec![9]),
    ]
}
