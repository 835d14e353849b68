//! Verdicts on disks that nothing is known to need.

use jiff::SignedDuration;

use crate::chain::{CandidateReason, FileNo, LinkStatus};
use crate::estate::FileFacts;
use crate::estate::names::{PlaceNames, is_automatic};
use crate::image::{FileKind, KindBy};
use crate::units::ByteLen;

use super::copies::worth;
use super::disk::is_replica;
use super::{Class, Confidence, Judge, Verdict, foreign};

/// Files that were copied here together, without their times, are not older or younger than one another.
pub(super) const COPIED_TOGETHER: SignedDuration = SignedDuration::from_hours(1);

impl Judge<'_> {
    /// The verdict on a disk that nothing is known to need.
    pub(super) fn unneeded(&self, number: FileNo, file: &FileFacts, names: &PlaceNames<'_>) -> Verdict {
        if let Some(program) = foreign::program(names) {
            let what = format!("its name and folder are those of {program}");
            return Verdict::new(Class::Foreign, Confidence::Probable, what)
                .also("no machine's configuration names it, nor would one");
        }
        if self.index.logs.has_undo(file) {
            let what = "undo logs lie beside it, as Hyper-V Replica writes them, and the machine's configuration may not be here";
            return Verdict::new(Class::Replica, Confidence::Probable, what);
        }
        if is_replica(names) {
            let what = "it lies in a folder of Hyper-V Replica, and the machine's configuration may not be here";
            return Verdict::new(Class::Replica, Confidence::Probable, what);
        }
        match file.kind {
            FileKind::VhdSet => return unattached_set(file),
            FileKind::VhdPmem => {
                let verdict =
                    Verdict::new(Class::DeletedMachineDisk, Confidence::Possible, "no configuration names it");
                return self.ceiling.lower(verdict, file, &self.evidence);
            }
            _ => {}
        }
        let verdict = self.structural(number, file).unwrap_or_else(|| self.by_reference(number, file));
        if verdict.class.group() != super::Group::Unneeded {
            return verdict;
        }
        let verdict = self.beside_its_copies(number, file, verdict);
        let verdict = self.doubted(number, file, verdict);
        self.ceiling.lower(verdict, file, &self.evidence)
    }

    /// What the file itself says, whoever may need it.
    fn structural(&self, number: FileNo, file: &FileFacts) -> Option<Verdict> {
        let forest = self.evidence.forest;
        let has_children = !forest.children(number).is_empty();
        if file.size.is_none() {
            let what = "it could not be opened, so that nothing can be said of it";
            return Some(Verdict::new(Class::Unknown, Confidence::Unknown, what));
        }
        let empty = file.size == Some(ByteLen::ZERO);
        if !has_children && is_automatic(&file.path) && (empty || (file.differencing && file.settled_blocks == Some(0)))
        {
            let what = if empty { "it has no bytes at all" } else { "not one block was ever written into it" };
            return Some(
                Verdict::new(Class::PrecreatedEmpty, Confidence::Confirmed, what)
                    .also("it is named as Hyper-V names the disk behind a checkpoint, and nothing names it"),
            );
        }
        if file.kind_by == KindBy::Name {
            let what = "it is called a disk, and its bytes are none";
            return Some(Verdict::new(Class::Unknown, Confidence::Unknown, what));
        }
        if !has_children && let Some(original) = self.index.copies.original(number, file) {
            let what = format!("{} has the same identity", self.evidence.path(original));
            let mut verdict = Verdict::new(Class::Copy, Confidence::Probable, what);
            if self.evidence.file(original).is_some_and(|original| self.may_be_one(file, original)) {
                let what = "both may be one file on storage that two hosts share: length and time of the last write are \
                            the same, and only their numbers on their volumes tell them apart, if at all";
                verdict = verdict.at_most(Confidence::Possible, what);
            }
            if file.kind == FileKind::Vhd {
                let what = "a VHD keeps its identity when it is written to: only their content tells whether both are the same";
                verdict = verdict.at_most(Confidence::Possible, what);
            }
            return Some(match self.uses.is_needed(original) {
                true => verdict.also("that one is in use, and this one is not"),
                false => verdict.also("nothing that was found names either of them"),
            });
        }
        if let Some(verdict) = self.broken(number) {
            return Some(verdict);
        }
        (!file.readable).then(|| {
            Verdict::new(
                Class::UnreferencedBroken,
                Confidence::Possible,
                "no configuration names it, and it cannot be read",
            )
        })
    }

    /// Says of the one of several copies that is not called one whether it is the one to keep.
    fn beside_its_copies(&self, number: FileNo, file: &FileFacts, verdict: Verdict) -> Verdict {
        if matches!(verdict.class, Class::Copy | Class::PrecreatedEmpty) {
            return verdict;
        }
        let Some(copy) = self.index.copies.next_to(number, file) else { return verdict };
        let path = self.evidence.path(copy);
        let worth = |number| worth(&self.evidence, &self.uses, number);
        if worth(copy) == worth(number) {
            let what = format!("{path} has the same identity, and nothing tells which of both is the one to keep");
            verdict.at_most(Confidence::Probable, what)
        } else {
            verdict.also(format!("{path} has the same identity: of both, this one is the one to keep"))
        }
    }

    /// Whether two files that are told apart may be one that two hosts see: some shares give every host numbers of its
    /// own.
    fn may_be_one(&self, file: &FileFacts, other: &FileFacts) -> bool {
        !self.evidence.is_same_host(file, other) && file.size == other.size && file.modified == other.modified
    }

    /// Why the chain of a disk, here or anywhere below, cannot be read.
    fn broken(&self, number: FileNo) -> Option<Verdict> {
        let last = self.evidence.forest.ancestry(number).last()?;
        let link = self.evidence.forest.link(last)?;
        let here = if last == number { "its parent" } else { "a parent in its chain" };
        let relative = link.candidates.iter().any(|candidate| {
            Some(candidate.file) == link.parent || candidate.why == CandidateReason::SameVirtualDiskId
        });
        let same_disk = link.parent.and_then(|parent| self.evidence.file(parent)).is_some_and(|parent| {
            let id = self.evidence.file(last).and_then(|file| file.virtual_disk_id);
            id.is_some() && parent.virtual_disk_id == id
        });
        Some(match link.status {
            LinkStatus::Linked | LinkStatus::LinkedBySecondGuid => return None,
            LinkStatus::IdentityMismatch if same_disk => self.stale(last, link.parent, here),
            LinkStatus::Outside => {
                let what = format!("{here} is recorded outside what was scanned");
                Verdict::new(Class::UnreferencedBroken, Confidence::Possible, what)
            }
            LinkStatus::Unreadable => {
                Verdict::new(Class::UnreferencedBroken, Confidence::Possible, format!("{here} cannot be read"))
            }
            LinkStatus::Missing if relative => {
                let what = format!("{here} is missing; files of the same virtual disk are there, in another state");
                Verdict::new(Class::UnreferencedBroken, Confidence::Probable, what)
            }
            LinkStatus::Missing => {
                Verdict::new(Class::UnreferencedBroken, Confidence::Confirmed, format!("{here} is missing"))
            }
            LinkStatus::IdentityMismatch => {
                let what = format!("another disk lies where {here} was recorded");
                Verdict::new(Class::UnreferencedBroken, Confidence::Confirmed, what)
            }
            LinkStatus::Ambiguous => {
                let what = format!("several files could be {here}, and nothing decides between them");
                Verdict::new(Class::UnreferencedBroken, Confidence::Possible, what)
            }
            LinkStatus::Cycle | LinkStatus::UnusableLocator => {
                let what = format!("{here} cannot be told from what it records");
                Verdict::new(Class::UnreferencedBroken, Confidence::Probable, what)
            }
        })
    }

    /// The verdict on a branch whose parent is another state of the same disk. Which of both states is the later one is
    /// told by when the files were written, and a parent that is older than its child was put there.
    fn stale(&self, child: FileNo, parent: Option<FileNo>, here: &str) -> Verdict {
        let written = |file: FileNo| self.evidence.file(file)?.modified;
        match parent.and_then(written).zip(written(child)) {
            Some((parent, child)) if child.duration_since(parent) > COPIED_TOGETHER => {
                let what = format!("{here} is another state of the same disk than the one that it was made over");
                Verdict::new(Class::StaleBranch, Confidence::Probable, what).also(
                    "that one was last written to before this one: an older copy may lie in its place, and with the right \
                     one back this branch could be read",
                )
            }
            _ => {
                let what =
                    format!("{here} has been written to since it was made, so that both have gone different ways");
                Verdict::new(Class::StaleBranch, Confidence::Confirmed, what)
            }
        }
    }

    /// The disk is sound: what remains is whether anybody names it or anything below it.
    fn by_reference(&self, number: FileNo, file: &FileFacts) -> Verdict {
        let forest = self.evidence.forest;
        let children = forest.children(number).len();
        if !self.ceiling.any_machine {
            let what =
                "no configuration of a machine was found in what was named, so nothing here can say who needs it";
            return if children > 0 {
                let what = format!(
                    "{} depends on it",
                    self.evidence.path(forest.children(number).first().copied().unwrap_or(number))
                );
                Verdict::new(Class::ChainMember, Confidence::Possible, what)
                    .also("whether anybody needs that one is not known")
            } else {
                Verdict::new(Class::Unknown, Confidence::Unknown, what)
            };
        }
        let dependents = match children {
            0 => None,
            1 => Some("one disk depends on it, which nothing needs either".to_owned()),
            n => Some(format!("{n} disks depend on it, none of which anything needs")),
        };
        let in_use_below = forest.ancestry(number).skip(1).find(|below| self.uses.is_needed(*below));
        let verdict = match in_use_below {
            Some(below) => Verdict::new(
                Class::UnreferencedLinked,
                Confidence::Confirmed,
                "no configuration names it, and nothing in use depends on it",
            )
            .also(format!(
                "it is a branch from {}, which {} in use: it must not be merged into that one",
                self.evidence.path(below),
                if self.uses.is_perhaps_needed(below) { "may be" } else { "is" }
            )),
            None if file.differencing && is_automatic(&file.path) && children == 0 => Verdict::new(
                Class::UnreferencedLinked,
                Confidence::Confirmed,
                "no configuration names it or any disk below it; its chain is whole",
            ),
            None => Verdict::new(
                Class::DeletedMachineDisk,
                Confidence::Probable,
                "no configuration names it, nor any disk that depends on it",
            )
            .also("the machine was removed and its disk kept, or it is a template from which others are copied"),
        };
        match dependents {
            Some(dependents) => verdict.also(dependents),
            None => verdict,
        }
    }
}

fn unattached_set(file: &FileFacts) -> Verdict {
    let what = match &file.backing_name {
        Some(name) => format!("it is a VHD set over {name}, and no configuration that was found attaches it"),
        None => "it is a VHD set that cannot be read, and no configuration that was found attaches it".to_owned(),
    };
    Verdict::new(Class::VhdSetMember, Confidence::Possible, what)
}
