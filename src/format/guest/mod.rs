//! What guests write onto their disks: partition tables, and of file systems the few bytes that tell which one it is,
//! its label and its serial number. Nothing else of what is inside is read.
//!
//! Each structure stands in a file of its own. A parser gives `None` where the bytes are not the structure, or too few
//! of them; whatever a guest stored is taken as it is, and no length or offset in it is trusted by anything here.

mod ascii;
pub mod btrfs;
pub mod exfat;
pub mod ext;
pub mod fat;
pub mod gpt;
pub mod mbr;
pub mod ntfs;
pub mod signatures;
pub mod swap;
pub mod xfs;
