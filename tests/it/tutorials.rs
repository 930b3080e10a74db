//! The tutorials that come with Metaflow, unmodified, run by both engines: the Client sees the same in both runs.

use std::fs;
use std::path::Path;

use crate::support::{Sandbox, compare, oracle, require, run, venv};

/// The tutorials shuffle and choose at random. Python imports this at its start, in both engines alike, and chance is gone.
const NO_CHANCE: &str = "
import random
random.shuffle = lambda items: items.sort()
random.choice = lambda items: items[0]
random.randint = lambda low, high: low
";

/// Copies the tutorials here and returns whether that was possible.
fn tutorials() -> Option<Sandbox> {
    require(venv::venv())?;
    let sandbox = Sandbox::new();
    let package = venv::metaflow_package().join("tutorials");
    for episode in [
        "00-helloworld",
        "01-playlist",
        "02-statistics",
        "03-playlist-redux",
    ] {
        fs::create_dir_all(sandbox.path(episode)).expect("directory");
        for entry in fs::read_dir(package.join(episode))
            .expect("tutorials come with the package")
            .flatten()
        {
            if entry.path().is_file() {
                fs::copy(entry.path(), sandbox.path(episode).join(entry.file_name()))
                    .expect("copy");
            }
        }
    }
    sandbox.write("startup/sitecustomize.py", NO_CHANCE);
    Some(sandbox)
}

/// Runs a file with one engine and returns the run's id.
#[track_caller]
fn run_with(sandbox: &Sandbox, engine: &str, file: &str, arguments: &[&str]) -> String {
    let path = sandbox.path(file);
    let id_file = sandbox.path("id");
    let mut command = match engine {
        "flowdev" => sandbox.flowdev([Path::new("run"), &path]),
        _ => sandbox.metaflow(&path, ["--no-pylint", "run"]),
    };
    command
        .args(arguments)
        .arg("--run-id-file")
        .arg(&id_file)
        .args(["--tag", "tutorial"]);
    command.env("PYTHONPATH", sandbox.path("startup"));
    run(command).expect_code(0);
    oracle::run_id(&id_file)
}

#[track_caller]
fn expect_same(sandbox: &Sandbox, flow: &str, file: &str, arguments: &[&str]) {
    let runs = ["metaflow", "flowdev"]
        .map(|engine| (flow.to_owned(), run_with(sandbox, engine, file, arguments)));
    let seen = oracle::snapshots(sandbox, &runs);
    compare::expect_same(file, &seen[0], &seen[1]);
    assert_eq!(seen[1]["successful"], true);
    assert_eq!(seen[1]["user_tags"], serde_json::json!(["tutorial"]));
}

#[test]
fn episode_0_hello_world() {
    let Some(sandbox) = tutorials() else { return };
    expect_same(&sandbox, "HelloFlow", "00-helloworld/helloworld.py", &[]);
}

#[test]
fn episode_1_playlist() {
    let Some(sandbox) = tutorials() else { return };
    expect_same(&sandbox, "PlayListFlow", "01-playlist/playlist.py", &[]);
    expect_same(
        &sandbox,
        "PlayListFlow",
        "01-playlist/playlist.py",
        &["--genre", "Comedy", "--recommendations", "2"],
    );
}

#[test]
fn episode_2_statistics() {
    let Some(sandbox) = tutorials() else { return };
    expect_same(&sandbox, "MovieStatsFlow", "02-statistics/stats.py", &[]);
}

#[test]
fn episode_3_reads_the_statistics_that_flowdev_made() {
    let Some(sandbox) = tutorials() else { return };
    run_with(&sandbox, "flowdev", "02-statistics/stats.py", &[]);
    expect_same(
        &sandbox,
        "PlayListFlow",
        "03-playlist-redux/playlist.py",
        &[],
    );
    let playlists = oracle::client(
        &sandbox,
        "result = [len(r.data.playlist) for r in Flow('PlayListFlow')]",
    );
    assert!(
        playlists[0].as_u64().is_some_and(|count| count > 5),
        "{playlists}"
    );
}
