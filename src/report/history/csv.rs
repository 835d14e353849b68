//! `history show --format csv` (RFC 4180): one line for each volume, disk, machine and checkpoint disk.

use std::io::{self, Write};

use crate::analysis::history::outlook::{Growth, Outlook, WINDOWS};
use crate::analysis::history::overview::Overview;
use crate::report::csv::quoted;
use crate::units::ByteLen;

const HEADS: &str = "what,host,machine,path,file_size_bytes,virtual_size_bytes,free_bytes,merge_growth_bytes,\
    growth_1_day_bytes_per_day,growth_7_days_bytes_per_day,growth_30_days_bytes_per_day,volume_full_days,\
    virtual_size_reached_days,merge_last_day_days";

/// One line; what does not apply is empty.
#[derive(Default)]
struct Line<'a> {
    what: &'static str,
    host: Option<&'a str>,
    machine: Option<&'a str>,
    path: &'a str,
    file_size: Option<ByteLen>,
    virtual_size: Option<ByteLen>,
    free: Option<ByteLen>,
    merge_growth: Option<ByteLen>,
    growth: Growth,
    volume_full: Option<&'a Outlook>,
    virtual_size_reached: Option<&'a Outlook>,
    merge_last_day: Option<&'a Outlook>,
}

/// Writes the lines in the order of the report.
pub fn write_csv(overview: &Overview, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{HEADS}\r\n")?;
    for volume in &overview.volumes {
        let line = Line {
            what: "volume",
            host: volume.host.as_deref(),
            path: &volume.name,
            free: Some(volume.free),
            growth: volume.growth,
            volume_full: Some(&volume.full),
            ..Line::default()
        };
        line.write(out)?;
    }
    for disk in &overview.disks {
        let merge = disk.merge.as_ref();
        let line = Line {
            what: "disk",
            host: disk.host.as_deref(),
            machine: disk.machine.as_ref().map(|(name, _)| name.as_str()),
            path: disk.files.first().map_or("", |path| &path.text),
            file_size: disk.file_size,
            virtual_size: disk.virtual_size,
            free: merge.and_then(|merge| merge.free),
            merge_growth: merge.and_then(|merge| merge.growth_bytes),
            growth: disk.growth,
            volume_full: Some(&disk.volume_full),
            virtual_size_reached: Some(&disk.virtual_size_reached),
            merge_last_day: merge.map(|merge| &merge.last_day),
        };
        line.write(out)?;
    }
    for machine in &overview.machines {
        let line = Line {
            what: "machine",
            host: machine.host.as_deref(),
            machine: Some(machine.name.as_ref().unwrap_or(&machine.key)),
            file_size: Some(machine.file_size),
            growth: machine.growth,
            ..Line::default()
        };
        line.write(out)?;
    }
    for file in &overview.checkpoints {
        let line = Line {
            what: "checkpoint",
            host: file.host.as_deref(),
            machine: file.machine.as_deref(),
            path: &file.path.text,
            file_size: file.file_size,
            growth: file.growth,
            ..Line::default()
        };
        line.write(out)?;
    }
    Ok(())
}

impl Line<'_> {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut fields = vec![self.what.to_owned()];
        fields.extend([self.host.unwrap_or_default(), self.machine.unwrap_or_default(), self.path].map(quoted));
        let sizes = [self.file_size, self.virtual_size, self.free, self.merge_growth];
        fields.extend(sizes.map(|size| size.map(|size| size.0.to_string()).unwrap_or_default()));
        let slopes = WINDOWS.map(|days| self.growth.over(days));
        fields.extend(slopes.map(|slope| slope.map(|slope| slope.median.to_string()).unwrap_or_default()));
        let ends = [self.volume_full, self.virtual_size_reached, self.merge_last_day];
        fields.extend(ends.map(|end| end.and_then(Outlook::days).map(|days| days.to_string()).unwrap_or_default()));
        write!(out, "{}\r\n", fields.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::history::slope::Slope;

    #[test]
    fn a_shrinking_machine_with_a_comma_in_its_name() {
        let slope = Slope { median: -7, low: -9, high: -5, min: -9, max: -5, pairs: 3 };
        let growth = Growth { slopes: [None, Some(slope), None] };
        let line = Line {
            what: "machine",
            machine: Some("a,b"),
            growth,
            merge_last_day: Some(&Outlook::Reached),
            ..Line::default()
        };
        let mut out = Vec::new();
        line.write(&mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "machine,,\"a,b\",,,,,,,-7,,,,0\r\n");
    }
}
