"""The conformance suite: flows of all shapes and behaviours, run by the real Metaflow and by ours, checked alike.

    python3 tests/conformance/run.py [--engine ours|oracle|both|ours-oracle|oracle-ours] [--only GLOB] [--graph GLOB] [--all]

`ours-oracle` runs with ours and checks with the real Metaflow; `oracle-ours` the other way round. Without `--all`, each
behaviour goes with the few shapes that it names, or with those that `--graph` names. Results of the real
Metaflow are remembered in the target directory. Directories of cases that failed stay, with logs and scripts.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import behaviours
from behaviour import BEHAVIOURS
from engines import TARGET, Engine, oracle, ours
from harness import Case, Outcome, carry_out

_PAIRS = {
    "ours": [("ours", "ours")],
    "oracle": [("oracle", "oracle")],
    "both": [("oracle", "oracle"), ("ours", "ours")],
    "ours-oracle": [("ours", "oracle")],
    "oracle-ours": [("oracle", "ours")],
}


def main() -> int:
    options = _options()
    behaviours.load()
    cases = _cases(options)
    if options.list:
        print("\n".join(case.name for case in cases))
        return 0
    failed = 0
    for runner, judge in _PAIRS[options.engine]:
        failed += _run(cases, {"ours": ours, "oracle": oracle}, runner, judge, options)
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=_PAIRS, default="ours")
    parser.add_argument("--only", action="append", help="behaviours, areas or cases (area/behaviour/shape) with this name (glob)")
    parser.add_argument("--graph", action="append", help="shapes with this name (glob)")
    parser.add_argument("--all", action="store_true", help="every behaviour on every shape that fits")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", action="store_true", help="keep the directories of cases that passed, too")
    parser.add_argument("--list", action="store_true", help="only name the cases")
    parser.add_argument("--fresh", action="store_true", help="do not use remembered results")
    parser.add_argument("--json", help="write the outcomes to this file")
    parser.add_argument("--lines", type=int, default=12, help="how much of a failure is printed")
    return parser.parse_args()


def _cases(options: argparse.Namespace) -> list[Case]:
    found = []
    for behaviour in BEHAVIOURS.values():
        names = (behaviour.__name__, behaviour.AREA)
        named = options.only and any(fnmatch.fnmatch(name, glob) for name in names for glob in options.only)
        everywhere = options.all or options.graph
        quick = behaviour.quick()
        for graph in behaviour.graphs():
            case = Case(graph, behaviour)
            if any("/" in glob and fnmatch.fnmatch(case.name, glob) for glob in options.only or ()):
                found.append(case)
                continue
            if (options.only or behaviour.HEAVY) and not named:
                continue
            if options.graph and not any(fnmatch.fnmatch(graph.name, glob) for glob in options.graph):
                continue
            if everywhere or graph.name in quick or behaviour.HEAVY:
                found.append(case)
    return found


def _run(cases: list[Case], engines: dict, runner: str, judge: str, options: argparse.Namespace) -> int:
    engine, judging = engines[runner](), engines[judge]()
    outcomes: dict[str, Outcome] = {}
    width = len(str(len(cases)))

    def one(case: Case) -> None:
        outcome = _remembered(case, engine, judging, options)
        outcomes[case.name] = outcome
        word = "ok" if outcome.passed else f"FAILED in {outcome.stage}"
        again = ", remembered" if outcome.remembered else ""
        print(f"{len(outcomes):{width}}/{len(cases)} {case.name}: {word} ({outcome.seconds:.1f} s{again})", flush=True)

    with ThreadPoolExecutor(options.workers) as pool:
        list(pool.map(one, cases))
    failures = {name: outcome for name, outcome in outcomes.items() if not outcome.passed}
    for name, outcome in sorted(failures.items()):
        print(f"\n=== {name}: {outcome.stage}; {outcome.place}")
        print("\n".join(outcome.detail.rstrip().splitlines()[-options.lines :]))
    print(f"\n{runner} checked by {judge}: {len(outcomes) - len(failures)} of {len(outcomes)} pass")
    areas: dict[str, list[bool]] = {}
    for case in cases:
        areas.setdefault(case.behaviour.AREA, []).append(outcomes[case.name].passed)
    for area, passed in areas.items():
        print(f"  {area}: {sum(passed)} of {len(passed)}")
    if options.json:
        Path(options.json).write_text(json.dumps({name: asdict(each) for name, each in outcomes.items()}, indent=1))
    return len(failures)


def _remembered(case: Case, engine: Engine, judge: Engine, options: argparse.Namespace) -> Outcome:
    """Carries a case out; what the real Metaflow did once, it will do again."""
    if engine.name != "oracle" or judge.name != "oracle":
        return carry_out(case, engine, judge, options.keep)
    file = TARGET / "conformance/oracle" / (case.key("oracle") + ".json")
    if file.exists() and not options.fresh:
        return Outcome(**json.loads(file.read_text()) | {"remembered": True})
    outcome = carry_out(case, engine, judge, options.keep)
    if outcome.passed:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(outcome)))
    return outcome


if __name__ == "__main__":
    sys.exit(main())
