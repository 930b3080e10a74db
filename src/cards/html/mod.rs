//! A card as one HTML page: no request leaves it, no text of the card is run.
//!
//! Every component is rendered to static HTML here; the only program in the page updates a card while its task runs.

mod chart;
mod component;
mod dag;
mod markdown;

#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::card::Card;

const STYLE: &str = include_str!("style.css");
const LIVE: &str = include_str!("live.js");

/// What a page says besides the card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HtmlOptions {
    /// The state of the card that the page shows; readers of a running task reload when theirs differs. `final` once the
    /// task is done, `never` for cards that do not change.
    pub reload_token: String,
    /// A UUID: under which the data is kept, and which the page's policy allows to run. New for each page.
    pub data_id: String,
}

/// The page of a card.
///
/// Readers of Metaflow's pages find the same variables here: `METAFLOW_RELOAD_TOKEN`, `mfCardDataId` and
/// `window.__MF_DATA__` with the card's JSON in base64.
pub(super) fn page(card: &Card, options: &HtmlOptions) -> String {
    let title = escape(card.pathspec().unwrap_or("Card"));
    let data = STANDARD.encode(card.to_json().to_string());
    let id = identifier(&options.data_id);
    let token = identifier(&options.reload_token);
    let is_live = !matches!(options.reload_token.as_str(), "final" | "never");
    let live = if is_live {
        LIVE
    } else {
        "window.metaflow_card_update = undefined;\n"
    };
    let body = component::all(&card.components);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none'; form-action 'none'; \
         img-src data:; style-src 'unsafe-inline'; script-src 'nonce-{id}'; connect-src 'self'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <main class=\"card_app\">\n{body}</main>\n\
         <script nonce=\"{id}\">\nvar METAFLOW_RELOAD_TOKEN = \"{token}\"\nvar mfCardDataId = \"{id}\";\n\
         window.__MF_DATA__ = window.__MF_DATA__ || {{}};\n\
         window.__MF_DATA__[\"{id}\"] = \"{data}\"\n</script>\n\
         <script nonce=\"{id}\">\n{live}</script>\n</body>\n</html>\n"
    )
}

/// Where a page of a Python class wants the HTML of the components that it brings as data.
const PLACE: &str = "<main class=\"card_app\" data-from=\"python\"></main>";

/// Completes a page of a Python class: components are rendered here alone. Other pages stay as they are.
#[must_use]
pub fn fill_page(page: &str) -> String {
    let Some((before, after)) = page.split_once(PLACE) else {
        return page.to_owned();
    };
    let Ok(card) = Card::parse_html(page) else {
        return page.to_owned();
    };
    let live = if after.contains("metaflow_card_update = undefined") {
        String::new()
    } else {
        format!("<script>\n{LIVE}</script>\n")
    };
    let body = component::all(&card.components);
    format!(
        "{before}<style>\n{STYLE}</style>\n<main class=\"card_app\">\n{body}</main>{after}{live}"
    )
}

/// A token without the characters that could end the text it is put in.
fn identifier(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        .collect()
}

/// Text for element content and quoted attributes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
