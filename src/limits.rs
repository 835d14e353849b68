//! Every bound on hostile input: its value, its reason, and what a user sees when a file goes over it.
//!
//! A file that goes over a bound gets an [`Error`](crate::Error) of kind `Limit` that names the bound, so that a reader
//! of the message finds the reason here.

use crate::units::ByteLen;

/// Longest structure that is read into memory at once: the metadata table region and items, the parent locator.
///
/// The format's own largest is a metadata item of 1 MiB (MS-VHDX 2.6.1.2). Anything longer is streamed. The user sees
/// the structure, its offset and the length it claimed.
pub const MAX_STRUCTURE: ByteLen = ByteLen::mib(8);

/// Most entries a region table may have (MS-VHDX 2.2.3.1: 2,047). More than that do not fit its 64 KiB.
pub const MAX_REGION_ENTRIES: u32 = 2047;

/// Most entries a metadata table may have (MS-VHDX 2.6.1.1: 2,047). More than that do not fit its 64 KiB.
pub const MAX_METADATA_ENTRIES: u16 = 2047;

/// Most bytes of metadata items that are read from one file.
///
/// The format's largest item takes 1 MiB (MS-VHDX 2.6.1.2), and only one of each kind counts; a table can claim the same
/// bytes 2,047 times. Items that are not interpreted are not read. The user sees the item over the bound as unreadable.
pub const MAX_METADATA_ITEMS: ByteLen = ByteLen::mib(2);

/// How often, in lengths of a parent locator, its bytes may be claimed as keys and values.
///
/// In an honest locator each byte belongs to one text. A made-up one of 1 MiB could name the same 128 KiB in 65,535
/// entries, of which a report would make 8 GiB of text. The user sees the locator as unreadable, with this bound.
pub const MAX_LOCATOR_PASSES: u64 = 4;

/// Smallest payload block (MS-VHDX 2.6.2.1).
pub const MIN_BLOCK: ByteLen = ByteLen::mib(1);

/// Largest payload block (MS-VHDX 2.6.2.1).
pub const MAX_BLOCK: ByteLen = ByteLen::mib(256);

/// Largest virtual disk (MS-VHDX 2.6.2.2). With 1 MiB blocks its BAT takes 512 MiB and is streamed.
///
/// A VHD should end at 2,040 GiB and has the same bound here: larger ones are odd, and can be read.
pub const MAX_VIRTUAL_SIZE: ByteLen = ByteLen(64 << 40);

/// Smallest block of a VHD: one sector. Real ones have 2 MiB, and 512 KiB where Windows was asked for it.
pub const MIN_VHD_BLOCK: ByteLen = ByteLen(512);

/// Largest block of a VHD: the largest power of two that its field of 32 bits can hold. Its sector bitmap takes
/// 512 KiB and is read in pieces.
pub const MAX_VHD_BLOCK: ByteLen = ByteLen(1 << 31);

/// Longest data of a VHD's parent locator that are read.
///
/// The specification sets no bound below the 4 GiB that the field can hold. The longest path of Windows takes 64 KiB;
/// a longer one is no path. The user sees the locator as one that cannot be read, with this bound.
pub const MAX_VHD_LOCATOR_DATA: ByteLen = ByteLen::kib(64);

/// Longest log that is read.
///
/// The specification sets none below the 4 GiB that the field can hold. Real logs take 1 MiB, QEMU's up to a few; the
/// whole ring is kept in memory while it is followed. A longer one makes the log state `corrupt`, with the reason.
pub const MAX_LOG: ByteLen = ByteLen::mib(256);

/// How often, in lengths of the log, its bytes may be checked before the search for entries is given up.
///
/// Entries of an honest log do not overlap, so that each byte belongs to one. A made-up log could claim an entry as
/// long as the ring at every sector of it and make the search quadratic.
pub const MAX_LOG_PASSES: u64 = 4;

/// Longest file that a log may ask for.
///
/// A 64 TiB disk with all its bitmap blocks, BAT, log and metadata stays below. A log that wants the file extended
/// beyond it is not replayed.
pub const MAX_FILE: ByteLen = ByteLen(128 << 40);

/// Most threads that read files at once. More gain nothing, and each holds a buffer and a handle.
pub const MAX_JOBS: usize = 256;

/// Most files under inspection that stay open.
///
/// Systems let a process have 256 to 1,024 files open unless told otherwise, and a folder may hold a million. The file
/// that was opened first is closed for the next one, and opened again when it is read again.
pub const MAX_OPEN_FILES: usize = 128;

/// Most bytes of one structure that a hex dump shows.
///
/// The longest structures of fixed length take 64 KiB; BAT, log and sector bitmaps may take hundreds of MiB, which
/// nobody reads. The user sees how many bytes were left out.
pub const MAX_HEX_DUMP: ByteLen = ByteLen::kib(64);

/// Most bytes of a value that are shown as hexadecimal digits in one line: an item that this program does not know.
///
/// The user sees how long the value is.
pub const MAX_HEX_VALUE: ByteLen = ByteLen(32);

/// Most places of one kind that a pass over a file remembers; the rest is counted.
///
/// A BAT of 67 million entries can break one rule in each of them. The user sees the first places and the count.
pub const MAX_SAMPLES: usize = 16;

/// Most log entries that were refused and bear the GUID of the log to replay that are remembered.
///
/// Enough to find the one after the head, which tells of a torn write. A made-up log could hold one at every sector.
pub const MAX_REJECTED_ENTRIES: usize = 64;

/// Most ranges of the file that are remembered for each log entry to be replayed, neighbours joined.
///
/// Entries of real writers touch a few sectors of the BAT and of sector bitmaps. The ring may hold millions of
/// descriptors; those after the bound are applied by a replay and are not looked at by the checks.
pub const MAX_LOG_TARGETS: usize = 64;

/// Most bytes that are read of one file to tell whether space that nothing refers to holds data.
///
/// A stretch is read up to its first byte that is not zero. Only a large file whose unused space is all zero comes to
/// the bound; the finding then says how much was looked at.
pub const MAX_RESIDUE_PROBE: ByteLen = ByteLen::mib(1024);

/// Most candidates, and most copies, that one link names.
///
/// Thousands of disks made from one image share its virtual disk id; if the image is gone, each of them would name all
/// the others, and memory would grow with their square. What is left out is counted.
pub const MAX_CANDIDATES: usize = 16;

/// Most findings of one check in one file that are shown one by one; the rest is counted.
///
/// A damaged table can break one rule a million times, and the first places say all there is to say.
pub const MAX_FINDINGS_PER_CHECK: usize = 16;

/// Most object tables of a Hyper-V storage container that are followed.
///
/// A table of 4 KiB has 227 entries; 16,384 of them name the memory of a saved machine of more than 3 TiB. A made-up
/// file could chain tables of one entry. The user sees that the rest was left out.
pub const MAX_VM_OBJECT_TABLES: u64 = 16_384;

/// Most entries of one object table that are looked at.
///
/// A table takes one unit of alignment, at most 64 KiB, in files that hosts write: 3,640 entries. The count is a field
/// of 32 bits. The user sees the count and this bound.
pub const MAX_VM_OBJECT_ENTRIES: u32 = 65_536;

/// Most bytes of key tables that are read from one container.
///
/// Real configurations have tens of KiB. A saved machine has about 60 bytes for each MiB of its memory. The user sees
/// that the rest was left out.
pub const MAX_VM_KEY_BYTES: ByteLen = ByteLen::mib(64);

/// Most keys that are read from one configuration.
///
/// Real configurations have a few hundred, a saved machine one or two for each MiB of its memory; each key takes about
/// 150 bytes of memory here. The user sees that the rest was left out.
pub const MAX_VM_KEYS: usize = 524_288;

/// Deepest level of keys in a configuration.
///
/// Real ones have about ten. Trees are walked by functions that call themselves. The user sees that what is deeper was
/// left out.
pub const MAX_VM_DEPTH: usize = 64;

/// Longest text of a container that is kept when it does not lie among the keys but elsewhere in the file.
///
/// Notes may be long; nothing else is. The user sees the text as unreadable, with this bound.
pub const MAX_VM_TEXT: ByteLen = ByteLen::mib(1);

/// Most bytes of such texts of one container together: many keys may name the same bytes.
pub const MAX_VM_TEXTS: ByteLen = ByteLen::mib(8);

/// Most entries of a container's replay log that are looked at.
///
/// Real logs have room for 145. The user sees a log that has more to be replayed as one that cannot be.
pub const MAX_VM_LOG_ENTRIES: usize = 4096;

/// Most bytes of a container's replay log that are replayed, most that are looked through for former values, and most of
/// the tables that they are pieces of.
///
/// Entries may name the same bytes again and again. The user sees a log that has more to be replayed as one that cannot
/// be.
pub const MAX_VM_LOG_DATA: ByteLen = ByteLen::mib(32);

/// Most former values that the history of a container tells.
///
/// A log of a configuration holds a few tables of some fifty keys. The user sees that there are more.
pub const MAX_VM_FORMER_VALUES: usize = 1024;

/// Most keys that are compared to tell whether a container still holds a value of a former commit.
///
/// Names that real siblings share are few. A made-up file could hold half a million keys of one name. The user sees that
/// there are more former values.
pub const MAX_VM_HISTORY_STEPS: u64 = 1 << 22;

/// Most bytes of a container that are swept for key tables that no object table names.
///
/// Real configurations stay below 1 MiB; the file of a saved machine has its memory behind. What lies behind is not
/// looked at.
pub const MAX_VM_SWEEP: ByteLen = ByteLen::mib(4);

/// Longest configuration in XML that is read.
///
/// A machine with fifty checkpoints and many disks stays below 1 MiB. The user sees the length and this bound.
pub const MAX_VM_XML: ByteLen = ByteLen::mib(8);

/// Most attributes of one element of a configuration in XML.
///
/// Hyper-V gives an element one, `type`. The parser compares those of one element each with each: 80,000 of them, less
/// than a megabyte, took a minute. A document with more is read by the scanner that looks for single values.
pub const MAX_VM_XML_ATTRIBUTES: usize = 64;

/// Most declarations of name spaces in a configuration in XML.
///
/// Hyper-V writes none. The parser gives each element that has one a list of all that stand above it. A document with
/// more is read by the scanner that looks for single values.
pub const MAX_VM_XML_NAMESPACES: usize = 64;

/// How much of a file that is called .xml is looked through for the root of its document.
///
/// Comments may stand before it. A file whose root comes later is no configuration, unless its name is that of one.
pub const MAX_VM_XML_PROLOG: ByteLen = ByteLen::kib(64);

/// Most bytes that are read of a file that starts with zeros to tell whether all of it is zero.
///
/// Only a file that is zero up to here comes to the bound; the message then says how much was looked at.
pub const MAX_ZERO_PROBE: ByteLen = ByteLen::mib(64);

/// Most different problems that are kept of one configuration; those of one kind and structure are counted as one.
pub const MAX_VM_PROBLEMS: usize = 64;

/// Most present blocks of a VHD that are compared with each other for a common place.
///
/// A file of 2 TiB with blocks of 2 MiB has a million. A made-up block size of 512 bytes allows four thousand million;
/// those after the bound are counted and not compared. They take 8 bytes each.
pub const MAX_VHD_BLOCKS_COMPARED: usize = 8 << 20;

/// Most sector bitmaps of a VHD without parent that are looked at.
///
/// Each is a read of its own. The bound covers 128 GiB of blocks of 2 MiB; the finding says how many were looked at.
pub const MAX_VHD_BITMAPS: u64 = 65_536;

/// Most ranges of a file that nothing uses that are listed one by one.
///
/// A block may have a range for every second sector, and a file a million of them. The user sees how many ranges and
/// bytes are not listed; the sums hold all of them. They take 48 bytes each.
pub const MAX_RESIDUE_RANGES: usize = 1 << 20;

/// Most descriptors of a log of which its history tells, and most blocks that are named for them.
///
/// A log of real writers has 1 to 64 MiB, a sector of which is one descriptor or 128. The user sees how many
/// descriptors were left out.
pub const MAX_LOG_HISTORY_TOUCHES: usize = 1 << 16;

/// Most changed entries of the BAT and runs of bits that the history of a log tells.
///
/// A sector has 512 entries, or 32,768 bits. The user sees how many changes were left out.
pub const MAX_LOG_HISTORY_CHANGES: usize = 1 << 16;

/// Most ranges filled with zeros, and most former places of blocks, that the history of a log remembers.
///
/// Each sector is looked for in all of them. Past the bound the first image of a sector counts as the first that is
/// known of it, and a former block as unreferenced.
pub const MAX_LOG_REMEMBERED_RANGES: usize = 1024;

/// Most bytes of the name that a VHD set stores: twice the 255 units of the longest name of a file, and its NUL.
pub const MAX_VHD_SET_NAME: ByteLen = ByteLen(512);

/// Most files that one recorded path of a configuration may stand for when nothing decides between them, and most others
/// that are listed beside one that was found for it.
///
/// All files of the name count as needed, those after the bound as well; these alone are listed.
pub const MAX_ATTACHED_CANDIDATES: usize = 64;

/// Most bytes of one read when the content of a disk is to be recognised.
///
/// The longest is a partition table of [`MAX_GPT_ENTRIES`] entries of usual size.
pub const MAX_CONTENTS_READ: ByteLen = ByteLen::kib(256);

/// Most entries of a GUID partition table that are looked at.
///
/// Windows makes tables of 128. The count is a field of 32 bits. What is behind is not looked at, and the checksum of
/// the entries is then not compared.
pub const MAX_GPT_ENTRIES: u32 = 1024;

/// Most partitions of a disk that are looked into and shown; the rest is counted.
pub const MAX_PARTITIONS: u64 = 128;

/// Most files and folders that a walk left out whose places are kept.
///
/// They are kept so that a disk that was left out is not called missing. Beyond that nothing is called missing at all.
pub const MAX_LEFT_OUT: usize = 16_384;

/// Longest line of a bundle.
///
/// A line of a disk takes about 2 KiB, that of a configuration with 256 drives about 64 KiB; the longest is a host's list
/// with the path of every machine. The user sees the number of the line.
pub const MAX_BUNDLE_LINE: ByteLen = ByteLen::mib(16);

/// Most lines of a bundle: a file or a finding each.
///
/// The files of a whole data centre, and each takes some KiB of memory. The user sees the number of the line.
pub const MAX_BUNDLE_LINES: u64 = 4 << 20;

/// Most bytes of a bundle when it is unpacked.
///
/// A few bytes can unpack to a thousand times as many. A million disks take half of it. The user sees the number of the
/// line at which it is reached.
pub const MAX_BUNDLE: ByteLen = ByteLen::mib(4096);

/// Most pieces of a differencing disk's content whose hashes the history keeps in one run.
///
/// Each is one read of 4 KiB and some 100 bytes in the database. A merge is proved by one of them.
pub const MAX_HISTORY_SAMPLES: u64 = 16;

/// Most runs of a sixteenth of a disk that are looked at to find such pieces.
///
/// A disk whose blocks hold single sectors may have millions of runs, none long enough for a piece. The user sees that
/// the fate of such a disk is not proved.
pub const MAX_HISTORY_SAMPLE_STEPS: u64 = 256;

/// Most points of a time that are compared each with each to find how fast something grows.
///
/// Daily runs have 30 in a month, hourly ones 720, of which every sixth tells the same. Larger histories are thinned,
/// the first and the last point kept.
pub const MAX_HISTORY_POINTS: usize = 120;

/// Most bytes of bit planes and sector bitmaps of a chain that are kept, so that laying its files over one another in
/// another way reads nothing again.
///
/// Planes take two bits a block: 16 MiB for the largest disk in the smallest blocks. What does not fit is read again
/// for each way, in windows, with the same result.
pub const MAX_PLANES: ByteLen = ByteLen::mib(256);

/// Most blocks that files are laid over one another at a time: 8 KiB of each plane, so that those of a chain stay in the
/// second-level cache.
pub const MAX_PLANE_WINDOW: u64 = 65_536;

/// Most bytes of planes that a window takes; with thousands of files it has fewer blocks.
pub const MAX_PLANE_WINDOW_BYTES: ByteLen = ByteLen::mib(32);

/// Most files of a chain that is to be merged.
///
/// Microsoft's own reader follows 256 parents and no more; Hyper-V keeps 50 checkpoints of a machine. A plan for a
/// deeper chain fails on its condition 14.
pub const MAX_MERGE_DEPTH: usize = 256;

/// Longest plan file that is read back: room for a chain of the greatest depth with a thousand files that hang on it.
/// A longer one is refused.
pub const MAX_PLAN_FILE: ByteLen = ByteLen::mib(16);

/// Most stretches of a window of the disk, of all layers together, that the arithmetic of a merge holds at once.
///
/// A window is as long as the longest block of the chain. A block of 256 MiB in which every other sector is a layer's
/// own has half a million; these take 16 bytes each. The user sees that the merge could not be worked out.
pub const MAX_MERGE_SPANS: usize = 4 << 20;

/// Most pieces of free space, within one file, that the arithmetic of a merge tells apart.
///
/// They take 16 bytes each, and as many again while others are added. The user sees that the merge could not be worked
/// out.
pub const MAX_MERGE_HOLES: usize = 4 << 20;

/// Most pieces of space that one step of a merge gives up, neighbours joined, and as many more before they are joined.
///
/// A sparse file of 64 TiB can have 67 million blocks of which every other is given up; a piece takes up to 32 bytes. No
/// more than [`MAX_MERGE_HOLES`] pieces would be told apart afterwards either. The user sees that the merge could not be
/// worked out.
pub const MAX_MERGE_FREED: usize = 8 << 20;

/// Most files below one in its chain with which it is compared to tell what both have.
///
/// Hyper-V itself allows 50 checkpoints. The user sees the overlap with the nearest files only.
pub const MAX_OVERLAPS: usize = 64;
