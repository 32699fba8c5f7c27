"""`make fuzz`: at least 10,000 mutated files of every format. `--format NAME --case N` makes one of them again."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from formats import FORMATS
from tests.fuzz.checking import Violation, end_when_stuck, run_case
from tests.fuzz.long_line import check_long_line
from tests.fuzz.specimens import make_specimens

_FILES = 10_000
_STUCK_SECONDS = 120


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--format", choices=list(FORMATS), help="one format only, in this process")
    parser.add_argument("--files", type=int, default=_FILES, help="mutated files a format (%(default)s)")
    parser.add_argument("--case", type=int, help="make this one file again and keep it")
    parser.add_argument("--seed", default="relook", help="another seed gives other files (%(default)s)")
    parser.add_argument("--no-long-line", action="store_true", help="leave out the line of 100 MB")
    args = parser.parse_args()
    if args.format is None:
        return _run_all(args)
    return _run_one(args)


def _run_all(args: argparse.Namespace) -> int:
    """Each format in a process of its own: one that gets stuck does not stop the others."""
    failed = []
    for name in FORMATS:
        more = ["--no-long-line"] if args.no_long_line else []
        command = [
            sys.executable,
            "-m",
            "tests.fuzz",
            "--format",
            name,
            "--files",
            str(args.files),
            "--seed",
            args.seed,
        ]
        if subprocess.run([*command, *more], check=False).returncode:
            failed.append(name)
    print(f"Failed: {', '.join(failed)}." if failed else "Nothing found.")
    return 1 if failed else 0


def _run_one(args: argparse.Namespace) -> int:
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        specimens = make_specimens(args.format, Path(folder) / "specimens")
        if not specimens:
            print(f"{args.format}: only read, no specimens.")
            return 0
        cases = range(args.files) if args.case is None else [args.case]
        found: list[Violation] = []
        for case in cases:
            end_when_stuck(_STUCK_SECONDS)
            violation = run_case(specimens, case, args.seed, Path(folder) / "scratch")
            found += [violation] if violation is not None else []
        if args.case is None and not args.no_long_line:
            end_when_stuck(5 * _STUCK_SECONDS)
            found += check_long_line(specimens)
    print(f"{args.format}: {len(cases):,} files, {len(found)} violations, {time.monotonic() - started:.0f} s")
    _tell(found)
    return 1 if found else 0


def _tell(found: list[Violation]) -> None:
    """One line a cause, with how often and an example."""
    causes = Counter((each.kind, each.detail) for each in found)
    for (kind, detail), count in causes.most_common():
        example = next(each for each in found if (each.kind, each.detail) == (kind, detail))
        print(f"  {count:5} x {kind}: {detail}\n          e.g. case {example.case}: {example.mutation}")


if __name__ == "__main__":
    sys.exit(main())
