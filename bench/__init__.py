"""How a study is run. In Python: `from bench import run_study`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.run import run_study

__all__ = ["run_study"]


def __getattr__(name: str) -> Any:
    """`run_study`, loaded when it is asked for: who only plans need not wait for it."""
    if name != "run_study":
        raise AttributeError(f"module bench has no attribute {name}")
    from bench.run import run_study

    return run_study
