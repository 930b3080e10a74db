"""The process that does the transfers: `flowdev s3`, one for each client, started at the first operation.

It keeps its connections, works on many objects at once, and moves bytes between the network and files; only addresses
and headers pass through here. Its messages are in docs/WORKER.md.
"""

from __future__ import annotations

import json
import os
import subprocess

from .objects import MetaflowS3Exception

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Names in `client_params` and `session_vars`, as boto3 has them, and ours.
_NAMES = {
    "endpoint_url": "endpoint",
    "region_name": "region",
    "aws_access_key_id": "access_key",
    "aws_secret_access_key": "secret_key",
    "aws_session_token": "session_token",
}


class Connection:
    """Asks the process; safe to use after a fork, where it starts one of its own."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def ask(self, operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Carries operations out side by side; the answers are in their order."""
        if not operations:
            return []
        process = self._started()
        try:
            self._say(process, {"operations": operations})
            line = process.stdout.readline()
        except OSError:
            line = b""
        if not line:
            self.close()
            raise MetaflowS3Exception("The process that transfers objects has ended; its last words are above.")
        return json.loads(line)

    def close(self) -> None:
        """Ends the process."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.stdin.close()
        process.stdout.close()
        process.wait()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._owner != os.getpid():
            from ...._cli import binary

            self._process = subprocess.Popen([binary.find(), "s3"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            self._owner = os.getpid()
            self._say(self._process, self._settings)
        return self._process

    @staticmethod
    def _say(process: subprocess.Popen[bytes], message: dict[str, Any]) -> None:
        process.stdin.write(json.dumps(message).encode() + b"\n")
        process.stdin.flush()


def settings(
    role: str | None = None, session_vars: dict[str, Any] | None = None, client_params: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Where the objects are and who asks: arguments first, then Metaflow's configuration, then AWS's files."""
    from .... import metaflow_config as config

    if role:
        raise MetaflowS3Exception(
            "S3(role=...) is not supported: give the credentials of the role by the AWS_* variables or by session_vars."
        )
    given = {**(session_vars or config.DATATOOLS_SESSION_VARS), **(client_params or config.DATATOOLS_CLIENT_PARAMS)}
    verify = given.pop("verify", config.S3_VERIFY_CERTIFICATE)
    profile = given.pop("profile_name", None)
    # Only boto3 knows what is in these.
    given.pop("config", None)
    unknown = sorted(set(given) - set(_NAMES) - {"use_ssl"})
    if unknown:
        raise MetaflowS3Exception(f"S3 does not know these session_vars or client_params: {', '.join(unknown)}.")
    known = {_NAMES[name]: value for name, value in given.items() if name in _NAMES}
    known.setdefault("endpoint", config.S3_ENDPOINT_URL)
    if "access_key" not in known and (profile or "AWS_ACCESS_KEY_ID" not in os.environ):
        for name, value in _profile(profile or os.environ.get("AWS_PROFILE") or "default").items():
            known.setdefault(name, value)
    return {
        **known,
        "insecure": verify is False or str(verify).lower() == "false",
        "retries": int(config.S3_RETRY_COUNT),
        "workers": int(config.S3_WORKER_COUNT),
    }


def _profile(name: str) -> dict[str, str]:
    """The keys and the region of a profile in AWS's own files."""
    from configparser import ConfigParser, Error

    home = os.path.expanduser("~/.aws")
    found = {}
    for variable, file, section in (
        ("AWS_CONFIG_FILE", "config", name if name == "default" else f"profile {name}"),
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials", name),
    ):
        parser = ConfigParser(interpolation=None)
        try:
            parser.read(os.environ.get(variable) or os.path.join(home, file), encoding="utf-8")
        except Error as error:
            raise MetaflowS3Exception(f"AWS's settings cannot be read: {error}") from error
        if not parser.has_section(section):
            continue
        for theirs, ours in (*_NAMES.items(), ("region", "region")):
            value = parser.get(section, theirs, fallback=None)
            if value:
                found[ours] = value
    return found
