import subprocess
import sys
from pathlib import Path

from domain.geometry import Box
from domain.prediction import Instance, Instances, Task
from services.export_check import Checked, Checker, check_lines
from store import contents

ROOT = Path(__file__).parents[2]
LINE = (
    b'{"image_url":"azureml://datastores/d/paths/a.png","label":'
    b'[{"label":"can","topX":0.1,"topY":0.2,"bottomX":0.3,"bottomY":0.4}]}\n'
)
CAN = contents.encode(Instances((Instance("L", "can", Box(0.1, 0.2, 0.3, 0.4)),)))
MOVED = contents.encode(Instances((Instance("L", "can", Box(0.1, 0.2, 0.3, 0.5)),)))

SCRIPT = """
import os, signal, sys
from pathlib import Path
from domain.prediction import Task
from services.export_check import MANY_LINES, Checker

def main():
    file, size, can, moved = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
    checker = Checker(file, Task.DETECTION, lines=MANY_LINES)
    checks = [[can, can], [can, moved]]
    waiting = [(checker.check(0, 2 * size, meant), meant) for meant in checks]
    print([checker.settle(check, 0, 2 * size, meant).differences for check, meant in waiting])
    [worker] = checker._pool._processes
    print(worker != os.getpid())
    os.kill(worker, signal.SIGKILL)
    late = checker.check(0, 2 * size, [moved, moved])
    print(checker.settle(late, 0, 2 * size, [moved, moved]).differences)
    checker.close()

if __name__ == "__main__":
    main()
"""


def test_lines_that_say_something_else_are_counted(tmp_path):
    file = tmp_path / "labels.jsonl"
    file.write_bytes(LINE * 3)
    found = check_lines(str(file), len(LINE), 2 * len(LINE), Task.DETECTION, [CAN, MOVED])
    assert found == Checked(1, [("can",), ("can",)])
    assert check_lines(str(file), 0, 2 * len(LINE), Task.DETECTION, [CAN]).differences == 2


def test_a_short_file_is_checked_here(tmp_path):
    file = tmp_path / "labels.jsonl"
    file.write_bytes(LINE)
    checker = Checker(file, Task.DETECTION, lines=1)
    assert checker.check(0, len(LINE), [CAN]).result() == Checked(0, [("can",)])


def test_a_long_file_is_checked_by_another_process_and_here_when_that_dies(tmp_path):
    file, script = tmp_path / "labels.jsonl", tmp_path / "script.py"
    file.write_bytes(LINE * 2)
    script.write_text(SCRIPT)
    command = [sys.executable, script, file, str(len(LINE)), CAN, MOVED]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT)})
    assert done.stdout.split("\n")[:3] == ["[0, 1]", "True", "2"], done.stderr
