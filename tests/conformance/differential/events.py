"""Decorators that are about deployments, and cards: what they leave on a machine where nothing is deployed."""

from differential import Case

_FLOW = """
from metaflow import FlowSpec, airflow_external_task_sensor, airflow_s3_key_sensor, card, current, schedule, step, trigger


@airflow_external_task_sensor(name="sensor", external_dag_id="dag", external_task_ids=["task"])
@airflow_s3_key_sensor(name="keys", bucket_key="s3://bucket/key")
@schedule(cron="0 0 * * ? *", timezone="Europe/Oslo")
@trigger(event={"name": "event", "parameters": {"a": "b"}}, options={"x": 1})
class EventsFlow(FlowSpec):
    @card(type="blank", id="one", options={"title": "A title"})
    @card(id="two", timeout=30, save_errors=False)
    @step
    def start(self):
        self.cards = ("card" in current, "trigger" in current)
        self.next(self.end)

    @card
    @step
    def end(self):
        current.card.clear()


if __name__ == "__main__":
    EventsFlow()
"""

CASES = (Case("deployment", "EventsFlow", _FLOW),)
