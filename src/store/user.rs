//! Who is working.

use std::fs;

/// The user's name: the first of METAFLOW_USER, SUDO_USER, USERNAME and USER that is set and not `root`, as with Metaflow.
/// Where Metaflow gives up (containers that run as root), the name of the operating system's account serves.
pub fn user_name(env: &dyn Fn(&str) -> Option<String>) -> String {
    ["METAFLOW_USER", "SUDO_USER", "USERNAME", "USER"]
        .into_iter()
        .filter_map(env)
        .find(|name| !name.is_empty() && name != "root")
        .or_else(account)
        .or_else(|| env("LOGNAME").filter(|name| !name.is_empty()))
        .or_else(|| env("USER").filter(|name| !name.is_empty()))
        .unwrap_or_else(|| format!("uid{}", rustix::process::getuid().as_raw()))
}

/// The account's name in `/etc/passwd`.
fn account() -> Option<String> {
    let uid = rustix::process::getuid().as_raw().to_string();
    let table = fs::read_to_string("/etc/passwd").ok()?;
    table.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid && !name.is_empty()).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests;
