//! Headers (MS-VHDX 2.2.2).

use std::io;

use crate::error::Error;
use crate::format::vhdx::header::{Header, LOG_VERSION, SIGNATURE, SIZE, VERSION};
use crate::image::vhdx::{CopyChoice, VhdxSurvey};
use crate::report::dump::Dump;
use crate::report::dump::model::{Field, Structure, Value};
use crate::report::text;
use crate::units::{ByteLen, FileOffset, FileRange};

pub(super) fn dump(dump: &mut Dump<'_>, survey: &VhdxSurvey) -> io::Result<()> {
    for (number, copy) in survey.headers.iter().enumerate() {
        let counts = survey.current_header.as_ref().ok() == Some(&number);
        let why = survey.header_choice().filter(|_| counts).map(CopyChoice::describe);
        let structure = Structure::new(copy.structure, copy.at, SIZE).state(super::copy_state(copy.state, why));
        dump.open(&structure)?;
        match &copy.parsed {
            Ok(header) => dump.fields(&fields(copy.at, header))?,
            Err(error) => dump.problem(error)?,
        }
        if let (1, Err(error)) = (number, &survey.current_header) {
            neither(dump, error)?;
        }
        dump.close(copy.content().map(|_| FileRange::new(copy.at, SIZE)))?;
    }
    Ok(())
}

/// The state of each copy stands with it; what is left to say is that none counts.
fn neither(dump: &mut Dump<'_>, error: &Error) -> io::Result<()> {
    dump.note(format!("Neither header counts: {}", error.reason()))
}

fn fields(at: FileOffset, header: &Header) -> [Field; 10] {
    let at = |from: u64| at.saturating_add(ByteLen(from));
    let version = |at, name, found: u16, known: u16, matters: bool| {
        let field = Field::new(at, name, Value::Count(found.into()));
        match (found == known, matters) {
            (true, _) => field,
            (false, true) => field.meaning(format!("unknown, only {known} is known")),
            (false, false) => field.meaning("unknown, and of no matter without a log to replay"),
        }
    };
    let to_replay = !header.log_guid.is_nil();
    [
        super::signature(at(0), &header.signature, &SIGNATURE),
        super::checksum(at(4), header.checksum, header.computed_checksum),
        Field::new(at(8), "SequenceNumber", Value::Count(header.sequence_number)),
        Field::new(at(16), "FileWriteGuid", Value::Guid(header.file_write_guid)),
        Field::new(at(32), "DataWriteGuid", Value::Guid(header.data_write_guid)),
        Field::new(at(48), "LogGuid", Value::Guid(header.log_guid)).meaning(if to_replay {
            "the log is to be replayed"
        } else {
            "no log to replay"
        }),
        version(at(64), "LogVersion", header.log_version, LOG_VERSION, to_replay),
        version(at(66), "Version", header.version, VERSION, true),
        Field::new(at(68), "LogLength", Value::Hex(header.log_length.into()))
            .meaning(text::size(ByteLen(header.log_length.into()))),
        Field::new(at(72), "LogOffset", Value::Hex(header.log_offset.0)),
    ]
}
