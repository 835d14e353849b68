//! `correlate BUNDLE…`: what several scans saw, as one estate.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use jiff::Timestamp;

use crate::bundle::{self, Bundle, BundleArgument, Corrections, WrongArgument};
use crate::inspect::Inspection;
use crate::report::{RunFacts, Style, csv, json, orphans, table, text, tree};

use super::judge::judge;
use super::options::{Global, OutputArgs};
use super::orphans::FilterArgs;
use super::{Exit, Failure, messages};

/// Arguments of `correlate`.
#[derive(Debug, Args)]
pub struct Correlate {
    /// Bundles that scan --bundle wrote, of any hosts
    #[arg(required = true, value_name = "BUNDLE", value_hint = ValueHint::FilePath)]
    bundles: Vec<PathBuf>,
    /// What the report looks like; csv is a list of orphans, table and ndjson are none
    #[arg(long, value_enum, default_value_t = Format::Tree, value_name = "FORMAT")]
    format: Format,
    /// List what nothing needs, with reasons, as the command orphans does
    #[arg(long)]
    orphans: bool,
    #[command(flatten)]
    filter: FilterArgs,
    /// Where the files of a recorded Windows path are, in the paths of the bundle's host or of another bundle's, as in
    /// 'node2.vxb:\\node1\vm=node1.vxb:D:\vm'; without a bundle before it, of every bundle. Goes before what the
    /// bundles recorded
    #[arg(long, value_name = "[BUNDLE:]FROM=[BUNDLE:]TO")]
    map: Vec<String>,
    /// The host that a bundle is of, where it was written under another name: bundles of one host have the same paths
    #[arg(long, value_name = "BUNDLE:NAME")]
    host: Vec<String>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Tree,
    /// One line a file
    Table,
    /// One JSON object
    Json,
    /// One JSON object a line
    Ndjson,
    /// One line a file that nothing needs
    Csv,
}

impl Correlate {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        self.output.check_apart(self.bundles.iter().map(PathBuf::as_path))?;
        let orphans = self.orphans || self.format == Format::Csv;
        if self.orphans && matches!(self.format, Format::Table | Format::Ndjson) {
            return Err(Failure::new("--orphans: is a list for people (tree), json or csv"));
        }
        if let Some(option) = self.filter.given().filter(|_| !orphans) {
            return Err(Failure::new(format!("{option} chooses from the list of --orphans")));
        }
        let corrections = self.corrections()?;
        let mut facts = RunFacts::start(Timestamp::now(), None);
        let bundles = self.read(global)?;
        // Ages count from the bundles' own moments; this is the one of what is of no bundle.
        facts.as_of = bundles.iter().map(|bundle| bundle.header.as_of).max().unwrap_or(facts.as_of);
        let inspection = bundle::correlate(bundles, &corrections)
            .map_err(|error| Failure::new(format!("--map: {}", text::printable(&error.to_string()))))?;
        facts.finished = Timestamp::now();
        if orphans { self.write_orphans(&inspection, &facts, global) } else { self.write(&inspection, &facts, global) }
    }

    fn corrections(&self) -> Result<Corrections, Failure> {
        let fail = |option: &str, error: &WrongArgument| {
            Failure::new(format!("{option}: {}", text::printable(&error.to_string())))
        };
        let map = self.map.iter().map(|rule| BundleArgument::map(rule, &self.bundles));
        let hosts = self.host.iter().map(|name| BundleArgument::host(name, &self.bundles));
        let hosts: Vec<(usize, String)> = hosts.collect::<Result<_, _>>().map_err(|error| fail("--host", &error))?;
        let has_another =
            |(bundle, name): &&(usize, String)| hosts.iter().any(|(other, another)| other == bundle && another != name);
        if let Some(path) = hosts.iter().find(has_another).and_then(|(bundle, _)| self.bundles.get(*bundle)) {
            return Err(Failure::new(format!("--host: {} is given two names", text::path(path))));
        }
        Ok(Corrections { map: map.collect::<Result<_, _>>().map_err(|error| fail("--map", &error))?, hosts })
    }

    fn read(&self, global: &Global) -> Result<Vec<Bundle>, Failure> {
        let mut bundles = Vec::new();
        for path in &self.bundles {
            let bundle = Bundle::open(path)?;
            if let Some(lines) = bundle.cut_after {
                let what = format!("{}: was cut short after line {lines}; what is left is used", text::path(path));
                messages::warning(global, &what);
            }
            if bundle.unknown_findings > 0 {
                let count = text::plural(bundle.unknown_findings, "finding");
                let what = format!("{}: {count} of a later version cannot be shown", text::path(path));
                messages::warning(global, &what);
            }
            bundles.push(bundle);
        }
        Ok(bundles)
    }

    fn write(&self, inspection: &Inspection, facts: &RunFacts, global: &Global) -> Result<Exit, Failure> {
        let style = self.style(facts, global);
        self.output.write(judge(inspection), |out| match self.format {
            Format::Tree => tree::write(inspection, style, out),
            Format::Table => table::write(inspection, style, out),
            Format::Json | Format::Csv => json::write_correlate(inspection, facts, out),
            Format::Ndjson => json::write_correlate_lines(inspection, facts, out),
        })
    }

    fn write_orphans(&self, inspection: &Inspection, facts: &RunFacts, global: &Global) -> Result<Exit, Failure> {
        let list = inspection.orphans(&self.filter.filter());
        let style = self.style(facts, global);
        self.output.write(super::orphans::exit(inspection, &list), |out| match self.format {
            Format::Json => json::write_orphans(inspection, &list, facts, out),
            Format::Csv => csv::write_orphans(&list, out),
            Format::Tree | Format::Table | Format::Ndjson => orphans::write(&list, style, out),
        })
    }

    fn style(&self, facts: &RunFacts, global: &Global) -> Style {
        let look = self.output.look(global);
        Style { color: look.color, width: look.width, as_of: facts.as_of }
    }
}
