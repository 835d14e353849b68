//! One estate scanned in one go and in parts: what both tell must be the same.

use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;

use vhdxray::bundle::{self, About, Bundle, Corrections};
use vhdxray::inspect::Inspection;
use vhdxray::report::RunFacts;
use vhdxray::report::json::ScanJson;

/// What a scan writes down.
pub(crate) fn bundled(name: &str, host: &str, as_of: Timestamp, inspection: &Inspection) -> Bundle {
    let about = About { host: Some(host.to_owned()), started: as_of, finished: as_of, as_of };
    let mut bytes = Vec::new();
    bundle::write_to(inspection, &about, &mut bytes).expect("memory takes all output");
    let bundle = Bundle::parse(Path::new(name), &bytes).expect("what was written can be read");
    assert_eq!(bundle.cut_after, None);
    bundle
}

/// Fails unless the bundles of one host tell what `whole` does. Their order must not matter.
#[track_caller]
pub(crate) fn assert_same(whole: &Inspection, bundles: Vec<Bundle>) {
    let parts = bundles.len();
    let together = bundle::correlate(bundles, &Corrections::default()).expect("no map is wrong");
    let (expected, found) = (told(whole), told(&together));
    let (Value::Object(expected), Value::Object(found)) = (expected, found) else {
        unreachable!("a scan is an object")
    };
    for (name, expected) in expected {
        let found = &found[&name];
        if expected == *found {
            continue;
        }
        let lists = expected.as_array().zip(found.as_array());
        let first = lists.and_then(|(a, b)| a.iter().zip(b).find(|(a, b)| a != b));
        match first {
            Some((a, b)) => panic!("{name} of {parts} parts differ:\nwhole: {a:#}\nparts: {b:#}"),
            None => panic!("{name} of {parts} parts differ:\nwhole: {expected:#}\nparts: {found:#}"),
        }
    }
}

/// Everything that a scan tells, but for what belongs to the run, and the bytes that no bundle holds.
pub(crate) fn told(inspection: &Inspection) -> Value {
    let facts = RunFacts::start(Timestamp::UNIX_EPOCH, None);
    let mut told = serde_json::to_value(ScanJson::new(inspection, &facts)).expect("a scan is JSON");
    strip(&mut told);
    told
}

fn strip(value: &mut Value) {
    const NOT_COMPARED: [&str; 7] =
        ["run", "host", "owner_config_host", "bundle", "bytes_hex", "bytes_offset", "free_bytes"];
    match value {
        Value::Object(object) => {
            object.retain(|key, _| !NOT_COMPARED.contains(&key.as_str()) && !key.ends_with("_hosts"));
            object.values_mut().for_each(strip);
        }
        Value::Array(list) => list.iter_mut().for_each(strip),
        _ => {}
    }
}
