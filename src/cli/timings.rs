//! `--timings`: where the time went. One task is shown phase by phase, several as a line per step.

use std::io;

use indexmap::IndexMap;

use super::out;
use crate::engine::{Event, Phase, Timing};

/// Phases of a task, in a line per step.
const COLUMNS: [Phase; 6] = [
    Phase::Prepare,
    Phase::Fork,
    Phase::Load,
    Phase::Step,
    Phase::Cards,
    Phase::Persist,
];

/// Collects what the events say.
#[derive(Default)]
pub struct Timings {
    job: Timing,
    steps: IndexMap<String, Tasks>,
}

#[derive(Default)]
struct Tasks {
    count: u32,
    timing: Timing,
}

impl Timings {
    /// Takes in an event.
    pub fn hear(&mut self, event: &Event) {
        match event {
            Event::TaskFinished { task, timing, .. } => {
                let tasks = self.steps.entry(task.step.clone()).or_default();
                tasks.count += 1;
                tasks.timing.merge(timing);
            }
            Event::JobFinished { timing, .. } => self.job.merge(timing),
            _ => {}
        }
    }

    /// Prints the table.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn print(&self) -> io::Result<()> {
        match self.steps.values().collect::<Vec<_>>().as_slice() {
            [] => print_phases(&self.job, "in all"),
            [only] if only.count == 1 => {
                let mut all = self.job.clone();
                all.merge(&only.timing);
                print_phases(&all, "until the result")
            }
            _ => {
                self.print_steps()?;
                out::line("")?;
                print_phases(&self.job, "beside the tasks")
            }
        }
    }

    fn print_steps(&self) -> io::Result<()> {
        let mut header = vec!["ms per task", "tasks"];
        header.extend(COLUMNS.iter().map(|phase| phase.name()));
        header.push("sum of all tasks");
        let rows: Vec<Vec<String>> = self
            .steps
            .iter()
            .map(|(step, tasks)| {
                let mean = |phase: &Phase| shown(tasks.timing.of(*phase) / f64::from(tasks.count));
                let mut row = vec![step.clone(), tasks.count.to_string()];
                row.extend(COLUMNS.iter().map(mean));
                row.push(shown(tasks.timing.until_result()));
                row
            })
            .collect();
        out::table(&header, &rows)
    }
}

fn print_phases(timing: &Timing, sum: &str) -> io::Result<()> {
    let row =
        |name: &str, millis: f64, what: &str| vec![name.to_owned(), shown(millis), what.to_owned()];
    let mut rows: Vec<Vec<String>> = Phase::ALL
        .iter()
        .filter(|phase| timing.of(**phase) > 0.0)
        .map(|phase| row(phase.name(), timing.of(*phase), phase.describe()))
        .collect();
    rows.push(row("", timing.until_result(), sum));
    out::table(&["phase", "ms", ""], &rows)
}

fn shown(millis: f64) -> String {
    format!("{millis:>7.1}")
}
