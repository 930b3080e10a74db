"""Which test compares what with the real Metaflow: every public name of it, and the file whose flows use it with both engines.

    python3 tests/conformance/covered.py

Fails where Metaflow has a name that is not in the table, where the table has one that Metaflow has not, and where the file
that is named does not have the name. `not offered` are those that docs/COMPATIBILITY.md speaks of.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys

from engines import HERE, REPOSITORY, oracle

_CLIENT = "id pathspec path_components parent created_at tags user_tags system_tags origin_pathspec is_in_namespace"

# What it belongs to -> where it is compared -> the names.
TABLE: dict[str, dict[str, str]] = {
    "decorators of steps": {
        "differential/decorators.py": "catch environment resources retry secrets timeout",
        "differential/events.py": "card",
        "differential/shapes.py": "parallel unbounded_test_foreach_internal",
        "behaviours/plugins.py": "pytorch_parallel",
        "not offered": "airflow_internal argo_workflows_internal batch conda kubernetes pypi step_functions_internal",
    },
    "decorators of flows": {
        "differential/decorators.py": "exit_hook project schedule trigger_on_finish",
        "differential/events.py": "airflow_external_task_sensor airflow_s3_key_sensor trigger",
        "not offered": "conda_base pypi_base",
    },
    "metaflow": {
        "differential/decorators.py": (
            "Config FlowMutator FlowSpec Parameter StepMutator UserStepDecorator card catch current environment exit_hook "
            "project resources retry schedule secrets step timeout trigger_on_finish user_step_decorator"
        ),
        "differential/events.py": "airflow_external_task_sensor airflow_s3_key_sensor trigger",
        "differential/parameters.py": "ConfigValue IncludeFile JSONType config_expr",
        "differential/programs.py": "Flow Runner Task get_metadata inspect_spin metadata namespace",
        "differential/shapes.py": "parallel unbounded_test_foreach_internal",
        "differential/surroundings.py": "get_namespace",
        "differential/toplevel.py": (
            "EXT_PKG JSONTypeClass NBRunner USER_SKIP_STEP conda_environment_yml_parser default_metadata "
            "namespaced_event_name package_sources parallel_imap_unordered parallel_map profile pyproject_toml_parser "
            "requirements_txt_parser"
        ),
        "behaviours/plugins.py": "pytorch_parallel",
        "client_probe.py": "DataArtifact Metaflow Run Step default_namespace",
        "s3_observations.py": "S3",
        "not offered": (
            "DeployedFlow Deployer NBDeployer airflow_internal argo_workflows_internal batch conda conda_base kubernetes pypi "
            "pypi_base step_functions_internal yaml_parser"
        ),
    },
    "cards": {
        "behaviours/cards.py": "Artifact Error Image Markdown MetaflowCard ProgressBar Table ValueBox VegaChart get_cards",
        "differential/toplevel.py": (
            "BlankCard DefaultCard ErrorCard EventsTimeline JSONViewer MetaflowCardComponent PageComponent PythonCode YAMLViewer"
        ),
    },
    "Metaflow": {"client_probe.py": "flows"},
    "Flow": {"client_probe.py": f"{_CLIENT} latest_run latest_successful_run runs"},
    "Run": {
        "client_probe.py": f"{_CLIENT} code data end_task finished finished_at steps successful trigger",
        "differential/toplevel.py": "add_tag add_tags remove_tag remove_tags replace_tag replace_tags",
    },
    "Step": {
        "client_probe.py": (
            f"{_CLIENT} child_steps control_task control_tasks environment_info finished_at parent_steps task tasks"
        )
    },
    "Task": {
        "client_probe.py": (
            f"{_CLIENT} artifacts child_task_pathspecs child_tasks code current_attempt data environment_info exception "
            "finished finished_at index loglines metadata metadata_dict parent_task_pathspecs parent_tasks runtime_name "
            "stderr stderr_size stdout stdout_size successful"
        )
    },
    "DataArtifact": {"client_probe.py": f"{_CLIENT} data finished_at sha size"},
    "current": {
        "differential/surroundings.py": (
            "flow_name get graph is_running_flow namespace origin_run_id pathspec retry_count run run_id step_name tags task "
            "task_id tempdir username"
        )
    },
    "Runner": {
        "differential/programs.py": (
            "async_resume async_run async_spin cleanup resume returncode run spin status stderr stdout stream_log wait"
        )
    },
    "MutableFlow": {
        "differential/mutators.py": (
            "ERROR IGNORE OVERRIDE add_decorator add_parameter configs decorator_specs get_decorator_specs has_decorator "
            "parameters remove_decorator remove_parameter steps"
        )
    },
    "MutableStep": {
        "differential/mutators.py": (
            "ERROR IGNORE OVERRIDE add_decorator decorator_specs flow get_decorator_specs has_decorator remove_decorator"
        )
    },
    "Parameter": {"differential/parameters.py": "default help name required show_default type"},
    "IncludeFile": {"differential/parameters.py": "encoding help is_text name parser required"},
    "Config": {"differential/parameters.py": "default default_value help name parser plain required"},
    "ConfigValue": {
        "differential/parameters.py": (
            "clear copy fromkeys get items keys pop popitem setdefault to_dict update values"
        )
    },
}

_ELSEWHERE = {
    "client_probe.py": REPOSITORY / "tests/it/support/client_probe.py",
    "s3_observations.py": REPOSITORY / "tests/fixtures/s3_observations.py",
    "not offered": REPOSITORY / "docs/COMPATIBILITY.md",
}


def main() -> int:
    engine = oracle()
    place = REPOSITORY / "target"
    done = subprocess.run(
        [engine.python, "-B", str(HERE / "names.py")],
        env=engine.environment(place, False),
        capture_output=True,
        check=True,
    )
    names = json.loads(done.stdout)
    problems = _problems({area: set(found) for area, found in names.items()})
    print("\n".join(problems))
    print(f"{sum(map(len, names.values()))} names, {len(problems)} problems")
    return 1 if problems else 0


def _problems(names: dict[str, set[str]]) -> list[str]:
    problems = [f"{area}: not in the table" for area in names.keys() - TABLE.keys()]
    for area, places in TABLE.items():
        listed: set[str] = set()
        for place, text in places.items():
            file = _ELSEWHERE.get(place, HERE / place)
            content = file.read_text(encoding="utf-8")
            for name in text.split():
                listed.add(name)
                if not re.search(rf"(?<!\w){name}(?!\w)", content):
                    problems.append(f"{area}: {name} is not in {place}")
        found = names.get(area, set())
        problems += [f"{area}: {name} is not in the table" for name in sorted(found - listed)]
        # `id` is made by each object, and is no member of its class.
        problems += [f"{area}: Metaflow has no {name}" for name in sorted(listed - found - {"id"})]
    return problems


if __name__ == "__main__":
    sys.exit(main())
