//! Themes: a colour for each role on the screen. Drawing asks for roles, never for colours.

use std::{collections::BTreeMap, str::FromStr};

/// A colour as settings write it: `default`, a name, a number of the 256 or `#rrggbb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// What the terminal uses by itself.
    Default,
    /// One of the terminal's 256; 0 to 15 follow the user's own palette.
    Indexed(u8),
    Rgb(u8, u8, u8),
}

const NAMED: &[(&str, u8)] = &[
    ("black", 0),
    ("red", 1),
    ("green", 2),
    ("yellow", 3),
    ("blue", 4),
    ("magenta", 5),
    ("cyan", 6),
    ("white", 7),
    ("grey", 8),
    ("gray", 8),
    ("bright-red", 9),
    ("bright-green", 10),
    ("bright-yellow", 11),
    ("bright-blue", 12),
    ("bright-magenta", 13),
    ("bright-cyan", 14),
    ("bright-white", 15),
];

impl FromStr for Colour {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is no colour (examples: default, red, 208, #1e90ff)");
        if text == "default" {
            return Ok(Self::Default);
        }
        if let Some((_, index)) = NAMED.iter().find(|(name, _)| *name == text) {
            return Ok(Self::Indexed(*index));
        }
        if let Some(hex) = text.strip_prefix('#') {
            let value = u32::from_str_radix(hex, 16).map_err(|_| wrong())?;
            if hex.len() != 6 {
                return Err(wrong());
            }
            let [_, r, g, b] = value.to_be_bytes();
            return Ok(Self::Rgb(r, g, b));
        }
        text.parse().map(Self::Indexed).map_err(|_| wrong())
    }
}

/// What a piece of the screen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    Text,
    Dim,
    Border,
    Focus,
    Title,
    Selection,
    Good,
    Bad,
    Warning,
    Busy,
    Accent,
    Match,
    Keyword,
    Literal,
    Comment,
    Definition,
    Decorator,
}

/// Name, role, colour in the dark theme, colour in the light theme.
#[rustfmt::skip]
const ROLES: &[(&str, Role, Colour, Colour)] = {
    use Colour::{Default, Indexed};
    &[
        ("text", Role::Text, Default, Default),
        ("dim", Role::Dim, Indexed(8), Indexed(243)),
        ("border", Role::Border, Indexed(8), Indexed(247)),
        ("focus", Role::Focus, Indexed(14), Indexed(25)),
        ("title", Role::Title, Indexed(15), Indexed(0)),
        ("selection", Role::Selection, Indexed(237), Indexed(254)),
        ("good", Role::Good, Indexed(10), Indexed(28)),
        ("bad", Role::Bad, Indexed(9), Indexed(160)),
        ("warning", Role::Warning, Indexed(11), Indexed(130)),
        ("busy", Role::Busy, Indexed(12), Indexed(26)),
        ("accent", Role::Accent, Indexed(13), Indexed(91)),
        ("match", Role::Match, Indexed(58), Indexed(229)),
        ("keyword", Role::Keyword, Indexed(13), Indexed(91)),
        ("literal", Role::Literal, Indexed(10), Indexed(28)),
        ("comment", Role::Comment, Indexed(8), Indexed(243)),
        ("definition", Role::Definition, Indexed(12), Indexed(26)),
        ("decorator", Role::Decorator, Indexed(11), Indexed(130)),
    ]
};

/// A colour for each role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// False with `NO_COLOR`: modifiers and glyphs alone carry the meaning.
    pub coloured: bool,
    pub light: bool,
    colours: Vec<Colour>,
}

impl Default for Theme {
    fn default() -> Self {
        Self::new(false)
    }
}

impl Theme {
    /// The light or the dark theme.
    pub fn new(light: bool) -> Self {
        Self {
            coloured: true,
            light,
            colours: ROLES
                .iter()
                .map(|(_, _, dark, bright)| if light { *bright } else { *dark })
                .collect(),
        }
    }

    /// Replaces colours by role name; returns what could not be understood, with the reason.
    pub fn patch(&mut self, colours: &BTreeMap<String, String>) -> Vec<(String, String)> {
        let mut wrong = Vec::new();
        for (name, text) in colours {
            let slot = ROLES
                .iter()
                .position(|(role, ..)| role == name)
                .and_then(|index| self.colours.get_mut(index));
            match (slot, text.parse::<Colour>()) {
                (Some(slot), Ok(colour)) => *slot = colour,
                (None, _) => wrong.push((name.clone(), "is no role of the theme".to_owned())),
                (_, Err(message)) => wrong.push((name.clone(), message)),
            }
        }
        wrong
    }

    /// The colour of a role; `Default` without colours.
    pub fn colour(&self, role: Role) -> Colour {
        if !self.coloured {
            return Colour::Default;
        }
        ROLES
            .iter()
            .position(|(_, other, ..)| *other == role)
            .and_then(|index| self.colours.get(index))
            .copied()
            .unwrap_or(Colour::Default)
    }

    /// Names of all roles, in the order of the table.
    pub fn role_names() -> impl Iterator<Item = &'static str> {
        ROLES.iter().map(|(name, ..)| *name)
    }
}
