//! Which of the places counts.

use std::fs;

use super::Settings;

#[test]
fn a_variable_beats_the_project_which_beats_the_user() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("a/b");
    fs::create_dir_all(&deep).unwrap();
    fs::create_dir(dir.path().join(".metaflow")).unwrap();
    fs::create_dir(dir.path().join("home")).unwrap();
    let project = r#"{"METAFLOW_A": "project", "METAFLOW_B": "project", "METAFLOW_N": 5}"#;
    fs::write(dir.path().join(".metaflow/config.json"), project).unwrap();
    let user = r#"{"METAFLOW_B": "user", "METAFLOW_C": "user"}"#;
    fs::write(dir.path().join("home/config_work.json"), user).unwrap();
    let home = dir.path().join("home").display().to_string();
    let env = move |name: &str| match name {
        "METAFLOW_HOME" => Some(home.clone()),
        "METAFLOW_PROFILE" => Some("work".to_owned()),
        "METAFLOW_A" => Some("variable".to_owned()),
        _ => None,
    };
    let settings = Settings::of(&deep, &env);
    let found = ["A", "B", "C", "N", "D"].map(|name| settings.get(&format!("METAFLOW_{name}")));
    let found: Vec<Option<&str>> = found.iter().map(Option::as_deref).collect();
    let expected = [
        Some("variable"),
        Some("project"),
        Some("user"),
        Some("5"),
        None,
    ];
    assert_eq!(found, expected);
}
