//! What a signal number means to a user.

/// The signal's name and, where it helps, what usually sends it.
pub fn describe(signal: i32) -> String {
    let (name, why) = match signal {
        2 => ("SIGINT", "interrupted"),
        3 => ("SIGQUIT", ""),
        4 => ("SIGILL", "an instruction that this processor does not have"),
        6 => ("SIGABRT", "a library called abort"),
        7 => (
            "SIGBUS",
            "a bus error, often a truncated memory-mapped file",
        ),
        8 => ("SIGFPE", "an arithmetic error in native code"),
        9 => ("SIGKILL", "often the system, when memory runs out"),
        11 => ("SIGSEGV", "a segmentation fault in native code"),
        13 => ("SIGPIPE", ""),
        15 => ("SIGTERM", "asked to end"),
        24 => ("SIGXCPU", "the CPU time limit"),
        25 => ("SIGXFSZ", "the file size limit"),
        _ => return format!("signal {signal}"),
    };
    if why.is_empty() {
        name.to_owned()
    } else {
        format!("{name} ({why})")
    }
}
