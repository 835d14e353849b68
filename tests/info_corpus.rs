//! `info` and `dump` over real files: what they print is what is known of each.
//!
//! The corpus is no part of the repository: it is looked for in `$VHDXRAY_CORPUS`, else beside it in `../shared/corpus`.
#![cfg(feature = "cli")]

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs::{self, File};
    use std::io::{self, Read, Seek, SeekFrom, Write};
    use std::path::{Path, PathBuf};
    use std::process::Command;

    type Row = BTreeMap<String, String>;

    /// The VHDX files of the corpus that nobody damaged.
    const FILES: usize = 46;

    fn corpus() -> Option<PathBuf> {
        let folder = std::env::var_os("VHDXRAY_CORPUS")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"), PathBuf::from);
        if folder.join("MANIFEST.tsv").is_file() {
            return Some(folder);
        }
        let required = std::env::var_os("VHDXRAY_REQUIRE_CORPUS").is_some_and(|value| value == "1");
        assert!(!required, "no corpus at {}", folder.display());
        writeln!(io::stderr(), "SKIPPED: no corpus at {}", folder.display()).unwrap();
        None
    }

    /// The lines of a table as maps from the names in its first line.
    fn table(path: &Path) -> Vec<Row> {
        let text = fs::read_to_string(path).unwrap();
        let mut lines = text.lines();
        let names: Vec<&str> = lines.next().unwrap().split('\t').collect();
        lines
            .map(|line| names.iter().zip(line.split('\t')).map(|(n, v)| ((*n).to_owned(), v.to_owned())).collect())
            .collect()
    }

    /// Unpacks a file with holes where it is zero.
    fn unpack(from: &Path, to: &Path) {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        let mut packed = zstd::Decoder::new(File::open(from).unwrap()).unwrap();
        let mut file = File::create(to).unwrap();
        let zeros = vec![0; 1 << 16];
        let mut piece = Vec::new();
        let mut len = 0;
        while packed.by_ref().take(1 << 16).read_to_end(&mut piece).unwrap() > 0 {
            len += piece.len() as u64;
            if piece == zeros[..piece.len()] {
                file.seek(SeekFrom::Start(len)).unwrap();
            } else {
                file.write_all(&piece).unwrap();
            }
            piece.clear();
        }
        file.set_len(len).unwrap();
    }

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
        let Some(corpus) = corpus() else { return };
        let folder = tempfile::tempdir().unwrap();
        let whole = |row: &Row| row["kind"].starts_with("VHDX ") && !row["name"].starts_with("damaged");
        let rows: Vec<Row> = table(&corpus.join("MANIFEST.tsv")).into_iter().filter(whole).collect();
        assert_eq!(rows.len(), FILES);
        for row in &rows {
            unpack(&corpus.join(&row["file"]), &folder.path().join(name(row)));
        }
        let locators = table(&corpus.join("LOCATORS.tsv"));
        for row in &rows {
            let broken = row["name"] == "hyperv-checkpoint-orphan" || broken_linkage(row, &locators);
            let (status, info) = run(folder.path(), &["info", name(row)]);
            assert_eq!(status, i32::from(broken), "{info}");
            facts(row, &info);
            let of_file = locators.iter().filter(|entry| entry["file"] == row["file"]);
            for entry in of_file {
                recorded(entry, &info);
            }
            let (status, dump) = run(folder.path(), &["dump", name(row)]);
            assert_eq!(status, 0, "{dump}");
            let size: u64 = row["virtual_size"].parse().unwrap();
            let field = dump.lines().find(|line| line.contains("  VirtualDiskSize  ")).unwrap();
            assert!(field.contains(&format!(" {size:#x} ")), "{field}");
        }
    }

    fn name(row: &Row) -> &str {
        row["file"].strip_suffix(".zst").unwrap()
    }

    /// Whether the file, or one it depends on, names a parent that is not there.
    fn broken_linkage(row: &Row, locators: &[Row]) -> bool {
        let mut file = row["file"].clone();
        loop {
            let entry = |key: &str| locators.iter().find(|entry| entry["file"] == file && entry["key"] == key);
            match entry("parent_linkage") {
                None => return false,
                Some(linkage) if linkage["match"] != "yes" => return true,
                Some(_) => {}
            }
            let parent = entry("relative_path").unwrap()["value"].trim_start_matches(".\\").to_owned();
            file = format!("{}/{parent}.zst", row["name"]);
        }
    }

    fn facts(row: &Row, info: &str) {
        let differencing = row["kind"].contains("differencing");
        assert_eq!(value(info, "VhdFormat"), Some("VHDX"));
        assert_eq!(value(info, "VhdType").unwrap().to_lowercase(), row["kind"].strip_prefix("VHDX ").unwrap());
        for (label, column) in [("Size", "virtual_size"), ("BlockSize", "block_size")] {
            let exact = value(info, label).unwrap().split_once('(').unwrap().1;
            assert_eq!(digits(exact), row[column], "{label} in {info}");
        }
        assert_eq!(value(info, "LogicalSectorSize"), Some(row["logical_sector"].as_str()));
        assert_eq!(value(info, "PhysicalSectorSize"), Some(row["physical_sector"].as_str()));
        assert_eq!(info.contains("The log is dirty: "), row["dirty_log"] == "yes", "{info}");
        if let Some(creator) = row["made_by"].strip_prefix("creator \"") {
            assert_eq!(value(info, "Creator"), creator.strip_suffix('"'));
        }
        assert_eq!(info.contains("\nParent locator\n"), differencing);
    }

    /// An entry of the table of locators: each stands in the report as it does in the file.
    fn recorded(entry: &Row, info: &str) {
        let key = entry["key"].as_str();
        let line = match key {
            "(own DataWriteGuid)" => value(info, "DataWriteGuid"),
            "(virtual disk id)" => value(info, "VirtualDiskId"),
            _ => value(info, key),
        };
        assert_eq!(line, Some(entry["value"].as_str()), "{key} in {info}");
    }
}
