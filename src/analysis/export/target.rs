//! Where an export may go: to a name that is free, and that no file of the chain has or is expected to have.

use std::path::Path;

use crate::chain::{Bottom, VirtualDisk};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::source::FileSource;

/// Fails unless `target` is a free name outside the chain.
pub(super) fn check(disk: &VirtualDisk, target: &Path) -> Result<()> {
    let refuse = |what: String| Err(Error::refused("", None, what).with_path(target));
    let id = |path: &Path| FileSource::open(path).ok().and_then(|source| source.id());
    // A dangling symbolic link is a name that is taken, too.
    if target.symlink_metadata().is_ok() {
        let same = id(target).and_then(|wanted| disk.images().find(|image| id(image.path()) == Some(wanted)));
        return match same {
            Some(image) => refuse(format!(
                "is {}, a file of the chain that is to be exported; nothing there is ever written to",
                image.path().display()
            )),
            None => refuse("is there already; an export never overwrites".to_owned()),
        };
    }
    if target.file_name().is_none() {
        return refuse("names no file".to_owned());
    }
    match disk.bottom() {
        Bottom::Whole => Ok(()),
        Bottom::Zeros(missing) | Bottom::Missing(missing) => {
            let child = disk.images().last().filter(|child| is_place_of_parent(child, target));
            child.map_or(Ok(()), |_| {
                refuse(format!("is where the missing parent of {} belongs", missing.child.display()))
            })
        }
    }
}

/// Whether a file at `target` would be taken for the missing parent: its recorded name, in its child's folder.
fn is_place_of_parent(child: &Image, target: &Path) -> bool {
    let folder = |path: &Path| std::path::absolute(path).ok().and_then(|path| path.parent().map(Path::to_owned));
    let (Some(Ok(reference)), Some(name)) = (child.parent_reference(), target.file_name()) else { return false };
    let name = name.to_string_lossy().to_lowercase();
    let recorded = |path: &str| path.rsplit(['\\', '/']).next().is_some_and(|last| last.to_lowercase() == name);
    folder(child.path()) == folder(target) && reference.hints.iter().any(|hint| recorded(&hint.path))
}
