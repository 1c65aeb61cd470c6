"""python -m bench plan | run | status | verify | reproduce | merge | replicate | speed | data"""

from __future__ import annotations

from study.interrupts import Interruptible

if __name__ == "__main__":
    process = Interruptible()  # before the other imports, which take a while

import argparse
import re
from collections.abc import Callable
from pathlib import Path

from bench.options import CORES, Options
from study.command import Lines, Parser, call, carry_out, named_path, streams
from study.design import WHOLE, Shard
from study.presets import known_presets
from study.presets.rules import LARGEST_SEED

# What carries a command out, as "module:function", and what it does. A module is loaded when its
# command is given: who plans need not wait for what trains.
COMMANDS = {
    "plan": ("bench.plan:plan", "say what `run` would do and how long it would take"),
    "run": ("bench.run:run", "train and score what is missing, keep records, save the winners"),
    "status": ("bench.plan:status", "count the trainings done, failed and to come"),
    "verify": (
        "bench.verify:verify",
        "train some records again and compare them to the bit (baselines nearly); load the winners",
    ),
    "reproduce": (
        "bench.reproduce:reproduce",
        "carry a study out once more, in a second folder, and compare all as `verify` does",
    ),
    "merge": ("bench.merge:merge", "join what the shards of a study have come to"),
    "replicate": (
        "bench.replicate:replicate",
        "repeat a study with 20 seeds (takes half an hour)",
    ),
    "speed": ("bench.speed:speed", "time the loop against model.fit (takes minutes)"),
    "data": ("bench.simulated:simulate", "simulate the data files that the folder lacks"),
}
KEEPING = ("run", "reproduce", "replicate")  # blocks, as they are done
ON_A_STUDY = ("plan", "run", "status", "verify", "reproduce")


@streams()
def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code.

    0 fine, 1 a block that raised an error, 2 wrong input, 3 a repetition without a sound network,
    4 `verify` found a difference, 130 interrupted.
    """
    options = _parser().parse_args(arguments, Options())
    keeps = options.command in KEEPING
    return carry_out(
        lambda: _begun(options),
        "interrupted; finished blocks are kept, the same command goes on"
        if keeps
        else "interrupted; no file was written",
        unheard=130 if keeps else 0,  # a study stops amid its work
    )


def _begun(options: Options) -> Lines:
    """A command's lines; what carries it out is loaded once its study is known to be right."""
    study = [options.study()] if options.command in ON_A_STUDY else []
    lines: Lines = call(COMMANDS[options.command][0], *study, options)
    return lines


def _parser() -> Parser:
    epilog = "example: python -m bench run --preset exercise --data my_data; then python -m report"
    parser = Parser(prog="python -m bench", description=__doc__, epilog=epilog)
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, (_, description) in COMMANDS.items():
        command = _add(commands, name, description)
        if name == "replicate":
            _replicate_options(command)
            _wait_option(command)
            _scheduler_option(command)
        elif name in ON_A_STUDY:
            _study_options(command)
            if name == "verify":
                _runs_option(command)
            if name == "reproduce":
                _again_option(command)
            if name in KEEPING:
                _wait_option(command)
                _fail_fast_option(command)
                _scheduler_option(command)
        elif name == "merge":
            _merge_options(command)
        elif name == "speed":
            _out_option(command)
            _workers_option(command)
        else:
            _data_option(command)
            _data_seed_option(command)
    return parser


def _add(commands: argparse._SubParsersAction[Parser], name: str, description: str) -> Parser:
    folder = "--out my_results" if name == "speed" else "--data my_data"
    epilog = f"example: python -m bench {name} {folder}"
    parser = commands.add_parser(name, help=description, description=description, epilog=epilog)
    parser.set_defaults(command=name)
    return parser


def _replicate_options(parser: Parser) -> None:
    _preset_option(parser, "corrected")
    parser.add_argument(
        "--seeds",
        type=_whole(1000),
        default=20,
        help="number of studies; the first half use the same data (default: 20)",
    )
    _folder_options(parser)
    _data_seed_option(parser)
    _trust_option(parser)
    _workers_option(parser)


def _study_options(parser: Parser) -> None:
    _preset_option(parser, "default")
    _folder_options(parser)
    parser.add_argument(
        "--trainer",
        choices=("loop", "keras"),
        default="loop",
        help="what trains: this project's loop, or Keras itself, many times slower (default: loop)",
    )
    parser.add_argument(
        "--seed",
        type=_whole(LARGEST_SEED),
        help="root seed: repeat the study with other streams (default: 1)",
    )
    _data_seed_option(parser)
    _trust_option(parser)
    _workers_option(parser)
    parser.add_argument(
        "--shard",
        type=_shard,
        default=WHOLE,
        metavar="I/N",
        help="only the repetitions r of which r mod N is I: a part that has a folder of its own",
    )


def _merge_options(parser: Parser) -> None:
    parser.epilog = "example: python -m bench merge results/default-shard*of4"
    parser.add_argument("stores", nargs="+", type=named_path, metavar="FOLDER", help="of a shard")
    _out_option(parser)


def _wait_option(parser: Parser) -> None:
    parser.add_argument(
        "--wait", action="store_true", help="wait for another process that carries the study out"
    )


def _fail_fast_option(parser: Parser) -> None:
    parser.add_argument(
        "--fail-fast", action="store_true", help="stop at the first block that raises an error"
    )


def _scheduler_option(parser: Parser) -> None:
    parser.add_argument(
        "--scheduler",
        help="train on a Dask cluster: the address of its scheduler (tcp://… or tls://…), or the "
        "file that the scheduler wrote (docs/cluster.md)",
    )


def _runs_option(parser: Parser) -> None:
    parser.add_argument(
        "--runs",
        type=_whole(10**6),
        default=20,
        help="trainings to repeat, and a fifth as many baselines (default: 20)",
    )


def _again_option(parser: Parser) -> None:
    parser.add_argument(
        "--again",
        type=named_path,
        default=Path("results-again"),
        help="folder of the repeated study (default: results-again)",
    )


def _preset_option(parser: Parser, default: str) -> None:
    known = f"{known_presets()}, or your own .toml file (default: {default})"
    parser.add_argument("--preset", default=default, help=known)


def _folder_options(parser: Parser) -> None:
    _data_option(parser)
    _out_option(parser)
    parser.add_argument(
        "--models",
        type=named_path,
        default=Path("models"),
        help="folder of the winners (default: models)",
    )


def _out_option(parser: Parser) -> None:
    parser.add_argument(
        "--out",
        type=named_path,
        default=Path("results"),
        help="folder of results (default: results)",
    )


def _data_option(parser: Parser) -> None:
    parser.add_argument(
        "--data",
        type=named_path,
        default=Path("data"),
        help="folder of the CSV files; simulated where it is empty (default: data)",
    )


def _data_seed_option(parser: Parser) -> None:
    parser.add_argument(
        "--data-seed",
        type=_whole(LARGEST_SEED),
        default=1,
        help="seed of simulated data (default: 1)",
    )


def _trust_option(parser: Parser) -> None:
    parser.add_argument(
        "--trust-data",
        action="store_true",
        help="go on where positions or sensors seem to be in another convention",
    )


def _workers_option(parser: Parser) -> None:
    parser.add_argument(
        "--workers", type=_whole(1000), default=CORES, help=f"threads (default: {CORES}, the cores)"
    )


def _shard(text: str) -> Shard:
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text, re.ASCII)
    if not found or int(found[1]) >= int(found[2]):
        raise argparse.ArgumentTypeError(f"expected I/N, such as 0/4 to 3/4, found {text}")
    return Shard(int(found[1]), int(found[2]))


def _whole(most: int) -> Callable[[str], int]:
    """What reads a whole number from 1 to this."""

    def read(text: str) -> int:
        if text.isascii() and text.isdecimal() and len(text) < 20 and 1 <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(
            f"expected a whole number from 1 to {most:,}, found {text}"
        )

    return read


if __name__ == "__main__":
    process.carry_out(main)
