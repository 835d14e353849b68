//! What another run wrote down: any bytes as they are, any lines after a sound header, or patches over a sound bundle.

use std::path::Path;

use jiff::Timestamp;
use uuid::Uuid;

use crate::bundle::{self, About, Bundle, Corrections};
use crate::chain::Scope;
use crate::chain::windows_path::PathMap;
use crate::checks::CheckSet;
use crate::estate::{FoundFile, Inventory, Origin};
use crate::image::{DiskFacts, DiskType, FileKind, HintKind, KindBy, ParentReference, PathHint};
use crate::inspect::{Gathered, Inspection, Looked};
use crate::report::{RunFacts, Style, json, orphans, table, tree};
use crate::testkit::record::{utf16, utf16_le};
use crate::vm::{Configuration, ConfigurationKind, Controller, ControllerKind, Drive, DriveKind};

use super::input::Input;

/// The kind (0: the rest is the bundle; 1: the rest follows its first line; other: patches over a sound one), then for
/// patches: a place of two bytes, a length, the bytes.
pub fn bundle(data: &[u8]) {
    let mut input = Input::new(data);
    let bytes = match input.byte() {
        0 => input.rest().to_vec(),
        1 => {
            let sound = template();
            let header = sound.iter().position(|byte| *byte == b'\n').unwrap_or_default();
            [sound.get(..=header).unwrap_or_default(), input.rest()].concat()
        }
        _ => patched(input),
    };
    let Ok(bundle) = Bundle::parse(Path::new("a.vxb"), &bytes) else { return };
    let again = Bundle::parse(Path::new("b.vxb"), &bytes);
    let files = bundle.files.len();
    let cut = bundle.cut_after.is_some();
    let both: Vec<Bundle> = std::iter::once(bundle).chain(again).collect();
    assert_eq!(both.len(), 2, "the same bytes are read twice in one way");
    let Ok(inspection) = bundle::correlate(both, &Corrections::default()) else {
        unreachable!("no rule was given that could be wrong")
    };
    assert!(inspection.files().count() <= files.saturating_mul(2));
    assert!(!cut || inspection.interrupted, "what is missing is not known to be missing");
    assert_eq!(inspection.verdicts.len(), inspection.files().count());
    shown(&inspection);
}

/// Every report can be written, and none lets a control character through.
fn shown(inspection: &Inspection) {
    let style = Style { color: false, width: Some(80), as_of: Timestamp::UNIX_EPOCH };
    let facts = RunFacts::start(Timestamp::UNIX_EPOCH, None);
    let list = inspection.orphans(&crate::inspect::OrphanFilter {
        min_confidence: crate::estate::verdict::Confidence::Unknown,
        older_than: None,
    });
    let mut text = Vec::new();
    let written = tree::write(inspection, style, &mut text)
        .and_then(|()| table::write(inspection, style, &mut text))
        .and_then(|()| orphans::write(&list, style, &mut text));
    assert!(written.is_ok());
    let harmless = |byte: &u8| *byte >= b' ' || *byte == b'\n';
    assert!(text.iter().all(harmless), "{}", String::from_utf8_lossy(&text));
    let mut out = Vec::new();
    assert!(json::write_correlate(inspection, &facts, &mut out).is_ok());
    assert!(serde_json::from_slice::<serde::de::IgnoredAny>(&out).is_ok());
}

fn patched(mut input: Input<'_>) -> Vec<u8> {
    let mut bytes = template();
    while !input.is_empty() {
        let at = usize::from(input.byte()) * 256 + usize::from(input.byte());
        let len = usize::from(input.byte() % 32);
        let patch = input.bytes(len);
        if let Some(place) = bytes.get_mut(at..at + patch.len()) {
            place.copy_from_slice(patch);
        }
    }
    bytes
}

/// A base, a child of it and a machine, as lines that are not compressed: no patch would survive the checksum.
fn template() -> Vec<u8> {
    let mut inventory = Inventory { origins: vec![Origin::here(Some(Timestamp::UNIX_EPOCH))], ..Inventory::default() };
    let disk = |name: &str, identity: u128, parent: Option<u128>| FoundFile {
        kind: FileKind::Vhdx,
        kind_by: KindBy::Content,
        disk: Some(Box::new(DiskFacts {
            disk_type: Some(if parent.is_some() { DiskType::Differencing } else { DiskType::Dynamic }),
            virtual_disk_id: Some(Uuid::from_u128(1)),
            data_write_guid: Some(Uuid::from_u128(identity)),
            reference: parent.map(|parent| {
                Ok(ParentReference {
                    linkage: Some(Uuid::from_u128(parent)),
                    linkage2: None,
                    hints: vec![PathHint {
                        key: "relative_path",
                        kind: HintKind::Relative,
                        path: r".\a.vhdx".to_owned(),
                    }],
                    parent_time_stamp: None,
                })
            }),
            ..DiskFacts::default()
        })),
        ..FoundFile::new(format!("/v/{name}").into())
    };
    let path = crate::format::text::Utf16Text::from_bytes(&utf16_le(&utf16(r"C:\v\b.avhdx")));
    let drive = Drive {
        controller: Controller { kind: ControllerKind::Scsi, number: 0, instance: None, name: None },
        location: 0,
        kind: DriveKind::Vhd,
        path: Some(path),
        settings: Vec::new(),
    };
    let id = Some(Uuid::from_u128(9));
    let machine =
        Configuration { kind: ConfigurationKind::Machine, id, drives: vec![drive], ..Configuration::default() };
    inventory.files = vec![
        disk("a.vhdx", 10, None),
        disk("b.avhdx", 11, Some(10)),
        FoundFile { configuration: Some(Box::new(machine)), ..FoundFile::new("/v/m.vmcx".into()) },
    ];
    let mut scope = Scope::default();
    scope.add_below(Path::new("/v"));
    let looked = Looked { scope, maps: vec![PathMap::default()], ..Looked::default() };
    let inspection = Inspection::of(Gathered { inventory, looked, ..Gathered::default() }, &CheckSet::default());
    let moment = Timestamp::UNIX_EPOCH;
    let about = About { host: Some("host".to_owned()), started: moment, finished: moment, as_of: moment };
    let mut bytes = Vec::new();
    let written = bundle::write_lines(&inspection, &about, &mut bytes);
    assert!(written.is_ok(), "memory takes all output");
    bytes
}

pub(super) fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let line = |line: &str| [&[1], line.as_bytes(), b"\n"].concat();
    vec![
        ("sound", vec![2]),
        ("patched", vec![2, 2, 0, 4, b'1', b'2', b'3', b'4']),
        ("no-header", b"\0{\"type\":\"end\",\"lines_count\":0}\n".to_vec()),
        ("file", line(r#"{"type":"file","path":"/v/x","named":true,"kind":"vhdx","kind_by":"name"}"#)),
        (
            "climbing",
            line(
                r#"{"type":"file","path":"../../../../x.vmcx","named":true,"kind":"vmcx","kind_by":"content","configuration":{"kind":"machine"}}"#,
            ),
        ),
        (
            "control-characters",
            line(r#"{"type":"unreadable","path":"a\u001b[31m\n","error":{"message":"\u0007\r\n"}}"#),
        ),
        ("gzip", vec![0, 0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]),
    ]
}
