"""The command that asks a saved network where the leaks are."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Generator
from pathlib import Path

from bench.predict import Request
from bench.predict import predict as answer
from report import maps


def predict(options: argparse.Namespace) -> Generator[str, None, int]:
    """Answer, and draw a map where one is wanted; remarks go to standard error."""
    form = options.format or ("json" if options.out and options.out.suffix == ".json" else "csv")
    flows = None if options.flows == "-" else Path(options.flows)
    request = Request(options.model, flows, options.data, options.side, options.out, form)
    gathered = maps.Gathered() if options.plot else None
    told = answer(request, gathered.add if gathered else None)
    if gathered:
        maps.write(gathered, options.side, options.plot)
    for remark in told.remarks():
        sys.stderr.write(f"{remark}\n")
    yield from ()
    return 0
