use std::{collections::HashSet, fs};

use super::{settings::Origin, *};

fn env<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
    move |name| {
        let pair = pairs.iter().find(|(other, _)| *other == name)?;
        Some(pair.1.to_owned())
    }
}

#[test]
fn keys_read_back_as_they_are_written() {
    for text in [
        "s",
        "S",
        "ctrl-s",
        "alt-x",
        "shift-tab",
        "f5",
        "space",
        "enter",
        ":",
        "?",
        "-",
        "ctrl-minus",
    ] {
        let key: Key = text.parse().unwrap();
        assert_eq!(key.to_string(), text);
    }
    assert_eq!("shift-s".parse::<Key>().unwrap(), Key::char('S'));
    assert_eq!("Return".parse::<Key>().unwrap(), Key::plain(KeyCode::Enter));
    for text in ["", "ctrl-", "f99", "nokey"] {
        assert!(text.parse::<Key>().is_err(), "{text}");
    }
}

#[test]
fn the_command_table_is_complete_and_unambiguous() {
    let mut names = HashSet::new();
    let mut bound = HashSet::new();
    for spec in COMMANDS {
        assert!(!spec.doc.is_empty(), "{}", spec.name);
        assert!(names.insert(spec.name), "{} twice", spec.name);
        for key in spec.keys {
            let key: Key = key.parse().unwrap();
            assert!(
                bound.insert((spec.context, key)),
                "{key} twice: {}",
                spec.name
            );
        }
        assert!(spec.command.spec().is_some());
        assert_eq!(Command::from_name(spec.name), Some(spec.command));
    }
}

#[test]
fn a_narrow_context_wins_over_a_wide_one() {
    let map = KeyMap::default();
    let i = Key::char('i');
    assert_eq!(
        map.command(&[Context::Source, Context::Global], i),
        Some(Command::Edit)
    );
    assert_eq!(
        map.command(&[Context::Graph, Context::Global], i),
        Some(Command::PickInputs)
    );
    assert_eq!(map.command(&[Context::Popup], i), None);
}

#[test]
fn a_users_key_replaces_the_defaults_and_takes_the_key_from_others() {
    let overrides = [("spin".to_owned(), vec!["r".to_owned()])].into();
    let (map, warnings) = KeyMap::new(&overrides, "test");
    assert_eq!(warnings, []);
    let contexts = [Context::Global];
    assert_eq!(map.command(&contexts, Key::char('r')), Some(Command::Spin));
    assert_eq!(map.command(&contexts, Key::char('s')), None);
    let run = Command::Run.spec().unwrap();
    assert_eq!(map.keys(run), []);
}

#[test]
fn layers_override_each_other_and_keep_their_origin() {
    let dir = tempfile::tempdir().unwrap();
    let user = dir.path().join("config.toml");
    let project = dir.path().join(".flowdev.toml");
    fs::write(
        &user,
        "theme = \"light\"\nmouse = false\nscrollback = 5\nsurprise = 1\n[keys]\nspin = \"f5\"\nnothing = \"x\"\nrun = [\"nokey\"]\n[colours]\nbad = \"nocolour\"\ngood = \"#00ff00\"\n",
    )
    .unwrap();
    fs::write(&project, "scrollback = 7\nmouse = \"yes\"\n").unwrap();
    let variables = [
        ("FLOWDEV_SCROLLBACK", "9"),
        ("NO_COLOR", "1"),
        ("EDITOR", "ed"),
        ("VISUAL", "vi"),
    ];
    let lookup = env(&variables);
    let settings = load(&Sources {
        user: Some(user.clone()),
        project: Some(project.clone()),
        env: Some(&lookup),
        flags: vec![("auto_spin".to_owned(), "off".to_owned())],
    })
    .unwrap();

    assert_eq!(settings.theme.value, ThemeChoice::Light);
    assert_eq!(settings.theme.origin, Origin::User(user.clone()));
    assert_eq!(settings.scrollback.value, 9);
    assert_eq!(
        settings.scrollback.origin,
        Origin::Env("FLOWDEV_SCROLLBACK".to_owned())
    );
    assert!(
        !settings.mouse.value,
        "a wrong value leaves the lower layer's"
    );
    assert!(!settings.auto_spin.value);
    assert_eq!(settings.auto_spin.origin.to_string(), "--auto-spin");
    assert!(!settings.colour.value);
    assert_eq!(settings.editor.value.as_deref(), Some("vi"));
    assert_eq!(
        settings.theme().colour(Role::Good),
        Colour::Default,
        "no colours at all"
    );
    assert_eq!(
        settings
            .key_map()
            .command(&[Context::Global], "f5".parse().unwrap()),
        Some(Command::Spin)
    );
    let mut keys: Vec<_> = settings.warnings.iter().map(|w| w.key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            "colours.bad",
            "keys.nothing",
            "keys.run",
            "mouse",
            "surprise"
        ]
    );
}

#[test]
fn a_broken_file_is_an_error_and_a_missing_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    let sources = Sources {
        user: Some(path.clone()),
        ..Sources::default()
    };
    assert!(load(&sources).unwrap().auto_spin.value);
    fs::write(&path, "theme = ").unwrap();
    let message = load(&sources).unwrap_err().to_string();
    assert!(message.contains("config.toml"), "{message}");
}

#[test]
fn the_printed_defaults_are_the_defaults() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    fs::write(&path, default_toml()).unwrap();
    let settings = load(&Sources {
        user: Some(path),
        ..Sources::default()
    })
    .unwrap();
    assert_eq!(settings.warnings, []);
    let defaults = Settings::default();
    let values = |settings: &Settings| -> Vec<_> {
        settings
            .rows()
            .into_iter()
            .map(|(name, value, _)| (name, value))
            .collect()
    };
    assert_eq!(values(&settings), values(&defaults));
    for spec in COMMANDS {
        assert_eq!(
            settings.key_map().keys(spec),
            defaults.key_map().keys(spec),
            "{}",
            spec.name
        );
    }
}

#[test]
fn the_users_file_follows_the_variables() {
    let path = |pairs: &[(&str, &str)]| user_config_path(&env(pairs)).unwrap();
    assert_eq!(
        path(&[("HOME", "/h")]).to_str(),
        Some("/h/.config/flowdev/config.toml")
    );
    assert_eq!(
        path(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "/x")]).to_str(),
        Some("/x/flowdev/config.toml")
    );
    assert_eq!(
        path(&[("XDG_CONFIG_HOME", "/x"), ("FLOWDEV_CONFIG_DIR", "/f")]).to_str(),
        Some("/f/config.toml")
    );
}

#[test]
fn a_light_terminal_gets_the_light_theme() {
    let light = |value: &str| {
        let pairs = [("COLORFGBG", value)];
        let lookup = env(&pairs);
        let settings = load(&Sources {
            env: Some(&lookup),
            ..Sources::default()
        });
        settings.unwrap().theme().light
    };
    assert!(light("0;15"));
    assert!(!light("15;0"));
    assert!(!light("nonsense"));
}
