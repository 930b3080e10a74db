//! The defaults as a commented TOML file, made from the same tables that the program uses.

use super::{commands::COMMANDS, settings::Settings, theme::Theme};

/// What `flowdev config` prints: every setting with its default and a line of explanation. Parsing it gives the defaults.
pub fn default_toml() -> String {
    const DOCS: &[(&str, &str)] = &[
        ("auto_spin", "Spin the changed step when a file is saved."),
        (
            "theme",
            "\"auto\" (by the terminal's background), \"light\" or \"dark\".",
        ),
        (
            "colour",
            "false, or the variable NO_COLOR: glyphs and bold only.",
        ),
        (
            "mouse",
            "Click and wheel; false leaves the mouse to the terminal.",
        ),
        (
            "editor",
            "Command for `e`; empty: $VISUAL, then $EDITOR, then vi.",
        ),
        (
            "python",
            "Python that runs flows; empty: the environment's own.",
        ),
        ("scrollback", "Lines of output kept per task."),
        ("max_rows", "Rows of a table read for the data pane."),
        (
            "hot_memory",
            "Megabytes of artifacts kept in memory for spins; \"auto\": a quarter of the machine's memory.",
        ),
        (
            "fork",
            "false: each task of a session gets a process of its own, also where a fork is safe.",
        ),
    ];
    let mut out = String::from(
        "# Settings of flowdev. Layers, later wins: defaults, this file in the user's config directory,\n\
         # .flowdev.toml beside the flow, variables (FLOWDEV_AUTO_SPIN, ...), flags.\n\n",
    );
    for (name, value, _) in Settings::default().rows() {
        let doc = DOCS.iter().find(|(other, _)| *other == name);
        let doc = doc.map_or("", |(_, doc)| doc);
        out.push_str(&format!("# {doc}\n{name} = {value}\n"));
    }
    out.push_str(
        "\n# Colours by role: \"default\", a name (\"bright-red\"), a number of the 256, or \"#rrggbb\".\n\
         [colours]\n",
    );
    for name in Theme::role_names() {
        out.push_str(&format!("# {name} = \"default\"\n"));
    }
    out.push_str(
        "\n# Keys by command; what is given here replaces all keys of the command.\n[keys]\n",
    );
    for spec in COMMANDS {
        let keys: Vec<String> = spec.keys.iter().map(|key| format!("{key:?}")).collect();
        let row = format!("{} = [{}]", spec.name, keys.join(", "));
        out.push_str(&format!("{row:<44} # {}\n", spec.doc));
    }
    out
}
