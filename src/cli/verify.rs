//! `verify PLAN`: is a plan still true, and, afterwards, was nothing lost?

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};
use jiff::Timestamp;

use crate::analysis::plan::Sealed;
use crate::inspect::{self, Request, path_of, paths_of, request_of};
use crate::limits::MAX_PLAN_FILE;
use crate::report::plan::verify as verify_text;
use crate::report::{RunFacts, Style, json, text};
use crate::source::{FileSource, ReadAt};
use crate::units::FileOffset;

use super::byte_watch::ByteWatch;
use super::options::{Global, OutputArgs};
use super::{Exit, Failure};

const HELP: &str = "\
PLAN is what plan --format json wrote. The files that it names are read again, from the folder in which the plan was made
where it names them relative to that. A plan file may come from anybody: paths to the network are refused, and with PATH
given everything that lies elsewhere.

Exit status:
  0    every fact is as it was; with --after: the survivor holds the same content, to the byte
  1    something has changed, or the plan file was altered; with --after also: the content was not proved, for the plan
       was made without --hash
  2    the plan cannot be read, or the command failed
  130  broken off by Ctrl-C";

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Verify {
    /// The plan, as JSON
    #[arg(value_name = "PLAN", value_hint = ValueHint::FilePath)]
    plan: PathBuf,
    /// Open nothing but what lies here: folders with everything below them, and the folders of files
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,
    /// The steps were carried out: look at what they left behind
    #[arg(long)]
    after: bool,
    /// The file that holds the disk now, where it is not the plan's target: the new disk of an export
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "after")]
    survivor: Option<PathBuf>,
    /// What the report looks like
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// What has changed, for people
    Text,
    /// One JSON object
    Json,
}

impl Verify {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        self.output.check_apart([&self.plan].into_iter().chain(&self.paths).map(PathBuf::as_path))?;
        let sealed = read(&self.plan)?;
        let mut facts = RunFacts::start(Timestamp::now(), None);
        let watch = ByteWatch::start(global);
        let look = self.output.look(global);
        let style = Style { color: look.color, width: look.width, as_of: facts.as_of };
        let question = &sealed.fingerprint.question;
        if self.after {
            let survivor = match (&self.survivor, &sealed.expectation.survivor) {
                (Some(survivor), _) => survivor.clone(),
                (None, Some(survivor)) => path_of(survivor)?,
                (None, None) => return Err(Failure::new("the plan has no target; name the file with --survivor")),
            };
            // What the user names here is named by the user, wherever it lies.
            let allowed: Vec<PathBuf> = match self.paths.as_slice() {
                [] => Vec::new(),
                paths => paths.iter().chain(&self.survivor).cloned().collect(),
            };
            let mut request = request_of(question, survivor.clone(), &paths_of(&sealed), &allowed)?;
            request.read.count_blocks = false;
            self.check_output(&request)?;
            let inspection = inspect::inspect(&request, &watch);
            let virtual_size =
                inspection.find(&survivor).and_then(|file| inspection.file(file)?.image.as_deref()?.virtual_size());
            watch.expect(virtual_size.unwrap_or_default());
            let after = inspection.verify_after(&sealed, &survivor, &mut |done| watch.reached(done))?;
            facts.finished = Timestamp::now();
            let exit = if after.is_proved() { Exit::Ok } else { Exit::Findings };
            return self.output.write(exit, |out| match self.format {
                Format::Text => verify_text::write_after(&after, style, out),
                Format::Json => json::write_aftermath(&after, &inspection, &facts, out),
            });
        }
        let mut request = request_of(question, path_of(&question.file)?, &[], &self.paths)?;
        request.read.count_blocks = false;
        self.check_output(&request)?;
        let inspection = inspect::inspect(&request, &watch);
        let verified = inspection.verify(&request, &sealed)?;
        facts.finished = Timestamp::now();
        let exit = if verified.intact && verified.changes.is_empty() { Exit::Ok } else { Exit::Findings };
        self.output.write(exit, |out| match self.format {
            Format::Text => verify_text::write_before(&verified, style, out),
            Format::Json => json::write_verified(&verified, &inspection, &facts, out),
        })
    }
}

impl Verify {
    /// Nothing that the plan names is written to either.
    fn check_output(&self, request: &Request) -> Result<(), Failure> {
        let named = request.paths.iter().chain(&request.search).map(PathBuf::as_path);
        self.output.check_apart(named.chain(request.map.targets()))
    }
}

fn read(path: &Path) -> Result<Sealed, Failure> {
    let source = FileSource::open(path)?;
    let fail = |why: &str| Failure::new(format!("{}: {why}", text::path(path)));
    if source.size() > MAX_PLAN_FILE {
        return Err(fail(&format!("is no plan: it has more than {MAX_PLAN_FILE} bytes (MAX_PLAN_FILE)")));
    }
    let mut bytes = vec![0; source.size().to_usize().unwrap_or_default()];
    source.read_exact_at("plan", FileOffset::ZERO, &mut bytes)?;
    let text = String::from_utf8(bytes).map_err(|_| fail("is no plan: it is not UTF-8"))?;
    Sealed::parse(text.trim_start_matches('\u{feff}')).map_err(|why| fail(&text::printable(&why)))
}
