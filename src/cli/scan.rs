//! `scan PATH…`: what is here, how it hangs together, what it costs, what is broken.

use std::io;
use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use jiff::Timestamp;

use crate::image::vhdx::Depth;
use crate::inspect::{Inspection, Recognise, Request, Stream};
use crate::report::{RunFacts, Style, json, table, tree};

use super::bundle::BundleArgs;
use super::judge::judge;
use super::options::{self, FindArgs, Global, OutputArgs, ReadArgs, TimeArgs, WalkArgs};
use super::output::LateOutput;
use super::{Exit, Failure, messages, progress};

/// Arguments of `scan`.
#[derive(Debug, Args)]
pub struct Scan {
    /// Folders, with everything below them, and single files
    #[arg(required = true, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,
    /// What the report looks like
    #[arg(long, value_enum, default_value_t = Format::Tree, value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    bundle: BundleArgs,
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
    /// Trees of chains for people
    Tree,
    /// One line a file
    Table,
    /// One JSON object
    Json,
    /// One JSON object a line, written as files are read
    Ndjson,
}

impl Scan {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        self.output.check_beside(&self.paths, &self.find)?;
        self.bundle.check(&self.paths)?;
        if self.bundle.path().is_some_and(|bundle| self.output.is(bundle)) {
            return Err(Failure::new("-o and --bundle name one file"));
        }
        let mut request = options::request(&self.paths, Some(&self.walk), &self.find, &self.read, Depth::Open)?;
        request.read.keep_open = false;
        request.read.keep_shown = self.bundle.path().is_some() || matches!(self.format, Format::Json | Format::Ndjson);
        request.checks = Some(self.read.checks());
        let mut facts = RunFacts::start(Timestamp::now(), self.time.as_of);
        request.as_of = Some(facts.as_of);
        request.recognise = match self.bundle.path() {
            Some(_) => Recognise::Leaves,
            None => Recognise::Unclaimed,
        };
        if let Format::Ndjson = self.format {
            return self.stream(global, &request, facts);
        }
        let mut inspection = progress::inspect(&request, global);
        let exit = self.conclude(global, &request, &mut inspection, &mut facts)?;
        let look = self.output.look(global);
        let style = Style { color: look.color, width: look.width, as_of: facts.as_of };
        self.output.write(exit, |out| match self.format {
            Format::Tree => tree::write(&inspection, style, out),
            Format::Table => table::write(&inspection, style, out),
            Format::Json | Format::Ndjson => json::write_scan(&inspection, &facts, out),
        })
    }

    /// Writes the files while others are still being read.
    fn stream(&self, global: &Global, request: &Request, mut facts: RunFacts) -> Result<Exit, Failure> {
        let lines = json::ScanLines::new(facts.clone(), self.bundle.path().is_none(), self.output.late());
        let mut inspection = progress::inspect_streaming(request, global, &lines);
        let ended = |written: io::Result<LateOutput>| {
            written.and_then(LateOutput::end).map_err(|error| self.output.failure(&error))
        };
        if lines.is_closed() {
            ended(lines.finish(&inspection, &facts))?;
            return Ok(Exit::Ok);
        }
        let exit = self.conclude(global, request, &mut inspection, &mut facts)?;
        ended(lines.finish(&inspection, &facts))?;
        Ok(exit)
    }

    fn conclude(
        &self,
        global: &Global,
        request: &Request,
        inspection: &mut Inspection,
        facts: &mut RunFacts,
    ) -> Result<Exit, Failure> {
        facts.finished = Timestamp::now();
        self.bundle.write(inspection, facts)?;
        if self.bundle.path().is_some() {
            inspection.forget_claimed();
        }
        let coverage = inspection.coverage();
        let took = facts.finished.duration_since(facts.started).as_secs_f64();
        let (read, seen, jobs) = (coverage.files_read, coverage.files_seen, request.read.jobs);
        messages::detail(global, &format!("read {read} of {seen} files in {took:.2} s with up to {jobs} at once"));
        Ok(judge(inspection))
    }
}
