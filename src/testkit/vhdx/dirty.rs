//! Dirty files: writes that stand in the log and not yet where they belong (MS-VHDX 2.3.3).

use uuid::Uuid;

use super::log::{LOG_SECTOR, LogEntry, LogRing, Placed};
use super::{Built, MIB};
use crate::testkit::size;
use crate::testkit::sparse::SparseImage;

/// One change of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Bytes at a file offset; nothing has to be aligned.
    Bytes(u64, Vec<u8>),
    /// Zeros from a file offset on, in whole sectors of 4 KiB.
    Zero(u64, u64),
}

/// How a dirty file is made.
#[derive(Clone, Debug)]
pub struct DirtyOptions {
    /// The GUID of the log, which both headers get.
    pub log_guid: Uuid,
    /// Where the first entry starts in the ring.
    pub start: u32,
    /// The number of the first entry.
    pub sequence_number: u64,
    /// What the ring holds already: older sequences, junk. Its length must be that of the log region.
    pub ring: Option<LogRing>,
    /// `FlushedFileOffset` of all entries; `None` is the length of the file before the writes.
    pub flushed_file_offset: Option<u64>,
    /// `LastFileOffset` of all entries; `None` is the length of the file after the writes, in whole MiB.
    pub last_file_offset: Option<u64>,
    /// After the good entries, write these writes as one more entry that is torn in its last sector.
    pub torn: Option<Vec<Write>>,
}

impl DirtyOptions {
    /// A log that starts at the ring's first byte with entry 1.
    pub const fn new(log_guid: Uuid) -> Self {
        Self {
            log_guid,
            start: 0,
            sequence_number: 1,
            ring: None,
            flushed_file_offset: None,
            last_file_offset: None,
            torn: None,
        }
    }
}

/// A dirty file beside the truth of its replay.
#[derive(Clone, Debug)]
pub struct Dirty {
    /// The file as a crash left it: the writes are in the log only, and both headers name the log.
    pub file: Built,
    /// What a reader must see: the dirty file with the writes laid over it and extended to `LastFileOffset`.
    pub replayed: SparseImage,
    /// What a writer would leave after replay: as [`replayed`](Self::replayed), and both headers name no log.
    pub clean: SparseImage,
    /// Where each entry stands in the ring, the torn one last.
    pub entries: Vec<Placed>,
}

/// Puts each batch of writes into one log entry of `built` and nowhere else.
pub fn dirty(built: &Built, batches: &[Vec<Write>], options: &DirtyOptions) -> Dirty {
    let log = &built.layout.log;
    let length = super::low32(log.end - log.start);
    let mut ring = options.ring.clone().unwrap_or_else(|| LogRing::new(length));
    ring.seek(options.start);
    let before = built.image.len();
    let mut after = built.image.clone();
    let entries: Vec<LogEntry> = batches.iter().map(|batch| entry_of(&mut after, batch, options)).collect();
    let last = options.last_file_offset.unwrap_or_else(|| after.len().next_multiple_of(MIB)).max(before);
    let flushed = options.flushed_file_offset.unwrap_or(before);
    let torn = options.torn.as_ref().map(|batch| {
        let mut entry = entry_of(&mut after.clone(), batch, options);
        entry.torn_from = Some(size(entry.len() / LOG_SECTOR).saturating_sub(1));
        entry
    });
    let mut placed = vec![];
    let mut sequence_number = options.sequence_number;
    for mut entry in entries.into_iter().chain(torn) {
        entry.sequence_number = sequence_number;
        entry.flushed_file_offset = flushed;
        entry.last_file_offset = last;
        placed.push(ring.push(&entry));
        sequence_number = sequence_number.wrapping_add(1);
    }
    let mut file = built.clone();
    file.image.write_image(log.start, ring.image());
    for header in &mut file.layout.headers {
        header.log_guid = options.log_guid;
    }
    file.rewrite_headers();
    after.set_len(last);
    let clean = {
        let mut clean = Built { image: after.clone(), layout: built.layout.clone() };
        clean.image.write_image(log.start, ring.image());
        clean.rewrite_headers();
        clean.image
    };
    let mut replayed = clean.clone();
    for offset in super::HEADER_OFFSETS {
        replayed.write(offset, &file.image.read(offset, super::HEADER_SIZE));
    }
    Dirty { file, replayed, clean, entries: placed }
}

/// The writes that turn one file into another, 4 KiB at a time, leaving out the headers and the log. Runs of sectors
/// that become zero are one write.
pub fn writes_between(before: &Built, after: &Built) -> Vec<Write> {
    let log = &before.layout.log;
    let mut sectors: Vec<u64> = before
        .image
        .extents()
        .chain(after.image.extents())
        .flat_map(|range| range.start / LOG_SECTOR..range.end.div_ceil(LOG_SECTOR))
        .map(|sector| sector * LOG_SECTOR)
        .filter(|offset| *offset >= super::REGION_TABLE_OFFSETS[0] && !log.contains(offset))
        .collect();
    sectors.sort_unstable();
    sectors.dedup();
    let mut writes: Vec<Write> = vec![];
    for offset in sectors {
        let mut new = after.image.read(offset, LOG_SECTOR);
        new.resize(size(LOG_SECTOR), 0);
        let mut old = before.image.read(offset, LOG_SECTOR);
        old.resize(size(LOG_SECTOR), 0);
        if new == old {
            continue;
        }
        if new.iter().any(|byte| *byte != 0) {
            writes.push(Write::Bytes(offset, new));
        } else if let Some(Write::Zero(start, length)) = writes.last_mut()
            && *start + *length == offset
        {
            *length += LOG_SECTOR;
        } else {
            writes.push(Write::Zero(offset, LOG_SECTOR));
        }
    }
    writes
}

/// One entry for a batch: the writes happen in `image`, and the whole sectors they touch go into the entry.
fn entry_of(image: &mut SparseImage, batch: &[Write], options: &DirtyOptions) -> LogEntry {
    let mut entry = LogEntry::new(options.log_guid, 0, 0);
    for write in batch {
        match write {
            Write::Zero(offset, length) => {
                image.zero(*offset..offset + length);
                entry = entry.zero(*offset, *length);
            }
            Write::Bytes(offset, bytes) => {
                image.write(*offset, bytes);
                let end = offset + bytes.len() as u64;
                for sector in offset / LOG_SECTOR..end.div_ceil(LOG_SECTOR) {
                    entry = entry.data(sector * LOG_SECTOR, &image.read(sector * LOG_SECTOR, LOG_SECTOR));
                }
            }
        }
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::super::{Block, Builder};
    use super::*;
    use crate::testkit::pattern;
    use crate::testkit::rng::Rng;

    /// Everything but the headers and the log.
    fn rest(image: &SparseImage) -> Vec<u8> {
        [image.read(192 << 10, (1 << 20) - (192 << 10)), image.read(2 << 20, image.len())].concat()
    }

    #[test]
    fn writes_between_two_files_lead_from_one_to_the_other() {
        let data = |number: u64, tag| Block::full(pattern::image(tag, number << 20, 1 << 20));
        let before = Builder::dynamic(8 << 20).block(0, data(0, 1)).block(1, data(1, 1)).build();
        let after = Builder::dynamic(8 << 20).block(0, data(0, 2)).block(1, Block::zero()).build();
        let writes = writes_between(&before, &after);
        assert!(writes.contains(&Write::Zero(5 << 20, 1 << 20)), "the old block becomes zeros in one write");
        assert!(matches!(&writes[0], Write::Bytes(offset, _) if *offset == before.layout.bat.start));
        // More than one entry may hold: 1 MiB of log, 257 sectors of data.
        let batches: Vec<Vec<Write>> = writes.chunks(100).take(2).map(<[Write]>::to_vec).collect();
        let made = dirty(&before, &batches, &DirtyOptions::new(Rng::new(1).guid()));
        assert_eq!(rest(&made.file.image), rest(&before.image), "the writes are in the log only");
        let mut truth = before.image.clone();
        for write in batches.concat() {
            match write {
                Write::Bytes(offset, bytes) => truth.write(offset, &bytes),
                Write::Zero(offset, length) => truth.zero(offset..offset + length),
            }
        }
        assert_eq!(rest(&made.replayed), rest(&truth));
        assert_eq!(rest(&made.clean), rest(&truth));
        assert_eq!(made.replayed.read(0, 192 << 10), made.file.image.read(0, 192 << 10));
        assert_eq!(made.clean.read(64 << 10, 4096), before.image.read(64 << 10, 4096), "no log is named any more");
        assert_eq!(made.file.image.read((64 << 10) + 48, 16), Rng::new(1).guid().to_bytes_le(), "LogGuid");
    }

    #[test]
    fn a_file_that_grows_is_as_long_as_its_last_file_offset() {
        let built = Builder::dynamic(8 << 20).build();
        let writes = vec![Write::Bytes(5 << 20, b"new".to_vec())];
        let torn = Some(vec![Write::Bytes(4 << 20, vec![1; 8192])]);
        let made = dirty(&built, &[writes], &DirtyOptions { torn, ..DirtyOptions::new(Rng::new(2).guid()) });
        assert_eq!((made.file.image.len(), made.replayed.len()), (4 << 20, 6 << 20));
        assert_eq!(made.replayed.read((4 << 20) - 1, 8), [0; 8], "the torn entry changes nothing");
        let entry = made.file.image.read(1 << 20, 64);
        assert_eq!(entry[48..56], (4_u64 << 20).to_le_bytes(), "FlushedFileOffset");
        assert_eq!(entry[56..64], (6_u64 << 20).to_le_bytes(), "LastFileOffset");
        let torn = (1 << 20) + u64::from(made.entries[1].offset);
        assert_eq!(made.file.image.read(torn + 4096, 4), b"data");
        assert_eq!(made.file.image.read(torn + 8192, 4096), [0; 4096]);
    }
}
