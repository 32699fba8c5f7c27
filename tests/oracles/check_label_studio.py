"""Run by .venv-oracles: what label-studio-sdk makes of a file that Relook wrote.

    python check_label_studio.py FILE CONFIG

FILE holds tasks, CONFIG the labelling interface. Prints a list, one entry a task and annotation: {"image": address,
"valid": whether the interface accepts the task, "outputs": what the converter reads}.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from label_studio_sdk.converter import Converter
from label_studio_sdk.label_interface import LabelInterface

if __name__ == "__main__":
    tasks, config = sys.argv[1], Path(sys.argv[2]).read_text(encoding="utf-8")
    interface = LabelInterface(config)
    interface.validate()
    valid = {
        task["id"]: all(
            [
                interface.validate_task({"data": task["data"]}),
                *(interface.validate_annotation(each) for each in task["annotations"]),
                *(interface.validate_prediction(each) for each in task["predictions"]),
            ]
        )
        for task in json.loads(Path(tasks).read_text(encoding="utf-8"))
    }
    found = [
        {"image": item["input"].get("image"), "valid": valid[item["id"]], "outputs": item["output"]}
        for item in Converter(config, None, download_resources=False).iter_from_json_file(tasks)
    ]
    print(json.dumps(found))
