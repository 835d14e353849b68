//! Log (MS-VHDX 2.3): every entry, whether a replay applies it, whether it is a leftover, or not even whole.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use crate::format::hex::to_hex;
use crate::format::vhdx::log::{
    Descriptor, ENTRY_HEADER_SIZE, ENTRY_SIGNATURE, ENTRY_STRUCTURE, LogEntry, LogEntryHeader, STRUCTURE,
};
use crate::format::vhdx::{REGION_TABLE_1_OFFSET, REGION_TABLE_2_OFFSET, region_table};
use crate::image::vhdx::{LogEntrySummary, LogRing, LogState, LogSurvey, VhdxSurvey};
use crate::report::dump::Dump;
use crate::report::dump::model::{Field, Structure, Value};
use crate::report::text;
use crate::units::{ByteLen, FileOffset, FileRange};

pub(super) fn dump(dump: &mut Dump<'_>, survey: &VhdxSurvey) -> io::Result<()> {
    let log = match (&survey.log, &survey.current_header) {
        (Some(log), _) => log,
        (None, Err(error)) => return dump.unreadable(STRUCTURE, error),
        (None, Ok(_)) => return dump.absent(STRUCTURE, "none"),
    };
    dump.open(&Structure::new(STRUCTURE, log.range.start, log.range.len).state(state(survey, log)))?;
    let ring = log.ring(dump.view);
    match (&log.problem, &ring) {
        (Some(error), _) | (None, Err(error)) => dump.problem(error)?,
        (None, Ok(_)) => summary(dump, log)?,
    }
    dump.close(Some(log.range))?;
    match ring {
        Ok(ring) => entries(dump, survey, log, &ring),
        Err(_) => Ok(()),
    }
}

fn state(survey: &VhdxSurvey, log: &LogSurvey) -> String {
    match log.state {
        LogState::Clean => "clean: the header names no log, so nothing is to be replayed".to_owned(),
        LogState::Dirty if survey.replayed => {
            "dirty: replayed in memory, so that what follows is as of the replay".to_owned()
        }
        LogState::Dirty => "dirty: not replayed, so that what follows is as the bytes stand on disk".to_owned(),
        LogState::Corrupt => "corrupt: the header names a log that cannot be replayed".to_owned(),
    }
}

fn summary(dump: &mut Dump<'_>, log: &LogSurvey) -> io::Result<()> {
    let active = log.entries.iter().filter(|entry| entry.active).count();
    dump.note(format!("{} whole entries, {active} of them to be replayed", log.entries.len()))?;
    let Some(sequence) = &log.active else { return Ok(()) };
    dump.note(format!(
        "sequence {} to {}; {} bytes of the file were flushed, {} are needed",
        sequence.first_sequence_number,
        sequence.last_sequence_number,
        text::count(sequence.flushed_file_offset.0),
        text::count(sequence.last_file_offset.0)
    ))
}

fn entries(dump: &mut Dump<'_>, survey: &VhdxSurvey, log: &LogSurvey, ring: &LogRing) -> io::Result<()> {
    let whole: BTreeMap<FileOffset, &LogEntrySummary> = log.entries.iter().map(|entry| (entry.at, entry)).collect();
    for (at, header) in ring.signatures() {
        match whole.get(&at) {
            Some(entry) => {
                let bytes = ring.entry_bytes(entry);
                let len = ByteLen(entry.header.entry_length.into());
                dump.open(&Structure::new(name(&header), at, len).state(standing(survey, entry)))?;
                dump.fields(&header_fields(at, &header, "right"))?;
                if let Ok(parsed) = LogEntry::parse(at, &bytes) {
                    descriptors(dump, survey, ring, at, &parsed)?;
                }
                dump.close_with(at, &bytes)?;
            }
            None => {
                let len = ByteLen(ENTRY_HEADER_SIZE);
                dump.open(&Structure::new(name(&header), at, len).state("not whole: it can never be replayed"))?;
                dump.fields(&header_fields(at, &header, ""))?;
                dump.close(Some(FileRange::new(at, len)))?;
            }
        }
    }
    Ok(())
}

fn name(header: &LogEntryHeader) -> Cow<'static, str> {
    format!("{ENTRY_STRUCTURE} {}", header.sequence_number).into()
}

fn standing(survey: &VhdxSurvey, entry: &LogEntrySummary) -> &'static str {
    let named = survey.header().map(|header| header.log_guid).unwrap_or_default();
    if entry.active {
        "active"
    } else if named.is_nil() {
        "stale: the header names no log"
    } else if entry.header.log_guid != named {
        "stale: of another log than the header names"
    } else {
        "stale: not in the sequence to replay"
    }
}

fn header_fields(at: FileOffset, header: &LogEntryHeader, checksum: &str) -> [Field; 10] {
    let at = |from: u64| at.saturating_add(ByteLen(from));
    let size = |from, name: &'static str, len: u64| {
        Field::new(at(from), name, Value::Hex(len)).meaning(text::size(ByteLen(len)))
    };
    let signature = String::from_utf8_lossy(&ENTRY_SIGNATURE).into_owned();
    [
        Field::new(at(0), "Signature", Value::Text(signature)),
        Field::new(at(4), "Checksum", Value::Hex(header.checksum.into())).meaning(checksum),
        size(8, "EntryLength", header.entry_length.into()),
        Field::new(at(12), "Tail", Value::Hex(header.tail.into())).meaning("in the log"),
        Field::new(at(16), "SequenceNumber", Value::Count(header.sequence_number)),
        Field::new(at(24), "DescriptorCount", Value::Count(header.descriptor_count.into())),
        Field::new(at(28), "Reserved", Value::Hex(header.reserved.into())),
        Field::new(at(32), "LogGuid", Value::Guid(header.log_guid)),
        size(48, "FlushedFileOffset", header.flushed_file_offset.0),
        size(56, "LastFileOffset", header.last_file_offset.0),
    ]
}

fn descriptors(
    dump: &mut Dump<'_>,
    survey: &VhdxSurvey,
    ring: &LogRing,
    entry_at: FileOffset,
    entry: &LogEntry<'_>,
) -> io::Result<()> {
    for ((within, descriptor), number) in entry.descriptors().zip(0_u64..) {
        let at = ring.place(entry_at, within);
        let into = |target: FileOffset| area(survey, target).map_or(String::new(), |area| format!(" of the {area}"));
        dump.field(
            &match &descriptor {
                Descriptor::Zero { range, .. } => Field::new(at, "ZeroDescriptor", Value::Hex(range.start.0))
                    .meaning(format!("{} of zeros from there on{}", text::size(range.len), into(range.start))),
                Descriptor::Data { file_offset, leading_bytes, trailing_bytes, .. } => {
                    Field::new(at, "DataDescriptor", Value::Hex(file_offset.0)).meaning(format!(
                        "the sector there{}; leading bytes {}, trailing bytes {}",
                        into(*file_offset),
                        to_hex(leading_bytes),
                        to_hex(trailing_bytes)
                    ))
                }
                Descriptor::Unknown(signature) => {
                    Field::new(at, "Descriptor", Value::Bytes(signature.to_vec())).meaning("unknown")
                }
            }
            .numbers(number, 1),
        )?;
    }
    Ok(())
}

/// The structure that lies at an offset.
fn area(survey: &VhdxSurvey, at: FileOffset) -> Option<&'static str> {
    let sector = FileRange::new(at, ByteLen(1));
    let fixed =
        [(REGION_TABLE_1_OFFSET, region_table::STRUCTURES[0]), (REGION_TABLE_2_OFFSET, region_table::STRUCTURES[1])];
    let fixed = fixed.into_iter().map(|(start, name)| (FileRange::new(start, region_table::SIZE), name));
    let regions = survey.region_table().into_iter().flat_map(|table| &table.entries).filter_map(|entry| {
        let name = match entry.guid {
            region_table::BAT => "BAT",
            region_table::METADATA => "metadata",
            _ => return None,
        };
        Some((entry.range(), name))
    });
    fixed.chain(regions).find(|(range, _)| range.overlaps(sector)).map(|(_, name)| name)
}
