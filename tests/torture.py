"""How often the tests are repeated that try one thing at many seeds: `make torture TIMES=200`."""

import os

TIMES = int(os.environ.get("TIMES") or 20)
