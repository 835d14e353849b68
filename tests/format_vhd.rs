//! The VHD structures against files that other programs wrote, and what a plain reader found in them.
//!
//! The corpus is no part of the repository: it is looked for in `$VHDXRAY_CORPUS`, else beside it in `../shared/corpus`.

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs::{self, File};
    use std::io::{self, Read, Write};
    use std::path::{Path, PathBuf};

    use vhdxray::format::vhd::block_allocation_table::{BatEntry, BlockAllocationTable, table_size};
    use vhdxray::format::vhd::dynamic_disk_header::{self, DynamicDiskHeader};
    use vhdxray::format::vhd::footer::{self, DiskType, Footer};
    use vhdxray::format::vhd::parent_locator::PlatformCode;
    use vhdxray::units::{ByteLen, FileOffset, FileRange};

    fn corpus() -> Option<PathBuf> {
        let folder = std::env::var_os("VHDXRAY_CORPUS")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"), PathBuf::from);
        if folder.join("MANIFEST.tsv").is_file() {
            return Some(folder);
        }
        // Written past the capture of the test harness: nobody should take this for a pass.
        writeln!(io::stderr(), "SKIPPED: no corpus at {}", folder.display()).unwrap();
        None
    }

    /// The lines of a table as maps from the names in its first line.
    fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
        let text = fs::read_to_string(path).unwrap();
        let mut lines = text.lines();
        let names: Vec<&str> = lines.next().unwrap().split('\t').collect();
        lines
            .map(|line| names.iter().zip(line.split('\t')).map(|(n, v)| ((*n).to_owned(), v.to_owned())).collect())
            .collect()
    }

    /// The first 512 KiB and the last 512 bytes of a packed file, and its size.
    struct Ends {
        start: Vec<u8>,
        end: Vec<u8>,
        size: u64,
    }

    impl Ends {
        fn unpack(path: &Path) -> Self {
            const START: usize = 512 << 10;
            let mut unpacked = zstd::Decoder::new(File::open(path).unwrap()).unwrap();
            let mut ends = Self { start: Vec::new(), end: Vec::new(), size: 0 };
            let mut chunk = vec![0; 1 << 20];
            loop {
                let len = unpacked.read(&mut chunk).unwrap();
                if len == 0 {
                    return ends;
                }
                let part = &chunk[..len];
                ends.start.extend_from_slice(&part[..len.min(START - ends.start.len())]);
                ends.end.extend_from_slice(part);
                ends.end.drain(..ends.end.len().saturating_sub(512));
                ends.size += len as u64;
            }
        }

        fn range(&self, range: FileRange) -> &[u8] {
            let start = usize::try_from(range.start.0).unwrap();
            &self.start[start..start + range.len.to_usize().unwrap()]
        }

        fn header(&self, footer: &Footer) -> DynamicDiskHeader {
            let at = footer.dynamic_disk_header_offset().unwrap();
            DynamicDiskHeader::parse(at, self.range(FileRange::new(at, dynamic_disk_header::SIZE))).unwrap()
        }
    }

    fn vhd_files(corpus: &Path) -> Vec<BTreeMap<String, String>> {
        let files: Vec<_> = table(&corpus.join("MANIFEST.tsv"))
            .into_iter()
            .filter(|line| line["kind"].starts_with("VHD ") && line["kind"] != "VHD set (.vhds)")
            .collect();
        assert!(files.len() >= 16, "{} VHD files", files.len());
        files
    }

    #[test]
    fn footers_and_headers_say_what_the_manifest_says() {
        let Some(corpus) = corpus() else { return };
        for line in vhd_files(&corpus) {
            let name = &line["file"];
            let ends = Ends::unpack(&corpus.join(name));
            let at = FileOffset(ends.size - 512);
            let footer = Footer::parse(footer::STRUCTURE, at, &ends.end).unwrap();
            assert_eq!(footer.cookie, footer::COOKIE, "{name}");
            assert_eq!(footer.current_size.0.to_string(), line["virtual_size"], "{name}");
            let kind = match footer.disk_type {
                DiskType::Fixed => "VHD fixed",
                DiskType::Dynamic => "VHD dynamic",
                DiskType::Differencing => "VHD differencing",
                other => panic!("{name}: {other:?}"),
            };
            assert_eq!(kind, line["kind"], "{name}");
            if let Some(made_by) = line["made_by"].strip_prefix("creator \"") {
                let version = format!("{:04x}{:04x}", footer.creator_version.major, footer.creator_version.minor);
                assert_eq!(format!("{}\" version {version}", footer.creator_application), made_by, "{name}");
            }
            let edited_by_hand = line["remarks"].contains("checksum");
            assert_eq!(footer.checksum == footer.computed_checksum, !edited_by_hand, "{name}");
            if line["remarks"].contains("136363130880") {
                assert_eq!(footer.size_in_qemu(), ByteLen(136_363_130_880));
            } else {
                assert_eq!(footer.size_in_qemu(), footer.current_size, "{name}");
            }

            if footer.disk_type == DiskType::Fixed {
                assert_eq!(footer.dynamic_disk_header_offset(), None, "{name}");
                assert_eq!(line["block_size"], "-", "{name}");
                continue;
            }
            let copy = Footer::parse(footer::STRUCTURE_COPY, FileOffset(0), &ends.start).unwrap();
            assert_eq!(copy, footer, "{name}");
            let header = ends.header(&footer);
            assert_eq!(header.cookie, dynamic_disk_header::COOKIE, "{name}");
            assert_eq!(header.block_size.0.to_string(), line["block_size"], "{name}");
            let blocks = footer.current_size.0.div_ceil(header.block_size.0);
            assert!(u64::from(header.max_table_entries) >= blocks, "{name}");

            // Every block that the table places lies wholly before the footer.
            let (table_len, _) = table_size(header.max_table_entries);
            let table = BlockAllocationTable::new(ends.range(FileRange::new(header.table_offset, table_len)));
            assert_eq!(table.len(), header.max_table_entries as usize, "{name}");
            for offset in table.iter().filter_map(BatEntry::block_offset) {
                assert!(offset.0 + 512 + header.block_size.0 <= at.0, "{name}: {offset}");
            }
        }
    }

    #[test]
    fn parents_are_named_as_the_table_of_locators_says() {
        let Some(corpus) = corpus() else { return };
        let locators = table(&corpus.join("LOCATORS.tsv"));
        let mut compared = 0;
        for line in vhd_files(&corpus).iter().filter(|line| line["kind"] == "VHD differencing") {
            let name = &line["file"];
            let ends = Ends::unpack(&corpus.join(name));
            let footer = Footer::parse(footer::STRUCTURE, FileOffset(ends.size - 512), &ends.end).unwrap();
            let header = ends.header(&footer);
            for locator in locators.iter().filter(|locator| locator["file"] == *name) {
                let of_code = |code: PlatformCode| {
                    let entry = header.parent_locator_entries.iter().find(|e| e.platform_code == code).unwrap();
                    let data = code.decode(ends.range(entry.data()));
                    assert!(data.exact, "{name}");
                    data.text.unwrap()
                };
                let found = match locator["key"].as_str() {
                    "(header) parent unique id" => header.parent_unique_id.to_string(),
                    "(header) parent time stamp" => header.parent_time_stamp.0.to_string(),
                    "(header) parent name" => header.parent_unicode_name.exact().unwrap(),
                    "W2ru" => of_code(PlatformCode::W2ru),
                    "W2ku" => of_code(PlatformCode::W2ku),
                    other => panic!("{name}: {other}"),
                };
                assert_eq!(found, locator["value"], "{name} {}", locator["key"]);
                compared += 1;
            }
        }
        assert!(compared >= 15, "{compared} locator lines");
    }
}
