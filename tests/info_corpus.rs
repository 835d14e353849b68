//! `info` and `dump` over real files: what they print is what is known of each.
#![cfg(feature = "cli")]

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::support::corpus::Corpus;
    use super::support::tables::{DiskType, Link, LocatorRow, Row};

    /// The VHDX files of the corpus that nobody damaged.
    const FILES: usize = 46;

    fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vhdxray"));
        let output = command.current_dir(folder).args(arguments).output().unwrap();
        (output.status.code().unwrap_or(-1), String::from_utf8(output.stdout).unwrap())
    }

    /// The value behind a label of `info`.
    fn value<'a>(info: &'a str, label: &str) -> Option<&'a str> {
        info.lines().find_map(|line| Some(line.strip_prefix("  ")?.strip_prefix(label)?.strip_prefix(' ')?.trim()))
    }

    fn digits(text: &str) -> String {
        text.chars().filter(char::is_ascii_digit).collect()
    }

    #[test]
    fn facts_of_real_files() {
        let Some(corpus) = Corpus::open() else { return };
        let rows: Vec<&Row> = corpus.vhdx().filter(|row| !row.name.starts_with("damaged")).collect();
        assert_eq!(rows.len(), FILES);
        for row in rows {
            let broken = row.name == "hyperv-checkpoint-orphan" || broken_linkage(row, &corpus.locators);
            let (status, info) = run(corpus.root(), &["info", row.unpacked()]);
            assert_eq!(status, i32::from(broken), "{info}");
            facts(row, &info);
            let of_file = corpus.locators.iter().filter(|entry| entry.file == row.file);
            for entry in of_file {
                recorded(entry, &info);
            }
            let (status, dump) = run(corpus.root(), &["dump", row.unpacked()]);
            assert_eq!(status, 0, "{dump}");
            let size = row.virtual_size.unwrap();
            let field = dump.lines().find(|line| line.contains("  VirtualDiskSize  ")).unwrap();
            assert!(field.contains(&format!(" {size:#x} ")), "{field}");
        }
    }

    /// Whether the file, or one it depends on, names a parent that is not there.
    fn broken_linkage(row: &Row, locators: &[LocatorRow]) -> bool {
        let mut file = row.file.clone();
        loop {
            let entry = |key: &str| locators.iter().find(|entry| entry.file == file && entry.key == key);
            match entry("parent_linkage") {
                None => return false,
                Some(linkage) if linkage.link != Link::Matches => return true,
                Some(_) => {}
            }
            let parent = entry("relative_path").unwrap().value.trim_start_matches(".\\").to_owned();
            file = format!("{}/{parent}.zst", row.name);
        }
    }

    fn facts(row: &Row, info: &str) {
        assert_eq!(value(info, "VhdFormat"), Some("VHDX"));
        assert_eq!(value(info, "VhdType").unwrap().to_lowercase(), row.vhdx().map(DiskType::name).unwrap());
        for (label, bytes) in [("Size", row.virtual_size), ("BlockSize", row.block_size)] {
            let exact = value(info, label).unwrap().split_once('(').unwrap().1;
            assert_eq!(digits(exact), bytes.unwrap().to_string(), "{label} in {info}");
        }
        let number = |label: &str| value(info, label).and_then(|text| text.parse::<u64>().ok());
        assert_eq!(number("LogicalSectorSize"), row.logical_sector);
        assert_eq!(number("PhysicalSectorSize"), row.physical_sector);
        assert_eq!(info.contains("The log is dirty: "), row.dirty_log == Some(true), "{info}");
        if let Some(creator) = row.made_by.strip_prefix("creator \"") {
            assert_eq!(value(info, "Creator"), creator.strip_suffix('"'));
        }
        assert_eq!(info.contains("\nParent locator\n"), row.is_differencing());
    }

    /// An entry of the table of locators: each stands in the report as it does in the file.
    fn recorded(entry: &LocatorRow, info: &str) {
        let key = entry.key.as_str();
        let line = match key {
            "(own DataWriteGuid)" => value(info, "DataWriteGuid"),
            "(virtual disk id)" => value(info, "VirtualDiskId"),
            _ => value(info, key),
        };
        assert_eq!(line, Some(entry.value.as_str()), "{key} in {info}");
    }
}
