"""`@airflow_external_task_sensor` and `@airflow_s3_key_sensor`."""

from __future__ import annotations

from metaflow.plugins._elsewhere import ElsewhereFlowDecorator

_SENSOR = {
    "timeout": 3600,
    "poke_interval": 60,
    "mode": "reschedule",
    "exponential_backoff": True,
    "pool": None,
    "soft_fail": False,
    "name": None,
    "description": None,
}


class ExternalTaskSensorDecorator(ElsewhereFlowDecorator):
    """Has Airflow wait for a task."""

    name = "airflow_external_task_sensor"
    allow_multiple = True
    defaults = {
        **_SENSOR,
        "external_dag_id": None,
        "external_task_ids": None,
        "allowed_states": ["success"],
        "failed_states": None,
        "execution_delta": None,
        "check_existence": True,
    }


class S3KeySensorDecorator(ElsewhereFlowDecorator):
    """Has Airflow wait for an object in S3."""

    name = "airflow_s3_key_sensor"
    allow_multiple = True
    defaults = {
        **_SENSOR,
        "bucket_key": None,
        "bucket_name": None,
        "wildcard_match": False,
        "aws_conn_id": None,
        "verify": None,
    }
