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
        let Some((cpu, gauges)) = seen() else {
            return Ok(());
        };
        let cpu = ConstCounter::new(cpu);
        let descriptor = encoder.encode_descriptor(
            "process_cpu_seconds",
            "User and system CPU time spent",
            None,
            cpu.metric_type(),
        )?;
        cpu.encode(descriptor)?;
        for (name, help, value) in gauges {
            let gauge = ConstGauge::new(value);
            let descriptor = encoder.encode_descriptor(name, help, None, gauge.metric_type())?;
            gauge.encode(descriptor)?;
        }
        Ok(())
    }
}

/// Name, help text and value of a gauge.
type Seen = (&'static str, &'static str, f64);

/// The CPU time in seconds, and the gauges.
fn seen() -> Option<(f64, [Seen; 5])> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in brackets and may contain spaces; the numbered fields follow it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
    let number = |file: &str, name| number_after(&fs::read_to_string(file).ok()?, name);
    let resident = number("/proc/self/status", "VmRSS:")? * 1024.0;
    let started = number("/proc/stat", "btime")? + field(22)? / TICKS;
    let open = u32::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok()?;
    let most = number("/proc/self/limits", "Max open files")?;
    let gauges = [
        ("process_resident_memory_bytes", "Resident memory", resident),
        (
            "process_start_time_seconds",
            "When it started, in seconds since 1970",
            started,
        ),
        ("process_threads", "Threads", field(20)?),
        ("process_open_fds", "Open file descriptors", open.into()),
        ("process_max_fds", "File descriptors that may be open", most),
    ];
    Some(((field(14)? + field(15)?) / TICKS, gauges))
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
        let (cpu, gauges) = seen().unwrap();
        let [resident, started, threads, open, most] = gauges.map(|(_, _, value)| value);
        assert!(resident > 1e6, "{resident}");
        assert!(threads >= 1.0 && open >= 3.0);
        assert!(most >= open);
        // After 2020, and not further in the future than the clock's resolution.
        let kept = fs::metadata("/proc/self").unwrap().modified().unwrap();
        let now = kept.elapsed().unwrap_or_default();
        let epoch = kept.duration_since(std::time::UNIX_EPOCH).unwrap() + now;
        assert!((1.6e9..epoch.as_secs_f64() + 2.0).contains(&started));
        assert!(cpu >= 0.0);
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
