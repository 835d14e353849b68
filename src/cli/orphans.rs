//! `orphans PATH…`: what nothing needs, with reasons, how sure that is, and what to verify first.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use jiff::{SignedDuration, Timestamp};

use crate::estate::verdict::Confidence;
use crate::image::vhdx::Depth;
use crate::inspect::{self, Inspection, OrphanFilter, Recognise};
use crate::report::{RunFacts, Style, csv, json, orphans};

use super::judge::judge;
use super::options::{self, FindArgs, Global, OutputArgs, ReadArgs, TimeArgs, WalkArgs};
use super::{Exit, Failure, progress};

/// Arguments of `orphans`.
#[derive(Debug, Args)]
pub struct Orphans {
    /// Folders with everything below them: the more of an estate, its configurations and its host's list (data.vmcx)
    /// among them, the surer the verdicts
    #[arg(required = true, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,
    /// What the report looks like
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    filter: FilterArgs,
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

/// Which files are listed.
#[derive(Clone, Copy, Debug, Args)]
pub struct FilterArgs {
    /// How sure a verdict must be at least to be listed among what nothing needs
    /// [default: possible]
    #[arg(long, value_enum, hide_default_value = true, value_name = "CONFIDENCE")]
    min_confidence: Option<Sureness>,
    /// List only files that were last written to so long ago, as in 30d, 12h or 8w
    #[arg(long, value_name = "AGE", value_parser = age)]
    older_than: Option<SignedDuration>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// By class, with reasons and what to verify first
    Text,
    /// One JSON object
    Json,
    /// One line a file
    Csv,
}

/// How sure a verdict is.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Sureness {
    /// Everything, also where what was looked at does not decide
    Unknown,
    /// Something speaks for it
    Possible,
    /// Everything that was looked at speaks for it
    Probable,
    /// Proved by what was looked at
    Confirmed,
}

impl Orphans {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        self.output.check_beside(&self.paths, &self.find)?;
        let mut request = options::request(&self.paths, Some(&self.walk), &self.find, &self.read, Depth::Open)?;
        request.read.keep_open = false;
        let mut facts = RunFacts::start(Timestamp::now(), self.time.as_of);
        request.as_of = Some(facts.as_of);
        request.recognise = Recognise::Unclaimed;
        let inspection = progress::inspect(&request, global);
        let list = inspection.orphans(&self.filter.filter());
        facts.finished = Timestamp::now();
        let exit = exit(&inspection, &list);
        let look = self.output.look(global);
        let style = Style { color: look.color, width: look.width, as_of: facts.as_of };
        self.output.write(exit, |out| match self.format {
            Format::Text => orphans::write(&list, style, out),
            Format::Json => json::write_orphans(&inspection, &list, &facts, out),
            Format::Csv => csv::write_orphans(&list, out),
        })
    }
}

impl FilterArgs {
    /// What the library makes of it.
    pub fn filter(&self) -> OrphanFilter {
        let min_confidence = self.min_confidence.unwrap_or(Sureness::Possible).into();
        OrphanFilter { min_confidence, older_than: self.older_than }
    }

    /// The first of the options that was given.
    pub fn given(&self) -> Option<&'static str> {
        let min_confidence = self.min_confidence.map(|_| "--min-confidence");
        min_confidence.or_else(|| self.older_than.map(|_| "--older-than"))
    }
}

/// The exit status of a list of orphans: whether there are any.
pub fn exit(inspection: &Inspection, list: &inspect::Orphans<'_>) -> Exit {
    match judge(inspection) {
        Exit::Ok | Exit::Findings if list.classes.is_empty() => Exit::Ok,
        Exit::Ok | Exit::Findings => Exit::Findings,
        failed => failed,
    }
}

impl From<Sureness> for Confidence {
    fn from(sureness: Sureness) -> Self {
        match sureness {
            Sureness::Unknown => Self::Unknown,
            Sureness::Possible => Self::Possible,
            Sureness::Probable => Self::Probable,
            Sureness::Confirmed => Self::Confirmed,
        }
    }
}

/// An age as people type it: a whole number of hours, days or weeks.
pub(in crate::cli) fn age(text: &str) -> Result<SignedDuration, String> {
    let wrong = || "not an age such as 30d, 12h or 8w".to_owned();
    let (number, hours) = [("h", 1), ("d", 24), ("w", 24 * 7)]
        .into_iter()
        .find_map(|(unit, hours)| Some((text.strip_suffix(unit)?, hours)))
        .ok_or_else(wrong)?;
    let number: i32 = number.parse().map_err(|_| wrong())?;
    if number < 0 {
        return Err(wrong());
    }
    Ok(SignedDuration::from_hours(i64::from(number).saturating_mul(hours)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages() {
        assert_eq!(age("12h"), Ok(SignedDuration::from_hours(12)));
        assert_eq!(age("30d"), Ok(SignedDuration::from_hours(720)));
        assert_eq!(age("2w"), Ok(SignedDuration::from_hours(336)));
        for wrong in ["", "d", "30", "-1d", "1.5d", "99999999999d", "30 m"] {
            assert!(age(wrong).is_err(), "{wrong}");
        }
    }
}
