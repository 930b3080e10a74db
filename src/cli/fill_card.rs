//! `flowdev fill-card`: completes a card's page for the Python side, which renders no components.

use std::io::Read;

use super::error::{CliError, ExitKind};
use super::out;
use crate::cards::fill_page;

/// Put the HTML of a card's components into its page, from standard input to standard output
#[derive(Debug, clap::Args)]
#[command(
    hide = true,
    after_help = "Example:
  flowdev fill-card < card.html"
)]
pub struct Args {}

pub fn main(_: &Args) -> Result<ExitKind, CliError> {
    let mut page = String::new();
    std::io::stdin().lock().read_to_string(&mut page)?;
    out::line(&fill_page(&page))?;
    Ok(ExitKind::Success)
}
