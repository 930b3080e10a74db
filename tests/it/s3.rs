//! `metaflow.S3` against a server that speaks S3: what our package does and what Metaflow's does, side by side.

use std::io::{BufRead, BufReader};
use std::process::Command;

use crate::support::process::Running;
use crate::support::{Sandbox, fixture, repository, require, run, venv};

/// A server with one bucket, `data`; it ends with this value.
struct Server {
    _running: Running,
    address: String,
}

impl Server {
    fn start() -> Result<Self, String> {
        let mut command = Command::new(venv::venv()?);
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]);
        let mut running = Running::start(command);
        let mut lines = BufReader::new(running.streams().1).lines();
        let started = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, address) = line.split_once("Running on ")?;
            Some(address.trim().to_owned())
        });
        // It logs every request; nobody else empties the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self {
            _running: running,
            address: started.ok_or("moto, a server that speaks S3, did not start")?,
        })
    }

    /// The environment in which a client finds it.
    fn environment(&self) -> [(&str, &str); 5] {
        [
            ("METAFLOW_S3_ENDPOINT_URL", &self.address),
            ("METAFLOW_DATATOOLS_S3ROOT", "s3://data/tools"),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
        ]
    }

    fn make_bucket(&self, sandbox: &Sandbox) {
        let mut command = sandbox.command(&venv::python());
        command.envs(self.environment()).args([
            "-c",
            "import boto3, os; boto3.client('s3', endpoint_url=os.environ['METAFLOW_S3_ENDPOINT_URL']).create_bucket(Bucket='data')",
        ]);
        run(command).expect_code(0);
    }
}

#[test]
fn the_client_does_what_metaflows_does() {
    let Some(server) = require(Server::start()) else {
        return;
    };
    let sandbox = Sandbox::new();
    server.make_bucket(&sandbox);
    let observe = |ours: bool| {
        let mut command = sandbox.command(&venv::python());
        command
            .envs(server.environment())
            .arg(fixture("s3_observations.py"))
            .arg(format!("s3://data/{ours}"));
        if ours {
            command.env("PYTHONPATH", repository().join("assets/python"));
            command.env("FLOWDEV_BIN", env!("CARGO_BIN_EXE_flowdev"));
        }
        run(command).expect_code(0).stdout
    };
    let theirs = observe(false);
    assert!(theirs.lines().count() > 60, "{theirs}");
    assert_eq!(observe(true), theirs);
}

#[test]
fn a_step_keeps_data_with_its_run() {
    let Some(server) = require(Server::start()) else {
        return;
    };
    let sandbox = Sandbox::new();
    server.make_bucket(&sandbox);
    sandbox.write(
        "stored.py",
        r#"from metaflow import S3, FlowSpec, step


class StoredFlow(FlowSpec):
    @step
    def start(self):
        with S3(run=self) as s3:
            self.url = s3.put("message", "from the start")
        self.next(self.end)

    @step
    def end(self):
        with S3(run=self) as s3:
            print("user:", s3.get("message").text, self.url.split("/")[3:5])


if __name__ == "__main__":
    StoredFlow()
"#,
    );
    let mut command = sandbox.flowdev(["run", "stored.py"]);
    command.envs(server.environment());
    run(command)
        .expect_code(0)
        .expect_text(&["user: from the start ['tools', 'StoredFlow']"]);
}

#[test]
fn a_run_of_metaflows_in_s3_looks_alike_to_both_clients() {
    let Some(server) = require(Server::start()) else {
        return;
    };
    let sandbox = Sandbox::new();
    server.make_bucket(&sandbox);
    sandbox.write("text.txt", "héllo");
    let python = |file: &str, ours: bool| {
        let mut command = sandbox.command(&venv::python());
        command
            .envs(server.environment())
            .env("METAFLOW_DATASTORE_SYSROOT_S3", "s3://data/flows")
            .env("METAFLOW_DEFAULT_DATASTORE", "s3")
            .env("METAFLOW_FEAT_ALWAYS_UPLOAD_CODE_PACKAGE", "1")
            .arg(fixture(file));
        if ours {
            command.env("PYTHONPATH", repository().join("assets/python"));
            command.env("FLOWDEV_BIN", env!("CARGO_BIN_EXE_flowdev"));
        }
        command
    };
    let mut command = python("s3_store/kept.py", false);
    command.arg("run");
    run(command).expect_code(0);
    let observe = |ours| run(python("s3_store/seen.py", ours)).expect_code(0).stdout;
    let theirs = observe(false);
    assert!(theirs.contains("run True 5 1000 héllo"), "{theirs}");
    assert_eq!(observe(true), theirs);
}
