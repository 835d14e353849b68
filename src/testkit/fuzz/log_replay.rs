//! A log behind a sound header: what is replayed against a second, plainer replay (MS-VHDX 2.3).

use std::sync::{Arc, OnceLock};

use uuid::{Uuid, uuid};

use crate::image::vhdx::{Depth, LogState, LogSurvey, OpenOptions, VhdxSurvey};
use crate::source::ReadAt;
use crate::testkit::vhdx::{Builder, Built, LogEntry, LogRing};
use crate::testkit::{SparseImage, size};
use crate::units::{ByteLen, FileOffset};

use super::bytes::{crc_without, guid, le32, le64};
use super::held::Held;
use super::input::{Input, piece};
use super::seal;

const LOG_GUID: Uuid = uuid!("6f1d6a34-0000-4000-8000-00000000f022");
const RING: std::ops::Range<u64> = 1 << 20..2 << 20;
const SECTOR: u64 = 4096;
/// The first byte that a log may change (MS-VHDX 2.3: not the identifier, not the headers).
const REGION_TABLES: u64 = 192 << 10;
/// The longest file that the library replays into.
const MOST: u64 = 128 << 40;

/// Flags (bit 0: leave the checksums alone; bit 1: the file ends in the ring; bit 2: read twice; bit 3: also as it stands
/// on disk), then pieces of the ring: a sector of 4 KiB, an offset in it, a length, the bytes.
pub fn log_replay(data: &[u8]) {
    static FILE: OnceLock<Built> = OnceLock::new();
    let file = FILE.get_or_init(|| Builder::dynamic(8 << 20).seed(5).log_guid(LOG_GUID).file_length(6 << 20).build());
    let mut input = Input::new(data);
    let flags = input.byte();
    let mut image = file.image.clone();
    while !input.is_empty() {
        let (sector, within) = (u64::from(input.byte()), u64::from(input.le16()) % SECTOR);
        let at = RING.start + sector * SECTOR + within;
        let bytes = input.piece();
        image.write(at, bytes.get(..size(RING.end - at)).unwrap_or(bytes));
    }
    if flags & 1 == 0 {
        seal::log_entries(&mut image, &RING);
    }
    if flags & 2 != 0 {
        image.set_len(RING.end - SECTOR);
    }
    let options = OpenOptions { depth: Depth::Full, as_on_disk: false };
    let image = Arc::new(image);
    let read = |options| VhdxSurvey::read(Arc::new(Held(Arc::clone(&image))), options);
    let (survey, view) = read(options);
    if flags & 4 != 0 {
        let again = read(options).0;
        assert_eq!(format!("{:?}", survey.log), format!("{:?}", again.log), "the same bytes, and another result");
    }
    let Some(log) = &survey.log else { unreachable!("the headers are sound") };
    assert_eq!((log.range.start.get(), log.range.len.0), (RING.start, RING.end - RING.start));
    right_entries(log, &image);
    match log.state {
        LogState::Clean => unreachable!("the header names a log"),
        LogState::Corrupt => {
            assert!(log.problem.is_some() && log.active.is_none() && !survey.replayed);
            assert!(!survey.blockers.is_empty() && view.size().get() == image.len());
        }
        LogState::Dirty => replayed(log, &image, &*view),
    }
    if flags & 8 != 0 {
        let (untouched, view) = read(OpenOptions { as_on_disk: true, ..options });
        assert!(!untouched.replayed && view.size().get() == image.len());
    }
}

/// An entry's bytes, put together where it wraps.
fn entry_bytes(image: &SparseImage, at: u64, len: u64) -> Vec<u8> {
    let before_end = len.min(RING.end - at);
    [image.read(at, before_end), image.read(RING.start, len - before_end)].concat()
}

/// What is taken for an entry is one, and is counted right.
fn right_entries(log: &LogSurvey, image: &SparseImage) {
    assert!(log.entries.is_sorted_by(|a, b| a.at < b.at));
    for entry in &log.entries {
        let header = &entry.header;
        assert!(RING.contains(&entry.at.get()) && entry.at.get().is_multiple_of(SECTOR));
        let bytes = entry_bytes(image, entry.at.get(), header.entry_length.into());
        assert!(bytes.starts_with(b"loge") && le32(&bytes, 4) == crc_without(&bytes, 4));
        assert_eq!((header.entry_length, header.tail), (le32(&bytes, 8), le32(&bytes, 12)));
        assert_eq!((header.sequence_number, header.log_guid), (le64(&bytes, 16), guid(&bytes, 32)));
        assert_eq!((header.flushed_file_offset.0, header.last_file_offset.0), (le64(&bytes, 48), le64(&bytes, 56)));
        assert_eq!(entry.zero_count + entry.data_count, u64::from(le32(&bytes, 24)));
        let sectors = (64 + 32 * (entry.zero_count + entry.data_count)).div_ceil(SECTOR) + entry.data_count;
        assert!(sectors * SECTOR <= bytes.len() as u64, "more descriptors and sectors than the entry has bytes for");
    }
}

/// The active sequence is one, and its replay leaves what a plainer replay does.
fn replayed(log: &LogSurvey, image: &SparseImage, view: &dyn ReadAt) {
    let Some(active) = &log.active else { unreachable!("a dirty log has a sequence") };
    let mut entries: Vec<_> = log.entries.iter().filter(|entry| entry.active).collect();
    entries.sort_by_key(|entry| entry.header.sequence_number);
    let (Some(first), Some(head)) = (entries.first(), entries.last()) else { unreachable!("an empty sequence") };
    assert_eq!(active.entry_count, entries.len() as u64);
    assert_eq!(active.first_sequence_number, first.header.sequence_number);
    assert_eq!(active.last_sequence_number, head.header.sequence_number);
    assert_eq!(RING.start + u64::from(head.header.tail), first.at.get());
    assert!(head.header.flushed_file_offset.0 <= image.len());
    for pair in entries.windows(2) {
        let [before, after] = pair else { continue };
        assert_eq!(before.header.sequence_number + 1, after.header.sequence_number);
        let end = before.at.get() - RING.start + u64::from(before.header.entry_length);
        assert_eq!(RING.start + end % (RING.end - RING.start), after.at.get());
    }
    let mut expected = SparseImage::clone(image);
    let mut places = vec![0, RING.start, image.len(), RING.end];
    for entry in entries {
        assert_eq!(entry.header.log_guid, LOG_GUID);
        let bytes = entry_bytes(image, entry.at.get(), entry.header.entry_length.into());
        places.extend(apply(&mut expected, &bytes, entry.zero_count + entry.data_count));
    }
    expected.set_len(expected.len().max(active.last_file_offset.0));
    assert_eq!(view.size().get(), expected.len());
    same_bytes(view, &expected, &places);
}

/// Does what an entry says, and returns the edges of what it changed.
fn apply(file: &mut SparseImage, entry: &[u8], descriptors: u64) -> Vec<u64> {
    let mut places = Vec::new();
    let mut data_at = size((64 + 32 * descriptors).next_multiple_of(SECTOR));
    for number in 0..size(descriptors) {
        let descriptor = entry.get(64 + 32 * number..).unwrap_or_default();
        let at = le64(descriptor, 16);
        let end = if descriptor.starts_with(b"zero") {
            let end = at + le64(descriptor, 8);
            // A write of no bytes makes no file longer.
            if at < end {
                file.zero(at..end);
            }
            end
        } else {
            let sector = entry.get(data_at..data_at + size(SECTOR)).unwrap_or_default();
            data_at += size(SECTOR);
            file.write(at, descriptor.get(8..16).unwrap_or_default());
            file.write(at + 8, sector.get(8..4092).unwrap_or_default());
            file.write(at + 4092, descriptor.get(4..8).unwrap_or_default());
            at + SECTOR
        };
        assert!(at >= REGION_TABLES && end <= MOST && (end <= RING.start || at >= RING.end || at == end));
        places.extend([at, end]);
    }
    places
}

/// Around each place the view holds the expected bytes, read in one piece and in several.
fn same_bytes(view: &dyn ReadAt, expected: &SparseImage, places: &[u64]) {
    for place in places {
        let at = (*place).min(expected.len()).saturating_sub(700);
        let wanted = expected.read(at, 1400);
        let mut whole = vec![0xA5; wanted.len()];
        assert!(view.read_exact_at("fuzz", FileOffset(at), &mut whole).is_ok());
        assert!(whole == wanted, "the replay is wrong around {place:#x}");
        let mut done = 0;
        for piece in whole.chunks_mut(613) {
            piece.fill(0xA5);
            assert!(view.read_exact_at("fuzz", FileOffset(at + done), piece).is_ok());
            done += piece.len() as u64;
        }
        assert!(whole == wanted, "reading in pieces gives other bytes around {place:#x}");
    }
    let mut past = [0; 2];
    assert!(view.read_exact_at("fuzz", FileOffset(view.size().get() - 1), &mut past).is_err());
    assert_eq!(view.read_up_to("fuzz", FileOffset(view.size().get()), &mut past).ok(), Some(0));
    assert!(view.size() <= ByteLen(MOST));
}

/// Entries of the log that every input here has, in one ring.
fn ring(entries: &[LogEntry], start: u32) -> LogRing {
    let mut ring = LogRing::new(1 << 20);
    ring.seek(start);
    for entry in entries {
        ring.push(entry);
    }
    ring
}

/// What is written in a ring as pieces, zeros left out.
fn seed(flags: u8, ring: &LogRing) -> Vec<u8> {
    let mut bytes = vec![flags];
    let image = ring.image();
    for sector in 0..image.len() / SECTOR {
        let content = image.read(sector * SECTOR, SECTOR);
        let mut at = 0;
        for part in content.chunk_by(|left, right| (*left == 0) == (*right == 0)) {
            if part.first().is_some_and(|byte| *byte != 0) {
                bytes.push(u8::try_from(sector).unwrap_or(u8::MAX));
                bytes.extend(u16::try_from(at).unwrap_or(0).to_le_bytes());
                bytes.extend(piece(part));
            }
            at += part.len();
        }
    }
    bytes
}

pub(super) fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let entry = |number: u64| LogEntry::new(LOG_GUID, number, 6 << 20);
    // Both ends of a sector travel in its descriptor.
    let short = |fill: u8| [vec![fill; 40], vec![0; 4052], vec![fill ^ 0xFF; 4]].concat();
    let payload = 4 << 20;
    let mut behind = ring(&[entry(5).data(payload, &short(5))], 0);
    let tail = behind.position();
    behind.set_tail(LOG_GUID, tail).push(&entry(6).data(payload + 4096, &short(6)));
    vec![
        ("one-entry", seed(4 | 8, &ring(&[entry(1).data(payload, &short(1)).zero(payload + 8192, 8192)], 0))),
        ("wraps", seed(0, &ring(&[entry(7).data(payload, &short(1)).data(payload, &short(2)), entry(8)], 255 * 4096))),
        ("tail-behind-the-first", seed(0, &behind)),
        (
            "extends-the-file",
            seed(0, &ring(&[LogEntry { last_file_offset: 64 << 40, ..entry(1) }.zero(7 << 20, 32 << 40)], 0)),
        ),
        ("changes-a-region-table", seed(0, &ring(&[entry(1).data(REGION_TABLES, &short(0))], 4096))),
        ("aims-at-a-header", seed(0, &ring(&[entry(1).data(64 << 10, &short(0))], 0))),
        ("aims-at-the-log", seed(0, &ring(&[entry(1).zero(RING.start, 4096)], 0))),
        ("flushed-more-than-there-is", seed(0, &ring(&[LogEntry { flushed_file_offset: 7 << 20, ..entry(1) }], 0))),
        ("largest-numbers", seed(0, &ring(&[entry(u64::MAX - 1), entry(u64::MAX), entry(0)], 0))),
        ("other-log", seed(0, &ring(&[LogEntry::new(Uuid::max(), 9, 6 << 20)], 0))),
        ("wrong-checksum", seed(1, &ring(&[LogEntry { entry_length: Some(8192), ..entry(1) }], 0))),
        ("file-ends-in-the-ring", seed(2, &ring(&[entry(1)], 0))),
    ]
}
