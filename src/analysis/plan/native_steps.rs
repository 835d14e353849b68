//! The steps that let Hyper-V merge: delete the checkpoints, the oldest first, and wait each time.

use crate::chain::FileNo;
use crate::estate::{AttachedDisk, Machine, MachineNo};

use super::action::{Action, Step};
use super::before::{COPY, check_machines, check_without, unchanged};
use super::course::Course;
use super::facts::Facts;
use super::native::{checkpoints, is_automatic, kept, unaccounted};

/// The steps, or why Hyper-V cannot be asked.
pub(super) fn native(facts: &Facts<'_>, course: &Course) -> Result<Vec<Step>, String> {
    let Some(machine) = course.merging_machine(facts) else {
        return Err(
            "no machine was found that runs on this disk, so that there is nothing to ask Hyper-V for".to_owned()
        );
    };
    let checkpoints = checkpoints(facts, course);
    if checkpoints.is_empty() && !course.merged.iter().all(|file| is_automatic(facts, *file)) {
        let why =
            "no checkpoint accounts for these files, and Hyper-V merges by itself only what it made for one (.avhdx)";
        return Err(why.to_owned());
    }
    let on = course.target.and_then(|target| Some((target, unaccounted(facts, machine, target)?)));
    if let Some((target, below)) = on {
        return Err(format!(
            "no checkpoint accounts for {}, so that Hyper-V may merge on into {}: plan with --into that, or another way",
            facts.name(target),
            facts.name(below)
        ));
    }
    let stands = |file: FileNo| facts.machines_of(&[file]).contains(&machine);
    if checkpoints.is_empty() && !stands(course.top()) {
        return Err(format!(
            "no checkpoint accounts for these files, and Hyper-V would begin with what the machine runs on, which is \
             not {}",
            facts.name(course.top())
        ));
    }
    let others: Vec<FileNo> = course.also.iter().flat_map(Course::chain).collect();
    let mut steps = vec![unchanged(course, &others)];
    steps.extend(check_machines(facts, course));
    for (number, checkpoint) in checkpoints.iter().enumerate() {
        let Some(found) = facts.machines.get(*checkpoint) else { continue };
        let mut step = remove(facts, course, found, *checkpoint);
        let earlier = checkpoints.get(..number).unwrap_or_default();
        if !earlier.is_empty() {
            step.asks.extend(check_without(facts, course, machine, earlier));
        }
        steps.push(step);
        let later = checkpoints.get(number.saturating_add(1)..).unwrap_or_default();
        let gone = gone_with(facts, course, found, later);
        if !later.is_empty() && !gone.is_empty() {
            steps.push(wait(machine, gone, "Wait until Hyper-V has merged what that checkpoint kept apart"));
        }
    }
    if checkpoints.is_empty() {
        let title = facts.machines.get(machine).map(Machine::title).unwrap_or_default();
        steps.push(Step {
            title: format!("Make a checkpoint of {title}"),
            action: Action::CreateCheckpoint { machine },
            expect:
                "The machine has one checkpoint more. None accounts for these files, and deleting one makes Hyper-V \
                     look for all that it has to merge. Of a running machine a standard checkpoint saves the memory as \
                     well: that takes as much room as it has memory, where its configuration lies."
                    .to_owned(),
            way_back: "Delete it again, which is the next step.".to_owned(),
            undo: None,
            asks: Vec::new(),
        });
        steps.push(Step {
            title: "Delete it again".to_owned(),
            action: Action::RemoveCreated { machine },
            expect: format!("Hyper-V starts to merge{}.", all(facts, course)),
            way_back: format!("The merge goes on by itself; {COPY}"),
            undo: None,
            asks: Vec::new(),
        });
    }
    let merged = [course].into_iter().chain(&course.also).flat_map(|course| course.merged.iter().copied());
    steps.push(wait(machine, merged.collect(), "Wait until Hyper-V has merged"));
    Ok(steps)
}

fn remove(facts: &Facts<'_>, course: &Course, checkpoint: &Machine, number: MachineNo) -> Step {
    Step {
        title: format!("Delete {}", checkpoint.title()),
        action: Action::RemoveCheckpoint { checkpoint: number },
        expect: format!("It is no longer listed, and Hyper-V starts to merge{}.", all(facts, course)),
        way_back: format!("A checkpoint that was deleted does not come back; {COPY}"),
        undo: None,
        asks: Vec::new(),
    }
}

fn wait(machine: MachineNo, gone: Vec<FileNo>, title: &str) -> Step {
    Step {
        title: title.to_owned(),
        action: Action::AwaitMerge { machine, gone },
        expect: "The merged files are gone, and the machine's drive names the survivor.".to_owned(),
        way_back: "The merge goes on by itself, also after a restart of the host; nothing is to be deleted by hand."
            .to_owned(),
        undo: None,
        asks: Vec::new(),
    }
}

/// Which disks are merged, where it is more than the named one.
fn all(facts: &Facts<'_>, course: &Course) -> String {
    if course.also.is_empty() {
        return String::new();
    }
    let one = |course: &Course| {
        let target = course.target.map(|target| facts.name(target)).unwrap_or_default();
        format!("{} into {target}", facts.name(course.top()))
    };
    let disks: Vec<String> = [course].into_iter().chain(&course.also).map(one).collect();
    format!(" all disks of the machine: {}", disks.join(", "))
}

/// The files that are gone once Hyper-V has merged what one checkpoint kept apart: those over a file that it alone still
/// keeps.
fn gone_with(facts: &Facts<'_>, course: &Course, checkpoint: &Machine, later: &[MachineNo]) -> Vec<FileNo> {
    let keeps = |found: &Machine, file: FileNo| found.disks.iter().filter_map(AttachedDisk::file).any(|it| it == file);
    let is_kept =
        |file: FileNo| later.iter().filter_map(|number| facts.machines.get(*number)).any(|it| keeps(it, file));
    let mut gone = Vec::new();
    for course in [course].into_iter().chain(&course.also) {
        let kept = kept(course);
        let above = kept.iter().skip(1).copied().chain([course.top()]);
        let over = kept.iter().zip(above).filter(|(file, _)| keeps(checkpoint, **file) && !is_kept(**file));
        gone.extend(over.map(|(_, above)| above));
    }
    gone
}
