"""The differential tests: one flow run by both engines, both stores read by both clients, and all that they see compared.

    python3 tests/conformance/compare.py [--only GLOB]

Cases are in `differential/`, one file a topic, each with a tuple CASES. What may differ is in `differences.py`.
"""

from __future__ import annotations

import argparse
import fnmatch
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from differences import expected
from differential import Case
from engines import HERE, REPOSITORY, WORK, Engine, oracle, ours

_SNAPSHOT = REPOSITORY / "tests/it/support/oracle.py"
_TOP = ("--metadata=local", "--datastore=local", "--environment=local", "--no-pylint")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", default=[], help="cases or topics with this name (glob)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    cases = list(_cases(options.only))
    with ThreadPoolExecutor(options.workers) as pool:
        results = list(pool.map(lambda case: _Comparison(*case, keep=options.keep).go(), cases))
    failed = [result for result in results if result]
    print("\n".join(failed))
    print(f"{len(results) - len(failed)} of {len(results)} differential cases agree")
    return 1 if failed else 0


def _cases(globs: list[str]) -> Any:
    for file in sorted((HERE / "differential").glob("*.py")):
        if file.stem == "__init__":
            continue
        for case in importlib.import_module(f"differential.{file.stem}").CASES:
            if not globs or any(fnmatch.fnmatch(name, glob) for name in (case.name, file.stem) for glob in globs):
                yield file.stem, case


class _Comparison:
    """One case: two runs, four readings."""

    def __init__(self, topic: str, case: Case, keep: bool) -> None:
        self.name = f"{topic}/{case.name}"
        self.case = case
        self.keep = keep
        self.place = WORK / "differential" / topic / case.name
        self.engines: dict[str, Engine] = {"metaflow": oracle(), "flowdev": ours()}

    def go(self) -> str:
        """A text with the differences; empty if there are none but the expected ones."""
        shutil.rmtree(self.place, ignore_errors=True)
        try:
            found = self._differences()
        except _Broken as broken:
            found = [str(broken)]
        print(f"{self.name}: {f'{len(found)} differences' if found else 'ok'}", flush=True)
        if not found and not self.keep:
            shutil.rmtree(self.place, ignore_errors=True)
        if len(found) > 30:
            found = [*found[:30], f"... and {len(found) - 30} more"]
        return "\n  ".join([f"{self.name} ({self.place}): metaflow | flowdev", *found]) if found else ""

    def _differences(self) -> list[str]:
        self._in_git()
        runs = {name: self._run(name, engine) for name, engine in self.engines.items()}
        codes = {name: code for name, (code, _) in runs.items()}
        found = [] if len(set(codes.values())) == 1 else [f"exit codes: {codes}"]
        if self.case.program:
            said = [self._program(name, engine) for name, engine in self.engines.items()]
            _walk(["program"], *said, False, found)
        seen = {
            (store, reader): self._read(store, runs[store][1], engine)
            for store in runs
            for reader, engine in self.engines.items()
        }
        pairs = (
            ("stores, by Metaflow's client", ("metaflow", "metaflow"), ("flowdev", "metaflow")),
            ("clients, on Metaflow's store", ("metaflow", "metaflow"), ("metaflow", "flowdev")),
            ("clients, on flowdev's store", ("flowdev", "metaflow"), ("flowdev", "flowdev")),
        )
        for what, left, right in pairs:
            differences: list[str] = []
            _walk([], seen[left], seen[right], left[0] != right[0], differences)
            found += [f"{what}: {line}" for line in differences]
        return found

    def _in_git(self) -> None:
        """Flows lie in a git work tree, which both engines record: one of their own, which does not move meanwhile."""
        self.place.mkdir(parents=True)
        who = ["-c", "user.name=tester", "-c", "user.email=tester@example.com"]
        for arguments in (["init", "-q", "-b", "main"], [*who, "commit", "-q", "--allow-empty", "-m", "nothing"]):
            subprocess.run(["git", *arguments], cwd=self.place, check=True, capture_output=True)

    def _run(self, name: str, engine: Engine) -> tuple[int, list[str]]:
        place = self.place / name
        (place / "tmp").mkdir(parents=True)
        (place / "flow.py").write_text(textwrap.dedent(self.case.text), encoding="utf-8")
        for file, content in self.case.files.items():
            (place / file).write_bytes(content if isinstance(content, bytes) else content.encode())
        environment = {**engine.environment(place, False), **self.case.environment}
        ids, code = [], 0
        for arguments in self.case.commands:
            command = [engine.python, "-B", "flow.py", *_TOP, *self.case.top, *arguments, "--run-id-file", "run-id"]
            (place / "run-id").unlink(missing_ok=True)
            done = subprocess.run(command, cwd=place, env=environment, stdin=subprocess.DEVNULL, capture_output=True)
            with open(place / "log", "ab") as log:
                log.write(done.stdout + done.stderr)
            code = done.returncode
            if not (place / "run-id").exists():
                raise _Broken(f"{name} left no run id: {done.stderr.decode()[-1500:]}")
            ids.append((place / "run-id").read_text().strip())
        return code, ids

    def _program(self, name: str, engine: Engine) -> dict[str, str]:
        """What the program of the case prints, by line."""
        place = self.place / name
        (place / "program.py").write_text(textwrap.dedent(self.case.program), encoding="utf-8")
        environment = {**engine.environment(place, False), **self.case.environment}
        command = [engine.python, "-B", "program.py"]
        done = subprocess.run(command, cwd=place, env=environment, stdin=subprocess.DEVNULL, capture_output=True)
        if done.returncode:
            raise _Broken(f"{name}: the program ended with {done.returncode}: {done.stderr.decode()[-1500:]}")
        lines = done.stdout.decode().replace(str(place), "PLACE").splitlines()
        return {str(number): line for number, line in enumerate(lines, 1)}

    def _read(self, store: str, ids: list[str], engine: Engine) -> Any:
        place = self.place / store
        request = {"root": str(place / ".metaflow"), "runs": [[self.case.flow, run] for run in ids]}
        done = subprocess.run(
            [engine.python, "-B", str(_SNAPSHOT)],
            cwd=place,
            env=engine.environment(place, False),
            input=json.dumps(request).encode(),
            capture_output=True,
        )
        if done.returncode:
            raise _Broken(f"{engine.name} can not read the runs of {store}: {done.stderr.decode()[-1500:]}")
        text = done.stdout.decode()
        for number, run in enumerate(ids):
            text = text.replace(run, f"RUN{number}")
        text = re.sub(r" at 0x[0-9a-f]+", " at ADDRESS", text)
        return json.loads(text.replace(str(place) + os.sep, "PLACE/"))


class _Broken(Exception):
    """A case did not get as far as a comparison."""


def _walk(path: list[str], left: Any, right: Any, stores: bool, found: list[str]) -> None:
    if left == right or expected(path, left, right, stores):
        return
    if isinstance(left, dict) and isinstance(right, dict):
        for key in [*left, *(key for key in right if key not in left)]:
            _walk([*path, key], left.get(key), right.get(key), stores, found)
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, pair in enumerate(zip(left, right)):
            _walk([*path, str(index)], *pair, stores, found)
    else:
        found.append(f"{' '.join(path)}: {json.dumps(left)[:300]} | {json.dumps(right)[:300]}")


if __name__ == "__main__":
    sys.exit(main())
