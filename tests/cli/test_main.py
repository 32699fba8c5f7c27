import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli.__main__ import COMMANDS, main
from cli.printing import plain

ROOT = Path(__file__).parents[2]


def start(*arguments, **options):
    """The command line as a program of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "cli", *map(str, arguments)],
        # Tests that run in the background inherit an ignored interrupt; a person's shell gives the default.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  no threads yet
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        **options,
    )


def test_help_needs_no_torch_but_where_the_options_are_parameters_of_methods():
    names = sorted(set(COMMANDS) - {"explain"})
    check = f"import sys; from cli.__main__ import main; codes = [main([name, '--help']) for name in {names}]; "
    end = "sys.exit(any(codes) or main(['--help']) or 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", check + end], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(run_cli, command):
    result = run_cli(command, "--help")

    assert (result.code, result.err) == (0, "")
    assert f"example:\n  python -m cli {command} " in result.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "The following arguments are required: COMMAND. See python -m cli --help."),
        (["frobnicate"], "invalid choice: 'frobnicate'"),
        (["score"], "--model, --images, --out. See python -m cli score --help."),
        (["validate", "x", "--fromat", "y"], "Unrecognized arguments: --fromat y"),
        (["validate", "x", "--js"], "Unrecognized arguments: --js"),
        (["evaluate", "--labels", "x", "--threshold", "high"], "invalid float value: 'high'"),
        (["score", "--model", "resnet18", "--images", ".", "--out", "x"], "There is no image"),
    ],
)
def test_wrong_arguments_are_one_sentence_with_exit_code_1(run_cli, arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run_cli(*arguments)

    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert result.err.startswith("relook: ")
    assert words in result.err


def test_a_model_name_without_a_runtime_is_explained(run_cli, photos, tmp_path):
    result = run_cli("score", "--model", "resnet18", "--images", photos, "--out", tmp_path / "p.jsonl")
    assert "'resnet18' is not a model name; expected RUNTIME/NAME." in result.err
    result = run_cli("score", "--model", "tensorflow/resnet18", "--images", photos, "--out", tmp_path / "p.jsonl")
    assert "no model runtime named 'tensorflow'" in result.err


def test_an_error_of_the_system_is_a_sentence_too(run_cli, monkeypatch):
    def fail(*_args, **_settings):
        raise OSError(28, "No space left on device", "/somewhere/out.jsonl")

    monkeypatch.setattr("cli.validate.validate_file", fail)
    result = run_cli("validate", "x")
    assert (result.code, result.err) == (1, "relook: /somewhere/out.jsonl cannot be used: No space left on device.\n")


def test_a_reader_who_leaves_early_is_no_error_message(tmp_path):
    file = tmp_path / "labels.jsonl"
    file.write_text("nonsense\n" * 20_000)
    with start("validate", file) as program:
        assert program.stdout.readline().startswith("labels.jsonl:1:")
        program.stdout.close()
        assert program.stderr.read() == ""
    assert program.returncode == 1


def test_a_keystroke_stops_the_work_with_a_sentence_and_keeps_what_is_finished(classifier, tmp_path, run_cli):
    folder, out = tmp_path / "many", tmp_path / "predictions.jsonl"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(256):
        Image.fromarray(rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)).save(folder / f"{number:03}.png")
    arguments = ("score", *classifier, "--images", folder, "--out", out)

    with start(*arguments) as program:
        lines = iter(program.stderr.readline, "")
        next(line for line in lines if line.startswith("Scoring: "))
        program.send_signal(signal.SIGINT)
        said = "".join(lines)
    assert program.returncode == 1
    assert "relook: Stopped. What is finished was kept." in said
    assert "Traceback" not in said
    assert not out.exists()

    result = run_cli(*arguments)
    assert "256 images scored (" in result.out
    assert "of them earlier)" in result.out


def test_text_from_files_cannot_steer_the_terminal():
    assert plain("caña 日本 <b>") == "caña 日本 <b>"
    assert plain("a\x1b[2J\r\nb\u202e") == "a\\x1b[2J\\r\\nb\\u202e"


def test_file_names_that_are_no_text_do_not_break_the_output(tmp_path):
    program = start("validate", os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jsonl"))
    _, said = program.communicate()
    assert program.returncode == 1
    assert "No such file" in said
    assert "Traceback" not in said


def test_without_arguments_the_command_line_of_the_program_is_read(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["cli", "--help"])
    assert main() == 0
    assert "COMMAND" in capsys.readouterr().out
