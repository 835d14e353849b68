//! Every fact that a plan rests on, and one digest over all: whoever carries a plan out has it compared first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::estate::{FoundFile, Machines};
use crate::format::hex::to_hex;
use crate::image::{Image, Survey};
use crate::source::{FileSource, ReadAt};
use crate::units::{ByteLen, FileOffset, FileRange};

use super::course::Course;
use super::doubtful::doubtful;
use super::facts::Facts;
use super::path_text::PathText;
use super::structures::structures;

/// What was asked, so that it can be asked again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Question {
    /// The named file.
    pub file: PathText,
    /// The ancestor that it is to be merged into; `null` for its parent.
    pub into: Option<PathText>,
    /// Further folders that were looked through.
    pub search: Vec<PathText>,
    /// Arguments of `--map`: a Windows path, `=`, and where that is.
    pub map: Vec<PathText>,
}

/// Every fact that a plan rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fingerprint {
    /// SHA-256 over everything else in here, over `content_hash` and over `expectation`.
    pub sha256: String,
    /// What was asked.
    pub question: Question,
    /// The disks: those that change, what they depend on, and what depends on them.
    pub disks: Vec<DiskFact>,
    /// The configurations that attach one of them.
    pub configurations: Vec<ConfigurationFact>,
    /// Further disks that may depend on a file that changes, because they cannot be read or record a path to one.
    pub possible_children: Vec<PathText>,
}

/// The facts about one disk. What the file does not hold is `null`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiskFact {
    /// The path.
    #[serde(flatten)]
    pub path: PathText,
    /// `merged`, `target`, `below`, `above`, `sibling`, or `also`: of a disk that Hyper-V would merge as well.
    pub part: String,
    /// Bytes of the file.
    pub size_bytes: Option<u64>,
    /// Time of the last write.
    pub modified: Option<String>,
    /// Device and number of the file, as the system has them.
    pub file_id: Option<String>,
    /// `vhdx` or `vhd`.
    pub format: Option<String>,
    /// Bytes of the virtual disk.
    pub virtual_size_bytes: Option<u64>,
    /// What the guest sees as the disk's identity.
    pub virtual_disk_id: Option<String>,
    /// Changes with every write to the file (VHDX).
    pub file_write_guid: Option<String>,
    /// Changes when data is written (VHDX); the unique id of a VHD. What a child records of its parent.
    pub data_write_guid: Option<String>,
    /// The identity that the parent must have.
    pub linkage: Option<String>,
    /// The second one, which counts while a merge is under way.
    pub linkage2: Option<String>,
    /// Sequence number of the header that counts (VHDX).
    pub header_sequence_number: Option<u64>,
    /// `clean`, `dirty` or `corrupt` (VHDX).
    pub log_state: Option<String>,
    /// BLAKE3 of header section, region tables, metadata, BAT and bitmaps as they are stored, of a log that is not
    /// clean too; of a VHD of footer, header, block table, locators and bitmaps. Pieces of 64 KiB that are zeros as a
    /// whole are left out, and where the others lie is in it.
    pub structures_blake3: Option<String>,
    /// Why they could not be read.
    pub problem: Option<String>,
}

/// A configuration that attaches a disk of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigurationFact {
    /// The path.
    #[serde(flatten)]
    pub path: PathText,
    /// SHA-256 of the file.
    pub sha256: Option<String>,
    /// Why it could not be read.
    pub problem: Option<String>,
}

impl Fingerprint {
    /// Reads the facts. The digest is empty until sealing sets it.
    pub fn read(facts: &Facts<'_>, course: &Course, question: Question) -> Self {
        let disks = course.concerned().into_iter().filter_map(|file| {
            let part = if course.merged.contains(&file) {
                "merged"
            } else if course.target == Some(file) {
                "target"
            } else if course.below.contains(&file) {
                "below"
            } else if course.dependants.contains(&file) {
                "above"
            } else if course.siblings.iter().any(|lost| lost.file == file || lost.dependants.contains(&file)) {
                "sibling"
            } else {
                "also"
            };
            Some(DiskFact::read(facts.file(file)?, part))
        });
        let disks = disks.collect();
        let mut possible_children: Vec<PathText> = [course]
            .into_iter()
            .chain(&course.also)
            .flat_map(|course| doubtful(facts, course))
            .filter_map(|disk| Some(PathText::of(&facts.file(disk.file)?.path)))
            .collect();
        possible_children.sort();
        possible_children.dedup();
        Self {
            sha256: String::new(),
            question,
            disks,
            configurations: configurations(facts, facts.machines, course),
            possible_children,
        }
    }
}

fn configurations(facts: &Facts<'_>, machines: &Machines, course: &Course) -> Vec<ConfigurationFact> {
    let concerned = course.concerned();
    let attach = machines.all.iter().filter(|machine| {
        machine.disks.iter().any(|disk| disk.found.files.iter().any(|file| concerned.contains(file)))
    });
    let mut facts: Vec<ConfigurationFact> = attach
        .filter_map(|machine| {
            let path = &facts.file(machine.file)?.path;
            let hashed = FileSource::open(path).and_then(|source| {
                let mut digest = Sha256::new();
                add(&mut digest, &source, FileRange::new(FileOffset::ZERO, source.size()))?;
                Ok(to_hex(&digest.finalize()))
            });
            Some(ConfigurationFact {
                path: PathText::of(path),
                problem: hashed.as_ref().err().map(|error| error.reason().to_string()),
                sha256: hashed.ok(),
            })
        })
        .collect();
    facts.sort_by(|a, b| a.path.cmp(&b.path));
    facts
}

impl DiskFact {
    /// Reads the facts about a file that plays this part.
    pub fn read(file: &FoundFile, part: &str) -> Self {
        let image = file.image.as_deref();
        let reference = image.and_then(Image::parent_reference).and_then(Result::ok);
        let guid = |guid: Option<uuid::Uuid>| guid.map(|guid| guid.to_string());
        let hashed = image.map(structures);
        let source = FileSource::open(&file.path).ok();
        let header = image.and_then(Image::as_vhdx).and_then(|survey| survey.header());
        Self {
            path: PathText::of(&file.path),
            part: part.to_owned(),
            size_bytes: file.stamp.map(|stamp| stamp.size.0),
            modified: file
                .stamp
                .and_then(|stamp| jiff::Timestamp::try_from(stamp.modified?).ok())
                .map(|time| time.to_string()),
            file_id: source.as_ref().and_then(FileSource::id).map(|id| id.to_string()),
            format: image.map(|image| match image.survey() {
                Survey::Vhdx(_) => "vhdx".to_owned(),
                Survey::Vhd(_) => "vhd".to_owned(),
            }),
            virtual_size_bytes: image.and_then(Image::virtual_size).map(|size| size.0),
            virtual_disk_id: guid(image.and_then(Image::virtual_disk_id)),
            file_write_guid: guid(header.map(|header| header.file_write_guid)),
            data_write_guid: guid(image.and_then(Image::identity)),
            linkage: guid(reference.as_ref().and_then(|reference| reference.linkage)),
            linkage2: guid(reference.as_ref().and_then(|reference| reference.linkage2)),
            header_sequence_number: header.map(|header| header.sequence_number),
            log_state: image.and_then(Image::log_state).map(|state| state.name().to_owned()),
            problem: match (&hashed, &file.error) {
                (Some(Err(error)), _) | (None, Some(error)) => Some(error.reason().to_string()),
                _ => None,
            },
            structures_blake3: hashed.and_then(Result::ok),
        }
    }
}

/// Adds the bytes of a range, as far as they are in the file, in pieces.
fn add(digest: &mut Sha256, source: &dyn ReadAt, range: FileRange) -> Result<()> {
    let len = ByteLen(source.size().0.saturating_sub(range.start.0)).min(range.len);
    digest.update(len.0.to_le_bytes());
    let mut buf = vec![0; len.min(ByteLen::mib(1)).to_usize().unwrap_or_default()];
    let mut done = ByteLen::ZERO;
    while done < len {
        let step = ByteLen(len.0.saturating_sub(done.0)).min(ByteLen::from(buf.len()));
        let Some(part) = step.to_usize().and_then(|step| buf.get_mut(..step)) else { break };
        source.read_exact_at("structures", range.start.saturating_add(done), part)?;
        digest.update(part);
        done = done.saturating_add(step);
    }
    Ok(())
}
