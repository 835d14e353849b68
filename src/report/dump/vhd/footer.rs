//! Hard disk footer, at the end of the file and, but for a fixed disk, in a copy at its start.

use std::io;

use crate::format::vhd::fields::Features;
use crate::format::vhd::footer::{COOKIE, FILE_FORMAT_VERSION, Footer, SIZE, STRUCTURE_COPY};
use crate::image::Surveyed;
use crate::image::vhd::{CurrentFooter, Footers, VhdSurvey};
use crate::report::dump::Dump;
use crate::report::dump::model::{Field, Structure, Value};
use crate::report::text;
use crate::units::{ByteLen, FileOffset, FileRange};

pub(super) fn dump(dump: &mut Dump<'_>, survey: &VhdSurvey) -> io::Result<()> {
    let footers = &survey.footers;
    one(dump, footers, &footers.at_end, footers.size_at_end, CurrentFooter::AtEnd)
}

pub(super) fn dump_copy(dump: &mut Dump<'_>, survey: &VhdSurvey) -> io::Result<()> {
    match &survey.footers.copy {
        Some(copy) => one(dump, &survey.footers, copy, SIZE, CurrentFooter::Copy),
        None => dump.absent(STRUCTURE_COPY, "a fixed disk has none"),
    }
}

fn one(
    dump: &mut Dump<'_>,
    footers: &Footers,
    found: &Surveyed<Footer>,
    size: ByteLen,
    which: CurrentFooter,
) -> io::Result<()> {
    let counts = footers.current.as_ref().is_ok_and(|current| *current == which);
    let why = footers.choice().filter(|_| counts).map(|choice| format!(", current: {}", choice.describe()));
    let state = format!("{}{}", found.state.describe(), why.unwrap_or_default());
    dump.open(&Structure::new(found.structure, found.at, size).state(state))?;
    match &found.parsed {
        Ok(footer) => dump.fields(&fields(found.at, footer))?,
        Err(error) => dump.problem(error)?,
    }
    if let (CurrentFooter::AtEnd, Err(error)) = (which, &footers.current) {
        dump.note(format!("No footer counts: {}", text::printable(&error.reason().to_string())))?;
    }
    dump.close(found.content().map(|_| FileRange::new(found.at, size)))
}

fn fields(start: FileOffset, footer: &Footer) -> Vec<Field> {
    let at = |from: u64| start.saturating_add(ByteLen(from));
    let size = |from, name: &'static str, len: ByteLen| {
        Field::new(at(from), name, Value::Hex(len.0)).meaning(text::exact_size(len))
    };
    let version = u32::from(footer.file_format_version.major) << 16 | u32::from(footer.file_format_version.minor);
    let known = if footer.file_format_version == FILE_FORMAT_VERSION { "" } else { ", unknown" };
    let header = match footer.dynamic_disk_header_offset() {
        Some(_) => "the dynamic disk header",
        None => "no dynamic disk header",
    };
    let creator_version = u32::from(footer.creator_version.major) << 16 | u32::from(footer.creator_version.minor);
    let geometry = footer.disk_geometry;
    let chs =
        u32::from(geometry.cylinders) << 16 | u32::from(geometry.heads) << 8 | u32::from(geometry.sectors_per_track);
    let disk_type = match footer.disk_type.number() {
        2 => "fixed",
        3 => "dynamic",
        4 => "differencing",
        _ => "unknown",
    };
    let mut fields = vec![
        super::cookie(at(0), &footer.cookie, &COOKIE),
        Field::new(at(8), "Features", Value::Hex(footer.features.0.into())).meaning(features(footer.features)),
        Field::new(at(12), "FileFormatVersion", Value::Hex(version.into()))
            .meaning(format!("{}{known}", footer.file_format_version)),
        Field::new(at(16), "DataOffset", Value::Hex(footer.data_offset.0)).meaning(header),
        Field::new(at(24), "TimeStamp", Value::Count(footer.time_stamp.0.into()))
            .meaning(footer.time_stamp.to_timestamp().to_string()),
        Field::new(at(28), "CreatorApplication", Value::Bytes(footer.creator_application.0.to_vec()))
            .meaning(named(&footer.creator_application.to_string(), footer.creator_application.name())),
        Field::new(at(32), "CreatorVersion", Value::Hex(creator_version.into()))
            .meaning(footer.creator_version.to_string()),
        Field::new(at(36), "CreatorHostOs", Value::Bytes(footer.creator_host_os.code().to_vec()))
            .meaning(footer.creator_host_os.to_string()),
        size(40, "OriginalSize", footer.original_size),
        size(48, "CurrentSize", footer.current_size),
        Field::new(at(56), "DiskGeometry", Value::Hex(chs.into())).meaning(format!(
            "{} cylinders, {} heads, {} sectors a track: {}",
            geometry.cylinders,
            geometry.heads,
            geometry.sectors_per_track,
            text::size(geometry.size())
        )),
        Field::new(at(60), "DiskType", Value::Count(footer.disk_type.number().into())).meaning(disk_type),
        super::checksum(at(64), footer.checksum, footer.computed_checksum),
        Field::new(at(68), "UniqueId", Value::Guid(footer.unique_id.as_uuid()))
            .meaning(format!("as Windows prints it {}", footer.unique_id.as_windows_guid())),
        Field::new(at(84), "SavedState", Value::Count(footer.saved_state.into())),
    ];
    fields.extend(super::reserved(at(85), &footer.reserved));
    fields
}

fn features(features: Features) -> String {
    let mut words = Vec::new();
    if features.is_temporary() {
        words.push("temporary".to_owned());
    }
    if !features.has_reserved_bit() {
        words.push("the bit that is always set is not".to_owned());
    }
    if features.unknown() != 0 {
        words.push(format!("unknown bits {:#x}", features.unknown()));
    }
    words.join(", ")
}

fn named(code: &str, name: Option<&str>) -> String {
    name.map_or_else(|| code.to_owned(), |name| format!("{code}: {name}"))
}
