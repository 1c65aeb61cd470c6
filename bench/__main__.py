"""python -m bench plan | run | status | speed | data | predict"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from bench.export import export_table, export_winners
from bench.plan import describe_plan, describe_status, lost
from bench.predict import Request
from bench.predict import predict as answer
from bench.progress import progress
from bench.rows import FORMATS
from bench.run import run as run_study
from bench.run import standing
from bench.studies import Folders, Study, open_study
from study.errors import StudyError
from study.files import write_whole
from study.presets import known_presets, load_preset
from study.simulate import write_data

CORES = os.cpu_count() or 1


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code.

    0 fine, 1 a block that raised an error, 2 wrong input, 3 a repetition without a sound network,
    130 interrupted.
    """
    options = _parser().parse_args(arguments)
    try:
        code = options.command(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever reads, such as head, has enough; a study stops amid its work
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 130 if options.command is run else 0
    except StudyError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; finished blocks are kept, the same command goes on", file=sys.stderr)
        return 130


def plan(options: argparse.Namespace) -> int:
    study = _study(options, simulate=False)
    print("\n".join(describe_plan(study, standing(study).records, options.workers)))
    return 0


def run(options: argparse.Namespace) -> int:
    study = _study(options, simulate=True)
    missing = len(study.names) - len(standing(study).records)
    print(next(describe_plan(study, {}, options.workers)), flush=True)
    with progress(missing) as show:
        result = run_study(study, options.workers, show)
    for path in [export_table(study, result.records), *export_winners(study, result.records)]:
        print(f"wrote {path}")
    print("\n".join(describe_status(study, result.records)))
    if result.seats:
        print(f"blocks were filled to {result.lanes / result.seats:.0%}")
    if result.failed:
        print(f"{len(result.failed)} trainings failed, the first: {result.failed[0]}")
        return 1
    return 3 if lost(study, result.records) else 0


def status(options: argparse.Namespace) -> int:
    study = _study(options, simulate=False)
    print("\n".join(describe_status(study, standing(study).records)))
    return 0


def speed(options: argparse.Namespace) -> int:
    from bench.speed import measure  # it loads Numba, which no other command should wait for

    options.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for row in measure(options.workers):
        rows.append(row)
        print("{architecture}, {rows} rows, an epoch:".format_map(row), end=" ")
        print("model.fit {fit_ms:.0f} ms, the loop {loop_us:.1f} us,".format_map(row), end=" ")
        print("{ratio_fit:.0f} times as fast".format_map(row), flush=True)
    print("wrote", write_whole(options.out / "speed.csv", pd.DataFrame(rows).to_csv(index=False)))
    return 0


def data(options: argparse.Namespace) -> int:
    for path in write_data(options.data, options.data_seed):
        print(f"wrote {path}")
    return 0


def predict(options: argparse.Namespace) -> int:
    form = options.format or ("json" if options.out and options.out.suffix == ".json" else "csv")
    flows = None if options.flows == "-" else Path(options.flows)
    request = Request(options.model, flows, options.data, options.side, options.out, form)
    gathered = None
    if options.plot:
        from report import maps  # it takes a second, which no other command should wait for

        gathered = maps.Gathered()
    try:
        told = answer(request, gathered.add if gathered else None)
    except KeyboardInterrupt:
        print("interrupted; no file was written", file=sys.stderr)
        return 130
    if gathered:
        maps.write(gathered, options.side, options.plot)
    for remark in told.remarks():
        print(remark, file=sys.stderr)
    return 0


def _study(options: argparse.Namespace, *, simulate: bool) -> Study:
    return open_study(
        load_preset(options.preset),
        Folders(options.data, options.out, options.models),
        trainer=options.trainer,
        root_seed=options.seed,
        data_seed=options.data_seed,
        simulate=simulate,
    )


def _parser() -> argparse.ArgumentParser:
    epilog = "example: python -m bench run --preset exercise --data my_data; then python -m report"
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__, epilog=epilog)
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, command, description in (
        ("plan", plan, "say what `run` would do and how long it would take; start nothing"),
        ("run", run, "train and score what is missing, keep the records, save the winners"),
        ("status", status, "count the trainings done, failed and to come"),
    ):
        _study_options(_add(commands, name, command, description))
    timing = _add(commands, "speed", speed, "time the loop against model.fit, in turn (minutes)")
    _out_option(timing)
    _workers_option(timing)
    simulating = _add(commands, "data", data, "simulate the data files that the folder lacks")
    _data_option(simulating)
    _data_seed_option(simulating)
    _predict_options(_add(commands, "predict", predict, "say where the leaks are, from flows"))
    return parser


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    command: Callable[[argparse.Namespace], int],
    description: str,
) -> argparse.ArgumentParser:
    folder = "--out my_results" if name == "speed" else "--data my_data"
    epilog = f"example: python -m bench {name} {folder}"
    parser = commands.add_parser(name, help=description, description=description, epilog=epilog)
    parser.set_defaults(command=command)
    return parser


def _study_options(parser: argparse.ArgumentParser) -> None:
    known = f"{known_presets()}, or your own .toml file (default: default)"
    parser.add_argument("--preset", default="default", help=known)
    _data_option(parser)
    _out_option(parser)
    parser.add_argument(
        "--models",
        type=Path,
        default=Path("models"),
        help="folder of the winners (default: models)",
    )
    parser.add_argument(
        "--trainer",
        choices=("loop", "keras"),
        default="loop",
        help="what trains: this project's loop, or Keras itself, many times slower (default: loop)",
    )
    parser.add_argument(
        "--seed", type=_whole, help="root seed: repeat the study with other streams (default: 1)"
    )
    _data_seed_option(parser)
    _workers_option(parser)


def _out_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=Path, default=Path("results"), help="folder of results (default: results)"
    )


def _data_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        default=Path("data"),
        help="folder of the CSV files; simulated where it has none (default: data)",
    )


def _data_seed_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data-seed", type=_whole, default=1, help="seed of simulated data (default: 1)"
    )


def _workers_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workers", type=_whole, default=CORES, help=f"threads (default: {CORES}, the cores)"
    )


def _predict_options(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Say for each row of flows where the leak is, and how far around that to search: with 90 % "
        "probability it is no further away. Positions in mm are from the middle of the bag, x to "
        "the right and y up where sensor 1 is at the top left and 2 at the top right. Flags: "
        "normalised, the flows did not sum to 1; unlike_a_leak, no single leak makes such flows."
    )
    winner = "models/model_equivariant_1000_augmented.h5"
    parser.epilog = f"example: python -m bench predict --model {winner} flows.csv --out answers.csv"
    parser.add_argument(
        "flows",
        nargs="?",
        default="-",
        help="CSV file with columns mfc1 to mfc4 (default: standard input)",
    )
    parser.add_argument("--model", type=Path, required=True, help="saved network, an .h5 file")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path("data"),
        help="folder of the CSV files; its validation data calibrate the radius (default: data)",
    )
    parser.add_argument(
        "--side", type=_side, default=1500.0, help="side of the bag in mm (default: 1500)"
    )
    parser.add_argument("--out", type=Path, help="file of answers (default: standard output)")
    parser.add_argument(
        "--format", choices=FORMATS, help="(default: json for an --out of that name, else csv)"
    )
    parser.add_argument("--plot", type=Path, help="SVG file for a map of the answers")


def _side(text: str) -> float:
    try:
        side = float(text)
    except ValueError:
        side = math.nan
    if not (side > 0 and math.isfinite(side)):
        raise argparse.ArgumentTypeError(f"expected a length in mm above 0, found {text}")
    return side


def _whole(text: str) -> int:
    if not (text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, found {text}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
