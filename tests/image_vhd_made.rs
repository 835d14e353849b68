//! VHD files that are damaged, hostile or old: which footer counts, what blocks reading, how parents are named.
#![cfg(feature = "testkit")]

#[cfg(test)]
#[path = "support/vhd.rs"]
mod support;

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use vhdxray::chain::LinkStatus;
    use vhdxray::estate::Silent;
    use vhdxray::format::vhd::fields::TimeStamp;
    use vhdxray::image::vhd::block_map::{Place, Run};
    use vhdxray::image::vhd::{CurrentFooter, FooterChoice};
    use vhdxray::image::{CopyState, DiskType, FileKind, Image};
    use vhdxray::inspect::{Request, inspect};
    use vhdxray::testkit::record::Checksum;
    use vhdxray::testkit::vhd::{Builder, Built, Footer, ParentLocator};
    use vhdxray::units::{ByteLen, FileOffset, VirtualOffset};
    use vhdxray::{Error, ErrorKind};

    use super::support::{MIB, PARENT, dynamic, image, open, runs, survey};

    /// What each verdict of the footers comes to, and whether the disk can be read all the same.
    #[test]
    fn the_footer_at_the_end_counts_until_the_copy_is_better() {
        use CopyState::{BadChecksum, BadSignature, Valid};
        use FooterChoice::{OnlySigned, OnlyValid, SameAsCopy, ValidAtEnd};
        const AT_END: Option<CurrentFooter> = Some(CurrentFooter::AtEnd);
        const COPY: Option<CurrentFooter> = Some(CurrentFooter::Copy);
        let right = |footer, copy| dynamic().checksums(footer, copy, Checksum::Right).build();
        let no_cookie = |mut built: Built, at: u64| {
            built.image.write(at, &[0; 8]);
            built
        };
        let (r, w) = (Checksum::Right, Checksum::Wrong);
        let end = right(r, r).layout.footer.start;
        for (what, built, current, why, at_end, copy) in [
            ("both right", right(r, r), AT_END, Some(ValidAtEnd), Valid, Valid),
            ("copy wrong", right(r, w), AT_END, Some(ValidAtEnd), Valid, BadChecksum),
            ("end wrong", right(w, r), COPY, Some(OnlyValid), BadChecksum, Valid),
            ("both wrong and the same", right(w, w), AT_END, Some(SameAsCopy), BadChecksum, BadChecksum),
            ("end lost", no_cookie(right(r, r), end), COPY, Some(OnlyValid), BadSignature, Valid),
            ("end lost, copy wrong", no_cookie(right(r, w), end), COPY, Some(OnlySigned), BadSignature, BadChecksum),
            ("copy lost", no_cookie(right(r, r), 0), AT_END, Some(ValidAtEnd), Valid, BadSignature),
            ("copy lost, end wrong", no_cookie(right(w, r), 0), AT_END, Some(OnlySigned), BadChecksum, BadSignature),
            ("both lost", no_cookie(no_cookie(right(r, r), end), 0), None, None, BadSignature, BadSignature),
        ] {
            let image = image(&built);
            let footers = &survey(&image).footers;
            assert_eq!(footers.current.as_ref().ok().copied(), current, "{what}");
            assert_eq!(footers.choice(), why, "{what}");
            assert_eq!((footers.at_end.state, footers.copy.as_ref().unwrap().state), (at_end, copy), "{what}");
            assert_eq!(image.blockers().is_empty(), current.is_some(), "{what}: {:?}", image.blockers());
            assert_eq!(image.virtual_size(), current.map(|_| ByteLen(5 * MIB)), "{what}");
        }
    }

    #[test]
    fn two_wrong_footers_that_differ_decide_nothing() {
        let mut built = dynamic().checksums(Checksum::Wrong, Checksum::Wrong, Checksum::Right).build();
        built.layout.footer_fields.current_size = 4 * MIB;
        built.rewrite_footer(Checksum::Wrong);
        let image = image(&built);
        assert_eq!(image.virtual_size(), None);
        assert!(matches!(image.blockers(), [error] if error.to_string().contains("and they differ")));
        // Of two right ones the one at the end counts.
        built.rewrite_footer(Checksum::Right);
        assert_eq!(open(built.image.to_vec()).virtual_size(), Some(ByteLen(4 * MIB)));
    }

    #[test]
    fn a_file_that_lost_its_end_is_read_by_its_copy() {
        let built = dynamic().without_footer().build();
        let image = image(&built);
        assert_eq!(survey(&image).footers.current.as_ref().ok(), Some(&CurrentFooter::Copy));
        let [zero, data, rest] = runs(&image, 0, u64::MAX).unwrap()[..] else { panic!() };
        assert_eq!((zero.place, zero.len.0, rest.place, rest.len.0), (Place::Zero, 2 * MIB, Place::Zero, MIB));
        assert_eq!(data.place, Place::Data { file_offset: FileOffset(built.layout.blocks[&1] + 512) });
        // Cut inside the block: what is left of it is read, what is lost is an error.
        let mut bytes = built.image.to_vec();
        bytes.truncate(bytes.len() - 4096);
        let cut = open(bytes);
        assert_eq!(cut.blockers().len(), 0);
        assert_eq!(runs(&cut, 2 * MIB, 2 * MIB - 4096).unwrap().len(), 1);
        let error = runs(&cut, 2 * MIB, 2 * MIB - 4095).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Truncated { .. }), "{error}");
    }

    #[test]
    fn an_old_footer_has_511_bytes() {
        for built in [dynamic().old_footer().build(), Builder::fixed(MIB).old_footer().build()] {
            let image = image(&built);
            let footers = &survey(&image).footers;
            assert_eq!((footers.size_at_end, footers.at_end.state), (ByteLen(511), CopyState::Valid));
            assert_eq!(footers.at_end.at.0, built.layout.footer.start);
            assert_eq!(image.blockers().len(), 0);
            let kind = FileKind::of(&**image.view(), std::path::Path::new("a")).unwrap();
            assert_eq!(kind.0, FileKind::Vhd);
        }
    }

    #[test]
    fn a_fixed_disk_may_start_like_a_dynamic_one() {
        // A guest may have written a VHD file to its disk from the first sector on.
        let inner = dynamic().build();
        for checksum in [Checksum::Right, Checksum::Wrong] {
            let size = inner.image.len().next_multiple_of(MIB);
            let built = Builder::fixed(size)
                .content(inner.image.clone())
                .checksums(checksum, Checksum::Right, Checksum::Right)
                .build();
            let image = image(&built);
            if checksum == Checksum::Right {
                assert_eq!(image.disk_type(), Some(DiskType::Fixed));
                assert!(survey(&image).footers.copy.is_none());
                let whole = Run {
                    start: VirtualOffset(0),
                    len: ByteLen(size),
                    place: Place::Data { file_offset: FileOffset(0) },
                };
                assert_eq!(runs(&image, 0, u64::MAX).unwrap(), [whole]);
            } else {
                // Then the only footer that proves itself is the one at the start.
                assert_eq!(survey(&image).footers.current.as_ref().ok(), Some(&CurrentFooter::Copy));
            }
        }
        let wrong = Builder::fixed(MIB).checksums(Checksum::Wrong, Checksum::Right, Checksum::Right).build();
        let image = image(&wrong);
        assert_eq!((image.disk_type(), image.blockers().len()), (Some(DiskType::Fixed), 0));
        assert_eq!(survey(&image).footers.at_end.state, CopyState::BadChecksum);
        assert!(survey(&image).footers.copy.is_none());
    }

    /// Every reason not to read the virtual disk: the structure and offset it names, and a word of it.
    #[test]
    fn each_blocker_names_its_place() {
        let footer = |change: fn(&mut Footer)| dynamic().footer(change).build();
        let patched = |at: u64, bytes: &[u8]| {
            let mut built = dynamic().build();
            built.image.write(at, bytes);
            built
        };
        let end = dynamic().build().layout.footer.start;
        // The footer claims another size than the file was made for.
        let claims = |builder: Builder, size: u64| {
            let mut built = builder.build();
            built.layout.footer_fields.current_size = size;
            built.rewrite_footer(Checksum::Right);
            built
        };
        for (built, structure, at, word) in [
            (footer(|f| f.disk_type = 5), "footer", end, "disk type 5 is unknown"),
            (footer(|f| f.disk_type = 0), "footer", end, "disk type 0 is unknown"),
            (footer(|f| f.format_version = 0x0002_0000), "footer", end, "format version 2.0"),
            (footer(|f| f.data_offset = u64::MAX), "footer", end, "no offset of a dynamic disk header"),
            (footer(|f| f.data_offset = u64::MAX - 7), "dynamic disk header", u64::MAX - 7, "0 left"),
            (footer(|f| f.data_offset = 513), "dynamic disk header", 513, "wrong signature"),
            (claims(dynamic(), 5 * MIB + 1), "footer", end + 48, "not a multiple of 512"),
            (claims(dynamic(), 65 << 40), "footer", end + 48, "MAX_VIRTUAL_SIZE"),
            (claims(dynamic(), 7 * MIB), "dynamic disk header", 512 + 28, "4 blocks, and the table 3"),
            (patched(512, b"x"), "dynamic disk header", 512, "wrong signature"),
            (patched(512 + 24, &[0, 2]), "dynamic disk header", 512, "header version 2.0"),
            (patched(512 + 32, &[0, 0x30, 0, 0]), "dynamic disk header", 512 + 32, "not a power of two"),
            (patched(512 + 32, &[0, 0, 1, 0]), "dynamic disk header", 512 + 32, "block size 256 "),
            (patched(512 + 32, &[0; 4]), "dynamic disk header", 512 + 32, "block size 0 "),
            (patched(512 + 16, &[0xFF; 8]), "block allocation table", u64::MAX, "needs 12 bytes"),
            (patched(512 + 16, &end.to_be_bytes()), "block allocation table", end, "has 0 left"),
            (claims(Builder::fixed(MIB), MIB + 512), "data of a fixed disk", 0, "needs 1049088 bytes"),
        ] {
            let image = image(&built);
            let [error] = image.blockers() else { panic!("{word}: {:?}", image.blockers()) };
            assert_eq!((error.structure(), error.offset()), (structure, Some(FileOffset(at))), "{word}: {error}");
            assert!(error.to_string().contains(word), "{word}: {error}");
        }
    }

    #[test]
    fn wrong_checksums_are_verdicts_and_block_nothing() {
        let built = dynamic().checksums(Checksum::Wrong, Checksum::Wrong, Checksum::Wrong).build();
        let image = image(&built);
        assert_eq!(image.blockers().len(), 0);
        assert_eq!(survey(&image).header.as_ref().unwrap().state, CopyState::BadChecksum);
        assert_eq!(image.block_size(), Some(ByteLen(2 * MIB)));
        assert_eq!(runs(&image, 0, u64::MAX).unwrap().len(), 3);
    }

    #[test]
    fn an_unknown_type_is_told_and_the_header_shown() {
        let image = image(&dynamic().footer(|footer| footer.disk_type = 6).build());
        assert_eq!(image.disk_type(), Some(DiskType::Unknown));
        assert_eq!(image.block_size(), Some(ByteLen(2 * MIB)));
        assert!(survey(&image).geometry.is_none() && image.count_blocks().is_none());
        assert!(image.parent_reference().is_none());
    }

    fn child(locators: Vec<ParentLocator>) -> Image {
        let builder = Builder::differencing(MIB, PARENT, 0, "C:\\vm\\a.vhd");
        image(&locators.into_iter().fold(builder, Builder::locator).build())
    }

    fn hints(image: &Image) -> Vec<(&'static str, String)> {
        let reference = image.parent_reference().unwrap().unwrap();
        reference.hints.into_iter().map(|hint| (hint.key, hint.path)).collect()
    }

    #[test]
    fn locators_are_sorted_and_bad_ones_left_out() {
        let long = |length| ParentLocator { data_length: Some(length), ..ParentLocator::relative("b.vhd") };
        let image = child(vec![
            ParentLocator::mac_url("file:///vm/a.vhd"),
            ParentLocator::absolute_ansi(b"D:\\a.vhd\0"),
            ParentLocator::relative_ansi(b"..\\a.vhd"),
            long((64 << 10) + 1),
            ParentLocator { data_offset: Some(u64::MAX), ..ParentLocator::absolute("E:\\a.vhd") },
            ParentLocator::absolute(""),
            ParentLocator::absolute("F:\\a.vhd"),
            ParentLocator::relative(".\\a.vhd"),
        ]);
        assert_eq!(
            hints(&image),
            [
                ("w2ru", ".\\a.vhd".to_owned()),
                ("w2ku", "F:\\a.vhd".to_owned()),
                ("wi2r", "..\\a.vhd".to_owned()),
                ("wi2k", "D:\\a.vhd".to_owned()),
                ("header_name", "C:\\vm\\a.vhd".to_owned()),
            ]
        );
        assert_eq!(image.blockers().len(), 0, "a bad locator does not keep the disk from being read");
        let locators = &survey(&image).locators;
        assert_eq!(locators.len(), 8);
        let kinds: Vec<&Error> = locators.iter().filter_map(|locator| locator.data.as_ref().err()).collect();
        assert!(matches!(kinds[0].kind(), ErrorKind::Limit { name: "MAX_VHD_LOCATOR_DATA", .. }), "{}", kinds[0]);
        assert!(matches!(kinds[1].kind(), ErrorKind::Truncated { .. }), "{}", kinds[1]);
        assert_eq!(kinds.len(), 2);
    }

    #[test]
    fn a_time_stamp_of_zero_is_none() {
        assert_eq!(child(vec![]).parent_reference().unwrap().unwrap().parent_time_stamp, None);
        let stamped = image(&Builder::differencing(MIB, PARENT, 77, "a.vhd").time_stamp(5).build());
        let reference = stamped.parent_reference().unwrap().unwrap();
        assert_eq!(reference.parent_time_stamp, Some(TimeStamp(77)));
        assert_eq!(reference.linkage, Some(PARENT));
        assert_eq!(stamped.time_stamp(), Some(TimeStamp(5)));
    }

    #[test]
    fn an_all_zero_identity_links_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, builder: Builder| builder.build().image.write_to(&folder.path().join(name)).unwrap();
        write("zero.vhd", Builder::dynamic(MIB).unique_id(Uuid::nil()));
        write("asks_zero.vhd", Builder::differencing(MIB, Uuid::nil(), 0, "zero.vhd").seed(1));
        write("asks_other.vhd", Builder::differencing(MIB, PARENT, 0, "zero.vhd").seed(2));
        write("asks_zero_nowhere.vhd", Builder::differencing(MIB, Uuid::nil(), 0, "").seed(3));
        let inspection = inspect(&Request { paths: vec![folder.path().to_owned()], ..Request::default() }, &Silent);
        let statuses: Vec<_> = inspection
            .files()
            .map(|(number, file)| {
                assert!(file.is_readable(), "{:?}", file.error);
                inspection.link(number).map(|link| link.status)
            })
            .collect();
        let mismatch = Some(LinkStatus::IdentityMismatch);
        assert_eq!(statuses, [mismatch, mismatch, Some(LinkStatus::Missing), None]);
    }
}
