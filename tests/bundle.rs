//! Bundles that are cut, damaged, made up or of another version.
#![cfg(feature = "testkit")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::io::{Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use vhdxray::bundle::{self, About, Bundle, Corrections, correlate};
use vhdxray::estate::Silent;
use vhdxray::estate::verdict::Confidence;
use vhdxray::inspect::{Request, inspect};
use vhdxray::limits;
use vhdxray::testkit::estate;

/// A bundle of the made estate.
fn whole() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    estate::write(folder.path()).unwrap();
    let as_of = "2100-01-01T00:00:00Z".parse().unwrap();
    let request = Request { paths: vec![folder.path().to_owned()], as_of: Some(as_of), ..Request::default() };
    let about = About { host: Some("host".to_owned()), started: as_of, finished: as_of, as_of };
    let mut bytes = Vec::new();
    bundle::write_to(&inspect(&request, &Silent), &about, &mut bytes).unwrap();
    bytes
}

fn unzipped(bytes: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    text
}

fn zipped(text: &str) -> Vec<u8> {
    let mut zip = GzEncoder::new(Vec::new(), Compression::fast());
    zip.write_all(text.as_bytes()).unwrap();
    zip.finish().unwrap()
}

fn parse(bytes: &[u8]) -> Result<Bundle, String> {
    Bundle::parse(Path::new("a.vxb"), bytes).map_err(|error| error.to_string())
}

/// The lines with one of them changed.
fn with_line(number: usize, change: impl FnOnce(&mut Value)) -> String {
    let text = unzipped(&whole());
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    change(&mut lines[number - 1]);
    lines.iter().fold(String::new(), |text, line| text + &line.to_string() + "\n")
}

#[test]
fn the_same_facts_give_the_same_bytes_and_no_content() {
    let bytes = whole();
    let text = unzipped(&bytes);
    assert!(zipped(&text).len() < text.len() / 3);
    let kinds: Vec<String> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!((kinds[0].as_str(), kinds.last().unwrap().as_str()), ("bundle", "end"));
    let files = kinds.iter().filter(|kind| *kind == "file").count();
    assert_eq!(files, estate::files().len());
    for secret in ["excerpt", "bytes_hex", "notes\":", "Ask before"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let bundle = parse(&bytes).unwrap();
    assert_eq!((bundle.files.len(), bundle.cut_after, bundle.unknown_findings), (files, None, 0));
    let plain = parse(text.as_bytes()).unwrap();
    assert_eq!(plain.files.len(), files, "unpacked by hand it is as good");
}

#[test]
fn a_bundle_that_was_cut_tells_what_is_left_and_is_incomplete() {
    let bytes = whole();
    let mut seen = std::collections::BTreeSet::new();
    for length in (0..bytes.len()).step_by(7) {
        match parse(&bytes[..length]) {
            Ok(bundle) => {
                let lines = bundle.cut_after.unwrap();
                seen.insert(lines);
                let files = bundle.files.len();
                let inspection = correlate(vec![bundle], &Corrections::default()).unwrap();
                assert!(inspection.interrupted && inspection.has_findings());
                assert_eq!(inspection.files().count(), files);
                let gap = inspection.inventory.unreadable.last().unwrap();
                assert!(gap.error.to_string().contains(&format!("cut short after line {lines}")), "{}", gap.error);
                for verdict in inspection.verdicts.iter().flatten().filter(|verdict| verdict.is_unneeded()) {
                    assert!(verdict.confidence <= Confidence::Possible, "{verdict:#?}");
                }
            }
            // Not even the header is there.
            Err(error) => assert!(error.contains("is no bundle"), "{length}: {error}"),
        }
    }
    assert!(seen.len() > 5, "{seen:?}");
    let text = unzipped(&bytes);
    let lines = text.lines().count();
    let without_end = text.lines().take(lines - 1).fold(String::new(), |text, line| text + line + "\n");
    assert_eq!(parse(without_end.as_bytes()).unwrap().cut_after, Some(lines as u64 - 1));
}

/// Some bits of a compressed file mean nothing, as those that fill up its last byte: they may be anything, and the facts
/// are what they were.
#[test]
fn a_damaged_byte_is_never_taken_for_a_fact() {
    let bytes = whole();
    let facts = format!("{:?}", parse(&bytes).unwrap());
    // The last byte of the compressed bytes stands before the checksum and the length.
    let end = bytes.len() - 9;
    let spread = (10..end).step_by(11).map(|at| (at, 0x10));
    let tail = (end..bytes.len()).flat_map(|at| (0..8).map(move |bit| (at, 1 << bit)));
    let mut refused = 0;
    for (at, bit) in spread.chain(tail) {
        let mut damaged = bytes.clone();
        damaged[at] ^= bit;
        match parse(&damaged) {
            Err(error) => {
                assert!(error.starts_with("a.vxb: "), "{error}");
                refused += 1;
            }
            Ok(bundle) if bundle.cut_after.is_none() => {
                assert_eq!(format!("{bundle:?}"), facts, "bit {bit:#04x} of byte {at}");
            }
            Ok(_) => {}
        }
    }
    assert!(refused > 100, "{refused}");
}

/// What somebody put together with `cat` is no bundle: half of it would be passed by.
#[test]
fn nothing_may_follow_the_last_line() {
    let bytes = whole();
    let text = unzipped(&bytes);
    let lines = text.lines().count();
    for joined in [[bytes.clone(), bytes.clone()].concat(), [text.as_bytes(), text.as_bytes()].concat()] {
        let error = parse(&joined).unwrap_err();
        assert!(error.contains(&format!("line {} comes after the last one: several bundles", lines + 1)), "{error}");
    }
    let garbage = [bytes.clone(), b"and something that is no gzip at all".to_vec()].concat();
    assert!(parse(&garbage).unwrap_err().contains("comes after the last one"));
    // What could be the start of another part, or of another line, was cut.
    let start = [bytes.clone(), bytes[..4].to_vec()].concat();
    assert_eq!(parse(&start).unwrap().cut_after, Some(lines as u64));
    assert_eq!(parse((text.clone() + "x").as_bytes()).unwrap().cut_after, Some(lines as u64));
    assert_eq!(parse(text.as_bytes()).unwrap().cut_after, None);
}

#[test]
fn errors_name_the_line() {
    for (number, change, expected) in [
        (4, json!({"type": "file"}), "line 4 cannot be read: missing field"),
        (4, json!({"type": "bundle"}), "line 4 cannot be read"),
        (
            5,
            json!({"type": "end", "lines_count": 99}),
            "line 5 is the last one and counts 99 lines before it, and there are 4: lines were lost or added",
        ),
        (5, json!({"type": "end", "lines_count": 4}), "line 6 comes after the last one"),
        (5, json!([]), "line 5 cannot be read"),
    ] {
        let text = with_line(number, |line| *line = change);
        let error = parse(text.as_bytes()).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
    let header = unzipped(&whole()).lines().next().unwrap().to_owned();
    let text = with_line(3, |line| *line = serde_json::from_str(&header).unwrap());
    assert!(parse(text.as_bytes()).unwrap_err().contains("line 3 is a second header"));
    let text = with_line(4, |line| line["kind"] = "vhdy".into());
    assert!(parse(text.as_bytes()).unwrap_err().contains("\"vhdy\" is no kind of file that this version knows"));
}

#[test]
fn another_version_is_refused_and_additions_are_passed_by() {
    let text = with_line(1, |line| line["schema"] = "vhdxray.bundle/2".into());
    let error = parse(text.as_bytes()).unwrap_err();
    assert_eq!(error, "a.vxb: was written as \"vhdxray.bundle/2\", and this version reads \"vhdxray.bundle/1\" alone");
    let text = with_line(4, |line| line["smell"] = json!({"of": ["roses"]}));
    assert_eq!(parse(text.as_bytes()).unwrap().files.len(), estate::files().len());
    let text = with_line(2, |line| *line = json!({"type": "weather", "degrees": 12}));
    let bundle = parse(text.as_bytes()).unwrap();
    assert_eq!((bundle.files.len(), bundle.volumes.len(), bundle.cut_after), (estate::files().len(), 0, None));
    let finding = json!({"type": "finding", "code": "VHDX9999", "severity": "info", "path": "a", "message": "m"});
    let text = with_line(2, |line| *line = finding);
    assert_eq!(parse(text.as_bytes()).unwrap().unknown_findings, 1);
}

#[test]
fn what_is_no_bundle_says_so() {
    for bytes in
        [&b""[..], b"{}\n", b"vhdxfile", b"\x1f\x8b", b"{\"schema\": \"vhdxray.scan/1\"}\n", &zipped("hello\n")]
    {
        let error = parse(bytes).unwrap_err();
        assert!(error.contains("is no bundle"), "{error}");
    }
}

#[test]
fn lines_and_bytes_are_bounded() {
    let header = unzipped(&whole()).lines().next().unwrap().to_owned();
    let long = format!(
        "{header}\n{{\"type\": \"x\", \"y\": \"{}\"}}\n",
        "y".repeat(limits::MAX_BUNDLE_LINE.to_usize().unwrap())
    );
    let error = parse(&zipped(&long)).unwrap_err();
    assert!(error.contains("line 2 goes over the bound MAX_BUNDLE_LINE"), "{error}");
    let deep = format!("{header}\n{}\n", "[".repeat(1 << 20));
    assert!(parse(deep.as_bytes()).unwrap_err().contains("line 2 cannot be read"));
}
