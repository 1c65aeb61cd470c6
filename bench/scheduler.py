"""The scheduler of a Dask cluster: what has its address, and what answers there."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from study.errors import StudyError

PATIENCE = 10  # seconds for an answer


def connect(scheduler: str) -> Any:
    """A client of the scheduler that has this address, or wrote it to this file.

    Raises StudyError where none answers, and where Dask is not installed.
    """
    try:
        from distributed import Client, Security
    except ImportError:
        remedy = ".venv/bin/python -m pip install --requirement requirements-cluster.lock"
        raise StudyError(f"--scheduler: expected Dask, found none; run `{remedy}`") from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what it logs is told in a line
    address = scheduler if "://" in scheduler else _written(Path(scheduler))
    known = Security().get_connection_args("client")["ssl_context"] is not None
    if not address.startswith(("tcp://", "tls://")[: 1 + known]):
        raise StudyError(
            f"{scheduler}: expected tcp://, or tls:// and certificates in Dask's configuration, "
            f"found {address} and {'' if known else 'no '}certificates; see docs/cluster.md"
        )
    try:
        return Client(address, timeout=PATIENCE, set_as_default=False)
    except OSError as error:
        raise StudyError(
            f"{scheduler}: expected the scheduler of a Dask cluster, found no answer ({error}); "
            "start one as docs/cluster.md says"
        ) from None


def _written(file: Path) -> str:
    """The address that a scheduler wrote to its file."""
    try:
        return str(json.loads(file.read_text(encoding="utf-8"))["address"])
    except (OSError, ValueError, TypeError, KeyError):
        raise StudyError(
            f"{file}: expected an address such as tcp://10.0.0.1:8786, or the file that a running "
            "scheduler wrote, found neither; see docs/cluster.md"
        ) from None
