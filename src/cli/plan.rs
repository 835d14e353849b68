//! `plan FILE`: what a merge would take. Nothing is carried out.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};
use jiff::Timestamp;

use crate::analysis::merge::{BytesPerSecond, Speeds};
use crate::analysis::plan::{Alternative, Course, Method, PathText, Question};
use crate::chain::FileNo;
use crate::error::Error;
use crate::image::vhdx::Depth;
use crate::inspect::{EstateOptions, Inspection, PlanOptions};
use crate::report::plan::{View, estate as estate_text, markdown, script, text as plan_text};
use crate::report::{RunFacts, Style, json, text};
use crate::units::ByteLen;

use super::byte_watch::ByteWatch;
use super::judge::judge;
use super::options::{self, FindArgs, Global, IoChoice, OutputArgs, ReadArgs, TimeArgs};
use super::progress::Watch;
use super::view::named;
use super::{Exit, Failure, messages, size};

const HELP: &str = "\
FILE is a leaf or any other differencing disk; it is merged into its parent, or into the ancestor after --into with
everything between. Children and configurations are looked for in its folder and below the folders of --search: name the
whole estate, or a disk that depends on what changes is overlooked.

With --all every chain is merged as far as no other disk is harmed, by the first way that is open. Free space is what
--disk-free says, else what is free where the files lie now.

Exit status:
  0    a merge is possible as far as files tell; what only the host knows is listed with the command that asks it
  1    something is in the way of every merge; an export to a new disk may be possible
  2    wrong arguments, a named path that cannot be read, or the command failed
  130  broken off by Ctrl-C";

/// Arguments of `plan`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Plan {
    /// The differencing disk that is to be merged; with --all folders, with everything below them
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,
    /// Plan all merges of an estate, in the order in which space is won soonest and never runs out
    #[arg(long, conflicts_with_all = ["into", "method", "hash"])]
    all: bool,
    /// Win this many bytes as soon as possible, and merge no more than that takes
    #[arg(long, value_name = "BYTES", value_parser = size::bytes, requires = "all")]
    win: Option<ByteLen>,
    /// Merge down into this ancestor, with every file between
    #[arg(long, value_name = "ANCESTOR", value_hint = ValueHint::FilePath)]
    into: Option<PathBuf>,
    /// What is free on a volume, as in D:=200GiB, 'C:\ClusterStorage\Volume1=1TiB' or /mnt/csv1=300GiB
    #[arg(long, value_name = "VOLUME=SIZE", value_parser = volume)]
    disk_free: Vec<(String, ByteLen)>,
    /// How fast the storage reads and writes, in bytes a second, as in 200MiB:120MiB
    #[arg(long, value_name = "READ:WRITE", value_parser = speeds)]
    speed: Option<Speeds>,
    /// Give the steps of this way instead of the first that is open
    #[arg(long, value_enum, value_name = "WAY")]
    method: Option<Way>,
    /// Read all content: its hash goes into the plan, so that verify --after can prove that nothing was lost
    #[arg(long)]
    hash: bool,
    /// What the report looks like
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    find: FindArgs,
    /// How to read: with positioned reads, or through a memory map, which suits local copies that nobody changes
    #[arg(long, value_enum, default_value_t = IoChoice::Read, value_name = "HOW")]
    io: IoChoice,
    #[command(flatten)]
    time: TimeArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// What would happen, the ways side by side, what is in the way, and the steps
    Text,
    /// One JSON object, which verify reads
    Json,
    /// The same as the text, for a ticket
    Markdown,
    /// The steps as a script of PowerShell, which changes nothing without -Execute
    Ps1,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Way {
    /// Delete the checkpoint and let Hyper-V merge
    DeleteCheckpoint,
    /// One merge of all files, with the machine off
    SinglePass,
    /// One merge a file, with the machine off
    Pairwise,
    /// Write a new disk
    Export,
}

impl From<Way> for Method {
    fn from(way: Way) -> Self {
        match way {
            Way::DeleteCheckpoint => Self::Native,
            Way::SinglePass => Self::OnePass,
            Way::Pairwise => Self::Pairwise,
            Way::Export => Self::Export,
        }
    }
}

impl Plan {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        self.output.check_beside(self.paths.iter().chain(&self.into), &self.find)?;
        once_each(&self.disk_free)?;
        if self.all {
            return self.run_all(global);
        }
        let [path] = self.paths.as_slice() else {
            return Err(Failure::new("name one file, or folders with --all"));
        };
        if path.is_dir() {
            let why = "is a folder; name the differencing disk that is to be merged, or say --all";
            return Err(Failure::new(format!("{}: {why}", text::path(path))));
        }
        let mut facts = RunFacts::start(Timestamp::now(), self.time.as_of);
        let watch = ByteWatch::start(global);
        let read = ReadArgs { no_blocks: true, io: self.io, ..ReadArgs::default() };
        let mut request = options::request(std::slice::from_ref(path), None, &self.find, &read, Depth::Open)?;
        request.as_of = Some(facts.as_of);
        let inspection = crate::inspect::inspect(&request, &watch);
        let file = named(&inspection, path)?;
        let into = self.into.as_deref().map(|into| ancestor(&inspection, into)).transpose()?;
        let plan_options = PlanOptions {
            into,
            disk_free: self.disk_free.clone(),
            speeds: self.speed,
            method: self.method.map(Method::from),
            content: self.hash,
            room_later: false,
        };
        watch.expect(virtual_size(&inspection, file));
        let plan = inspection.plan(&request, file, &plan_options, &mut |done| watch.reached(done))?;
        inspection.check_volumes(&request, &plan.course.all_chains(), &self.disk_free)?;
        // Only deleting the checkpoint touches the other disks.
        let native = plan.alternative(Method::Native).is_some_and(Alternative::is_open);
        let also = if native { plan.course.also.as_slice() } else { &[] };
        let hashed = [file].into_iter().chain(also.iter().map(Course::top)).filter(|_| self.hash);
        let sizes = hashed.clone().map(|file| virtual_size(&inspection, file));
        watch.expect(sizes.fold(ByteLen::ZERO, ByteLen::saturating_add));
        let hash = |file: FileNo| {
            let hash = inspection.content_hash(file, &mut |done| watch.reached(done));
            watch.next_disk(virtual_size(&inspection, file));
            let warn = |error: &Error| {
                messages::warning(global, &format!("no hash: {}", text::printable(&error.to_string())));
            };
            hash.inspect_err(warn).ok()
        };
        let mut hashes = hashed.map(hash);
        let content_hash = hashes.next().flatten();
        let also_hashes: Vec<_> = hashes.collect();
        let sealed = inspection.seal(&request, &plan, self.question(path), content_hash, &also_hashes);
        facts.finished = Timestamp::now();
        let wanted_is_closed = self.method.is_some() && plan.chosen.is_none();
        let exit = if plan.is_blocked() || wanted_is_closed { Exit::Findings } else { Exit::Ok };
        let look = self.output.look(global);
        let style = Style { color: look.color, width: look.width, as_of: facts.as_of };
        let view = View { inspection: &inspection, plan: &plan };
        self.output.write(exit, |out| match self.format {
            Format::Text => plan_text::write(&view, style, out),
            Format::Json => json::write_plan(&view, &sealed, &facts, out),
            Format::Markdown => markdown::write(&view, out),
            Format::Ps1 => script::write(&view, &sealed, out),
        })
    }

    fn run_all(&self, global: &Global) -> Result<Exit, Failure> {
        if matches!(self.format, Format::Markdown | Format::Ps1) {
            return Err(Failure::new("--all comes as text or json; plan each file for its steps"));
        }
        let mut facts = RunFacts::start(Timestamp::now(), self.time.as_of);
        let watch = Watch::start(global);
        let read = ReadArgs { no_blocks: true, io: self.io, ..ReadArgs::default() };
        let mut request = options::request(&self.paths, None, &self.find, &read, Depth::Open)?;
        request.as_of = Some(facts.as_of);
        let inspection = crate::inspect::inspect(&request, &watch);
        let disks: Vec<_> = inspection.files().filter(|(_, file)| file.is_image()).map(|(number, _)| number).collect();
        inspection.check_volumes(&request, &disks, &self.disk_free)?;
        let estate_options = EstateOptions { disk_free: self.disk_free.clone(), speeds: self.speed, win: self.win };
        let estate = inspection.plan_estate(&request, &estate_options, &mut |_, _| {});
        facts.finished = Timestamp::now();
        let all_open = estate.unplanned.is_empty() && estate.merges.iter().all(|merge| merge.method.is_some());
        let is_done = estate.schedule.is_reached && all_open;
        let exit = match judge(&inspection) {
            Exit::Failed => Exit::Failed,
            _ if is_done => Exit::Ok,
            _ => Exit::Findings,
        };
        let look = self.output.look(global);
        let style = Style { color: look.color, width: look.width, as_of: facts.as_of };
        self.output.write(exit, |out| match self.format {
            Format::Json => json::write_estate_plan(&inspection, &estate, &facts, out),
            _ => estate_text::write(&inspection, &estate, style, out),
        })
    }

    fn question(&self, path: &Path) -> Question {
        Question {
            file: PathText::of(path),
            into: self.into.as_deref().map(PathText::of),
            search: self.find.search.iter().map(|folder| PathText::of(folder)).collect(),
            map: self.find.map.iter().map(|rule| PathText::of(Path::new(rule))).collect(),
        }
    }
}

fn virtual_size(inspection: &Inspection, file: FileNo) -> ByteLen {
    inspection.file(file).and_then(|found| found.image.as_deref()?.virtual_size()).unwrap_or_default()
}

fn ancestor(inspection: &Inspection, path: &Path) -> Result<FileNo, Failure> {
    if path.is_dir() {
        return Err(Failure::new(format!("{}: is a folder; name the ancestor to merge into", text::path(path))));
    }
    named(inspection, path)
}

fn volume(text: &str) -> Result<(String, ByteLen), String> {
    let (name, free) = text.rsplit_once('=').ok_or_else(|| "not VOLUME=SIZE, as in D:=200GiB".to_owned())?;
    if name.is_empty() {
        return Err("no volume before the =, as in D:=200GiB".to_owned());
    }
    let is_letter = name.len() == 1 && name.starts_with(|letter: char| letter.is_ascii_alphabetic());
    let name = if is_letter { format!("{name}:") } else { name.to_owned() };
    Ok((name, size::bytes(free)?))
}

/// Each volume has one size.
fn once_each(volumes: &[(String, ByteLen)]) -> Result<(), Failure> {
    let plain = |name: &str| name.trim_end_matches(['\\', '/']).to_ascii_lowercase();
    for (number, (name, _)) in volumes.iter().enumerate() {
        if volumes.iter().take(number).any(|(earlier, _)| plain(earlier) == plain(name)) {
            return Err(Failure::new(format!("--disk-free: {} is named twice", text::printable(name))));
        }
    }
    Ok(())
}

fn speeds(text: &str) -> Result<Speeds, String> {
    let (read, write) = text.split_once(':').ok_or_else(|| "not READ:WRITE, as in 200MiB:120MiB".to_owned())?;
    let speed = |text: &str| match size::bytes(text)? {
        ByteLen(0) => Err("a speed of zero gets nowhere".to_owned()),
        ByteLen(bytes) => Ok(BytesPerSecond(bytes)),
    };
    Ok(Speeds { read: speed(read)?, write: speed(write)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_and_speeds() {
        assert_eq!(volume("D:=2GiB"), Ok(("D:".to_owned(), ByteLen(2 << 30))));
        assert_eq!(volume("D=1K"), Ok(("D:".to_owned(), ByteLen(1024))));
        assert_eq!(volume("/mnt/a=b=512"), Ok(("/mnt/a=b".to_owned(), ByteLen(512))));
        for wrong in ["D:", "=1GiB", "D:=", "D:=x"] {
            assert!(volume(wrong).is_err(), "{wrong}");
        }
        let given = speeds("200MiB:1K").unwrap();
        assert_eq!((given.read, given.write), (BytesPerSecond(200 << 20), BytesPerSecond(1024)));
        for wrong in ["1", "0:1", "1:0", "a:b", ":"] {
            assert!(speeds(wrong).is_err(), "{wrong}");
        }
    }
}
