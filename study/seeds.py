"""Seeds made of names: a stream depends on what it is called, never on the order of work."""

import hashlib
import json


def seed(*names: str | float | bool | None) -> int:
    """Return the seed of the stream with these names, in [0, 2^63).

    The names are joined as a JSON list before hashing, so that ("a", "bc") and ("ab", "c"), or 1
    and "1", are different streams. The result is the same on every machine and in every process.
    """
    digest = hashlib.sha256(json.dumps(names).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
