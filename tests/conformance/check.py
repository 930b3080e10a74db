"""Run beside a finished run, by the engine's Python: `check.py BEHAVIOUR GRAPH VIEW...`, with the rest in the environment.

Prints a traceback for each view that does not agree, and exits with 1 then.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from formatter import flow_name

import behaviours
from behaviour import BEHAVIOURS
from graphs import GRAPHS
from views import VIEWS


def main() -> int:
    behaviours.load()
    behaviour, graph = BEHAVIOURS[sys.argv[1]], GRAPHS[sys.argv[2]]
    given = json.loads(os.environ.pop("CONFORMANCE_RUN"))
    sys.path.insert(0, os.getcwd())
    import test_flow

    name = flow_name(behaviour)
    failed = 0
    for view in sys.argv[3:]:
        try:
            flow = getattr(test_flow, name)(use_cli=False)
            look = VIEWS[view](name, given["run"], given["top"], given["origin"])
            behaviour.check(graph, flow, look)
        except Exception:
            print(f"--- {view}", file=sys.stderr)
            traceback.print_exc()
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
