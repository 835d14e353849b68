//! Writes configurations of machines: Hyper-V storage containers from Microsoft's description of them, and the XML of
//! Windows Server 2012 R2.
//!
//! [`Machine`] and [`host_list`] give the [`Keys`] that a host would write, [`Container`] and [`xml()`] the bytes; what
//! a container's [`Built`] says of its places lets a test damage it, and [`Built::with_log`] fills its replay log.

mod built;
mod container;
mod keys;
mod log;
mod machine;
mod xml;

pub use built::Built;
pub use container::Container;
pub use keys::{Keys, Value};
pub use log::Write;
pub use machine::{Bus, Machine, host_list};
pub use xml::{xml, xml_text};

/// CRC-32 of ISO 3309, bit by bit.
pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_check_value_of_the_catalogue() {
        assert_eq!(super::crc32(b"123456789"), 0xCBF4_3926);
    }
}
