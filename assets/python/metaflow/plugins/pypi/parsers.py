"""Parsers for `Config(parser=...)` that give what `@pypi` and `@conda` take: packages, and the Python version."""

from __future__ import annotations

import re

from metaflow.exception import MetaflowException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*"
    r"(?:\[\s*(?P<extras>[A-Za-z0-9._\s,-]*)\])?\s*"
    r"(?:@\s*(?P<url>\S+)|\(?(?P<versions>[^;@()]*)\)?)\s*(?P<marker>;.*)?"
)
_VERSION = re.compile(r"\s*(===|~=|==|!=|<=|>=|<|>)\s*([A-Za-z0-9.*+!_-]+)\s*")
_CONDA = re.compile(r"([A-Za-z0-9_\-.]+)\s*([=<>!~].*)?")


class ParserValueError(MetaflowException):
    headline = "Value error"


def requirements_txt_parser(content: str) -> dict[str, Any]:
    """Of a requirements.txt with one requirement a line."""
    # Rye names the project itself in its lock files.
    return _parsed((line for line in _lines(content) if line != "-e file:."), None, " =")


def pyproject_toml_parser(content: str) -> dict[str, Any]:
    """Of the `[project]` section of a pyproject.toml."""
    try:
        import tomllib as toml
    except ImportError:
        try:
            import tomli as toml
        except ImportError as error:
            raise RuntimeError("pyproject_toml_parser needs Python 3.11, or the package tomli.") from error
    project = toml.loads(content).get("project", {})
    python = project.get("requires-python")
    lines = (line.strip() for line in project.get("dependencies", []))
    return _parsed(lines, None if python is None else python.lstrip("=").strip(), "=")


def conda_environment_yml_parser(content: str) -> dict[str, Any]:
    """Of an environment.yml whose dependencies are plain lines, `- name=version`."""
    found: dict[str, Any] = {"packages": {}, "python": None}
    inside = False
    for line in _lines(content):
        if line.lower().startswith("dependencies:"):
            inside = True
            continue
        inside = inside and line.startswith("-")
        if not inside:
            continue
        text = line.lstrip("-").strip()
        match = None if text.endswith(":") else _CONDA.fullmatch(text)
        if match is None:
            raise ParserValueError(f"environment.yml: '{text}' is no package with its version.")
        name, version = match.group(1), (match.group(2) or "").strip().lstrip("=").strip()
        if name.lower() != "python":
            found["packages"][name] = version
        elif found["python"] is None or not version:
            found["python"] = version
        else:
            raise ParserValueError(f"environment.yml: a second version of Python: '{text}'.")
    return found


def _lines(content: str) -> Iterator[str]:
    """Without comments and empty lines."""
    for line in content.splitlines():
        text = re.sub(r"(^|\s+)#.*$", "", line.strip()).strip()
        if text:
            yield text


def _parsed(lines: Iterable[str], python: str | None, stripped: str) -> dict[str, Any]:
    found: dict[str, Any] = {"packages": {}, "python": python}
    for line in lines:
        match = _REQUIREMENT.fullmatch(line)
        versions = _versions(match.group("versions") or "") if match else None
        if match is None or versions is None:
            raise ParserValueError(f"'{line}' is no requirement as PEP 508 has them.")
        if match.group("marker"):
            raise ParserValueError(f"'{line}' has an environment marker, which cannot be taken over.")
        name, version = match.group("name"), versions.lstrip(stripped)
        if name.lower() == "python":
            if found["python"] is not None and version:
                raise ParserValueError(f"A second version of Python: '{line}'.")
            found["python"] = version or None
            continue
        if match.group("extras"):
            extras = sorted(extra.strip() for extra in match.group("extras").split(",") if extra.strip())
            name += f"[{','.join(extras)}]"
        if match.group("url"):
            name += f"@{match.group('url')}"
        found["packages"][name] = version
    return found


def _versions(text: str) -> str | None:
    """The conditions on the version, sorted; None if there is one that is none."""
    if not text.strip():
        return ""
    matches = [_VERSION.fullmatch(part) for part in text.split(",")]
    if None in matches:
        return None
    return ",".join(sorted("".join(match.groups()) for match in matches if match))
