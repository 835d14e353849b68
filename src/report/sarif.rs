//! `check --format sarif`: SARIF 2.1.0 (OASIS), for programs that collect the results of scanners.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::checks::{CHECKS, Finding, Severity, Standing, Triage};

use super::RunFacts;

/// Writes the findings of severity `level` and above as one SARIF log.
pub fn write(triage: &Triage, level: Severity, facts: &RunFacts, out: &mut dyn Write) -> io::Result<()> {
    let shown = triage.findings.iter().filter(|judged| judged.finding.severity >= level);
    let shown = shown.map(|judged| result(&judged.finding, judged.standing, None));
    let suppressed = triage.suppressed.iter().map(|one| result(&one.finding, None, Some(&one.reason)));
    let log = Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: json!({ "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules(),
            }}),
            invocations: [json!({
                "executionSuccessful": true,
                "arguments": facts.arguments,
                "startTimeUtc": facts.started.to_string(),
                "endTimeUtc": facts.finished.to_string(),
            })],
            column_kind: "unicodeCodePoints",
            results: shown.chain(suppressed).collect(),
        }],
    };
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Value,
    invocations: [Value; 1],
    column_kind: &'static str,
    results: Vec<Value>,
}

fn rules() -> Vec<Value> {
    CHECKS
        .iter()
        .map(|check| {
            let text = &check.explanation;
            json!({
                "id": check.code,
                "name": check.name,
                "shortDescription": { "text": check.name.replace('-', " ") },
                "fullDescription": { "text": format!("{} {}", text.seen, text.matters) },
                "help": { "text": format!("{} {} {}", text.harmless, text.todo, text.not_first) },
                "defaultConfiguration": { "level": level_of(check.severity) },
            })
        })
        .collect()
}

fn result(finding: &Finding, standing: Option<Standing>, suppressed: Option<&str>) -> Value {
    let rule = CHECKS.iter().position(|check| check.code == finding.code);
    let region = finding.offset.map(|offset| json!({ "byteOffset": offset.0, "byteLength": finding.length.0 }));
    let related = finding.related.iter().map(|related| {
        let region = related.offset.map(|offset| json!({ "byteOffset": offset.0 }));
        json!({ "physicalLocation": physical(&related.path, region), "message": { "text": related.note } })
    });
    let mut properties: Map<String, Value> =
        finding.evidence.iter().map(|(name, value)| (name.to_string(), value.into())).collect();
    properties.insert("structure".to_owned(), finding.structure.as_ref().into());
    properties.insert("severity".to_owned(), finding.severity.name().into());
    if let Some(offset) = finding.virtual_offset {
        properties.insert("virtual_offset".to_owned(), offset.0.into());
    }
    let mut result = Map::new();
    result.insert("ruleId".to_owned(), finding.code.into());
    result.insert("ruleIndex".to_owned(), json!(rule));
    result.insert("level".to_owned(), level_of(finding.severity).into());
    result.insert("message".to_owned(), json!({ "text": finding.message }));
    result.insert("locations".to_owned(), json!([{ "physicalLocation": physical(&finding.path, region) }]));
    result.insert("relatedLocations".to_owned(), related.collect());
    result.insert("properties".to_owned(), properties.into());
    if let Some(standing) = standing {
        let state = match standing {
            Standing::New => "new",
            Standing::Persisting => "unchanged",
        };
        result.insert("baselineState".to_owned(), state.into());
    }
    if let Some(reason) = suppressed {
        let suppression = json!([{ "kind": "external", "justification": reason }]);
        result.insert("suppressions".to_owned(), suppression);
    }
    result.into()
}

fn physical(path: &Path, region: Option<Value>) -> Value {
    let mut location = Map::new();
    location.insert("artifactLocation".to_owned(), json!({ "uri": uri(path) }));
    if let Some(region) = region {
        location.insert("region".to_owned(), region);
    }
    location.into()
}

fn level_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "note",
        Severity::Warning => "warning",
        Severity::Error | Severity::Fatal => "error",
    }
}

/// A path as a reference of a URI (RFC 3986): what is not unreserved is escaped, an absolute path has its scheme.
fn uri(path: &Path) -> String {
    let text = path.to_string_lossy();
    let text = if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() };
    let escaped: String = text
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    match (path.is_absolute(), escaped.starts_with('/')) {
        (true, true) => format!("file://{escaped}"),
        (true, false) => format!("file:///{escaped}"),
        (false, _) => escaped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        assert_eq!(uri(Path::new("a b/ü#.vhdx")), "a%20b/%C3%BC%23.vhdx");
        if cfg!(unix) {
            assert_eq!(uri(Path::new("/x/y.vhdx")), "file:///x/y.vhdx");
        }
    }
}
