//! What a guest has on a disk, in one line for people: `GPT: EFI 100 MiB FAT32 · "Windows" 126 GiB NTFS "System"`.

use crate::analysis::contents::{Contents, FileSystem, Partition};
use crate::error::Result;
use crate::inspect::count;

use super::text;

/// Partitions that are named; the rest is counted.
const NAMED: usize = 8;
/// Names that partitioning programs give and that say no more than the type.
const USUAL_NAMES: [&str; 6] = [
    "Basic data partition",
    "EFI system partition",
    "EFI System Partition",
    "Microsoft reserved partition",
    "Linux filesystem",
    "primary",
];

/// The line of a disk of which a file below is missing or another one.
pub(in crate::report) const NOT_THROUGH_CHAIN: &str = "content not readable without the rest of its chain";

/// The line.
pub(in crate::report) fn line(contents: &Result<Contents>) -> String {
    let contents = match contents {
        Ok(contents) => contents,
        Err(error) => return format!("content not readable: {}", text::printable(&error.reason().to_string())),
    };
    let mut line = match (contents.table, &contents.volume) {
        (Some(table), _) if contents.partitions.is_empty() => format!("{}, no partitions", table.title()),
        (Some(table), _) => format!("{}: {}", table.title(), partitions(contents)),
        (None, Some(volume)) => format!("no partition table: {}", file_system(volume)),
        (None, None) if contents.is_blank => "no partition table; the disk starts with zeros".to_owned(),
        (None, None) => "no partition table and no file system that is known".to_owned(),
    };
    for remark in &contents.remarks {
        line.push_str("; ");
        line.push_str(remark);
    }
    text::printable(&line)
}

fn partitions(contents: &Contents) -> String {
    // The one that Windows keeps free and the one around logical partitions tell nothing.
    let tells = |partition: &&Partition| !matches!(partition.type_name.as_deref(), Some("reserved" | "extended"));
    let telling: Vec<&Partition> = contents.partitions.iter().filter(tells).collect();
    let shown = if telling.is_empty() { contents.partitions.iter().collect() } else { telling };
    let more = count(shown.len().saturating_sub(NAMED)).saturating_add(contents.left_out);
    let mut words: Vec<String> = shown.into_iter().take(NAMED).map(partition).collect();
    if more > 0 {
        words.push(format!("and {more} more"));
    }
    words.join(" · ")
}

fn partition(partition: &Partition) -> String {
    let name = partition.name.as_deref().filter(|name| !USUAL_NAMES.contains(name));
    let what = match (name, partition.type_name.as_deref()) {
        (Some(name), _) => format!("\"{name}\""),
        (None, Some(known)) => known.to_owned(),
        (None, None) => format!("type {}", partition.type_id),
    };
    let found = match (&partition.file_system, &partition.problem) {
        (Some(found), _) => format!(" {}", file_system(found)),
        (None, Some(problem)) => format!(" ({problem})"),
        (None, None) => String::new(),
    };
    format!("{what} {}{found}", text::size(partition.len))
}

fn file_system(found: &FileSystem) -> String {
    match &found.label {
        Some(label) => format!("{} \"{label}\"", found.name),
        None => found.name.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::contents::TableKind;
    use crate::error::Error;
    use crate::units::{ByteLen, VirtualOffset};

    fn with(partitions: Vec<Partition>) -> Contents {
        Contents {
            table: Some(TableKind::Gpt),
            partitions,
            left_out: 0,
            volume: None,
            remarks: Vec::new(),
            is_blank: false,
        }
    }

    fn one(type_name: &'static str, name: Option<&str>, mib: u64, found: Option<(&'static str, &str)>) -> Partition {
        Partition {
            number: 1,
            start: VirtualOffset::ZERO,
            len: ByteLen::mib(mib),
            type_id: "x".to_owned(),
            type_name: Some(type_name.into()),
            name: name.map(str::to_owned),
            file_system: found.map(|(name, label)| FileSystem {
                name: name.into(),
                label: Some(label.to_owned()).filter(|label| !label.is_empty()),
                serial: None,
            }),
            problem: None,
        }
    }

    #[test]
    fn a_disk_in_a_line() {
        let disk = with(vec![
            one("EFI", Some("EFI system partition"), 100, Some(("FAT32", ""))),
            one("reserved", None, 16, None),
            one("data", Some("Windows"), 126 << 10, Some(("NTFS", "System"))),
        ]);
        let shown = r#"GPT: EFI 100.0 MiB FAT32 · "Windows" 126.0 GiB NTFS "System""#;
        assert_eq!(line(&Ok(disk)), shown);
        let hostile = with(vec![one("data", Some("a\u{1b}[31m"), 1, None)]);
        assert!(!line(&Ok(hostile)).contains('\u{1b}'));
        let many = with(vec![one("data", None, 1, None); 12]);
        assert!(line(&Ok(many)).ends_with("and 4 more"));
        let blank = Contents { table: None, is_blank: true, ..with(Vec::new()) };
        assert_eq!(line(&Ok(blank)), "no partition table; the disk starts with zeros");
        let failed = Err(Error::refused("", None, "its parent is missing"));
        assert_eq!(line(&failed), "content not readable: its parent is missing");
    }
}
