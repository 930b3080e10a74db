//! How much memory artifacts may take that are held for spins.

/// Where the machine does not say what it has.
const OTHERWISE: u64 = 2 << 30;

/// A quarter of the machine's memory, in bytes.
pub(super) fn default_budget() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    total(&text).map_or(OTHERWISE, |total| total / 4)
}

/// Of the line `MemTotal:       16384000 kB`.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_total_is_read() {
        let text = "MemTotal:       24612000 kB\nMemFree:        1000 kB\n";
        assert_eq!(super::total(text), Some(24_612_000 * 1024));
        assert_eq!(super::total(""), None);
    }
}
