//! What the steps of random flows do: artifacts of many kinds, made, changed, merged and lost; output; decorators that retry
//! and catch.

use crate::support::random::Random;

/// Values to assign, as Python expressions.
const VALUES: &[&str] = &[
    "0",
    "-1",
    "2 ** 70",
    "1.5",
    "float('inf')",
    "float('nan')",
    "'text'",
    "'h\\u00e9llo \\U0001F600'",
    "b'\\x00\\xff'",
    "bytearray(b'ab')",
    "None",
    "True",
    "[]",
    "{}",
    "[1, 'two', 3.0]",
    "{'a': 1, 'b': [2, {'c': None}]}",
    "(1, (2, 3))",
    "{3, 1, 2}",
    "{'x', 'y'}",
    "frozenset([1])",
    "complex(1, 2)",
    "range(5)",
    "list(range(1000))",
    "'x' * 100000",
    "datetime.date(2020, 1, 2)",
    "datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc)",
    "datetime.timedelta(days=1)",
    "decimal.Decimal('1.10')",
    "fractions.Fraction(1, 3)",
    "pathlib.PurePosixPath('/a')",
    "collections.OrderedDict(a=1)",
    "collections.Counter('abca')",
    "collections.deque([1, 2])",
    "uuid.UUID(int=5)",
    "ValueError('v', 1)",
    "int",
];

/// Names are few, so that they are overwritten, merged and in conflict.
const NAMES: &[&str] = &["v0", "v1", "v2", "v3", "v4"];

/// The lines of a step, and its decorators.
pub struct Body {
    pub lines: Vec<String>,
    pub decorators: Vec<String>,
}

impl Body {
    /// A few actions.
    pub fn plain(random: &mut Random) -> Self {
        Self::plain_at(random, false)
    }

    /// The same; within a foreach they look at their split, too.
    pub fn plain_at(random: &mut Random, foreach: bool) -> Self {
        let mut body = Self {
            lines: Vec::new(),
            decorators: Vec::new(),
        };
        if random.chance(25) {
            body.lines
                .push("\"\"\"A step\n        in words.\"\"\"".to_owned());
        }
        for _ in 0..random.between(1, 4) {
            let action = action(random);
            body.lines.push(action);
        }
        if foreach && random.chance(70) {
            body.line("self.got = [self.index, self.input, self.foreach_stack()]");
        }
        body
    }

    /// Actions under decorators.
    pub fn decorated(random: &mut Random, foreach: bool, fails: bool) -> Self {
        let mut body = Self::plain_at(random, foreach);
        if fails {
            body.line("raise RuntimeError('user: the flow ends here')");
        } else if random.chance(20) {
            let times = random.between(1, 2);
            let failures = random.between(1, times);
            body.decorators
                .push(format!("@retry(times={times}, minutes_between_retries=0)"));
            let line = format!(
                "if current.retry_count < {failures}: raise ValueError('user: attempt %d' % current.retry_count)"
            );
            body.lines
                .insert(random.between(0, 1).min(body.lines.len()), line);
        } else if random.chance(20) {
            body.decorators
                .push("@catch(var=\"oops\", print_exception=False)".to_owned());
            if random.chance(50) {
                body.decorators
                    .push("@retry(times=1, minutes_between_retries=0)".to_owned());
            }
            if random.chance(70) {
                body.line("self.v0 = 1 // 0");
            }
        }
        if random.chance(15) {
            body.decorators
                .push("@resources(cpu=1, memory=100)".to_owned());
        }
        if random.chance(10) {
            body.decorators.push("@timeout(seconds=100)".to_owned());
        }
        if random.chance(10) {
            body.decorators
                .push("@environment(vars={'RANDOM_FLOW': 'yes'})".to_owned());
            body.lines.insert(
                0,
                "self.from_environment = os.environ.get('RANDOM_FLOW')".to_owned(),
            );
        }
        body
    }

    /// What a join does with its inputs.
    pub fn join(random: &mut Random, foreach: bool) -> Self {
        let mut body = Self {
            lines: Vec::new(),
            decorators: Vec::new(),
        };
        let lines: &[&str] = match random.between(0, 4) {
            0 | 1 => &[
                "try:",
                "    self.merge_artifacts(inputs)",
                "    self.conflicts = []",
                "except Exception as error:",
                "    self.conflicts = [type(error).__name__, sorted(set(error.artifact_names))]",
                "    self.merge_artifacts(inputs, exclude=self.conflicts[1])",
            ],
            2 => &[
                "self.v0 = 'set before the merge'",
                "try:",
                "    self.merge_artifacts(inputs, include=['v0', 'v1'])",
                "except Exception as error:",
                "    self.conflicts = [type(error).__name__, sorted(set(error.artifact_names))]",
            ],
            3 => &[
                "self.v1 = sorted(repr(getattr(one, 'v1', 'none')) for one in inputs)",
                "self.v2 = inputs[0].name",
            ],
            _ => &["self.count = len(list(inputs))"],
        };
        body.lines
            .extend(lines.iter().map(|line| (*line).to_owned()));
        body.line("self.order = sorted(repr(getattr(one, 'got', None)) for one in inputs)");
        if foreach && random.chance(50) {
            body.line("self.outside = [self.index, len(self.foreach_stack())]");
        }
        if random.chance(40) {
            let action = action(random);
            body.line(&action);
        }
        body
    }

    /// Adds a line.
    pub fn line(&mut self, line: &str) {
        self.lines.push(line.to_owned());
    }
}

fn action(random: &mut Random) -> String {
    let (name, other) = (*random.pick(NAMES), *random.pick(NAMES));
    match random.between(0, 13) {
        0..=4 => format!("self.{name} = {}", random.pick(VALUES)),
        5 => format!("self.{name} = [getattr(self, '{other}', 'lost'), 1]"),
        6 => format!("self.{name} = repr(getattr(self, '{other}', 'lost'))"),
        7 => format!("self.{name} = getattr(self, '{other}', 'lost')"),
        8 => format!("if isinstance(getattr(self, '{name}', None), list): self.{name}.append('more')"),
        9 => format!("if isinstance(getattr(self, '{name}', None), dict): self.{name}['more'] = [1]"),
        10 => "self.where = [current.step_name, current.flow_name, current.retry_count, sorted(current.tags), sorted(current.parameter_names), current.username, current.namespace, current.is_running_flow]".to_owned(),
        11 => "print('user: out', current.step_name, 'h\\u00e9llo'); print('user: err', file=sys.stderr)".to_owned(),
        12 => "print('  two\\nlines  '); print('user: unfinished', end='')".to_owned(),
        _ => "self.function = lambda: 1".to_owned(),
    }
}
