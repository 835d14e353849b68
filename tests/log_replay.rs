//! Log replay in memory against the truth of an independent writer (MS-VHDX 2.3).
#![cfg(feature = "testkit")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use proptest::prelude::*;
use uuid::{Uuid, uuid};
use vhdxray::image::vhdx::{Depth, LogState, VhdxSurvey};
use vhdxray::image::{FileKind, Image, OpenOptions};
use vhdxray::source::{MemorySource, ReadAt};
use vhdxray::testkit::SparseImage;
use vhdxray::testkit::record::Checksum;
use vhdxray::testkit::vhdx::{Builder, Built, Dirty, DirtyOptions, LogEntry, LogRing, Write, dirty};
use vhdxray::units::FileOffset;

const GUID: Uuid = uuid!("6f1d6a34-0000-4000-8000-00000000beef");
const OTHER: Uuid = uuid!("6f1d6a34-0000-4000-8000-00000000dead");
const MIB: u32 = 1 << 20;

fn open(image: &SparseImage) -> Image {
    let options = OpenOptions { depth: Depth::Full, ..OpenOptions::default() };
    Image::open(Arc::new(MemorySource::new(image.to_vec())), FileKind::Vhdx, options).unwrap()
}

fn survey(image: &Image) -> &VhdxSurvey {
    image.as_vhdx().unwrap()
}

fn all_bytes(view: &dyn ReadAt) -> Vec<u8> {
    let mut bytes = vec![0; view.size().to_usize().unwrap()];
    view.read_exact_at("test", FileOffset::ZERO, &mut bytes).unwrap();
    bytes
}

fn disk() -> Built {
    Builder::dynamic(16 << 20).seed(7).file_length(8 << 20).build()
}

/// Where a payload block could be: behind the structures, so that writes there leave the file readable.
const PAYLOAD: u64 = 4 << 20;

fn assert_replayed(made: &Dirty) {
    let image = open(&made.file.image);
    let log = survey(&image).log.as_ref().unwrap();
    assert_eq!(log.state, LogState::Dirty, "{:?}", log.problem);
    assert!(image.replayed() && image.blockers().is_empty());
    assert!(all_bytes(&**image.view()) == made.replayed.to_vec(), "the view is not what a replay leaves");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn any_writes_from_any_place_in_the_ring(
        start in 0_u32..256,
        sequence_number in prop_oneof![1_u64..10, u64::MAX - 20..u64::MAX - 12],
        batches in prop::collection::vec(prop::collection::vec(
            (PAYLOAD..PAYLOAD + (2 << 20), prop_oneof![
                prop::collection::vec(any::<u8>(), 1..9000).prop_map(Some),
                Just(None),
            ]), 0..5), 1..8),
    ) {
        let batches: Vec<Vec<Write>> = batches.into_iter().map(|batch| batch.into_iter().map(|(at, bytes)| match bytes {
            Some(bytes) => Write::Bytes(at, bytes),
            None => Write::Zero(at & !0xFFF, 0x3000),
        }).collect()).collect();
        let options = DirtyOptions { start: start * 4096, sequence_number, ..DirtyOptions::new(GUID) };
        let made = dirty(&disk(), &batches, &options);
        assert_replayed(&made);
    }
}

#[test]
fn an_entry_may_wrap_around_the_end_of_the_ring() {
    let options = DirtyOptions { start: MIB - 4096, ..DirtyOptions::new(GUID) };
    let made = dirty(&disk(), &[vec![Write::Bytes(PAYLOAD, vec![1; 20_000])]], &options);
    assert!(made.entries.iter().all(|entry| entry.wraps));
    assert_replayed(&made);
}

#[test]
fn more_descriptors_than_the_first_sector_holds() {
    // 126 fit beside the entry's header; the data sectors follow the last sector of descriptors.
    let writes = (0..130).map(|n| Write::Bytes(PAYLOAD + n * 8192, vec![1; 4096])).collect();
    assert_replayed(&dirty(&disk(), &[writes], &DirtyOptions::new(GUID)));
}

#[test]
fn a_torn_last_entry_ends_the_sequence_before_it() {
    let options =
        DirtyOptions { torn: Some(vec![Write::Bytes(PAYLOAD + 4096, vec![9; 8192])]), ..DirtyOptions::new(GUID) };
    let made = dirty(&disk(), &[vec![Write::Bytes(PAYLOAD, vec![1; 4096])]], &options);
    assert_eq!(made.entries.len(), 2);
    assert_replayed(&made);
}

#[test]
fn entries_of_other_logs_are_history_and_change_nothing() {
    let mut ring = LogRing::new(MIB);
    for number in 100..103 {
        ring.seek(512 * 1024 + (number - 100) * 8192);
        ring.push(&LogEntry::new(OTHER, number.into(), 8 << 20).data(PAYLOAD, &[0xEE; 4096]));
    }
    let options = DirtyOptions { ring: Some(ring), ..DirtyOptions::new(GUID) };
    let made = dirty(&disk(), &[vec![Write::Bytes(PAYLOAD, vec![1; 4096])]], &options);
    assert_replayed(&made);
    let image = open(&made.file.image);
    let entries = &survey(&image).log.as_ref().unwrap().entries;
    let stale: Vec<u64> =
        entries.iter().filter(|entry| !entry.active).map(|entry| entry.header.sequence_number).collect();
    assert_eq!((entries.len(), stale), (4, vec![100, 101, 102]));
}

#[test]
fn replay_starts_at_the_heads_tail_and_not_at_the_first_entry() {
    // The first entry was applied long ago, and its place has been used again since.
    let built = disk();
    let mut ring = LogRing::new(MIB);
    let first = ring.push(&LogEntry::new(GUID, 5, 8 << 20).data(PAYLOAD, &[0xEE; 4096]));
    ring.set_tail(GUID, first.length);
    ring.push(&LogEntry::new(GUID, 6, 8 << 20).data(PAYLOAD + 4096, &[6; 4096]));
    let image = with_ring(&built, &ring);
    let opened = open(&image);
    let active = survey(&opened).log.as_ref().unwrap().active.clone().unwrap();
    assert_eq!((active.first_sequence_number, active.last_sequence_number, active.entry_count), (6, 6, 1));
    let mut sectors = [0; 8192];
    opened.view().read_exact_at("test", FileOffset(PAYLOAD), &mut sectors).unwrap();
    assert_eq!((sectors[0], sectors[4096]), (0, 6));
}

/// The file with the ring as its log and `GUID` in its headers.
fn with_ring(built: &Built, ring: &LogRing) -> SparseImage {
    let mut file = built.clone();
    file.image.write_image(built.layout.log.start, ring.image());
    for header in &mut file.layout.headers {
        header.log_guid = GUID;
    }
    file.rewrite_headers();
    file.image
}

fn assert_corrupt(image: &SparseImage, reason: &str) {
    let opened = open(image);
    assert_eq!(opened.log_state(), Some(LogState::Corrupt));
    assert!(!opened.replayed());
    let blockers = format!("{:?}", opened.blockers());
    assert!(blockers.contains(reason), "{blockers}");
}

#[test]
fn of_two_sequences_the_one_whose_last_entry_is_newer_counts() {
    let mut ring = LogRing::new(MIB);
    ring.push(&LogEntry::new(GUID, 50, 8 << 20).data(PAYLOAD, &[5; 4096]));
    ring.seek(MIB / 2);
    ring.set_tail(GUID, MIB / 2);
    ring.push(&LogEntry::new(GUID, 40, 8 << 20).data(PAYLOAD, &[4; 4096]));
    let opened = open(&with_ring(&disk(), &ring));
    let mut byte = [0];
    opened.view().read_exact_at("test", FileOffset(PAYLOAD), &mut byte).unwrap();
    assert_eq!(byte, [5]);
}

#[test]
fn a_file_shorter_than_what_was_flushed_is_cut_off() {
    let options = DirtyOptions { flushed_file_offset: Some(1 << 30), ..DirtyOptions::new(GUID) };
    let made = dirty(&disk(), &[vec![Write::Bytes(PAYLOAD, vec![1; 4096])]], &options);
    assert_corrupt(&made.file.image, "needs 1073741824 bytes");
}

#[test]
fn a_file_shorter_than_its_last_offset_reads_as_if_extended() {
    let options = DirtyOptions { last_file_offset: Some(9 << 20), ..DirtyOptions::new(GUID) };
    let made = dirty(&disk(), &[vec![Write::Bytes(PAYLOAD, vec![1; 4096])]], &options);
    assert!(made.file.image.len() < 9 << 20);
    assert_replayed(&made);
}

#[test]
fn an_absurd_last_offset_is_not_believed() {
    let mut ring = LogRing::new(MIB);
    ring.push(&LogEntry { last_file_offset: 1 << 62, ..LogEntry::new(GUID, 1, 4 << 20) });
    assert_corrupt(&with_ring(&disk(), &ring), "MAX_FILE");
}

#[test]
fn a_zero_descriptor_of_any_length_allocates_nothing() {
    let mut ring = LogRing::new(MIB);
    ring.push(&LogEntry::new(GUID, 1, 8 << 20).zero(PAYLOAD, 1 << 45));
    let opened = open(&with_ring(&disk(), &ring));
    assert!(opened.replayed());
    let mut sector = [1; 16];
    opened.view().read_exact_at("test", FileOffset((1 << 45) - 16), &mut sector).unwrap();
    assert_eq!(sector, [0; 16]);
}

#[test]
fn an_entry_that_aims_at_headers_or_log_is_not_taken() {
    for target in [0, 64 << 10, 128 << 10, 1 << 20, (2 << 20) - 4096] {
        let mut ring = LogRing::new(MIB);
        ring.push(&LogEntry::new(GUID, 1, 8 << 20).data(target, &[1; 4096]));
        assert_corrupt(&with_ring(&disk(), &ring), "no sequence of it can be replayed");
    }
}

#[test]
fn a_log_without_guid_is_clean_whatever_it_holds() {
    let built = disk();
    let mut ring = LogRing::new(MIB);
    ring.push(&LogEntry::new(GUID, 1, 8 << 20).data(PAYLOAD, &[1; 4096]));
    let mut file = built.clone();
    file.image.write_image(built.layout.log.start, ring.image());
    let opened = open(&file.image);
    assert_eq!(opened.log_state(), Some(LogState::Clean));
    assert!(!opened.replayed() && opened.blockers().is_empty());
    assert_eq!(survey(&opened).log.as_ref().unwrap().entries.len(), 1, "the stale entry is still listed");
}

#[test]
fn damaged_entries_are_not_taken() {
    let good = || LogEntry::new(GUID, 1, 8 << 20).data(PAYLOAD, &[1; 4096]);
    let bad = [
        LogEntry { signature: *b"LOGE", ..good() },
        LogEntry { checksum: Checksum::Wrong, ..good() },
        LogEntry { tail: Some(4095), ..good() },
        LogEntry { tail: Some(MIB), ..good() },
        LogEntry { sequence_number: 0, ..good() },
        LogEntry { descriptor_count: Some(u32::MAX), ..good() },
        LogEntry { entry_length: Some(0), ..good() },
        LogEntry { entry_length: Some(!0xFFF), ..good() },
        LogEntry { inner_sequence: Some(2), ..good() },
        // A tail outside the sequence: the oldest entries it needs have been overwritten.
        LogEntry { tail: Some(MIB / 2), ..good() },
    ];
    for (number, entry) in bad.iter().enumerate() {
        let mut ring = LogRing::new(MIB);
        ring.push(entry);
        let opened = open(&with_ring(&disk(), &ring));
        assert_eq!(opened.log_state(), Some(LogState::Corrupt), "case {number}");
    }
}

#[test]
fn a_made_up_log_cannot_make_the_search_quadratic() {
    // Every sector claims an entry as long as the ring.
    let mut ring = LogRing::new(MIB);
    for sector in 0..MIB / 4096 {
        let header = LogEntry { entry_length: Some(MIB), ..LogEntry::new(GUID, 1, 8 << 20) };
        ring.seek(sector * 4096);
        ring.push(&header);
    }
    assert_corrupt(&with_ring(&disk(), &ring), "MAX_LOG_PASSES");
}

#[test]
fn the_region_table_metadata_and_bat_are_those_after_the_replay() {
    use vhdxray::testkit::vhdx::writes_between;
    let before = Builder::dynamic(16 << 20).seed(7).build();
    let after = Builder::dynamic(64 << 20).seed(7).build();
    let made = dirty(&before, &[writes_between(&before, &after)], &DirtyOptions::new(GUID));
    let replayed = open(&made.file.image);
    assert_eq!(replayed.virtual_size().unwrap().get(), 64 << 20);
    let options = OpenOptions { as_on_disk: true, ..OpenOptions::default() };
    let source = Arc::new(MemorySource::new(made.file.image.to_vec()));
    let as_on_disk = Image::open(source, FileKind::Vhdx, options).unwrap();
    assert_eq!(as_on_disk.virtual_size().unwrap().get(), 16 << 20);
    assert_eq!(as_on_disk.log_state(), Some(LogState::Dirty), "a dirty log is never left unsaid");
}
