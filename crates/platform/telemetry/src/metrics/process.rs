//! Process metrics from the operating system, under the names that all Prometheus clients use. Read from `/proc` at scrape time. Without
//! `/proc`, none are exposed.

use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Clock ticks per second in Linux's `/proc` interface (`USER_HZ`). The value is part of that interface and the same on every machine.
const TICKS: f64 = 100.0;

/// Collects the process metrics.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let Some(seen) = Seen::now() else {
            return Ok(());
        };
        let cpu = ConstCounter::new(seen.cpu_seconds);
        let descriptor = encoder.encode_descriptor(
            "process_cpu_seconds",
            "User and system CPU time spent",
            None,
            cpu.metric_type(),
        )?;
        cpu.encode(descriptor)?;
        for (name, help, value) in [
            (
                "process_resident_memory_bytes",
                "Resident memory",
                seen.resident_bytes,
            ),
            (
                "process_start_time_seconds",
                "When it started, in seconds since 1970",
                seen.started_at,
            ),
            ("process_threads", "Threads", seen.threads),
            ("process_open_fds", "Open file descriptors", seen.open_files),
            (
                "process_max_fds",
                "File descriptors that may be open",
                seen.max_files,
            ),
        ] {
            let gauge = ConstGauge::new(value);
            let descriptor = encoder.encode_descriptor(name, help, None, gauge.metric_type())?;
            gauge.encode(descriptor)?;
        }
        Ok(())
    }
}

struct Seen {
    cpu_seconds: f64,
    resident_bytes: f64,
    started_at: f64,
    threads: f64,
    open_files: f64,
    max_files: f64,
}

impl Seen {
    fn now() -> Option<Self> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        // The second field is the program's name in brackets and may contain spaces; the numbered fields follow it.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let boot = fs::read_to_string("/proc/stat").ok()?;
        let limits = fs::read_to_string("/proc/self/limits").ok()?;
        let open = fs::read_dir("/proc/self/fd").ok()?.count();
        Some(Self {
            cpu_seconds: (field(14)? + field(15)?) / TICKS,
            resident_bytes: number_after(&status, "VmRSS:")? * 1024.0,
            started_at: number_after(&boot, "btime")? + field(22)? / TICKS,
            threads: field(20)?,
            open_files: f64::from(u32::try_from(open).ok()?),
            max_files: number_after(&limits, "Max open files")?,
        })
    }
}

/// The number after `name` at the beginning of a line.
fn number_after(text: &str, name: &str) -> Option<f64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_sees_itself() {
        let seen = Seen::now().unwrap();
        assert!(seen.resident_bytes > 1e6, "{}", seen.resident_bytes);
        assert!(seen.threads >= 1.0 && seen.open_files >= 3.0);
        assert!(seen.max_files >= seen.open_files);
        // After 2020, and not further in the future than the clock's resolution.
        let kept = fs::metadata("/proc/self").unwrap().modified().unwrap();
        let now = kept.elapsed().unwrap_or_default();
        let epoch = kept.duration_since(std::time::UNIX_EPOCH).unwrap() + now;
        assert!((1.6e9..epoch.as_secs_f64() + 2.0).contains(&seen.started_at));
        assert!(seen.cpu_seconds >= 0.0);
    }

    #[test]
    fn numbers_are_found_at_the_beginning_of_their_line() {
        let text =
            "Max cpu time   unlimited\nMax open files            1024                 4096\n";
        assert_eq!(number_after(text, "Max open files"), Some(1024.0));
        assert_eq!(number_after(text, "Max cpu time"), None);
        assert_eq!(number_after(text, "open files"), None);
    }
}
