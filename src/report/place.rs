//! Paths as text where several hosts may have the same ones.

use std::path::Path;

use crate::chain::FileNo;
use crate::estate::{Inventory, OriginNo};
use crate::inspect::Inspection;

use super::text;

/// A path, after the name of its host where there are several.
pub(super) fn path(inventory: &Inventory, origin: OriginNo, path: &Path) -> String {
    match inventory.prefix(origin) {
        Some(host) => format!("{}:{}", text::printable(&host), text::path(path)),
        None => text::path(path),
    }
}

/// The path of a file; see [`path`].
pub(super) fn of(inspection: &Inspection, file: FileNo) -> Option<String> {
    let found = inspection.file(file)?;
    Some(path(&inspection.inventory, found.origin, &found.path))
}
