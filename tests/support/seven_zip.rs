//! What 7-Zip says about an image, read from its technical listing.

use std::collections::BTreeMap;

use super::run::Ran;

/// A listing of one image and, where 7-Zip found them, its parents.
#[derive(Debug, Default)]
pub(crate) struct SevenZip {
    /// Whether it accepted the file at all.
    pub(crate) opened: bool,
    /// The text after `ERROR =`, where it went on in spite of one.
    pub(crate) error: Option<String>,
    /// The image first, its base last.
    pub(crate) levels: Vec<Level>,
}

/// One file of a chain.
#[derive(Debug, Default)]
pub(crate) struct Level {
    /// File name, where it is a parent.
    pub(crate) name: Option<String>,
    fields: BTreeMap<String, String>,
    /// The parent locator.
    pub(crate) locator: BTreeMap<String, String>,
}

impl SevenZip {
    pub(crate) fn parse(ran: &Ran) -> Self {
        let mut listing = Self::default();
        let (mut in_comment, mut in_locator, mut name) = (false, false, None);
        for line in ran.stdout.lines() {
            if let Some(error) = line.strip_prefix("ERROR = ") {
                listing.error = Some(error.to_owned());
            } else if line == "Unexpected end of archive" {
                listing.error = Some(line.to_owned());
            }
            match line {
                "{" => in_comment = true,
                "}" => in_comment = false,
                "Parent:" => in_locator = true,
                _ => {}
            }
            let Some((key, value)) = line.split_once(": ").filter(|_| in_comment) else { continue };
            in_locator &= key.starts_with("  ");
            if key == "Name" {
                name = Some(value.to_owned());
            } else if key == "VirtualDiskSize" {
                listing.levels.push(Level { name: name.take(), ..Level::default() });
            }
            if let Some(level) = listing.levels.last_mut() {
                let fields = if in_locator { &mut level.locator } else { &mut level.fields };
                fields.insert(key.trim().to_owned(), value.to_owned());
            }
        }
        listing.opened = !listing.levels.is_empty() || ran.stdout.contains("\nMethod = ");
        listing
    }
}

impl Level {
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field).map(String::as_str)
    }

    /// A number; 7-Zip puts a rounded one in brackets behind some.
    pub(crate) fn number(&self, field: &str) -> Option<u64> {
        self.text(field)?.split(' ').next()?.parse().ok()
    }

    /// A GUID in its usual spelling; 7-Zip prints the bytes as stored.
    pub(crate) fn guid(&self, field: &str) -> Option<String> {
        let stored = u128::from_str_radix(self.text(field)?, 16).ok()?;
        Some(uuid::Uuid::from_bytes_le(stored.to_be_bytes()).to_string())
    }

    /// The type under our names.
    pub(crate) fn disk_type(&self) -> Option<&'static str> {
        match (self.text("HasParent")?, self.text("Fixed")?) {
            ("+", _) => Some("differencing"),
            (_, "+") => Some("fixed"),
            _ => Some("dynamic"),
        }
    }
}
