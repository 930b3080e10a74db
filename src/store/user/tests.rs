use super::user_name;

fn name(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<(String, String)> = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    user_name(&move |wanted| {
        let found = pairs.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.clone())
    })
}

#[test]
fn the_first_name_that_is_not_root_wins() {
    assert_eq!(name(&[("USER", "u"), ("METAFLOW_USER", "m")]), "m");
    assert_eq!(name(&[("USER", "root"), ("USERNAME", "n")]), "n");
    assert_eq!(name(&[("SUDO_USER", ""), ("USER", "u")]), "u");
}

#[test]
fn there_is_always_a_name() {
    assert!(!name(&[]).is_empty());
    assert!(!name(&[("USER", "root")]).is_empty());
}
