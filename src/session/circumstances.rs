//! What a process has from whoever started it, beside its directory and its variables: limits, umask, niceness, groups,
//! processors, namespaces. A session can not have them in two ways, so it works only for commands that have the same.

use std::fmt::Write;

/// Those of this process, in one text to be compared. What a system does not tell is not compared.
pub fn own() -> String {
    let mut text = String::new();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let facts = [
        "Umask:",
        "Uid:",
        "Gid:",
        "Groups:",
        "CapEff:",
        "NoNewPrivs:",
        "Seccomp:",
        "Cpus_allowed:",
    ];
    for line in status.lines() {
        if facts.iter().any(|fact| line.starts_with(fact)) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text.push_str(&std::fs::read_to_string("/proc/self/limits").unwrap_or_default());
    for space in ["mnt", "net", "pid", "user"] {
        let link = std::fs::read_link(format!("/proc/self/ns/{space}"));
        if let Ok(link) = link {
            let _ = writeln!(text, "{}", link.display());
        }
    }
    if let Ok(nice) = rustix::process::getpriority_process(None) {
        let _ = writeln!(text, "nice {nice}");
    }
    text
}
