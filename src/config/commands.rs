//! Every command a key, the palette or the footer can name: one table, so that hints cannot drift from behaviour.

/// Where a key means a command. A narrower context wins over a wider one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// Everywhere but in text fields.
    Global,
    /// Flow graph.
    Graph,
    /// Runs and spins.
    Runs,
    /// Source, read-only.
    Source,
    /// Output of a task.
    Output,
    /// Artifacts, data and card.
    Right,
    /// The editor inside the source pane: keys that are not commands are typed.
    Editor,
    /// A popup is open.
    Popup,
}

/// What the user can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    Spin,
    SpinInputs,
    SpinDescendants,
    Run,
    Resume,
    ToggleAuto,
    Cancel,
    PickInputs,
    Edit,
    EditExternal,
    Save,
    LeaveEditor,
    NextPane,
    PreviousPane,
    FocusGraph,
    FocusRuns,
    FocusSource,
    FocusOutput,
    FocusArtifacts,
    FocusData,
    FocusCard,
    NextTab,
    PreviousTab,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Open,
    Back,
    Search,
    NextMatch,
    PreviousMatch,
    NextTask,
    PreviousTask,
    Follow,
    Zoom,
    Copy,
    Timings,
    Palette,
    Help,
    Reload,
    Redraw,
    Suspend,
    Interrupt,
    Quit,
}

/// One command as every face of it needs it.
#[derive(Debug, Clone, Copy)]
pub struct CommandSpec {
    pub command: Command,
    /// Name in settings and in the palette.
    pub name: &'static str,
    /// One line for help.
    pub doc: &'static str,
    /// Default keys, as [`super::Key`] parses them.
    pub keys: &'static [&'static str],
    pub context: Context,
    /// Word in the footer, for commands that stand there; the order of the table is the order in the footer.
    pub hint: Option<&'static str>,
}

impl Command {
    /// The command's row of the table.
    pub fn spec(self) -> Option<&'static CommandSpec> {
        COMMANDS.iter().find(|spec| spec.command == self)
    }

    /// The command with that name.
    pub fn from_name(name: &str) -> Option<Command> {
        let spec = COMMANDS.iter().find(|spec| spec.name == name)?;
        Some(spec.command)
    }
}

const fn row(
    command: Command,
    name: &'static str,
    context: Context,
    keys: &'static [&'static str],
    hint: Option<&'static str>,
    doc: &'static str,
) -> CommandSpec {
    CommandSpec {
        command,
        name,
        doc,
        keys,
        context,
        hint,
    }
}

/// All commands.
#[rustfmt::skip]
pub static COMMANDS: &[CommandSpec] = {
    use Command as C;
    use Context::{Editor, Global, Output, Popup, Source};
    &[
        row(C::Spin, "spin", Global, &["s"], Some("spin"), "run the selected step again on its stored inputs"),
        row(C::SpinInputs, "spin-inputs", Global, &["u"], Some("inputs first"), "spin what is stale before the selected step, then that"),
        row(C::SpinDescendants, "spin-descendants", Global, &["S"], Some("spin on"), "spin the selected step, then what is stale after it"),
        row(C::Run, "run", Global, &["r"], Some("run"), "run the whole flow"),
        row(C::Resume, "resume", Global, &["R"], Some("resume"), "resume the run in view, else the latest, from the selected step"),
        row(C::ToggleAuto, "auto-spin", Global, &["a"], Some("auto"), "turn spinning on save on or off"),
        row(C::Cancel, "cancel", Global, &["x"], Some("cancel"), "stop the newest job; again: kill it"),
        row(C::Save, "save", Editor, &["ctrl-s"], Some("save"), "write the file"),
        row(C::LeaveEditor, "leave-editor", Editor, &["esc"], Some("leave"), "leave the editor"),
        row(C::Edit, "edit", Source, &["i", "enter"], Some("edit"), "edit the file in the source pane"),
        row(C::PickInputs, "inputs", Global, &["i"], Some("inputs"), "pick the run, task or split whose artifacts feed the spin"),
        row(C::EditExternal, "edit-external", Global, &["e"], Some("$EDITOR"), "open $VISUAL or $EDITOR at the line"),
        row(C::NextPane, "next-pane", Global, &["tab"], Some("next pane"), "go to the next pane"),
        row(C::PreviousPane, "previous-pane", Global, &["shift-tab"], None, "go to the previous pane"),
        row(C::FocusGraph, "pane-flow", Global, &["1"], None, "go to the flow graph"),
        row(C::FocusRuns, "pane-runs", Global, &["2"], None, "go to runs and spins"),
        row(C::FocusSource, "pane-source", Global, &["3"], None, "go to the source"),
        row(C::FocusOutput, "pane-output", Global, &["4"], None, "go to the output"),
        row(C::FocusArtifacts, "pane-artifacts", Global, &["5"], None, "go to the artifacts"),
        row(C::FocusData, "pane-data", Global, &["6"], None, "go to the data grid"),
        row(C::FocusCard, "pane-card", Global, &["7"], None, "go to the card"),
        row(C::NextTab, "next-tab", Context::Right, &["]"], Some("tab"), "next of artifacts, data, card"),
        row(C::PreviousTab, "previous-tab", Context::Right, &["["], None, "previous of artifacts, data, card"),
        row(C::NextTask, "next-task", Output, &["]"], Some("task"), "output of the step's next task"),
        row(C::PreviousTask, "previous-task", Output, &["["], None, "output of the step's previous task"),
        row(C::Follow, "follow", Output, &["F"], None, "follow the output as it grows"),
        row(C::Up, "up", Global, &["k", "up"], None, "one up"),
        row(C::Down, "down", Global, &["j", "down"], None, "one down"),
        row(C::Left, "left", Global, &["h", "left"], None, "left, or close"),
        row(C::Right, "right", Global, &["l", "right"], None, "right, or open"),
        row(C::PageUp, "page-up", Global, &["pageup", "ctrl-b", "ctrl-u"], None, "one page up"),
        row(C::PageDown, "page-down", Global, &["pagedown", "ctrl-f", "ctrl-d"], None, "one page down"),
        row(C::Top, "top", Global, &["g", "home"], None, "to the first line"),
        row(C::Bottom, "bottom", Global, &["G", "end"], None, "to the last line"),
        row(C::Open, "open", Global, &["enter"], Some("open"), "open what is under the cursor"),
        row(C::Back, "back", Global, &["esc"], None, "back: close, unzoom, leave the search"),
        row(C::Search, "search", Global, &["/"], Some("search"), "search in the pane"),
        row(C::NextMatch, "next-match", Global, &["n"], None, "next match of the search"),
        row(C::PreviousMatch, "previous-match", Global, &["N"], None, "previous match of the search"),
        row(C::Zoom, "zoom", Global, &["z"], Some("zoom"), "give the pane the whole screen, or give it back"),
        row(C::Copy, "copy", Global, &["y"], Some("copy"), "copy what is under the cursor to the clipboard"),
        row(C::Timings, "timings", Global, &["t"], None, "where the time of the last spin went"),
        row(C::Palette, "palette", Global, &[":", "ctrl-p"], Some("commands"), "find a command by name"),
        row(C::Reload, "reload", Global, &["ctrl-r"], None, "read the flow and the runs again"),
        row(C::Redraw, "redraw", Global, &["ctrl-l"], None, "draw the whole screen again"),
        row(C::Suspend, "suspend", Global, &["ctrl-z"], None, "go back to the shell (fg returns)"),
        row(C::Interrupt, "interrupt", Global, &["ctrl-c"], None, "stop the running job (asks first), quit when idle"),
        row(C::Quit, "quit", Global, &["q"], Some("quit"), "quit (asks while something runs)"),
        row(C::Help, "help", Global, &["?", "f1"], Some("help"), "show the keys of the pane in focus"),
        row(C::Open, "popup-accept", Popup, &["enter"], Some("choose"), "take the marked entry"),
        row(C::Back, "popup-close", Popup, &["esc"], Some("close"), "close without choosing"),
    ]
};
