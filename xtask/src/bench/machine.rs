//! What a figure was measured on. Read from the places where Linux tells; elsewhere the answer is
//! "unknown", never a guess.

use std::fmt;
use std::fs;

#[derive(Debug)]
pub(super) struct Machine {
    processor: String,
    cores: usize,
    memory_gib: Option<u64>,
    /// Processes that ran or wanted to, mean of the last minute: other work makes figures low.
    load: Option<f64>,
}

impl Machine {
    pub(super) fn this() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        Self {
            processor: processor(&read("/proc/cpuinfo")),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gib: memory_gib(&read("/proc/meminfo")),
            load: load(&read("/proc/loadavg")),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.cores == 1 { "" } else { "s" };
        write!(f, "{}, {} core{plural}, ", self.processor, self.cores)?;
        match self.memory_gib {
            Some(gib) => write!(f, "{gib} GiB memory, ")?,
            None => write!(f, "memory unknown, ")?,
        }
        write!(f, "{} {}", std::env::consts::OS, std::env::consts::ARCH)?;
        match self.load {
            Some(load) => write!(f, ", load {load} before the first run"),
            None => Ok(()),
        }
    }
}

fn processor(cpuinfo: &str) -> String {
    let named = cpuinfo.lines().find_map(|line| line.strip_prefix("model name"));
    let model = named.and_then(|rest| rest.split_once(':')).map(|(_, model)| model.trim());
    model.unwrap_or("processor unknown").to_owned()
}

/// Rounded to the nearest GiB, since the kernel keeps a part for itself.
fn memory_gib(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some((kib + (1 << 19)) >> 20)
}

fn load(loadavg: &str) -> Option<f64> {
    loadavg.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_linux_tells() {
        let cpuinfo = "processor\t: 0\nmodel name\t: AMD EPYC: 9R14\nmodel name\t: other\n";
        assert_eq!(processor(cpuinfo), "AMD EPYC: 9R14");
        assert_eq!(memory_gib("MemTotal:       16297652 kB\nMemFree: 1 kB\n"), Some(16));
        assert_eq!(load("0.42 7.04 7.65 1/234 5678\n"), Some(0.42));
    }

    #[test]
    fn says_unknown_rather_than_guess() {
        let machine = Machine {
            processor: processor(""),
            cores: 1,
            memory_gib: memory_gib("MemTotal: many"),
            load: load(""),
        };
        let text = machine.to_string();
        assert!(text.starts_with("processor unknown, 1 core, memory unknown, "), "{text}");
        assert!(!text.contains("load"), "{text}");
    }
}
