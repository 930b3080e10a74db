//! The command palette: fuzzy search over names and explanations.

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};

use crate::config::{COMMANDS, CommandSpec, Context};

/// Commands that match, best first; all of them for an empty query. A name counts more than an explanation.
pub fn matches(query: &str) -> Vec<&'static CommandSpec> {
    let offered = COMMANDS
        .iter()
        .filter(|spec| !matches!(spec.context, Context::Popup | Context::Editor));
    if query.trim().is_empty() {
        return offered.collect();
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(query, CaseMatching::Ignore, Normalization::Smart);
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, &CommandSpec)> = offered
        .filter_map(|spec| {
            let name = pattern.score(Utf32Str::new(spec.name, &mut buffer), &mut matcher);
            let doc = pattern.score(Utf32Str::new(spec.doc, &mut buffer), &mut matcher);
            let score = name.map(|score| score * 2).max(doc)?;
            Some((score, spec))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, spec)| spec).collect()
}
