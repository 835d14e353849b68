//! `diff A B`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use jiff::Timestamp;

use crate::analysis::diff::Relation;
use crate::analysis::map;
use crate::inspect::Comparison;
use crate::report::{RunFacts, Style, diff, json, text};
use crate::units::{VirtualOffset, VirtualRange};

use super::byte_watch::ByteWatch;
use super::map::Format;
use super::options::{Global, OutputArgs};
use super::view::{ViewArgs, unproved_after};
use super::{Exit, Failure};

const HELP: &str = "\
Two points of one family share files: ranges that both read from the same place of the same file are equal, and this is
known from the block maps at once. The others can differ; --content reads them and shows those that do, in whole
sectors. The end of a longer disk counts as different. Ranges that read as zeros on both sides count as equal, whatever
state says so.

Exit status, as that of diff:
  0    equal
  1    different; without --content: the block maps leave ranges in which they can differ
  2    the disks are unrelated and --content is not given, a chain is broken or damaged, or the command failed
  130  broken off by Ctrl-C";

/// Arguments of `diff`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Diff {
    /// The file from which the first disk is seen
    #[arg(value_name = "A", value_hint = ValueHint::FilePath)]
    a: PathBuf,
    /// The file from which the second disk is seen
    #[arg(value_name = "B", value_hint = ValueHint::FilePath)]
    b: PathBuf,
    /// Read what the block maps leave open, and show what really differs
    #[arg(long)]
    content: bool,
    /// What the report looks like
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    view: ViewArgs,
}

impl Diff {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        self.output.check_beside([&self.a, &self.b], self.view.find())?;
        let mut facts = RunFacts::start(Timestamp::now(), None);
        let watch = ByteWatch::start(global);
        let inspection = self.view.inspect(&[self.a.clone(), self.b.clone()], &watch)?;
        let a = self.view.open(&inspection, &self.a)?;
        let b = self.view.open(&inspection, &self.b)?;
        let comparison = Comparison::new(&a, &b, self.content);
        if comparison.relation != Relation::Family && !self.content {
            return Err(self.unrelated(comparison.relation));
        }
        // Faults of the maps first: a comparison that ends in an error half way tells less than none.
        for opened in [&a, &b] {
            map::totals(&opened.disk, VirtualRange::new(VirtualOffset::ZERO, opened.disk.size()))?;
        }
        facts.finished = Timestamp::now();
        watch.expect(a.disk.size().max(b.disk.size()));
        let look = self.output.look(global);
        let style = Style { color: look.color, width: look.width, as_of: facts.as_of };
        let mut exit = Exit::Ok;
        let progress = &mut |done| watch.reached(done);
        self.output.write_view(|out| {
            let totals = match self.format {
                Format::Table => diff::write(&inspection, &comparison, style, progress, out),
                Format::Json => json::write_diff(&inspection, &comparison, &facts, progress, out),
                Format::Ndjson => json::write_diff_lines(&inspection, &comparison, &facts, progress, out),
            }?;
            if !totals.different.is_zero() {
                exit = Exit::Findings;
            }
            Ok(())
        })?;
        for opened in [&a, &b] {
            unproved_after(&inspection, opened);
        }
        Ok(exit)
    }

    fn unrelated(&self, relation: Relation) -> Failure {
        let (a, b) = (text::path(&self.a), text::path(&self.b));
        let how = match relation {
            Relation::SameVirtualDiskId => "have the same virtual disk id, but no file in common",
            Relation::Family | Relation::Unrelated => "are unrelated: they have no file in common",
        };
        Failure::new(format!("{a} and {b} {how}, so their block maps tell nothing; --content compares the bytes"))
    }
}
