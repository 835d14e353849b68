//! Every VHD file of the corpus as an image: its sizes, its verdicts, its links, and what a guest would read.
#![cfg(feature = "cli")]

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::sync::Arc;

    use sha2::{Digest, Sha256};

    use vhdxray::chain::{FileNo, FoundBy, LinkStatus};
    use vhdxray::estate::Silent;
    use vhdxray::format::vhdx::bat::PayloadState;
    use vhdxray::image::vhd::block_map::{self, Place, Run};
    use vhdxray::image::vhd::{CurrentFooter, Geometry};
    use vhdxray::image::{CopyState, FileKind, HintKind, Image, KindBy, OpenOptions};
    use vhdxray::inspect::{ChainStatus, Inspection, Request, Role, inspect};
    use vhdxray::source::FileSource;
    use vhdxray::units::{ByteLen, VirtualOffset};

    use super::support::corpus::Corpus;
    use super::support::tables::{DiskType, Row};

    /// All VHD rows of MANIFEST.tsv.
    const VHD_FILES: usize = 16;
    /// The files whose footers were edited by hand, without a new checksum.
    const EDITED: [&str; 2] = ["vhd-qemu5-differential/image.vhd", "vhd-qemu5-differential/image-differential.vhd"];
    /// 127 GiB without a single block: hashing its zeros would take minutes.
    const ALL_ZERO: &str = "vhd-vpc2007-127G/virtualpc-dynamic.vhd";

    fn image_at(corpus: &Corpus, row: &Row) -> Image {
        let source = Arc::new(FileSource::open(&corpus.path(row)).unwrap());
        Image::open(source, FileKind::Vhd, OpenOptions::default()).unwrap()
    }

    fn image(corpus: &Corpus, unpacked: &str) -> Image {
        image_at(corpus, corpus.row(unpacked))
    }

    /// One run over all VHD files, and whatever lies beside them.
    fn inspect_all(corpus: &Corpus) -> Inspection {
        inspect(&Request { paths: corpus.vhd().map(|row| corpus.path(row)).collect(), ..Request::default() }, &Silent)
    }

    fn geometry(image: &Image) -> &Geometry {
        image.as_vhd().unwrap().geometry().unwrap()
    }

    fn places(image: &Image, start: VirtualOffset, len: ByteLen) -> Vec<Run> {
        let mut runs = Vec::new();
        block_map::runs(&**image.view(), geometry(image), start, len, |run| {
            runs.push(run);
            Ok(())
        })
        .unwrap();
        runs
    }

    #[test]
    fn every_file_is_what_the_manifest_says() {
        let Some(corpus) = Corpus::open() else { return };
        let inspection = inspect_all(corpus);
        let mut covered = 0;
        for row in corpus.vhd() {
            let name = row.unpacked();
            let path = corpus.path(row);
            let (_, found) = inspection.files().find(|(_, found)| found.path == path).unwrap();
            assert_eq!((found.kind, found.kind_by), (FileKind::Vhd, KindBy::Content), "{name}");
            assert!(found.is_readable(), "{name}: {:?}", found.error);

            let image = found.image.as_ref().unwrap();
            assert_eq!(image.blockers().len(), 0, "{name}: {:?}", image.blockers());
            assert_eq!(image.disk_type().unwrap().name(), row.vhd().unwrap().name(), "{name}");
            assert_eq!(image.virtual_size().map(|size| size.0), row.virtual_size, "{name}");
            assert_eq!(image.block_size().map(|size| size.0), row.block_size, "{name}");
            assert_eq!(image.logical_sector_size().map(|size| size.0), row.logical_sector, "{name}");
            assert_eq!(image.physical_sector_size().map(|size| size.0), row.physical_sector, "{name}");
            assert_eq!((image.log_state(), image.replayed(), image.virtual_disk_id()), (None, false, None), "{name}");

            let survey = image.as_vhd().unwrap();
            let expected = if EDITED.contains(&name) { CopyState::BadChecksum } else { CopyState::Valid };
            assert_eq!(survey.footers.current.as_ref().ok(), Some(&CurrentFooter::AtEnd), "{name}");
            assert_eq!(survey.footers.at_end.state, expected, "{name}");
            let fixed = row.vhd() == Some(DiskType::Fixed);
            assert_eq!(survey.footers.copy.as_ref().map(|copy| copy.state), (!fixed).then_some(expected), "{name}");
            assert_eq!(survey.header.is_none(), fixed, "{name}");
            covered += 1;
        }
        assert_eq!(covered, VHD_FILES, "files were left out");
    }

    #[test]
    fn blocks_are_counted_as_a_plain_reader_counts_them() {
        let Some(corpus) = Corpus::open() else { return };
        let mut covered = 0;
        for (file, present, absent) in [
            ("du-vhd-chain3/old.vhd", 3, 5),
            ("du-vhd-chain3/old_1.avhd", 4, 4),
            ("du-vhd-chain3/old_2.avhd", 2, 6),
            ("qemu10/q-dynamic.vhd", 2, 4),
            ("vhd-disk2vhd/d2v-zerofilled.vhd", 126, 0),
            ("vhd-qemu11/minimal.vhd", 0, 1),
            ("vhd-vpc2007-127G/virtualpc-dynamic.vhd", 0, 65_024),
            ("vhd-win10-dynamic/dynamic.vhd", 3, 2),
            ("vhd-win10-ntfs-pair/ntfs-differential.vhd", 2, 0),
        ] {
            let counts = image(corpus, file).count_blocks().unwrap().unwrap();
            assert_eq!(counts.get(PayloadState::FullyPresent), present, "{file}");
            assert_eq!(counts.get(PayloadState::NotPresent), absent, "{file}");
            assert_eq!(counts.total(), present + absent, "{file}");
            covered += 1;
        }
        assert_eq!(covered, 9);
        assert!(image(corpus, "vhd-qemu11/fixed.vhd").count_blocks().is_none(), "a fixed disk has no table");
    }

    #[test]
    fn parents_are_named_as_the_table_of_locators_says() {
        let Some(corpus) = Corpus::open() else { return };
        let (mut compared, mut differencing) = (0, 0);
        for row in corpus.vhd() {
            let name = &row.file;
            let image = image_at(corpus, row);
            let Some(reference) = image.parent_reference() else {
                assert!(!row.is_differencing(), "{name}");
                continue;
            };
            let reference = reference.unwrap();
            differencing += 1;
            let hint = |key: &str| reference.hints.iter().find(|hint| hint.key == key).unwrap().path.clone();
            let mut hints = 0;
            for locator in corpus.locators.iter().filter(|locator| locator.file == *name) {
                let time = || reference.parent_time_stamp.map_or(0, |time| time.0);
                let (found, is_hint) = match locator.key.as_str() {
                    "(header) parent unique id" => (reference.linkage.unwrap().to_string(), false),
                    "(header) parent time stamp" => (time().to_string(), false),
                    "(header) parent name" => (hint("header_name"), true),
                    "W2ru" => (hint("w2ru"), true),
                    "W2ku" => (hint("w2ku"), true),
                    other => panic!("{name}: {other}"),
                };
                assert_eq!(found, locator.value, "{name} {}", locator.key);
                hints += usize::from(is_hint);
                compared += 1;
            }
            assert_eq!(reference.hints.len(), hints, "{name}");
        }
        assert_eq!((differencing, compared), (4, 18));
    }

    #[test]
    fn hints_come_in_the_order_in_which_windows_tries() {
        let Some(corpus) = Corpus::open() else { return };
        let hints = |file: &str| {
            let reference = image(corpus, file).parent_reference().unwrap().unwrap();
            reference.hints.into_iter().map(|hint| (hint.key, hint.kind)).collect::<Vec<_>>()
        };
        assert_eq!(
            // The file itself has the absolute path first.
            hints("vhd-win10-ntfs-pair/ntfs-differential.vhd"),
            [("w2ru", HintKind::Relative), ("w2ku", HintKind::Absolute), ("header_name", HintKind::Absolute)]
        );
        assert_eq!(
            hints("du-vhd-chain3/old_2.avhd"),
            [("w2ru", HintKind::Relative), ("w2ku", HintKind::Absolute), ("header_name", HintKind::Name)]
        );
        assert_eq!(hints(EDITED[1]), [("header_name", HintKind::Name)]);
    }

    #[test]
    fn a_scan_links_every_chain() {
        let Some(corpus) = Corpus::open() else { return };
        let inspection = inspect_all(corpus);
        let number = |file: &str| {
            let path = corpus.path(corpus.row(file));
            inspection.files().find(|(_, found)| found.path == path).unwrap().0
        };
        for (child, parent, by) in [
            ("du-vhd-chain3/old_1.avhd", "du-vhd-chain3/old.vhd", FoundBy::RelativePath),
            ("du-vhd-chain3/old_2.avhd", "du-vhd-chain3/old_1.avhd", FoundBy::RelativePath),
            ("vhd-win10-ntfs-pair/ntfs-differential.vhd", "vhd-win10-ntfs-pair/ntfs-parent.vhd", FoundBy::RelativePath),
            (
                "vhd-qemu5-differential/image-differential.vhd",
                "vhd-qemu5-differential/image.vhd",
                FoundBy::SameFolderName,
            ),
        ] {
            let link = inspection.link(number(child)).unwrap();
            assert_eq!((link.status, link.found_by), (LinkStatus::Linked, Some(by)), "{child}");
            assert_eq!(link.parent, Some(number(parent)), "{child}");
        }
        assert_eq!(inspection.depth(number("du-vhd-chain3/old_2.avhd")), 3);
        assert_eq!(inspection.role(number("vhd-win10-ntfs-pair/ntfs-parent.vhd")), Some(Role::Base));
        assert_eq!(inspection.role(number("vhd-win10-dynamic/dynamic.vhd")), Some(Role::Standalone));
        // Sixteen files, four of them parents of another.
        let is_vhd = |number: FileNo| inspection.file(number).is_some_and(|file| file.kind == FileKind::Vhd);
        let chains: Vec<_> =
            inspection.chains.iter().filter(|chain| chain.files.first().copied().is_some_and(is_vhd)).collect();
        assert_eq!(chains.len(), VHD_FILES - 4);
        assert!(chains.iter().all(|chain| chain.status == ChainStatus::Complete));
    }

    /// A guest's view of a file and its parents, read with nothing but the places of each layer.
    fn read(layers: &[&Image], start: VirtualOffset, buf: &mut [u8]) {
        let Some((image, parents)) = layers.split_first() else { panic!("the base has no parent") };
        for run in places(image, start, ByteLen(buf.len() as u64)) {
            let from = usize::try_from(run.start.0 - start.0).unwrap();
            let part = &mut buf[from..from + run.len.to_usize().unwrap()];
            match run.place {
                Place::Data { file_offset } => image.view().read_exact_at("block", file_offset, part).unwrap(),
                Place::Transparent => read(parents, run.start, part),
                Place::Zero => part.fill(0),
            }
        }
    }

    #[test]
    fn a_guest_reads_what_the_manifest_says() {
        let Some(corpus) = Corpus::open() else { return };
        let inspection = inspect_all(corpus);
        let mut covered = 0;
        for row in corpus.vhd() {
            let name = row.unpacked();
            let path = corpus.path(row);
            let (number, _) = inspection.files().find(|(_, found)| found.path == path).unwrap();
            let image = |file: FileNo| inspection.file(file).unwrap().image.as_ref().unwrap();
            let layers: Vec<&Image> = inspection.forest.ancestry(number).map(image).map(Arc::as_ref).collect();
            let size = layers[0].virtual_size().unwrap();
            covered += 1;
            if name == ALL_ZERO {
                assert!(row.merged_by.contains("hash of 136365211648 zero bytes"));
                let zero = Run { start: VirtualOffset(0), len: size, place: Place::Zero };
                assert_eq!(places(layers[0], VirtualOffset(0), size), [zero]);
                continue;
            }
            let mut digest = Sha256::new();
            // No multiple of a sector, so that requests start and end anywhere.
            let mut buf = vec![0; (3 << 20) + 333];
            let mut at = 0;
            while at < size.0 {
                let len = usize::try_from(size.0 - at).unwrap().min(buf.len());
                read(&layers, VirtualOffset(at), &mut buf[..len]);
                digest.update(&buf[..len]);
                at += len as u64;
            }
            let hex = digest.finalize().iter().fold(String::new(), |mut hex, byte| {
                write!(hex, "{byte:02x}").unwrap();
                hex
            });
            assert_eq!(Some(&hex), row.merged_sha256.as_ref(), "{name}");
        }
        assert_eq!(covered, VHD_FILES, "files were left out");
    }
}
