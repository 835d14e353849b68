//! What the commands share that look into one image file and need no chain.

use std::path::Path;
use std::sync::Arc;

use crate::estate::FoundFile;
use crate::image::Image;
use crate::image::vhdx::Depth;
use crate::inspect::{self, Inspection};
use crate::report::text;

use super::options::{self, FindArgs, Global, ReadArgs};
use super::progress::Watch;
use super::view::named;
use super::{Failure, messages};

/// The file that was named.
#[derive(Debug)]
pub struct OneFile<'a> {
    /// The file.
    pub file: &'a FoundFile,
    /// The image in it.
    pub image: &'a Arc<Image>,
}

/// Reads one image file, its log included.
pub fn inspect(path: &Path, as_on_disk: bool, global: &Global) -> Result<Inspection, Failure> {
    if path.is_dir() {
        return Err(Failure::new(format!("{}: is a folder; name an image file", text::path(path))));
    }
    let read = ReadArgs { no_blocks: true, as_on_disk, ..ReadArgs::default() };
    let mut request = options::request(&[path.to_owned()], None, &FindArgs::default(), &read, Depth::Full)?;
    request.read.only_named = true;
    let watch = Watch::start(global);
    Ok(inspect::inspect(&request, &watch))
}

impl<'a> OneFile<'a> {
    /// The file that was named, if an image can be read from it.
    pub fn of(inspection: &'a Inspection, path: &Path) -> Result<Self, Failure> {
        let number = named(inspection, path)?;
        let found = inspection.file(number).and_then(|file| Some(Self { file, image: file.image.as_ref()? }));
        found.ok_or_else(|| {
            let file = inspection.file(number);
            let why = match file.and_then(|file| file.error.as_ref()) {
                Some(error) => text::printable(&error.reason().to_string()),
                None => "is no virtual disk that can be read here".to_owned(),
            };
            Failure::new(format!("{}: {why}", text::path(path)))
        })
    }

    /// Says on stderr whether a dirty log was replayed.
    pub fn say_log(&self, global: &Global) {
        messages::dirty_logs(global, std::iter::once(self.file));
    }
}
