//! The VHD structures against files that other programs wrote, and what a plain reader found in them.
#![cfg(feature = "cli")]

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read, Seek, SeekFrom};
    use std::path::Path;

    use vhdxray::format::vhd::block_allocation_table::{BatEntry, BlockAllocationTable, table_size};
    use vhdxray::format::vhd::dynamic_disk_header::{self, DynamicDiskHeader};
    use vhdxray::format::vhd::footer::{self, DiskType, Footer};
    use vhdxray::format::vhd::parent_locator::PlatformCode;
    use vhdxray::units::{ByteLen, FileOffset, FileRange};

    use super::support::corpus::Corpus;
    use super::support::tables;

    /// The first 512 KiB and the last 512 bytes of a file, and its size.
    struct Ends {
        start: Vec<u8>,
        end: Vec<u8>,
        size: u64,
    }

    impl Ends {
        fn read(path: &Path) -> Self {
            let mut file = File::open(path).unwrap();
            let mut ends = Self { start: Vec::new(), end: Vec::new(), size: file.metadata().unwrap().len() };
            file.by_ref().take(512 << 10).read_to_end(&mut ends.start).unwrap();
            file.seek(SeekFrom::End(-512)).unwrap();
            file.read_to_end(&mut ends.end).unwrap();
            ends
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

    #[test]
    fn footers_and_headers_say_what_the_manifest_says() {
        let Some(corpus) = Corpus::open() else { return };
        let mut covered = 0;
        for row in corpus.vhd() {
            let name = &row.file;
            let ends = Ends::read(&corpus.path(row));
            let at = FileOffset(ends.size - 512);
            let footer = Footer::parse(footer::STRUCTURE, at, &ends.end).unwrap();
            assert_eq!(footer.cookie, footer::COOKIE, "{name}");
            assert_eq!(Some(footer.current_size.0), row.virtual_size, "{name}");
            let kind = match footer.disk_type {
                DiskType::Fixed => tables::DiskType::Fixed,
                DiskType::Dynamic => tables::DiskType::Dynamic,
                DiskType::Differencing => tables::DiskType::Differencing,
                other => panic!("{name}: {other:?}"),
            };
            assert_eq!(Some(kind), row.vhd(), "{name}");
            if let Some(made_by) = row.made_by.strip_prefix("creator \"") {
                let version = format!("{:04x}{:04x}", footer.creator_version.major, footer.creator_version.minor);
                assert_eq!(format!("{}\" version {version}", footer.creator_application), made_by, "{name}");
            }
            let edited_by_hand = row.remarks.contains("checksum");
            assert_eq!(footer.checksum == footer.computed_checksum, !edited_by_hand, "{name}");
            if row.remarks.contains("136363130880") {
                assert_eq!(footer.size_in_qemu(), ByteLen(136_363_130_880));
            } else {
                assert_eq!(footer.size_in_qemu(), footer.current_size, "{name}");
            }

            if footer.disk_type == DiskType::Fixed {
                assert_eq!(footer.dynamic_disk_header_offset(), None, "{name}");
                assert_eq!(row.block_size, None, "{name}");
                covered += 1;
                continue;
            }
            let copy = Footer::parse(footer::STRUCTURE_COPY, FileOffset(0), &ends.start).unwrap();
            assert_eq!(copy, footer, "{name}");
            let header = ends.header(&footer);
            assert_eq!(header.cookie, dynamic_disk_header::COOKIE, "{name}");
            assert_eq!(Some(header.block_size.0), row.block_size, "{name}");
            let blocks = footer.current_size.0.div_ceil(header.block_size.0);
            assert!(u64::from(header.max_table_entries) >= blocks, "{name}");

            // Every block that the table places lies wholly before the footer.
            let (table_len, _) = table_size(header.max_table_entries);
            let table = BlockAllocationTable::new(ends.range(FileRange::new(header.table_offset, table_len)));
            assert_eq!(table.len(), header.max_table_entries as usize, "{name}");
            for offset in table.iter().filter_map(BatEntry::block_offset) {
                assert!(offset.0 + 512 + header.block_size.0 <= at.0, "{name}: {offset}");
            }
            covered += 1;
        }
        assert_eq!(covered, 16, "files were left out");
    }

    #[test]
    fn parents_are_named_as_the_table_of_locators_says() {
        let Some(corpus) = Corpus::open() else { return };
        let mut compared = 0;
        for row in corpus.vhd().filter(|row| row.is_differencing()) {
            let name = &row.file;
            let ends = Ends::read(&corpus.path(row));
            let footer = Footer::parse(footer::STRUCTURE, FileOffset(ends.size - 512), &ends.end).unwrap();
            let header = ends.header(&footer);
            for locator in corpus.locators.iter().filter(|locator| locator.file == *name) {
                let of_code = |code: PlatformCode| {
                    let entry = header.parent_locator_entries.iter().find(|e| e.platform_code == code).unwrap();
                    let data = code.decode(ends.range(entry.data()));
                    assert!(data.exact, "{name}");
                    data.text.unwrap()
                };
                let found = match locator.key.as_str() {
                    "(header) parent unique id" => header.parent_unique_id.to_string(),
                    "(header) parent time stamp" => header.parent_time_stamp.0.to_string(),
                    "(header) parent name" => header.parent_unicode_name.exact().unwrap(),
                    "W2ru" => of_code(PlatformCode::W2ru),
                    "W2ku" => of_code(PlatformCode::W2ku),
                    other => panic!("{name}: {other}"),
                };
                assert_eq!(found, locator.value, "{name} {}", locator.key);
                compared += 1;
            }
        }
        assert!(compared >= 15, "{compared} locator lines");
    }
}
