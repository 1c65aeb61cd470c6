"""Where is the leak? In Python: `from locate import load; leak = load("model.h5")(flows)`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from locate.leak import Answers, Leak, load

__all__ = ["Answers", "Leak", "load"]


def __getattr__(name: str) -> Any:
    """What `locate.leak` offers, loaded when it is asked for: help need not wait for it."""
    if name not in __all__:
        raise AttributeError(f"module locate has no attribute {name}")
    from locate import leak

    return getattr(leak, name)
