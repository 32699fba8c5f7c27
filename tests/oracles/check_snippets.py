"""Run by .venv-oracles: the Python of a page of the documentation, up to what it would send.

    python check_snippets.py PAGE

Runs in the current folder, without network. Prints a list: for every snippet the addresses it would have sent to.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import requests

sent: list[str] = []


def send(_session: requests.Session, method: str, url: str, **_options: Any) -> requests.Response:
    """Stand in for the network."""
    sent.append(url)
    response = requests.Response()
    response.status_code = 200
    response._content = b"{}"
    return response


def main() -> None:
    requests.Session.request = send
    os.environ.update(ARIZE_SPACE_ID="space", ARIZE_API_KEY="key")
    found = []
    for code in re.findall(r"```python\n(.*?)```", Path(sys.argv[1]).read_text(encoding="utf-8"), re.DOTALL):
        sent.clear()
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(code, sys.argv[1], "exec"), {"__name__": "__main__"})
        found.append(list(sent))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
