mod browsing;
mod jobs;
mod results;
mod saving;
mod several;

use crate::{
    app::{
        Effect, Msg, State,
        flow_view::FlowView,
        popup::Popup,
        records::{CardRow, Progress, TaskFacts, ValueNode},
        state::{Pane, RightTab, Tone},
        status::{StepState, step_status},
        testing::{self, *},
        update,
    },
    engine::{Event, Failure, Frame, JobKind, Outcome, PyError, Request},
};

pub(super) fn request(effects: &[Effect]) -> &Request {
    let request = effects.iter().find_map(|effect| match effect {
        Effect::Submit { request, .. } => Some(request.as_ref()),
        _ => None,
    });
    request.expect("a submitted request")
}

pub(super) fn spun_step(effects: &[Effect]) -> Option<&str> {
    effects.iter().find_map(|effect| match effect {
        Effect::Submit { request, .. } => match request.as_ref() {
            Request::Spin(spin) => Some(spin.step.as_str()),
            Request::Run(_) | Request::Resume(_) => None,
        },
        _ => None,
    })
}

pub(super) fn cancelled(effects: &[Effect]) -> Vec<u64> {
    let tokens = effects.iter().filter_map(|effect| match effect {
        Effect::Cancel(token) => Some(*token),
        _ => None,
    });
    tokens.collect()
}

pub(super) fn status_text(state: &State) -> &str {
    state.status.as_ref().map_or("", |(_, text)| text)
}

pub(super) fn failure(line: u32) -> Failure {
    Failure::Exception {
        error: PyError {
            type_name: "ValueError".to_owned(),
            message: "no films".to_owned(),
            traceback: format!(
                "Traceback:\n  File \"/project/recommend.py\", line {line}, in train\nValueError: no films"
            ),
            frames: vec![Frame {
                file: "/project/recommend.py".to_owned(),
                line,
                function: "train".to_owned(),
                code: None,
            }],
            headline: None,
        },
    }
}
