"""Files of stores on other machines, by their address: fetched when they are asked for, and not kept."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from metaflow.plugins.datatools.s3 import S3


def is_remote(place: str) -> bool:
    """Whether it is an address, and no path."""
    return "://" in place


def read(address: str) -> bytes | None:
    """The content; None where there is nothing."""
    with _client(address) as client:
        return client.get(address, return_missing=True).blob


def size(address: str) -> int | None:
    """Bytes; None where there is nothing."""
    with _client(address) as client:
        return client.info(address, return_missing=True).size


def names(address: str) -> list[str]:
    """What is directly below."""
    with _client(address) as client:
        return [found.url.rstrip("/").rpartition("/")[2] for found in client.list_paths([address.rstrip("/") + "/"])]


def _client(address: str) -> S3:
    from .datastore.exceptions import DataException

    if not address.startswith("s3://"):
        raise DataException(f"{address} cannot be read: of the stores with an address, flowdev reads those in S3.")
    import tempfile

    from metaflow.plugins.datatools.s3 import S3

    return S3(tmproot=os.environ.get("METAFLOW_TEMPDIR") or tempfile.gettempdir())
