//! The XML of Windows Server 2012 R2: whole, cut short, and meant to do harm.

use std::time::{Duration, Instant};

use vhdxray::testkit::hvs::{self, Bus, Container};
use vhdxray::vm::{Configuration, ConfigurationKind, ProblemKind, Value, VmFormat};

use super::support::{DISK, disks, flat, machine, problems, read, read_as};

fn utf16(text: &str) -> Vec<u8> {
    format!("\u{FEFF}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn the_same_keys_say_the_same_in_both_formats() {
    let keys = machine()
        .drive(Bus::Ide(1, 0), "ISO", r"C:\a & b <c>.iso")
        .created(133_211_067_586_606_556)
        .set("/configuration/odd/uint", hvs::Value::UInt(u64::MAX))
        .keys;
    let storage = read(&Container::new(keys.clone()).build().bytes);
    let xml = read_as(&hvs::xml(&keys), "Virtual Machines/x.xml");
    assert_eq!(xml.configuration, storage.configuration);
    assert!(problems(&xml).is_empty());
    assert_eq!(xml.configuration.created.unwrap().to_string(), "2023-02-17T11:25:58.6606556Z");
    let utf8 = read_as(hvs::xml_text(&keys).as_bytes(), "x.xml");
    assert_eq!(utf8.configuration, storage.configuration);
    let sorted = |mut values: Vec<(String, Value)>| {
        values.sort_by(|a, b| a.0.cmp(&b.0));
        values
    };
    assert_eq!(sorted(flat(&xml)), sorted(flat(&storage)));
}

#[test]
fn what_comes_before_the_break_is_saved() {
    let bytes = hvs::xml(&machine().keys);
    let disk: Vec<u8> = DISK.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let disk_end = bytes.windows(disk.len()).position(|window| window == disk).unwrap() + disk.len();
    for len in (64..bytes.len() - 4).step_by(7) {
        let vm = read_as(&bytes[..len], "x.xml");
        assert!(problems(&vm).contains(&ProblemKind::XmlDamaged), "{len}: {:?}", vm.configuration.problems);
        let VmFormat::Xml(xml) = vm.format else { panic!("{:?}", vm.format) };
        assert!(!xml.whole);
        if len >= disk_end {
            // Without the type after it, nothing says that it is a disk.
            let paths: Vec<String> =
                vm.configuration.drives.iter().filter_map(|drive| Some(drive.path.as_ref()?.lossy())).collect();
            assert_eq!(paths, [DISK], "{len}");
        }
    }
    let vm = read_as(&bytes[..bytes.len() - 20], "x.xml");
    assert_eq!((disks(&vm), vm.configuration.kind), (vec![DISK.to_owned()], ConfigurationKind::Machine));
    // The place of the break is one of the file.
    let at = vm.configuration.problems[0].error.offset().unwrap().0;
    assert!((bytes.len() as u64 - 400..=bytes.len() as u64).contains(&at), "{at} of {}", bytes.len());
    // A tail of zeros, as a loss of power leaves it.
    let mut zeroed = bytes;
    let end = zeroed.len();
    zeroed[end - 200..].fill(0);
    assert_eq!(disks(&read_as(&zeroed, "x.xml")), [DISK]);
}

/// What a document with a declaration is read as: the keys, and no entity of its own.
fn refused(text: &str) -> Configuration {
    let start = Instant::now();
    let vm = read_as(&utf16(text), "x.xml");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert!(problems(&vm).contains(&ProblemKind::XmlDamaged), "{:?}", vm.configuration.problems);
    vm.configuration
}

#[test]
fn bombs_and_foreign_entities_do_nothing() {
    let mut bomb = "<!DOCTYPE configuration [<!ENTITY a0 \"boom\">".to_owned();
    for level in 1..12 {
        let below = format!("&a{};", level - 1).repeat(10);
        bomb += &format!("<!ENTITY a{level} \"{below}\">");
    }
    bomb += "]><configuration><properties><name type=\"string\">&a11;</name></properties></configuration>";
    assert_eq!(refused(&bomb).name.unwrap().lossy(), "&a11;");
    let foreign = "<!DOCTYPE c [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><configuration><properties>\
                   <name type=\"string\">&x;</name></properties></configuration>";
    assert_eq!(refused(foreign).name.unwrap().lossy(), "&x;");
    let remote = "<!DOCTYPE configuration SYSTEM \"http://192.0.2.1/x.dtd\"><configuration/>";
    assert!(refused(remote).drives.is_empty());
}

#[test]
fn depth_and_length_are_bounded() {
    for text in [
        format!("<configuration>{}", "<a>".repeat(200_000)),
        format!("<configuration>{}{}</configuration>", "<a>".repeat(50_000), "</a>".repeat(50_000)),
        format!("<configuration>{}</configuration>", "<a type=\"integer\">x</a>".repeat(50_000)),
        format!("<configuration><a type=\"string\">{}", "&".repeat(1_000_000)),
        "<".repeat(1_000_000),
        format!("<configuration {}", "a=\"\" ".repeat(100_000)),
    ] {
        let start = Instant::now();
        let vm = read_as(text.as_bytes(), "x.xml");
        assert!(!problems(&vm).is_empty());
        assert!(start.elapsed() < Duration::from_secs(20), "{:?} for {}", start.elapsed(), &text[..40]);
    }
    let long = format!("<configuration>{}</configuration>", " ".repeat(9 << 20));
    assert!(problems(&read_as(long.as_bytes(), "x.xml")).contains(&ProblemKind::OverLimit));
}

#[test]
fn another_document_is_no_configuration() {
    let vm = read_as(b"<?xml version='1.0'?><html><body/></html>", "x.xml");
    assert_eq!(problems(&vm), [ProblemKind::NotAConfiguration]);
    let wrong = read_as(
        &utf16("<configuration><properties><version type=\"integer\">x</version></properties></configuration>"),
        "x.xml",
    );
    assert_eq!(problems(&wrong), [ProblemKind::ValueUnreadable]);
}
