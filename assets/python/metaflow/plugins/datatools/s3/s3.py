"""The client: keys and addresses in, objects out. The transfers are behind `connection`."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from io import BufferedIOBase, RawIOBase

from ....exception import MetaflowException
from .connection import Connection, settings
from .objects import (
    MetaflowS3InvalidObject,
    MetaflowS3NotFound,
    MetaflowS3URLException,
    RangeInfo,
    S3GetObject,
    S3Object,
    S3PutObject,
    failure,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Union

    Key = Union[str, S3GetObject, None]


class S3:
    """Objects of S3, downloaded into a temporary directory that goes when the client is closed.

    Without arguments every key is a full `s3://` address; with `run` (the flow itself, or a `Run`) keys are below the
    data of that run, with `s3root` below that address.
    """

    TYPE = "s3"

    def __init__(
        self,
        tmproot: str | None = None,
        bucket: str | None = None,
        prefix: str | None = None,
        run: Any = None,
        s3root: str | None = None,
        encryption: str | None = None,
        role: str | None = None,
        session_vars: dict[str, Any] | None = None,
        client_params: dict[str, Any] | None = None,
        **_unused: Any,
    ) -> None:
        from .... import metaflow_config as config

        self._s3root = _root(bucket, prefix, run, s3root)
        self._encryption = encryption or config.S3_SERVER_SIDE_ENCRYPTION
        self._connection = Connection(settings(role, session_vars, client_params))
        self._tmpdir: str | None = tempfile.mkdtemp(dir=tmproot or config.TEMPDIR, prefix="metaflow.s3.")
        self._files = 0

    @classmethod
    def get_root_from_config(cls, echo: Any = None, create_on_absent: bool = True) -> str | None:
        """The address below which the data of runs is."""
        from .... import metaflow_config as config

        return config.DATATOOLS_S3ROOT

    def __enter__(self) -> S3:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Delete what was downloaded."""
        self._connection.close()
        if self._tmpdir:
            shutil.rmtree(self._tmpdir, ignore_errors=True)
            self._tmpdir = None

    def list_paths(self, keys: Iterable[str] | None = None) -> list[S3Object]:
        """The next level below each key: objects, and prefixes, for which `exists` is false."""
        return self._list(keys, recursive=False)

    def list_recursive(self, keys: Iterable[str] | None = None) -> list[S3Object]:
        """All objects below each key."""
        return self._list(keys, recursive=True)

    def info(self, key: str | None = None, return_missing: bool = False) -> S3Object:
        """An object's size and headers, without its content."""
        return self.info_many([key], return_missing)[0]

    def info_many(self, keys: Iterable[str | None], return_missing: bool = False) -> list[S3Object]:
        """Sizes and headers of many objects at once, in the order of the keys."""
        urls = [self._url(key) for key in keys]
        answers = self._connection.ask([{"op": "info", "url": url} for url in urls])
        return [self._object(url, answer, None, return_missing, True) for url, answer in zip(urls, answers)]

    def get(self, key: Key = None, return_missing: bool = False, return_info: bool = True) -> S3Object:
        """Download an object; raises `MetaflowS3NotFound` if it is not there, unless missing ones may be returned."""
        return self.get_many([key], return_missing, return_info)[0]

    def get_many(
        self, keys: Iterable[Key], return_missing: bool = False, return_info: bool = True
    ) -> list[S3Object]:
        """Download many objects at once; the result is in the order of the keys."""
        operations = [self._download(self._url(key), key) for key in keys]
        return self._get(operations, self._s3root, return_missing, return_info)

    def get_recursive(self, keys: Iterable[str | None], return_info: bool = False) -> list[S3Object]:
        """Download all objects below each key."""
        found = []
        prefixes = [self._url(key).rstrip("/") for key in keys]
        for prefix, urls in zip(prefixes, self._listings(prefixes, recursive=True)):
            operations = [self._download(url, None) for url, _size in urls]
            # With headers Metaflow gives keys below the client's root, without them below the prefix.
            root = self._s3root if return_info else prefix
            found.extend(self._get(operations, root, False, return_info))
        return found

    def get_all(self, return_info: bool = False) -> list[S3Object]:
        """Download all objects below the client's root."""
        if self._s3root is None:
            raise MetaflowS3URLException("get_all needs an S3 client with a root: S3(run=...) or S3(s3root=...).")
        return self.get_recursive([None], return_info)

    def put(
        self,
        key: str | S3PutObject,
        obj: Any,
        overwrite: bool = True,
        content_type: str | None = None,
        metadata: dict[str, str] | None = None,
    ) -> str:
        """Upload text, bytes or a binary file; answers the address."""
        item = S3PutObject(key, obj, content_type=content_type, metadata=metadata)
        self.put_many([item], overwrite)
        return self._url(key)

    def put_many(self, key_objs: Iterable[Any], overwrite: bool = True) -> list[tuple[str, str]]:
        """Upload many objects at once: pairs of key and content. Answers key and address of what was written."""
        items = [item if isinstance(item, S3PutObject) else S3PutObject(item[0], item[1]) for item in key_objs]
        return self._put([(item, self._spooled(item)) for item in items], overwrite)

    def put_files(self, key_paths: Iterable[Any], overwrite: bool = True) -> list[tuple[str, str]]:
        """Upload many files at once: pairs of key and path. Answers key and address of what was written."""
        items = [item if isinstance(item, S3PutObject) else S3PutObject(item[0], path=item[1]) for item in key_paths]
        for item in items:
            if not os.path.exists(item.path):
                raise MetaflowS3NotFound(f"There is no local file {item.path}.")
        return self._put([(item, os.path.realpath(item.path)) for item in items], overwrite)

    def _put(self, items: list[tuple[S3PutObject, str]], overwrite: bool) -> list[tuple[str, str]]:
        urls = [self._url(item) for item, _path in items]
        operations = [
            {
                "op": "put",
                "url": url,
                "from": path,
                "content_type": item.content_type,
                "metadata": json.dumps(item.metadata) if item.metadata else None,
                "encryption": item.encryption or self._encryption,
                "overwrite": overwrite,
            }
            for (item, path), url in zip(items, urls)
        ]
        written = []
        for (item, _path), url, answer in zip(items, urls, self._connection.ask(operations)):
            if "error" in answer:
                raise failure(answer["error"], url)
            if answer["written"]:
                written.append((item.key, url))
        return written

    def _spooled(self, item: S3PutObject) -> str:
        """The file from which content is uploaded."""
        content = item.value
        path = self._new_file()
        with open(path, "wb") as file:
            if isinstance(content, (RawIOBase, BufferedIOBase)):
                if not content.readable() or not content.seekable():
                    raise MetaflowS3InvalidObject(f"The file for the key '{item.key}' cannot be read from its start.")
                content.seek(0)
                shutil.copyfileobj(content, file)
            elif isinstance(content, str):
                file.write(content.encode("utf-8"))
            elif isinstance(content, (bytes, bytearray, memoryview)):
                file.write(content)
            else:
                raise MetaflowS3InvalidObject(
                    f"The value for the key '{item.key}' is neither text nor bytes, but {type(content).__name__}."
                )
        return path

    def _download(self, url: str, key: Key) -> dict[str, Any]:
        operation = {"op": "get", "url": url, "to": self._new_file()}
        offset, length = getattr(key, "offset", None), getattr(key, "length", None)
        if length is not None and length < 0:
            operation["last"] = -length
        elif length is not None or offset is not None:
            operation.update(offset=offset or 0, length=length)
        return operation

    def _get(
        self, operations: list[dict[str, Any]], prefix: str | None, return_missing: bool, return_info: bool
    ) -> list[S3Object]:
        answers = self._connection.ask(operations)
        return [
            self._object(operation["url"], answer, operation["to"], return_missing, return_info, prefix)
            for operation, answer in zip(operations, answers)
        ]

    def _object(
        self,
        url: str,
        answer: dict[str, Any],
        path: str | None,
        return_missing: bool,
        return_info: bool,
        prefix: str | None = None,
    ) -> S3Object:
        prefix = prefix or self._s3root
        if "error" in answer:
            if return_missing and answer["error"]["kind"] == "not_found":
                return S3Object(prefix, url)
            raise failure(answer["error"], url)
        found = answer["object"]
        if not return_info:
            return S3Object(prefix, url, path, found["size"])
        return S3Object(
            prefix,
            url,
            path,
            found["size"],
            content_type=found["content_type"],
            metadata=json.loads(found["metadata"]) if found["metadata"] else None,
            range_info=RangeInfo(found["size"], found["offset"], found["length"]) if path else None,
            last_modified=float(found["last_modified"]),
        )

    def _list(self, keys: Iterable[str] | None, recursive: bool) -> list[S3Object]:
        prefixes = [self._url(key).rstrip("/") for key in ([None] if keys is None else keys)]
        if not recursive:
            prefixes = [prefix + "/" for prefix in prefixes]
        return [
            S3Object(prefix, url, size=size)
            for prefix, found in zip(prefixes, self._listings(prefixes, recursive))
            for url, size in found
        ]

    def _listings(self, prefixes: list[str], recursive: bool) -> list[list[tuple[str, int | None]]]:
        operations = [{"op": "list", "url": prefix, "recursive": recursive} for prefix in prefixes]
        listings = []
        for prefix, answer in zip(prefixes, self._connection.ask(operations)):
            if "error" in answer:
                raise failure(answer["error"], prefix)
            listings.append(answer["listing"])
        return listings

    def _new_file(self) -> str:
        if self._tmpdir is None:
            raise MetaflowException("This S3 client has been closed.")
        self._files += 1
        return os.path.join(self._tmpdir, str(self._files))

    def _url(self, item: Any) -> str:
        key = getattr(item, "key", item)
        if isinstance(key, bytes):
            key = key.decode("utf-8")
        if self._s3root is None:
            if key and key.startswith("s3://") and "/" in key[5:]:
                return key
            raise MetaflowS3URLException(
                f"{key!r} is no full s3:// address. Open the client with S3(run=self) or S3(s3root=...) to use keys."
            )
        if not key:
            return self._s3root
        if key.startswith("s3://"):
            raise MetaflowS3URLException(f"{key} is a full address, but this S3 client has a root of its own.")
        return f"{self._s3root}/{key.lstrip('/')}"


def _root(bucket: str | None, prefix: str | None, run: Any, s3root: str | None) -> str | None:
    """The address below which keys are; None when keys are addresses themselves."""
    if run is not None:
        from .... import metaflow_config as config
        from ....flowspec import FlowSpec
        from ....metaflow_current import current

        root = config.DATATOOLS_S3ROOT
        if root is None and not (bucket and prefix):
            raise MetaflowS3URLException("S3(run=...) needs METAFLOW_DATATOOLS_S3ROOT, the address of the runs' data.")
        where, _, below = (root or "s3://")[len("s3://") :].partition("/")
        if isinstance(run, FlowSpec):
            if not current.is_running_flow:
                raise MetaflowS3URLException("S3(run=self) works within a running step only.")
            ids = (current.flow_name, current.run_id)
        else:
            ids = (run.parent.id, run.id)
        parts = (bucket or where, (prefix or below).strip("/"), *ids)
        return "s3://" + "/".join(part for part in parts if part)
    if s3root is None:
        return None
    if not s3root.startswith("s3://"):
        raise MetaflowS3URLException("s3root must be an address that begins with s3://.")
    return s3root.rstrip("/")
