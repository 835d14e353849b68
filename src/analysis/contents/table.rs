//! The partition table: a GPT, an MBR with its logical partitions, or none.

use crate::analysis::hash::is_zero;
use crate::error::Result;
use crate::format::guest::gpt::{self, Header};
use crate::format::guest::mbr::{self, BootRecord};
use crate::limits::{MAX_GPT_ENTRIES, MAX_PARTITIONS};
use crate::units::{ByteLen, VirtualOffset};

use super::window::Window;
use super::{Contents, Partition, TableKind, file_system};

/// The sizes that a logical sector may have.
const SECTORS: [u64; 2] = [512, 4096];
/// Bytes that are looked at to call a disk blank.
const BLANK: u64 = 64 << 10;

/// What the start of the disk says.
pub(super) fn read(disk: &Window<'_>) -> Result<Contents> {
    let own = disk.sector_size().map_or(512, |size| size.0);
    let head = disk.read_data(0, BLANK)?;
    let record = head.as_deref().and_then(BootRecord::parse).filter(BootRecord::is_plausible);
    let used = |record: &BootRecord| record.entries.iter().any(mbr::Entry::is_used);
    let none = Contents {
        table: None,
        partitions: Vec::new(),
        left_out: 0,
        volume: None,
        remarks: Vec::new(),
        is_blank: head.as_deref().is_none_or(is_zero),
    };
    if record.is_none_or(|record| record.is_protective() || !used(&record)) {
        let other = SECTORS.into_iter().filter(|size| *size != own);
        for size in std::iter::once(own).chain(other) {
            let Some(mut found) = read_gpt(disk, size, &none)? else { continue };
            if size != own {
                found.remarks.push(format!("the table was made for sectors of {size} bytes, and the disk has {own}"));
            }
            if record.is_none() {
                found.remarks.push("there is no protective MBR, so that Windows does not see the table".to_owned());
            }
            return Ok(found);
        }
    }
    if let Some(record) = record.filter(used) {
        return Ok(read_mbr(disk, own, &record, none));
    }
    let volume = file_system::probe(disk)?;
    // A boot sector of a file system has the signature of an MBR.
    let table = record.filter(|_| volume.is_none()).map(|_| TableKind::Mbr);
    Ok(Contents { table, volume, ..none })
}

/// A GPT for sectors of this size: the first copy, or the one at the end of the disk.
fn read_gpt(disk: &Window<'_>, size: u64, none: &Contents) -> Result<Option<Contents>> {
    let header_at = |at: u64| disk.read_data(at, size).map(|sector| Header::parse(&sector?));
    let first = header_at(size)?;
    let (header, remark) = match first.filter(|header| header.is_intact) {
        Some(header) => (header, None),
        None => {
            let last = disk.len().0.checked_div(size).and_then(|count| count.checked_sub(1));
            let last = last.and_then(|last| last.checked_mul(size)).filter(|last| *last > size);
            // What cannot be read of the copy is no reason to say nothing of the rest.
            let copy = last.and_then(|at| header_at(at).ok().flatten()).filter(|copy| copy.is_intact);
            match (copy, first) {
                (Some(copy), _) => (copy, Some("the first header of the table is damaged or gone: read from its copy")),
                (None, Some(damaged)) => {
                    (damaged, Some("both headers of the table are damaged: what it says may be wrong"))
                }
                (None, None) => return Ok(None),
            }
        }
    };
    let mut found = Contents { table: Some(TableKind::Gpt), is_blank: false, ..none.clone() };
    found.remarks.extend(remark.map(str::to_owned));
    let count = header.entries_count.min(MAX_GPT_ENTRIES);
    // The size is 128 times a power of two; nobody has written another one than 128 yet.
    let entry_size = header.entry_size;
    if !(gpt::ENTRY_SIZE..=4096).contains(&entry_size) || !entry_size.is_multiple_of(8) {
        found.remarks.push(format!("the table says that its entries have {entry_size} bytes, which cannot be"));
        return Ok(Some(found));
    }
    let Some(at) = header.entries_sector.checked_mul(size) else {
        found.remarks.push("the table says that its entries lie where no disk reaches".to_owned());
        return Ok(Some(found));
    };
    let wanted = u64::from(count).saturating_mul(entry_size.into());
    let entries = disk.read(at, wanted)?;
    let is_whole = count == header.entries_count && ByteLen::from(entries.len()).0 == wanted;
    if at.saturating_add(wanted) > disk.len().0 {
        found.remarks.push("the entries of the table do not lie on the disk".to_owned());
    }
    if header.is_intact && is_whole && !header.is_checksum_of(&entries) {
        found.remarks.push("the entries of the table are not those that its header was written for".to_owned());
    }
    let step = usize::try_from(entry_size).unwrap_or(usize::MAX);
    for (number, bytes) in (1..).zip(entries.chunks_exact(step)) {
        let Some(entry) = gpt::Entry::parse(bytes).filter(gpt::Entry::is_used) else { continue };
        let sectors = entry.last_sector.checked_sub(entry.first_sector).and_then(|count| count.checked_add(1));
        let name = entry.name.lossy();
        found.push(Partition {
            number,
            start: VirtualOffset(entry.first_sector.saturating_mul(size)),
            len: ByteLen(sectors.unwrap_or_default().saturating_mul(size)),
            type_id: entry.partition_type.to_string(),
            type_name: entry.type_name().map(Into::into),
            name: (!name.is_empty()).then_some(name),
            file_system: None,
            problem: None,
        });
    }
    Ok(Some(found))
}

fn read_mbr(disk: &Window<'_>, size: u64, record: &BootRecord, none: Contents) -> Contents {
    let mut found = Contents { table: Some(TableKind::Mbr), is_blank: false, ..none };
    if record.is_protective() {
        found.remarks.push("the MBR stands in for a GPT, of which nothing was found".to_owned());
    }
    for (number, entry) in (1..).zip(&record.entries).filter(|(_, entry)| entry.is_used()) {
        found.push(of_mbr(number, entry, 0, size));
    }
    let extended = record.entries.iter().find(|entry| entry.is_used() && entry.is_extended());
    if let Some(extended) = extended {
        read_logical(disk, size, extended, &mut found);
    }
    found
}

/// The logical partitions: each extended boot record describes one and leads to the next.
fn read_logical(disk: &Window<'_>, size: u64, extended: &mbr::Entry, found: &mut Contents) {
    let start = u64::from(extended.first_sector);
    let mut at = start;
    for number in 5..=MAX_PARTITIONS.saturating_add(5) {
        let sector = disk.read(at.saturating_mul(size), size);
        let Some(record) = sector.ok().and_then(|sector| BootRecord::parse(&sector)) else {
            found.remarks.push("the chain of logical partitions breaks off".to_owned());
            return;
        };
        let [own, next, ..] = &record.entries;
        if own.is_used() {
            found.push(of_mbr(number, own, at, size));
        }
        if !next.is_used() || !next.is_extended() {
            return;
        }
        let next = start.saturating_add(next.first_sector.into());
        if next <= at {
            found.remarks.push("the chain of logical partitions leads back".to_owned());
            return;
        }
        at = next;
    }
}

fn of_mbr(number: u64, entry: &mbr::Entry, base: u64, size: u64) -> Partition {
    Partition {
        number,
        start: VirtualOffset(base.saturating_add(entry.first_sector.into()).saturating_mul(size)),
        len: ByteLen(u64::from(entry.sectors_count).saturating_mul(size)),
        type_id: format!("{:02x}", entry.partition_type),
        type_name: entry.type_name().map(Into::into),
        name: None,
        file_system: None,
        problem: None,
    }
}

impl Contents {
    fn push(&mut self, partition: Partition) {
        if ByteLen::from(self.partitions.len()).0 < MAX_PARTITIONS {
            self.partitions.push(partition);
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
    }
}
