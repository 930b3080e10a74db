//! Environment variables that the project asks for by name are part of what a step depends on.

use crate::support::events::parse;
use crate::support::{Sandbox, run};

const FLOW: &str = r#"
import os

from metaflow import FlowSpec, step

import settings


class RatesFlow(FlowSpec):
    @step
    def start(self):
        self.rate = settings.rate()
        self.next(self.show)

    @step
    def show(self):
        print("rate", self.rate, "in", os.environ.get("CURRENCY", "EUR"))
        self.next(self.end)

    @step
    def end(self):
        self.width = os.environ.get("COLUMNS")


if __name__ == "__main__":
    RatesFlow()
"#;

/// The steps that are not fresh with these variables, each with the sentence that says why.
fn stale(sandbox: &Sandbox, variables: &[(&str, &str)]) -> Vec<String> {
    let mut command = sandbox.flowdev(["status", "rates.py", "--json"]);
    command.envs(variables.iter().copied());
    let steps = parse(&run(command).expect_code(0).stdout);
    let stale = steps.iter().filter(|step| step["state"] != "fresh");
    stale
        .map(|step| format!("{}: {}", step["step"], step["sentence"]).replace('"', ""))
        .collect()
}

#[test]
fn a_step_is_stale_with_a_variable_that_it_asks_for() {
    let sandbox = Sandbox::new();
    sandbox.write("rates.py", FLOW);
    sandbox.write(
        "settings.py",
        "import os\n\n\ndef rate():\n    return int(os.environ[\"RATE\"])\n",
    );
    let with_rate = [("RATE", "3"), ("COLUMNS", "80")];
    let mut command = sandbox.flowdev(["run", "rates.py"]);
    command.envs(with_rate);
    run(command).expect_code(0);
    let none: [&str; 0] = [];
    assert_eq!(stale(&sandbox, &with_rate), none);
    assert_eq!(
        stale(
            &sandbox,
            &[("RATE", "3"), ("COLUMNS", "200"), ("OTHER", "1")]
        ),
        none
    );
    assert_eq!(
        stale(&sandbox, &[("RATE", "4"), ("CURRENCY", "USD")]),
        [
            "start: the environment variable RATE changed",
            "show: the environment variable CURRENCY changed",
            "end: downstream of show, which is stale because the environment variable CURRENCY changed",
        ]
    );
}
