import os
import stat

import pytest

from domain.errors import InputError
from services.output_files import check_output, make_folder, replacing


def test_a_file_takes_its_content_when_the_block_ends(tmp_path):
    file = tmp_path / "new" / "deep" / "out.jsonl"
    with replacing(file) as stream:
        stream.write(b"one")
        assert not file.exists()
    assert file.read_bytes() == b"one"
    assert list(file.parent.iterdir()) == [file]


def test_an_error_leaves_what_was_there(tmp_path):
    file = tmp_path / "out.jsonl"
    file.write_bytes(b"before")

    def fail():
        with replacing(file) as stream:
            stream.write(b"half")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail()
    assert file.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [file]


def test_others_may_read_the_file_as_the_settings_of_the_user_say(tmp_path):
    mask = os.umask(0o022)
    try:
        with replacing(tmp_path / "out.jsonl") as stream:
            stream.write(b"")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "out.jsonl").stat().st_mode) == 0o644


def test_a_folder_is_no_file_and_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="Found: a folder"):
        check_output(tmp_path)
    with pytest.raises(InputError, match="cannot be written"):
        check_output(tmp_path / "file" / "out.jsonl")
    with pytest.raises(InputError, match="cannot be written"):
        make_folder(tmp_path / "file")


def test_a_full_disk_is_a_sentence(tmp_path):
    def fill():
        with replacing(tmp_path / "out.jsonl"):
            raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="No space left on device"):
        fill()
