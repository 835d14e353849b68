//! The files themselves are sound.

use crate::chain::Lead;
use crate::error::ErrorKind;
use crate::image::vhdx::LogState;
use crate::image::{Image, Survey};

use super::{Method, Precondition};
use crate::analysis::plan::course::Course;
use crate::analysis::plan::facts::Facts;

/// 4: no log waits to be replayed.
pub(super) fn log_clean(facts: &Facts<'_>, course: &Course) -> Precondition {
    let mut it = Precondition::new(4, "log-clean", "no file has a log that must be replayed");
    for file in course.chain() {
        match facts.image(file).and_then(Image::log_state) {
            Some(LogState::Dirty) => it.fail(
                file,
                "its log is dirty: it is in use now, or was not closed, or was copied while in use; the numbers here \
                 are as of the replay",
                &Method::OFFLINE,
            ),
            Some(LogState::Corrupt) => {
                it.fail(file, "its log must be replayed and cannot be", &Method::ACTIVE);
            }
            _ if facts.image(file).is_none() => it.unknown(file, "it cannot be read, nor whether it has a log"),
            _ => {}
        }
    }
    // What stands on the named file is given another parent, for which nobody may have it open.
    for file in &course.dependants {
        if facts.image(*file).and_then(Image::log_state) == Some(LogState::Dirty) {
            let seen = format!(
                "its log is dirty: it, and with it {}, is in use now, or was not closed",
                facts.name(course.top())
            );
            it.fail(*file, seen, &Method::BY_HAND);
        }
    }
    if course.target.is_none() {
        it.unknown(course.top(), "its parent was not found");
    }
    it.end(
        "Shut the machine down, so that its files are closed. A file that nobody has open is made clean by attaching \
         and detaching it once, on a copy first: Mount-VHD -NoDriveLetter, Dismount-VHD. Then plan again.",
        "no log has anything to replay",
    )
}

/// 10: all have sectors of one size.
pub(super) fn sector_sizes(facts: &Facts<'_>, course: &Course) -> Precondition {
    let mut it = Precondition::new(10, "sector-size", "all files have logical sectors of one size");
    let size_of = |file| facts.image(file).and_then(Image::logical_sector_size);
    let wanted = size_of(course.top());
    for file in course.chain() {
        match (size_of(file), wanted) {
            (Some(size), Some(wanted)) if size != wanted => it.fail(
                file,
                format!("sectors of {size} bytes, and those of {} have {wanted}", facts.name(course.top())),
                &Method::ACTIVE,
            ),
            (Some(_), Some(_)) => {}
            _ => it.unknown(file, "its sector size cannot be read"),
        }
    }
    let seen = wanted.map_or_else(String::new, |size| format!("{size} bytes in each file"));
    it.end("Such a chain cannot be opened. Find the parent that belongs to the child.", seen)
}

/// 11: VHDs are all of one size.
pub(super) fn virtual_sizes(facts: &Facts<'_>, course: &Course) -> Precondition {
    let mut it = Precondition::new(11, "virtual-size", "the virtual disks of a VHD chain have one size");
    let Some(wanted) = facts.image(course.top()).and_then(Image::virtual_size) else {
        it.unknown(course.top(), "the size of its virtual disk cannot be read");
        return it.end("Repair or restore the file.", "");
    };
    for file in course.chain() {
        let Some(image) = facts.image(file) else { continue };
        let Some(size) = image.virtual_size().filter(|size| *size != wanted) else { continue };
        let seen = format!("its virtual disk has {size} bytes, that of {} {wanted}", facts.name(course.top()));
        match image.survey() {
            Survey::Vhd(_) => it.fail(file, seen, &Method::ACTIVE),
            // The survivor takes the size of the child, by the specification. What Windows does is not published, and where
            // it does not, what lies behind the end of the child comes back.
            Survey::Vhdx(_) if size > wanted && course.changed().contains(&file) => it.unknown(
                file,
                format!(
                    "{seen}; allowed in a VHDX, and a merge gives up what lies behind the end of the smaller one: that \
                     Windows does so is not published"
                ),
            ),
            Survey::Vhdx(_) => it.saw(file, format!("{seen}; allowed in a VHDX")),
        }
    }
    it.end_or_ask(
        "A base that was expanded under its children must get its former size back, on a copy, before anything is \
         merged; then the merged disk can be expanded.",
        "Look at the size of the disk afterwards, before the machine is started: Get-VHD, and vhdxray verify --after, which \
         compares the content as well where the plan was made with --hash.",
        format!("{wanted} bytes in each file"),
    )
}

/// 15: nothing in the files is required and unknown.
pub(super) fn known_format(facts: &Facts<'_>, course: &Course) -> Precondition {
    let mut it = Precondition::new(15, "known-format", "no file needs something that is not known");
    for file in course.chain() {
        let blockers = facts.image(file).map(Image::blockers).unwrap_or_default();
        for blocker in blockers.iter().filter(|error| matches!(error.kind(), ErrorKind::Unsupported(_))) {
            it.fail(file, blocker.reason().to_string(), &Method::ACTIVE);
        }
        if facts.image(file).is_none() {
            it.unknown(file, "it cannot be opened");
        }
    }
    it.end(
        "Open the disk on the newest host that it was used on; this version knows no more of the format than is \
         published.",
        "every region and item that is required is known",
    )
}

/// 16: every block that should be in the files is.
pub(super) fn whole(facts: &Facts<'_>, course: &Course) -> Precondition {
    let mut it = Precondition::new(16, "whole", "no file is cut short, and no block lies where another does");
    for file in course.chain() {
        let blockers = facts.image(file).map(Image::blockers).unwrap_or_default();
        for blocker in blockers.iter().filter(|error| !matches!(error.kind(), ErrorKind::Unsupported(_))) {
            it.fail(file, blocker.reason().to_string(), &Method::ACTIVE);
        }
        match facts.block_maps.get(&file) {
            Some(map) => {
                if let Some((blocks, lost)) = map.beyond_end {
                    let seen = format!("{blocks} blocks end behind the end of the file; {lost} bytes are lost");
                    it.fail(file, seen, &Method::ACTIVE);
                }
                if map.faulty_entries > 0 {
                    let seen = format!("{} entries of its block map cannot be right", map.faulty_entries);
                    it.fail(file, seen, &Method::ACTIVE);
                }
                if let Some(problem) = &map.problem {
                    it.fail(file, problem.reason().to_string(), &Method::ACTIVE);
                }
            }
            None if facts.image(file).is_none() => {
                let error = facts.file(file).and_then(|file| file.error.as_ref());
                let why = error.map_or_else(|| "it cannot be opened".to_owned(), |error| error.reason().to_string());
                it.fail(file, why, &Method::ACTIVE);
            }
            None => {}
        }
        let recorded = facts.forest.link(file).map(|link| link.recorded.as_slice()).unwrap_or_default();
        let leads_elsewhere = recorded.iter().any(|path| matches!(path.leads, Lead::To(_) | Lead::NotThere));
        let itself = recorded.iter().find(|path| path.leads == Lead::Itself).filter(|_| !leads_elsewhere);
        if let Some(path) = itself {
            it.unknown(file, format!("VHDX0711: {} of its parent is its own path", path.key));
        }
        for (code, message) in facts.errors.get(&file).into_iter().flatten() {
            it.unknown(file, format!("{code}: {message}"));
        }
    }
    it.end(
        "Bring the file again from where it was copied, or from a backup: vhdxray check tells what is wrong with it. \
         A merge would carry the damage into the parent.",
        "every block map leads into its file, and no two blocks share a place",
    )
}
