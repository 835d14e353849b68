//! From a run to a plan: the facts, what each way costs, and the seal over all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::analysis::hash::{Algorithm, hash_disk};
use crate::analysis::map::totals;
use crate::analysis::merge::{Cost, Speeds, costs};
use crate::analysis::plan::{
    BlockMap, ContentHash, Course, Facts, Fingerprint, Interrupted, Method, Plan, PlanVolume, PolicyBytes, Question,
    Sealed, WindowsNames, Wish, course, interrupted,
};
use crate::chain::FileNo;
use crate::chain::windows_path::WindowsPath;
use crate::checks::{self, CheckSet, Severity, run_on_file};
use crate::error::{Error, Result};
use crate::estate::{FoundFile, volumes_of};
use crate::image::{Image, Survey};
use crate::source::FileAttributes;
use crate::units::{ByteLen, VirtualOffset, VirtualRange};

use super::{ChainPolicy, Inspection, Request, judge};

/// What is to be planned.
#[derive(Clone, Debug, Default)]
pub struct PlanOptions {
    /// The ancestor to merge into; else the parent.
    pub into: Option<FileNo>,
    /// What is free on volumes, by their names: where they are mounted, or their Windows roots.
    pub disk_free: Vec<(String, ByteLen)>,
    /// How fast the storage is.
    pub speeds: Option<Speeds>,
    /// The way whose steps are given; else the first that is open.
    pub method: Option<Method>,
    /// Whether others may win the room first, so that want of it closes no way.
    pub room_later: bool,
    /// Whether all content is read: its hash, and how much of a child already stands in its parent.
    pub content: bool,
}

impl Inspection {
    /// Plans to merge `file`. `progress` hears how many bytes of the disk are done and says whether to go on.
    pub fn plan(
        &self,
        request: &Request,
        file: FileNo,
        options: &PlanOptions,
        progress: &mut dyn FnMut(ByteLen) -> bool,
    ) -> Result<Plan> {
        let mut facts = self.facts(request);
        let course = course(&facts, file, options.into)?;
        look_at(&mut facts, &course, options);
        let costs = self.costs(&course, &Method::ALL);
        let also: Vec<_> =
            course.also.iter().map(|other| self.costs(other, &[Method::Native, Method::Pairwise])).collect();
        let interrupted = self.interrupted(&facts, &course, options.content, progress);
        let wish = Wish { interrupted, method: options.method, speeds: options.speeds };
        Ok(Plan::new(&facts, course, wish, costs, &also))
    }

    /// Refuses free space that is said of a volume on which none of these files lies.
    pub fn check_volumes(&self, request: &Request, files: &[FileNo], given: &[(String, ByteLen)]) -> Result<()> {
        if given.is_empty() {
            return Ok(());
        }
        let facts = self.facts(request);
        let names = WindowsNames::of(&facts, files);
        let windows = |file: FileNo| names.get(file).full().map(str::to_owned);
        let is_used =
            |name: &str| files.iter().any(|file| lies_under(facts.path(*file), windows(*file).as_deref(), name));
        let Some((unknown, _)) = given.iter().find(|(name, _)| !is_used(name)) else { return Ok(()) };
        let known: BTreeSet<String> =
            files.iter().map(|file| volume(facts.path(*file), windows(*file).as_deref(), &[]).name).collect();
        let roots = files.iter().filter_map(|file| windows(*file)?.get(..2).map(str::to_owned));
        let roots = roots.filter(|root| root.ends_with(':'));
        let known: Vec<String> = known.into_iter().chain(roots.collect::<BTreeSet<_>>()).collect();
        let why = format!("--disk-free: no file lies on {unknown:?}; they lie on {}", known.join(", "));
        Err(Error::refused("", None, why))
    }

    /// Seals what a plan rests on. `also_hashes` are those of the disks that Hyper-V merges as well, in their order.
    pub fn seal(
        &self,
        request: &Request,
        plan: &Plan,
        question: Question,
        content_hash: Option<ContentHash>,
        also_hashes: &[Option<ContentHash>],
    ) -> Sealed {
        let facts = self.facts(request);
        let fingerprint = Fingerprint::read(&facts, &plan.course, question);
        let expectation = plan.expectation(&facts, also_hashes);
        Sealed { fingerprint, content_hash, expectation, is_altered: false }.seal()
    }

    /// The facts that a plan rests on, read as [`seal`](Self::seal) reads them.
    pub fn fingerprint(
        &self,
        request: &Request,
        file: FileNo,
        into: Option<FileNo>,
        question: Question,
    ) -> Result<Fingerprint> {
        let facts = self.facts(request);
        Ok(Fingerprint::read(&facts, &course(&facts, file, into)?, question))
    }

    /// The hash of the disk as seen from a file. `progress` is as that of [`plan`](Self::plan).
    pub fn content_hash(&self, file: FileNo, progress: &mut dyn FnMut(ByteLen) -> bool) -> Result<ContentHash> {
        let opened = self.open_disk(file, ChainPolicy::default())?;
        let whole = VirtualRange::new(VirtualOffset::ZERO, opened.disk.size());
        let sums = totals(&opened.disk, whole)?;
        let hashes = hash_disk(&opened.disk, &[Algorithm::Sha256], progress)?;
        let mut unproved = opened.unproved.clone();
        unproved.extend(self.changed_since(&opened));
        Ok(ContentHash {
            sha256: hashes.into_iter().next().unwrap_or_default(),
            virtual_size_bytes: opened.disk.size().0,
            read_policy_bytes: PolicyBytes {
                undefined_bytes: sums.state("undefined").bytes.0,
                unmapped_bytes: sums.state("unmapped").bytes.0,
                absent_bytes: sums.state("absent").bytes.0,
            },
            unproved,
        })
    }

    /// What is known without looking closer at a chain.
    pub(super) fn facts<'a>(&'a self, request: &'a Request) -> Facts<'a> {
        Facts {
            files: &self.inventory.files,
            forest: &self.forest,
            machines: &self.machines,
            verdicts: &self.verdicts,
            seen: judge::seen(self),
            map: &request.map,
            attributes: BTreeMap::new(),
            block_maps: BTreeMap::new(),
            errors: BTreeMap::new(),
            volumes: BTreeMap::new(),
        }
    }

    fn costs(&self, course: &Course, methods: &[Method]) -> Result<Vec<Cost>> {
        let opened = self.open_disk(course.top(), ChainPolicy::default())?;
        let into = course.target.and_then(|target| opened.files.iter().position(|file| *file == target));
        let into = into.ok_or_else(|| Error::refused("", None, "the chain is broken above the target"))?;
        let mut methods: Vec<_> = methods.iter().copied().map(Method::of_merge).collect();
        // In which order Hyper-V merges, if there is anything to be ordered, is up to it.
        if course.merged.len() > 1 && !self.machines.all.is_empty() {
            methods.push(crate::analysis::merge::Method::PairwiseBottomUp);
        }
        costs(&opened.disk, into, &methods)
    }

    fn interrupted(
        &self,
        facts: &Facts<'_>,
        course: &Course,
        content: bool,
        progress: &mut dyn FnMut(ByteLen) -> bool,
    ) -> Option<Interrupted> {
        let mut share = |child: FileNo, parent: FileNo| {
            let image = self.file(child).and_then(|file| file.image.as_deref());
            let image = image.ok_or_else(|| Error::refused("", None, "no image"))?;
            let below = self.open_disk(parent, ChainPolicy::default())?;
            interrupted::compare(image, &below.disk, progress)
        };
        if let Some(mut found) = interrupted::by_identity(facts, course) {
            // A damaged file is a condition of its own.
            found.done = share(found.child, found.parent).ok();
            return Some(found);
        }
        if !content {
            return None;
        }
        let below = course.merged.iter().skip(1).copied().chain(course.target);
        for (child, parent) in course.merged.iter().zip(below) {
            if let Some(found) =
                share(*child, parent).ok().and_then(|done| interrupted::by_content(*child, parent, done))
            {
                return Some(found);
            }
        }
        None
    }
}

/// Looks closer at the files of a chain.
fn look_at(facts: &mut Facts<'_>, course: &Course, options: &PlanOptions) {
    let chain = course.all_chains();
    for file in &chain {
        facts.attributes.insert(*file, FileAttributes::of(facts.path(*file)));
        if let Some(map) = facts.image(*file).and_then(block_map) {
            facts.block_maps.insert(*file, map);
        }
        let errors: Vec<_> = facts.file(*file).map(errors).unwrap_or_default();
        facts.errors.insert(*file, errors);
    }
    let names = WindowsNames::of(facts, &chain);
    let mut known: BTreeMap<String, PlanVolume> = BTreeMap::new();
    for file in chain {
        let windows = names.get(file).full().map(str::to_owned);
        let volume = volume(facts.path(file), windows.as_deref(), &options.disk_free);
        // What is free may change from one question to the next: each volume is asked once.
        let mut volume = known.entry(volume.name.clone()).or_insert(volume).clone();
        volume.given = volume.given.filter(|_| !options.room_later);
        facts.volumes.insert(file, volume);
    }
}

/// What is wrong with a file beside its block map, which [`block_map`] looks at.
fn errors(file: &FoundFile) -> Vec<(&'static str, String)> {
    let found = run_on_file(file, &CheckSet::of(|check| check.cost() == checks::Cost::Nothing)).list.into_iter();
    found.filter(|it| it.severity >= Severity::Error).map(|it| (it.code, it.message)).collect()
}

/// What one pass over the block map of a disk finds that stands in the way.
fn block_map(image: &Image) -> Option<BlockMap> {
    let view = &**image.view();
    match image.survey() {
        Survey::Vhdx(survey) => Some(match survey.bat(view)? {
            Ok(bat) => BlockMap {
                beyond_end: bat.beyond_end.map(|beyond| (beyond.count, beyond.lost)),
                faulty_entries: [
                    bat.reserved_states.count,
                    bat.without_place.count,
                    bat.bitmaps_beyond_end.count,
                    bat.overlaps.count,
                    bat.on_structures.count,
                    bat.without_bitmap.count,
                ]
                .into_iter()
                .fold(0, u64::saturating_add),
                problem: None,
            },
            Err(problem) => BlockMap { problem: Some(problem), ..BlockMap::default() },
        }),
        Survey::Vhd(survey) => Some(match survey.bat(view)? {
            Ok(bat) => BlockMap {
                beyond_end: bat.beyond_end.map(|beyond| (beyond.count, beyond.lost)),
                faulty_entries: bat.overlaps.count.saturating_add(bat.on_structures.count),
                problem: None,
            },
            Err(problem) => BlockMap { problem: Some(problem), ..BlockMap::default() },
        }),
    }
}

/// The volume of a file: by the longest given name that it lies under, else as this system has it.
fn volume(path: &Path, windows: Option<&str>, given: &[(String, ByteLen)]) -> PlanVolume {
    let here = volumes_of([path]).into_iter().next();
    let measured = here.as_ref().map(|volume| volume.free);
    let longest = given.iter().filter(|(name, _)| lies_under(path, windows, name)).max_by_key(|(name, _)| name.len());
    if let Some((name, free)) = longest {
        return PlanVolume { name: name.clone(), given: Some(*free), measured };
    }
    let root = || windows.and_then(|windows| windows.get(..3)).filter(|root| root.ends_with(":\\")).map(str::to_owned);
    let mounted = || here.and_then(|volume| volume.mount_path).map(|path| path.display().to_string());
    PlanVolume { name: mounted().or_else(root).unwrap_or_else(|| "?".to_owned()), given: None, measured }
}

/// Whether a file lies on what is called `name`, here or in Windows.
fn lies_under(path: &Path, windows: Option<&str>, name: &str) -> bool {
    let as_windows = windows.is_some_and(|windows| is_below(windows, name));
    as_windows || crate::chain::absolute(path).starts_with(crate::chain::absolute(Path::new(name))) && !name.is_empty()
}

fn is_below(path: &str, folder: &str) -> bool {
    let with_end = if folder.ends_with(':') { format!("{folder}\\") } else { folder.to_owned() };
    let folder = WindowsPath::parse(&with_end);
    folder.is_absolute() && WindowsPath::parse(path).lies_in(&folder)
}
