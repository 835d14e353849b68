//! The volumes on which the named paths lie: how large, how full.

use std::path::{Path, PathBuf};

use crate::units::ByteLen;

use super::OriginNo;

/// A volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Where it comes from.
    pub origin: OriginNo,
    /// The system's number of the device, as text.
    pub id: String,
    /// Where it is mounted, where the system tells.
    pub mount_path: Option<PathBuf>,
    /// Kind of file system, as the system calls it.
    pub file_system: Option<String>,
    /// Bytes of the volume.
    pub total: ByteLen,
    /// Bytes that are free for whoever runs the program.
    pub free: ByteLen,
}

impl Volume {
    /// Used bytes in percent of the whole, rounded up, so that a volume that is nearly full never shows as emptier than
    /// it is. `None` for a volume of no size.
    pub fn used_percent(&self) -> Option<u64> {
        let used = self.total.saturating_sub(self.free).0;
        let percent = u128::from(used).saturating_mul(100).div_ceil(u128::from(self.total.0).max(1));
        if self.total.is_zero() { None } else { u64::try_from(percent).ok() }
    }

    /// The one of these volumes on which a file of a run lies: that which is mounted nearest above it.
    pub fn of<'a>(volumes: &'a [Self], origin: OriginNo, path: &Path) -> Option<&'a Self> {
        let path = crate::chain::absolute(path);
        let mount = |volume: &&Self| volume.mount_path.as_deref().is_some_and(|mount| path.starts_with(mount));
        let above = volumes.iter().filter(|volume| volume.origin == origin).filter(mount);
        above.max_by_key(|volume| volume.mount_path.as_deref().map(|mount| mount.as_os_str().len()))
    }
}

/// The volumes of the paths, each once, sorted by where they are mounted. Paths that cannot be asked are passed by.
pub fn volumes_of<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Vec<Volume> {
    let mounts = system::Mounts::read();
    let mut volumes: Vec<Volume> = Vec::new();
    for path in paths {
        if let Some(volume) = mounts.volume(path)
            && !volumes.iter().any(|known| known.id == volume.id)
        {
            volumes.push(volume);
        }
    }
    volumes.sort_by(|a, b| (&a.mount_path, &a.id).cmp(&(&b.mount_path, &b.id)));
    volumes
}

#[cfg(unix)]
mod system {
    use std::ffi::OsStr;
    use std::io::{BufRead, BufReader};
    use std::os::unix::ffi::OsStrExt;

    use super::{ByteLen, OriginNo, Path, PathBuf, Volume};

    /// Every mount that the system tells of. Empty where it does not.
    pub(super) struct Mounts(Vec<Mount>);

    struct Mount {
        device: String,
        path: PathBuf,
        file_system: String,
    }

    impl Mounts {
        pub(super) fn read() -> Self {
            let Ok(table) = std::fs::File::open("/proc/self/mountinfo") else { return Self(Vec::new()) };
            Self(BufReader::new(table).split(b'\n').map_while(Result::ok).filter_map(|line| mount(&line)).collect())
        }

        pub(super) fn volume(&self, path: &Path) -> Option<Volume> {
            let device = rustix::fs::stat(path).ok()?.st_dev;
            let id = format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device));
            let space = rustix::fs::statvfs(path).ok()?;
            // A device may be mounted in several places, and some file systems have devices that no mount names.
            let absolute = std::path::absolute(path).ok()?;
            let here = |mount: &&Mount| absolute.starts_with(&mount.path);
            let longest = |mount: &&Mount| mount.path.as_os_str().len();
            let of_device = || self.0.iter().filter(|mount| mount.device == id);
            let mount = of_device()
                .filter(here)
                .max_by_key(longest)
                .or_else(|| of_device().next())
                .or_else(|| self.0.iter().filter(here).max_by_key(longest));
            Some(Volume {
                origin: OriginNo::default(),
                id,
                mount_path: mount.map(|mount| mount.path.clone()),
                file_system: mount.map(|mount| mount.file_system.clone()),
                total: ByteLen(space.f_blocks.saturating_mul(space.f_frsize)),
                free: ByteLen(space.f_bavail.saturating_mul(space.f_frsize)),
            })
        }
    }

    /// One line of `mountinfo` (proc(5)): `36 35 98:0 /root /mount/point options optional… - type source options`.
    fn mount(line: &[u8]) -> Option<Mount> {
        let mut fields = line.split(|byte| *byte == b' ');
        let device = fields.nth(2)?;
        let path = fields.nth(1)?;
        let file_system = fields.skip_while(|field| *field != b"-").nth(1)?;
        Some(Mount {
            device: String::from_utf8_lossy(device).into_owned(),
            path: PathBuf::from(OsStr::from_bytes(&unescape(path))),
            file_system: String::from_utf8_lossy(file_system).into_owned(),
        })
    }

    /// Blanks, line ends and backslashes stand as a backslash with three octal digits.
    fn unescape(text: &[u8]) -> Vec<u8> {
        let mut plain = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some((&byte, after)) = rest.split_first() {
            let digits = after.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
            let code = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok());
            match (byte, code) {
                (b'\\', Some(code)) => {
                    plain.push(code);
                    rest = after.get(3..).unwrap_or_default();
                }
                _ => {
                    plain.push(byte);
                    rest = after;
                }
            }
        }
        plain
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_line_of_the_table_of_mounts() {
            let line = b"36 35 98:0 / /mnt/my\\040disks rw,noatime master:1 - ext3 /dev/root rw,errors=continue";
            let mount = mount(line).unwrap();
            assert_eq!((mount.device.as_str(), mount.file_system.as_str()), ("98:0", "ext3"));
            assert_eq!(mount.path, Path::new("/mnt/my disks"));
        }
    }
}

#[cfg(not(unix))]
mod system {
    use super::{Path, Volume};

    /// Nothing is known here without calls that the program does not make.
    pub(super) struct Mounts;

    impl Mounts {
        pub(super) fn read() -> Self {
            Self
        }

        pub(super) fn volume(&self, _path: &Path) -> Option<Volume> {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_lies_on_the_volume_that_is_mounted_nearest() {
        let volume = |mount: &str| Volume {
            origin: OriginNo(0),
            id: mount.to_owned(),
            mount_path: Some(PathBuf::from(mount)),
            file_system: None,
            total: ByteLen(2),
            free: ByteLen(1),
        };
        let volumes = [volume("/"), volume("/mnt/csv"), volume("/mnt/csv/1")];
        for (path, mount) in [("/mnt/csv/1/a.vhdx", "/mnt/csv/1"), ("/mnt/csv/10/a.vhdx", "/mnt/csv"), ("/a", "/")] {
            let found = Volume::of(&volumes, OriginNo(0), Path::new(path));
            assert_eq!(found.map(|volume| volume.id.as_str()), Some(mount), "{path}");
        }
        assert!(Volume::of(&volumes, OriginNo(1), Path::new("/a")).is_none());
    }

    #[test]
    fn percent_is_rounded_up() {
        let volume = |total, free| Volume {
            origin: OriginNo::default(),
            id: String::new(),
            mount_path: None,
            file_system: None,
            total: ByteLen(total),
            free: ByteLen(free),
        };
        assert_eq!(volume(1000, 1).used_percent(), Some(100));
        assert_eq!(volume(1000, 995).used_percent(), Some(1));
        assert_eq!(volume(1000, 1000).used_percent(), Some(0));
        assert_eq!(volume(0, 0).used_percent(), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_lies_on_one_volume_however_often_it_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let volumes = volumes_of([folder.path(), folder.path(), Path::new("/there is no such folder")]);
        assert_eq!(volumes.len(), 1);
        assert!(volumes[0].total >= volumes[0].free && !volumes[0].total.is_zero());
        assert!(volumes[0].mount_path.is_some() && volumes[0].file_system.is_some());
    }
}
