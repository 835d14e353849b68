//! The published table of all checks, error codes and events: `docs/findings.md`, made from the tables in the code.

use std::io::{self, Write};

use crate::checks::{CHECKS, Check, EVENTS, Family, WINDOWS_CODES};

use super::findings_explain::headings;

const HEAD: &str = "\
# Findings

<!-- Made from the tables in src/checks by a test: run `VHDXRAY_BLESS=1 cargo test --all-features` after a change. -->

Every finding of `vhdxray check` has a stable code, which is never used again for anything else.
Its severity speaks about the data, never about guilt:

- **info**: worth knowing; the data is as it should be.
- **warning**: a rule is broken or a precaution is due; the data can be read.
- **error**: data is lost, or what is read may be wrong.
- **fatal**: the virtual disk cannot be read from this file.

The severity given here is the highest of a check; a finding may be less grave, as its text says.
`vhdxray explain CODE` prints the same texts.
";

/// Writes the page.
pub fn write(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{HEAD}")?;
    for family in Family::ALL {
        let checks: Vec<&Check> = CHECKS.iter().copied().filter(|check| check.family() == Some(family)).collect();
        if checks.is_empty() {
            continue;
        }
        writeln!(out, "- {}", family.title())?;
        for check in checks {
            let anchor = anchor(check);
            writeln!(out, "  - [`{}` {}](#{anchor}) ({})", check.code, check.name, check.severity.name())?;
        }
    }
    writeln!(out, "- [Error codes of Windows](#error-codes-of-windows)")?;
    writeln!(out, "- [Events](#events)")?;
    for family in Family::ALL {
        let mut checks = CHECKS.iter().filter(|check| check.family() == Some(family)).peekable();
        if checks.peek().is_some() {
            writeln!(out, "\n## {}", family.title())?;
        }
        for check in checks {
            write_check(check, out)?;
        }
    }
    writeln!(out, "\n## Error codes of Windows\n")?;
    writeln!(out, "| code | name | meaning | look at | an expert | findings |\n|---|---|---|---|---|---|")?;
    for known in &WINDOWS_CODES {
        let code = format!("{:#010X}", known.code).replacen("0X", "0x", 1);
        let texts = [known.meaning, known.look_at, known.expert].join(" | ");
        writeln!(out, "| `{code}` | `{}` | {texts} | {} |", known.symbol, known.findings.join(", "))?;
    }
    writeln!(out, "\n## Events\n")?;
    writeln!(out, "| log | event | meaning | look at | an expert | findings |\n|---|---|---|---|---|---|")?;
    for event in &EVENTS {
        let texts = [event.meaning, event.look_at, event.expert].join(" | ");
        writeln!(out, "| {} | {} | {texts} | {} |", event.source, event.id, event.findings.join(", "))?;
    }
    Ok(())
}

fn write_check(check: &Check, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n### `{}` {}\n", check.code, check.name)?;
    writeln!(out, "Severity: {}.", check.severity.name())?;
    for (heading, words) in headings(&check.explanation) {
        writeln!(out, "\n**{heading}.**")?;
        writeln!(out, "{words}")?;
    }
    Ok(())
}

fn anchor(check: &Check) -> String {
    format!("{}-{}", check.code.to_ascii_lowercase(), check.name)
}
