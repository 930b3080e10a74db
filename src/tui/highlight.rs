//! Python source into classes of tokens, by syntect. Takes tens of milliseconds for a long file: never on the drawing thread.

use std::sync::{Arc, OnceLock};

use syntect::parsing::{ParseState, ScopeStack, SyntaxSet};

use crate::app::highlight::{Highlights, Token};

/// Lines longer than this are left plain: a regular expression per token on a minified line costs seconds.
const LONGEST_LINE: usize = 2000;

fn syntaxes() -> &'static SyntaxSet {
    static SET: OnceLock<SyntaxSet> = OnceLock::new();
    SET.get_or_init(SyntaxSet::load_defaults_newlines)
}

/// Classes of the whole text.
pub fn highlight(text: &Arc<str>) -> Highlights {
    let mut highlights = Highlights {
        text_len: text.len(),
        lines: Vec::new(),
    };
    let set = syntaxes();
    let Some(python) = set.find_syntax_by_extension("py") else {
        return highlights;
    };
    let mut parser = ParseState::new(python);
    let mut stack = ScopeStack::new();
    for line in text.split_inclusive('\n') {
        let mut pieces: Vec<(usize, Token)> = Vec::new();
        let operations = if line.len() > LONGEST_LINE {
            Vec::new()
        } else {
            parser.parse_line(line, set).unwrap_or_default()
        };
        let mut at = 0;
        for (offset, operation) in operations {
            push(&mut pieces, offset.saturating_sub(at), &stack);
            at = offset.max(at);
            if stack.apply(&operation).is_err() {
                // A broken stack would colour everything after it: start over.
                stack = ScopeStack::new();
            }
        }
        push(&mut pieces, line.len().saturating_sub(at), &stack);
        highlights.lines.push(pieces);
    }
    highlights
}

fn push(pieces: &mut Vec<(usize, Token)>, length: usize, stack: &ScopeStack) {
    if length == 0 {
        return;
    }
    let token = class(stack);
    match pieces.last_mut() {
        Some((total, last)) if *last == token => *total += length,
        _ => pieces.push((length, token)),
    }
}

/// The class of the innermost scope that has one.
fn class(stack: &ScopeStack) -> Token {
    for scope in stack.as_slice().iter().rev() {
        let name = scope.build_string();
        let is = |prefix: &str| name.starts_with(prefix);
        if is("comment") {
            return Token::Comment;
        } else if is("string") || is("constant") {
            return Token::Literal;
        } else if is("keyword.operator.logical") || is("keyword.control") || is("storage") {
            return Token::Keyword;
        } else if is("keyword.operator") || is("punctuation.separator") {
            return Token::Plain;
        } else if is("keyword") {
            return Token::Keyword;
        } else if is("entity.name") || is("support.function") || is("support.type") {
            return Token::Definition;
        } else if is("meta.annotation") || is("variable.annotation") {
            return Token::Decorator;
        }
    }
    Token::Plain
}
