//! `check PATH…`: everything that is wrong, and what is worth knowing.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};

use crate::checks::{Baseline, CheckSet, Selection, Severity, Suppressions, Triage};
use crate::image::vhdx::Depth;
use crate::inspect::Inspection;
use crate::report::findings_text::{self, Scope};
use crate::report::{RunFacts, Style, json, sarif, text};

use super::options::{self, FindArgs, Global, OutputArgs, ReadArgs, TimeArgs, WalkArgs};
use super::{Exit, Failure, evidence, messages, progress};

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Folders, with everything below them, and single files
    #[arg(required = true, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,
    /// What the report looks like
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    /// The least grave findings to show [default: warning for text, info otherwise]
    #[arg(long, value_enum, value_name = "SEVERITY")]
    level: Option<Level>,
    /// Look only for these: codes, beginnings of codes (VHDX03) or names, separated by commas
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    select: Vec<String>,
    /// Do not look for these
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// End with status 1 from this severity on
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "SEVERITY")]
    fail_on: FailOn,
    /// A JSON file of findings that are known, each with a reason and the day it is to be looked at again
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    suppressions: Option<PathBuf>,
    /// The JSON of an earlier run: says what is new, what persists and what is resolved; only what is new counts for the
    /// exit status
    #[arg(long, value_name = "OLD.json", value_hint = ValueHint::FilePath)]
    baseline: Option<PathBuf>,
    /// Write a case folder: the findings as JSON, SHA-256 of every file that was looked at, facts about the run
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    evidence: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    find: FindArgs,
    #[command(flatten)]
    walk: WalkArgs,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    time: TimeArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people, with the bytes at each place
    Text,
    /// One JSON object
    Json,
    /// SARIF 2.1.0
    Sarif,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Level {
    Info,
    Warning,
    Error,
    Fatal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Info,
    Warning,
    Error,
    Fatal,
    /// Whatever is found, end with 0
    Never,
}

impl Check {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        self.output.check_beside(self.paths.iter().chain(&self.suppressions).chain(&self.baseline), &self.find)?;
        let selection =
            Selection::new(&self.select, &self.ignore).map_err(|unknown| Failure::new(unknown.to_string()))?;
        let suppressions = read("--suppressions", self.suppressions.as_deref(), Suppressions::parse)?;
        let baseline = read("--baseline", self.baseline.as_deref(), Baseline::parse)?;
        let case = self.evidence.as_deref().map(|folder| evidence::Case::new(folder, &self.paths)).transpose()?;
        let mut request = options::request(&self.paths, Some(&self.walk), &self.find, &self.read, Depth::Full)?;
        request.read.keep_open = false;
        request.checks = Some(CheckSet::of(|check| selection.wants(check)));
        let mut facts = RunFacts::start(Timestamp::now(), self.time.as_of);
        request.as_of = Some(facts.as_of);
        // A file that lies beside is there to be a parent.
        request.read.only_named = true;
        let mut inspection = progress::inspect(&request, global);
        let findings = std::mem::take(&mut inspection.findings);
        let today = TimeZone::UTC.to_datetime(facts.as_of).date();
        warn_of_expired(global, suppressions.as_ref(), today);
        let triage = Triage::new(findings, suppressions.as_ref(), baseline.as_ref(), today);
        facts.finished = Timestamp::now();
        let exit = self.judge(&inspection, &triage);
        if let Some(case) = case {
            case.write(&inspection, &triage, &facts)?;
        }
        let look = self.output.look(global);
        let style = Style { color: look.color, width: look.width, as_of: facts.as_of };
        let files = inspection.files().filter(|(_, file)| file.named).count();
        self.output.write(exit, |out| match self.format {
            Format::Text => findings_text::write(&triage, Scope { level: self.level(), files }, style, out),
            Format::Json => json::write_check(&inspection, &triage, self.level(), &facts, out),
            Format::Sarif => sarif::write(&triage, self.level(), &facts, out),
        })
    }

    fn level(&self) -> Severity {
        match (self.level, self.format) {
            (Some(Level::Fatal), _) => Severity::Fatal,
            (Some(Level::Error), _) => Severity::Error,
            (Some(Level::Warning), _) | (None, Format::Text) => Severity::Warning,
            (Some(Level::Info), _) | (None, Format::Json | Format::Sarif) => Severity::Info,
        }
    }

    fn judge(&self, inspection: &Inspection, triage: &Triage) -> Exit {
        let failed = inspection.unreadable_named();
        for (path, error) in &failed {
            messages::error(&format!("{}: {}", text::path(path), text::printable(&error.reason().to_string())));
        }
        let least = match self.fail_on {
            FailOn::Info => Severity::Info,
            FailOn::Warning => Severity::Warning,
            FailOn::Error => Severity::Error,
            FailOn::Fatal => Severity::Fatal,
            FailOn::Never => return if failed.is_empty() { Exit::Ok } else { Exit::Failed },
        };
        if !failed.is_empty() {
            Exit::Failed
        } else if triage.worst_new().is_some_and(|worst| worst >= least) {
            Exit::Findings
        } else {
            Exit::Ok
        }
    }
}

/// The content of a file that an option names.
fn read<T>(
    option: &str,
    path: Option<&Path>,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let fail = |why: String| Failure::new(format!("{option} {}: {}", text::path(path), text::printable(&why)));
    let content = std::fs::read_to_string(path).map_err(|error| fail(error.to_string()))?;
    parse(&content).map(Some).map_err(fail)
}

fn warn_of_expired(global: &Global, suppressions: Option<&Suppressions>, today: Date) {
    for entry in suppressions.into_iter().flat_map(|all| all.expired(today)) {
        let (code, path, day) = (entry.code, text::printable(&entry.path), entry.expires);
        messages::warning(global, &format!("the suppression of {code} for {path} expired on {day}"));
    }
}
