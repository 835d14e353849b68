//! What makes it less sure that nothing needs a disk: signs that something was not seen that would name it.

use crate::chain::FileNo;
use crate::chain::windows_path::is_shared_storage;
use crate::estate::FileFacts;
use crate::estate::names::is_automatic;

use super::unneeded::COPIED_TOGETHER;
use super::{Class, Confidence, Judge, Verdict};

impl Judge<'_> {
    /// The verdict no surer than the signs around the disk allow.
    pub(super) fn doubted(&self, number: FileNo, file: &FileFacts, verdict: Verdict) -> Verdict {
        let verdict = self.near_a_gap(file, verdict);
        let verdict = self.beside_a_set(file, verdict);
        let verdict = self.over_a_writer(number, verdict);
        let verdict = self.later_than_its_machine(number, file, verdict);
        let verdict = self.with_replica_logs(number, verdict);
        self.on_shared_storage(number, verdict)
    }

    /// Less sure where a machine misses a disk that this one might be, or where a broken chain in use might want it.
    fn near_a_gap(&self, file: &FileFacts, verdict: Verdict) -> Verdict {
        let near = self.index.gaps.near(file);
        let verdict = match near.or(self.index.gaps.first()).and_then(|gap| self.machine(gap)) {
            Some(machine) => verdict.at_most(
                Confidence::Possible,
                match near {
                    Some(_) => {
                        format!("a disk of {} was not found in its place, and this could be it", machine.title())
                    }
                    None => format!(
                        "a disk of {} was not found in its place: it may have been moved and renamed",
                        machine.title()
                    ),
                },
            ),
            None => verdict,
        };
        let wants = file.virtual_disk_id.and_then(|id| self.index.broken_in_use.get(&id));
        match wants {
            Some(other) => verdict.at_most(
                Confidence::Possible,
                format!(
                    "{} is in use, its chain is broken, and it is of the same virtual disk",
                    self.evidence.path(*other)
                ),
            ),
            None => verdict,
        }
    }

    /// Less sure where a VHD set may keep the disk: of a set only the disk that it writes to is known.
    fn beside_a_set(&self, file: &FileFacts, verdict: Verdict) -> Verdict {
        match self.index.sets.beside(file).filter(|_| is_automatic(&file.path)) {
            Some(set) => verdict.at_most(
                Confidence::Possible,
                format!("the VHD set {} may keep it for a checkpoint of its own", self.evidence.path(set)),
            ),
            None => verdict,
        }
    }

    /// Less sure where a machine writes to what the disk depends on and has not done so since: then the configuration that
    /// was found may be older than this branch.
    fn over_a_writer(&self, number: FileNo, verdict: Verdict) -> Verdict {
        let forest = self.evidence.forest;
        if !self.may_be_a_leaf(number, &verdict) {
            return verdict;
        }
        let Some(below) = forest.ancestry(number).skip(1).find(|below| self.uses.is_needed(*below)) else {
            return verdict;
        };
        let most = most_of_a_leaf(&verdict);
        let attached = self.uses.of(below).into_iter().flat_map(|need| &need.attached).filter(|one| !one.rival);
        let mut machines = attached.filter_map(|one| Some((self.machine(one.machine)?, one.sure)));
        match machines.find(|(machine, _)| machine.is_machine()) {
            Some((machine, sure)) => verdict.at_most(
                most,
                format!(
                    "{} {} {}, and has not written to it since this was made over it: its configuration may be older \
                     than this",
                    machine.title(),
                    if sure <= Confidence::Possible { "may attach" } else { "attaches" },
                    self.evidence.path(below)
                ),
            ),
            None => verdict,
        }
    }

    /// Less sure where Hyper-V Replica keeps a log of the disk or of what it depends on.
    fn with_replica_logs(&self, number: FileNo, verdict: Verdict) -> Verdict {
        let files = self.evidence.forest.ancestry(number).filter_map(|file| self.evidence.file(file));
        match files.into_iter().any(|file| self.index.logs.has_log(file)) {
            true => verdict.at_most(
                Confidence::Possible,
                "Hyper-V Replica keeps a log beside it: its machine is replicated, here or from here",
            ),
            false => verdict,
        }
    }

    /// Less sure where the disk was made on storage that hosts share.
    fn on_shared_storage(&self, number: FileNo, verdict: Verdict) -> Verdict {
        let forest = self.evidence.forest;
        let links = std::iter::once(number).chain(forest.children(number).iter().copied());
        let mut recorded = links.filter_map(|file| forest.link(file)).flat_map(|link| &link.recorded);
        match recorded.find(|recorded| is_shared_storage(&recorded.path)) {
            Some(recorded) => verdict.at_most(
                Confidence::Possible,
                format!(
                    "{} is on storage that hosts share: another host may run a machine on it",
                    recorded.path.trim_end_matches('\0')
                ),
            ),
            None => verdict,
        }
    }

    /// Less sure where the disk was written to later than the one of the same virtual disk that a machine uses: a machine
    /// writes to its disk after it has left another branch.
    fn later_than_its_machine(&self, number: FileNo, file: &FileFacts, verdict: Verdict) -> Verdict {
        let used = file.virtual_disk_id.and_then(|id| self.index.last_used.get(&id));
        let Some(((last, leaf), written)) = used.zip(file.modified) else { return verdict };
        if !self.may_be_a_leaf(number, &verdict) || written.duration_since(*last) <= COPIED_TOGETHER {
            return verdict;
        }
        let what = format!(
            "it was written to later than {}, the disk of a machine: the configuration of that may be older than this",
            self.evidence.path(*leaf)
        );
        let most = most_of_a_leaf(&verdict);
        verdict.at_most(most, what)
    }

    /// Whether a disk could be the one that a machine runs on: it is a branch, and its parent is the right one.
    fn may_be_a_leaf(&self, number: FileNo, verdict: &Verdict) -> bool {
        let is_whole = self.evidence.forest.link(number).is_some_and(|link| link.status.is_linked());
        is_whole && verdict.class != Class::Copy
    }
}

/// How sure it can be that nothing needs what could be the disk that a machine runs on. With a file that holds nothing no
/// content is lost.
fn most_of_a_leaf(verdict: &Verdict) -> Confidence {
    if verdict.class == Class::PrecreatedEmpty { Confidence::Probable } else { Confidence::Possible }
}
