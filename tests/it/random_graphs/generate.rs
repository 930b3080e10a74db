//! From a seed to the source of a flow: nested sequences of linear steps, static branches, foreach, switches and loops.

use std::fmt::Write;

use super::body::Body;
use crate::support::random::Random;

/// A flow and how to run it.
pub struct Case {
    /// Name of the class, and of the file.
    pub name: String,
    pub source: String,
    /// Parameters on the command line.
    pub arguments: Vec<String>,
    /// One of its steps raises, uncaught.
    pub fails: bool,
}

/// The case of a seed.
pub fn case(seed: u64) -> Case {
    let mut flow = Generator {
        random: Random::new(seed),
        source: String::new(),
        steps: 0,
        budget: 0,
        fails: false,
    };
    flow.budget = flow.random.between(4, 9);
    let name = format!("Case{seed}");
    let mut source =
        format!("{HEADER}\n\nclass {name}(FlowSpec):\n    \"\"\"Seed {seed}.\"\"\"\n\n");
    let arguments = flow.parameters(&mut source);
    let may_fail = flow.random.chance(12);
    let blocks = flow.random.between(1, 3);
    flow.sequence(
        "start",
        "end",
        blocks,
        Place {
            depth: 0,
            may_fail,
            foreach: false,
        },
    );
    let body = Body::plain(&mut flow.random);
    flow.step("end", &[], body, None);
    source.push_str(&flow.source);
    let _ = write!(source, "\n\nif __name__ == \"__main__\":\n    {name}()\n");
    Case {
        name,
        source,
        arguments,
        fails: flow.fails,
    }
}

const HEADER: &str = r#"import collections
import datetime
import decimal
import fractions
import os
import pathlib
import sys
import uuid

from metaflow import FlowSpec, JSONType, Parameter, catch, current, environment, resources, retry, step, timeout"#;

/// Where in the graph a block is.
#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    /// An uncaught exception may be put here: only where no other task runs at the same time, or the store of the failed run
    /// would depend on the moment.
    may_fail: bool,
    /// Within a foreach.
    foreach: bool,
}

struct Generator {
    random: Random,
    source: String,
    steps: usize,
    /// Steps that may still be made.
    budget: usize,
    fails: bool,
}

/// How a step goes on, apart from the plain `self.next(self.x)`.
enum Next {
    To(Vec<String>),
    Foreach(String, &'static str),
    Switch(Vec<(&'static str, String)>, &'static str),
}

impl Generator {
    fn fresh(&mut self) -> String {
        self.steps += 1;
        self.budget = self.budget.saturating_sub(1);
        format!("s{}", self.steps)
    }

    fn parameters(&mut self, source: &mut String) -> Vec<String> {
        let mut arguments = Vec::new();
        let kinds: &[(&str, &str, &str)] = &[
            ("alpha", "default=3", "7"),
            ("rate", "default=0.5", "1e-3"),
            ("word", "default='word', help='a word'", "ünï code"),
            ("flag", "default=False", "true"),
            ("absent", "type=int", "12"),
            (
                "doc",
                "type=JSONType, default='{\"a\": [1, 2]}'",
                "[1, {\"b\": null}]",
            ),
            ("many", "default='a,b', separator=','", "x,y,z"),
        ];
        for (name, options, value) in kinds {
            if self.random.chance(25) {
                let _ = writeln!(source, "    {name} = Parameter(\"{name}\", {options})");
                if self.random.chance(50) {
                    arguments.extend([format!("--{name}"), (*value).to_owned()]);
                }
            }
        }
        if self.random.chance(25) {
            let _ = writeln!(source, "    my_rate = Parameter(\"my-rate\", default=2)");
            if self.random.chance(50) {
                arguments.extend(["--my-rate".to_owned(), "5".to_owned()]);
            }
        }
        if self.random.chance(40) {
            let _ = writeln!(source, "    CONSTANT = [1, {{'two': 3}}]");
        }
        source.push('\n');
        arguments
    }

    /// Blocks one after the other, from the step `entry` to the step `exit`, which is not part of them.
    fn sequence(&mut self, entry: &str, exit: &str, blocks: usize, place: Place) {
        let mut entry = entry.to_owned();
        for left in (0..blocks).rev() {
            let after = if left == 0 {
                exit.to_owned()
            } else {
                self.fresh()
            };
            self.block(&entry, &after, place);
            entry = after;
        }
    }

    fn block(&mut self, entry: &str, exit: &str, place: Place) {
        let choice = self.random.between(0, 99);
        match (self.budget, place.depth) {
            (4.., 0..2) if choice < 25 => self.branches(entry, exit, place),
            (3.., 0..3) if choice < 60 => self.foreach(entry, exit, place),
            (4.., _) if choice < 75 => self.switch(entry, exit, place),
            (2.., _) if choice < 85 => self.repeat(entry, exit),
            _ => self.linear(entry, exit, place),
        }
    }

    fn linear(&mut self, name: &str, exit: &str, place: Place) {
        let fails = place.may_fail && place.depth == 0 && !self.fails && self.random.chance(50);
        self.fails |= fails;
        let body = Body::decorated(&mut self.random, place.foreach, fails);
        self.step(name, &[], body, Some(Next::To(vec![exit.to_owned()])));
    }

    fn branches(&mut self, entry: &str, exit: &str, place: Place) {
        let count = self.random.between(2, 3);
        let heads: Vec<String> = (0..count).map(|_| self.fresh()).collect();
        let join = self.fresh();
        let body = Body::plain_at(&mut self.random, place.foreach);
        self.step(entry, &[], body, Some(Next::To(heads.clone())));
        let inner = Place {
            depth: place.depth + 1,
            may_fail: false,
            ..place
        };
        for head in &heads {
            let blocks = if self.budget > 1 && self.random.chance(30) {
                2
            } else {
                1
            };
            self.sequence(head, &join, blocks, inner);
        }
        let body = Body::join(&mut self.random, place.foreach);
        self.step(
            &join,
            &["inputs"],
            body,
            Some(Next::To(vec![exit.to_owned()])),
        );
    }

    fn foreach(&mut self, entry: &str, exit: &str, place: Place) {
        let (head, join) = (self.fresh(), self.fresh());
        let items: &[&str] = if place.foreach {
            &["['x', 'y']", "range(2)", "(None, 1.5)", "[7]"]
        } else {
            &[
                "['a', 'b', 'c']",
                "range(3)",
                "'ab'",
                "({'k': 1}, {'k': 2})",
                "[list(range(50))] * 2",
                "['long ' * 20, 'short']",
                "[7]",
            ]
        };
        let name: &'static str = if place.foreach {
            "inner_items"
        } else {
            "items"
        };
        let mut body = Body::plain_at(&mut self.random, place.foreach);
        body.line(&format!("self.{name} = {}", self.random.pick(items)));
        self.step(entry, &[], body, Some(Next::Foreach(head.clone(), name)));
        let inner = Place {
            depth: place.depth + 1,
            may_fail: false,
            foreach: true,
        };
        let blocks = if self.budget > 2 && self.random.chance(30) {
            2
        } else {
            1
        };
        self.sequence(&head, &join, blocks, inner);
        let body = Body::join(&mut self.random, place.foreach);
        self.step(
            &join,
            &["inputs"],
            body,
            Some(Next::To(vec![exit.to_owned()])),
        );
    }

    fn switch(&mut self, entry: &str, exit: &str, place: Place) {
        let (left, right, after) = (self.fresh(), self.fresh(), self.fresh());
        let mut body = Body::plain_at(&mut self.random, place.foreach);
        let way = if place.foreach {
            "'left' if self.index in (0, None) else 'right'"
        } else {
            self.random.pick(&["'left'", "'right'"])
        };
        body.line(&format!("self.way = {way}"));
        self.step(
            entry,
            &[],
            body,
            Some(Next::Switch(
                vec![("left", left.clone()), ("right", right.clone())],
                "way",
            )),
        );
        // A switch may not lead straight into a join, so both ways meet in a step of their own.
        for name in [&left, &right] {
            self.linear(
                name,
                &after,
                Place {
                    may_fail: false,
                    ..place
                },
            );
        }
        self.linear(&after, exit, place);
    }

    fn repeat(&mut self, entry: &str, exit: &str) {
        let (turn, after) = (self.fresh(), self.fresh());
        let times = self.random.between(1, 3);
        let mut body = Body::plain(&mut self.random);
        body.line("self.turns = 0");
        self.step(entry, &[], body, Some(Next::To(vec![turn.clone()])));
        let mut body = Body::plain(&mut self.random);
        body.line("self.turns += 1");
        body.line(&format!(
            "self.again = 'yes' if self.turns < {times} else 'no'"
        ));
        self.step(
            &turn,
            &[],
            body,
            Some(Next::Switch(
                vec![("yes", turn.clone()), ("no", after.clone())],
                "again",
            )),
        );
        let body = Body::plain(&mut self.random);
        self.step(&after, &[], body, Some(Next::To(vec![exit.to_owned()])));
    }

    /// Writes a step's source.
    fn step(&mut self, name: &str, arguments: &[&str], body: Body, next: Option<Next>) {
        let mut text = String::new();
        for decorator in &body.decorators {
            let _ = writeln!(text, "    {decorator}");
        }
        let arguments = arguments
            .iter()
            .map(|argument| format!(", {argument}"))
            .collect::<String>();
        let _ = writeln!(text, "    @step\n    def {name}(self{arguments}):");
        for line in &body.lines {
            let _ = writeln!(text, "        {line}");
        }
        let to = |name: &String| format!("self.{name}");
        match next {
            Some(Next::To(names)) => {
                let _ = writeln!(
                    text,
                    "        self.next({})",
                    names.iter().map(to).collect::<Vec<_>>().join(", ")
                );
            }
            Some(Next::Foreach(target, items)) => {
                let _ = writeln!(
                    text,
                    "        self.next(self.{target}, foreach=\"{items}\")"
                );
            }
            Some(Next::Switch(cases, condition)) => {
                let cases: Vec<String> = cases
                    .iter()
                    .map(|(case, target)| format!("\"{case}\": self.{target}"))
                    .collect();
                let _ = writeln!(
                    text,
                    "        self.next({{{}}}, condition=\"{condition}\")",
                    cases.join(", ")
                );
            }
            None => {}
        }
        text.push('\n');
        self.source.push_str(&text);
    }
}
