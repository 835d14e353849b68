//! A run as the history keeps it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::analysis::history::files::Files;
use crate::analysis::history::path_text::PathText;
use crate::analysis::history::record::{
    Arrival, AttachmentRecord, ChainRecord, DiskRecord, FileRecord, MachineRecord, RunHead, RunNo, RunRecord, Sample,
    VolumeRecord,
};
use crate::analysis::history::samples;
use crate::analysis::merge::{self, Method};
use crate::chain::FileNo;
use crate::estate::{FoundFile, Machine, Volume, volumes_of};
use crate::format::vhdx::bat::PayloadState;
use crate::image::{DiskFacts, FileKind, Image};
use crate::source::FileId;
use crate::units::ByteLen;

use super::{ChainPolicy, ChainStatus, Inspection};

/// What a record tells of a run that the run itself does not know.
#[derive(Clone, Debug)]
pub struct RecordOptions {
    /// The moment that the run stands for.
    pub as_of: Timestamp,
    /// When the run started, by the computer's clock.
    pub started: Timestamp,
    /// Name of the computer.
    pub host: Option<String>,
    /// What was named.
    pub roots: Vec<PathBuf>,
    /// How folders were walked; empty for whole ones.
    pub walk: String,
    /// Whether a few pieces of each differencing disk's content are read and their hashes kept.
    pub samples: bool,
}

impl Inspection {
    /// The run as the history keeps it: disks, configurations and their companions, the chains, the machines and the
    /// volumes. What became of disks of an earlier run is not in it yet.
    pub fn record(&self, options: &RecordOptions) -> RunRecord {
        let kept: Vec<(FileNo, &FoundFile)> = self.kept().collect();
        let places: Places = kept.iter().enumerate().map(|(place, (number, _))| (*number, place)).collect();
        let coverage = self.coverage();
        let chains = self.chains.iter();
        RunRecord {
            head: RunHead {
                as_of: options.as_of,
                started: options.started,
                recorded: options.started,
                host: options.host.clone(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                walk: options.walk.clone(),
                interrupted: self.interrupted,
                files_seen: coverage.files_seen,
                files_read: coverage.files_read,
            },
            roots: options.roots.iter().map(|path| absolute(path)).collect(),
            unreadable: coverage
                .unreadable
                .iter()
                .map(|(_, path, error)| (absolute(path), error.reason().to_string()))
                .collect(),
            volumes: self.volumes_of_files(&kept).iter().map(volume).collect(),
            files: kept
                .iter()
                .map(|(number, file)| self.file_record(*number, file, &places, options.samples))
                .collect(),
            chains: chains.filter_map(|chain| self.chain_record(chain, &places)).collect(),
            machines: self.machines.iter().map(|(_, machine)| self.machine_record(machine, &places)).collect(),
            arrivals: Vec::new(),
        }
    }

    /// What became of the content of disks that an earlier run had and this one has not: their samples are compared with
    /// the files that were below them. `record` is that of this run.
    pub fn arrivals(&self, earlier: &RunRecord, record: &RunRecord) -> Vec<Arrival> {
        let mut files = Files::default();
        files.join(RunNo(0), earlier, &[]);
        let joined = files.join(RunNo(1), record, &[]);
        let place = |track| joined.track.iter().find(|(_, now)| **now == track).map(|(place, _)| *place);
        let mut arrivals = Vec::new();
        for (gone, below) in &joined.survivor {
            let Some((gone, into)) = files.get(*gone).zip(place(*below)) else { continue };
            let samples = gone.record.disk.as_ref().map(|disk| disk.samples.as_slice()).unwrap_or_default();
            let file = self.kept().nth(into).map(|(number, _)| number);
            let opened = file.and_then(|file| self.open_disk(file, ChainPolicy::default()).ok());
            if let (false, Some(opened)) = (samples.is_empty(), opened) {
                let found = samples::compare(samples, &opened.disk);
                arrivals.push(Arrival {
                    path: gone.record.path.clone(),
                    into,
                    compared: found.compared,
                    arrived: found.arrived,
                    absent: Some(found.absent),
                });
            }
        }
        arrivals
    }

    /// The files that a record keeps, in the order in which it does.
    fn kept(&self) -> impl Iterator<Item = (FileNo, &FoundFile)> {
        self.reported().filter(|(_, file)| file.kind != FileKind::Other)
    }

    /// The volumes of the named paths, and of files that lie on others all the same.
    fn volumes_of_files(&self, kept: &[(FileNo, &FoundFile)]) -> Vec<Volume> {
        let mut others: BTreeMap<String, &Path> = BTreeMap::new();
        for (_, file) in kept {
            if let Some(id) = file.id {
                others.entry(id.volume()).or_insert(&file.path);
            }
        }
        for known in &self.volumes {
            others.remove(&known.id);
        }
        let mut volumes = self.volumes.clone();
        volumes.extend(volumes_of(others.into_values()));
        volumes
    }

    fn file_record(&self, number: FileNo, file: &FoundFile, places: &Places, samples: bool) -> FileRecord {
        FileRecord {
            path: absolute(&file.path),
            kind: file.kind.name().to_owned(),
            readable: file.is_readable(),
            volume: file.id.map(FileId::volume),
            file_id: file.id.map(FileId::file),
            size: file.stamp.map(|stamp| stamp.size),
            allocated: file.stamp.and_then(|stamp| stamp.allocated),
            modified: file.stamp.and_then(|stamp| Timestamp::try_from(stamp.modified?).ok()),
            verdict: self
                .verdict(number)
                .map(|verdict| (verdict.class.name().to_owned(), verdict.confidence.name().to_owned())),
            disk: file.disk.as_deref().map(|facts| self.disk_record(number, file, facts, places, samples)),
        }
    }

    fn disk_record(
        &self,
        number: FileNo,
        file: &FoundFile,
        facts: &DiskFacts,
        places: &Places,
        samples: bool,
    ) -> DiskRecord {
        let blocks = file.blocks.as_deref().and_then(|counted| counted.as_ref().ok());
        let link = self.link(number);
        let image = if samples { file.open_image().and_then(Result::ok) } else { None };
        DiskRecord {
            disk_type: facts.disk_type.map(|kind| kind.name().to_owned()),
            virtual_size: facts.virtual_size,
            block_size: facts.block_size,
            virtual_disk_id: facts.virtual_disk_id,
            data_write_guid: facts.data_write_guid,
            file_write_guid: facts.file_write_guid,
            unique_id: facts.unique_id,
            full_blocks: blocks.map(|blocks| blocks.get(PayloadState::FullyPresent)),
            partial_blocks: blocks.map(|blocks| blocks.get(PayloadState::PartiallyPresent)),
            zero_blocks: blocks.map(|blocks| {
                let states = [PayloadState::Undefined, PayloadState::Zero, PayloadState::Unmapped];
                states.into_iter().fold(0, |sum: u64, state| sum.saturating_add(blocks.get(state)))
            }),
            total_blocks: blocks.map(crate::image::BlockCounts::total),
            parent: self.forest.parent(number).and_then(|parent| places.get(&parent).copied()),
            parent_status: link.map(|link| link.status.name().to_owned()),
            parent_expected: link.and_then(|link| link.expected),
            samples: image.map(|image| self.samples(number, &image)).unwrap_or_default(),
        }
    }

    /// Pieces of a differencing disk's own content; none where its parent cannot be read.
    fn samples(&self, number: FileNo, image: &Image) -> Vec<Sample> {
        let parent = self.forest.parent(number);
        let below = parent.and_then(|parent| self.open_disk(parent, ChainPolicy::default()).ok());
        below.map(|below| samples::take(image, &below.disk)).unwrap_or_default()
    }

    fn chain_record(&self, chain: &super::Chain, places: &Places) -> Option<ChainRecord> {
        let files: Option<Vec<usize>> = chain.files.iter().map(|file| places.get(file).copied()).collect();
        let owner = self.owner(chain);
        Some(ChainRecord {
            files: files?,
            status: chain.status.name().to_owned(),
            merge_growth: self.merge_growth(chain),
            owner: owner.and_then(|owner| {
                self.machines.iter().find(|(_, machine)| std::ptr::eq(*machine, owner)).map(|(number, _)| number.0)
            }),
        })
    }

    /// What merging a whole chain into its base takes, where the block maps were to be read.
    fn merge_growth(&self, chain: &super::Chain) -> Option<ByteLen> {
        let into = chain.files.len().checked_sub(1).filter(|into| *into > 0)?;
        let counted = chain.files.iter().all(|file| self.file(*file).is_some_and(|file| file.blocks.is_some()));
        if chain.status != ChainStatus::Complete || !counted {
            return None;
        }
        let opened = self.open_disk(*chain.files.first()?, ChainPolicy::default()).ok()?;
        Some(merge::cost(&opened.disk, into, Method::SinglePass).ok()?.growth().most)
    }

    fn machine_record(&self, machine: &Machine, places: &Places) -> MachineRecord {
        let configuration = &machine.configuration;
        MachineRecord {
            id: configuration.id,
            machine_id: configuration.machine_id,
            name: machine.name(),
            kind: if machine.backup_copy { "backup_copy" } else { machine.kind().name() }.to_owned(),
            config_path: self.file(machine.file).map(|file| absolute(&file.path)).unwrap_or_default(),
            created: configuration.created,
            disks: machine
                .disks
                .iter()
                .map(|disk| {
                    let controller = &disk.drive.controller;
                    AttachmentRecord {
                        slot: format!("{} {}:{}", controller.kind.name(), controller.number, disk.drive.location),
                        recorded: disk.recorded.clone(),
                        file: disk.file().and_then(|file| places.get(&file).copied()),
                    }
                })
                .collect(),
        }
    }
}

/// From the number of a file in its run to its place in the record.
type Places = BTreeMap<FileNo, usize>;

/// A path that means the same wherever the program is started.
fn absolute(path: &Path) -> PathText {
    let whole: PathBuf = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    // `.` as a named folder leaves its mark in the middle of paths.
    PathText::from(whole.components().collect::<PathBuf>().as_path())
}

fn volume(volume: &Volume) -> VolumeRecord {
    VolumeRecord {
        id: volume.id.clone(),
        mount_path: volume.mount_path.as_deref().map(PathText::from),
        file_system: volume.file_system.clone(),
        total: volume.total,
        free: volume.free,
    }
}
