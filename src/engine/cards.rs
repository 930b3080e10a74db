//! What a task's cards look like, stored for every reader.

use super::error::EngineError;
use super::event::Event;
use super::load::LoadedFlow;
use super::origin::Output;
use super::persist::Attempt;
use super::worker::message::CardReport;

pub(super) async fn store(
    _attempt: &Attempt,
    _flow: &LoadedFlow,
    _inputs: &[Output],
    _card: CardReport,
) -> Result<Event, EngineError> {
    Err(EngineError::WorkerGone)
}
