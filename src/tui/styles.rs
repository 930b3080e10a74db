//! From roles of the theme to styles of ratatui. Without colours, modifiers carry what colours would.

use ratatui::style::{Color, Modifier, Style};

use crate::{
    app::{
        highlight::Token,
        output::{TermColour, TermStyle},
        status::StepState,
    },
    cards::{self, SpanStyle},
    config::{Colour, Role, Theme},
};

/// The styles of a theme.
#[derive(Debug, Clone)]
pub struct Styles {
    theme: Theme,
}

fn colour(colour: Colour) -> Option<Color> {
    match colour {
        Colour::Default => None,
        Colour::Indexed(index) => Some(Color::Indexed(index)),
        Colour::Rgb(r, g, b) => Some(Color::Rgb(r, g, b)),
    }
}

impl Styles {
    /// Styles of this theme.
    pub fn new(theme: Theme) -> Self {
        Self { theme }
    }

    /// The style of a role.
    pub fn of(&self, role: Role) -> Style {
        let chosen = colour(self.theme.colour(role));
        let style = match role {
            Role::Selection | Role::Match => match chosen {
                Some(background) => Style::new().bg(background),
                None => Style::new(),
            },
            _ => match chosen {
                Some(foreground) => Style::new().fg(foreground),
                None => Style::new(),
            },
        };
        let plain = !self.theme.coloured;
        match role {
            Role::Title | Role::Focus => style.add_modifier(Modifier::BOLD),
            Role::Selection if plain => style.add_modifier(Modifier::REVERSED),
            Role::Match if plain => style.add_modifier(Modifier::UNDERLINED),
            Role::Bad | Role::Warning | Role::Busy | Role::Keyword if plain => {
                style.add_modifier(Modifier::BOLD)
            }
            Role::Dim | Role::Border | Role::Comment if plain => style.add_modifier(Modifier::DIM),
            _ => style,
        }
    }

    /// The style of a step's state.
    pub fn state(&self, state: &StepState) -> Style {
        self.of(match state {
            StepState::NeverRun | StepState::NotTaken | StepState::Unknown(_) => Role::Dim,
            StepState::Fresh | StepState::Done => Role::Good,
            StepState::Stale(_) | StepState::Cancelled => Role::Warning,
            StepState::Queued | StepState::Running => Role::Busy,
            StepState::Failed => Role::Bad,
            StepState::Cloned => Role::Accent,
        })
    }

    /// The style of a class of source text.
    pub fn token(&self, token: Token) -> Style {
        match token {
            Token::Plain => self.of(Role::Text),
            Token::Keyword => self.of(Role::Keyword),
            Token::Literal => self.of(Role::Literal),
            Token::Comment => self.of(Role::Comment),
            Token::Definition => self.of(Role::Definition),
            Token::Decorator => self.of(Role::Decorator),
        }
    }

    /// The style of a stretch of output.
    pub fn term(&self, term: TermStyle) -> Style {
        let mut style = Style::new();
        if self.theme.coloured {
            if let Some(fg) = term_colour(term.fg) {
                style = style.fg(fg);
            }
            if let Some(bg) = term_colour(term.bg) {
                style = style.bg(bg);
            }
        }
        for (set, modifier) in [
            (term.bold, Modifier::BOLD),
            (term.dim, Modifier::DIM),
            (term.italic, Modifier::ITALIC),
            (term.underline, Modifier::UNDERLINED),
            (term.reverse, Modifier::REVERSED),
        ] {
            if set {
                style = style.add_modifier(modifier);
            }
        }
        style
    }

    /// The style of a stretch of a card.
    pub fn card(&self, card: SpanStyle) -> Style {
        let role = match card.role {
            cards::Role::Heading => Role::Title,
            cards::Role::Label if card.dim => Role::Dim,
            cards::Role::Label => Role::Definition,
            cards::Role::Success => Role::Good,
            cards::Role::Warning => Role::Warning,
            cards::Role::Error => Role::Bad,
            cards::Role::Bar => Role::Busy,
            cards::Role::Link => Role::Accent,
            cards::Role::Normal | cards::Role::Value if card.dim => Role::Dim,
            cards::Role::Normal | cards::Role::Value if card.heading > 0 => Role::Title,
            cards::Role::Normal | cards::Role::Value if card.code => Role::Literal,
            cards::Role::Normal | cards::Role::Value => Role::Text,
        };
        let mut style = self.of(role);
        for (set, modifier) in [
            (card.bold, Modifier::BOLD),
            (card.italic, Modifier::ITALIC),
            (card.underline, Modifier::UNDERLINED),
        ] {
            if set {
                style = style.add_modifier(modifier);
            }
        }
        style
    }
}

fn term_colour(colour: TermColour) -> Option<Color> {
    match colour {
        TermColour::Default => None,
        TermColour::Indexed(index) => Some(Color::Indexed(index)),
        TermColour::Rgb(r, g, b) => Some(Color::Rgb(r, g, b)),
    }
}
