import io
import json
import zipfile
from datetime import datetime

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import insert

from domain.decision import Verdict
from domain.errors import FormatError, InputError, LimitError
from domain.geometry import Box
from domain.model_spec import InputOrientation, ModelSpec
from domain.prediction import Instance, Instances, ModelInfo, Task
from domain.settings import Settings
from services.bundling import open_bundle, save_bundle, write_bundle
from services.import_images import import_images
from services.import_labels import import_file
from services.projects import create_project, delete_project, fetch_project, list_projects, set_threshold
from services.review import Entry, fetch_history, record
from services.workspace import open_workspace
from store.decisions import list_decisions, list_redoable, list_undoable
from store.dump import TABLES, dump_rows
from store.findings import list_findings
from store.images import list_files
from store.predictions import StoredPrediction, list_models, save_model, save_predictions
from store.projects import update_project
from store.review_schema import class_edits
from store.sources import iterate_lines, list_sources
from store.states import list_states

URL = "azureml://subscriptions/a/resourcegroups/b/workspaces/c/datastores/d/paths/photos/"
INFO = ModelInfo(
    "demo/detector@12", "demo/detector", "d", Task.DETECTION, ("can",), (240, 320), "demo", "12", ("Note.",)
)
RENAMING = {
    "edit_id": "e1",
    "kind": "rename",
    "name": "jar",
    "payload": '{"to": "glass"}',
    "reviewer": "Ana",
    "edited_at": "2026-01-01T00:00:00+00:00",
}
SPEC = ModelSpec("demo/detector", mean=(0.1, 0.2, 0.3), orientation=InputOrientation.UPRIGHT)


@pytest.fixture
def home(tmp_path):
    """Return a function that opens the workspace of a name; all are closed at the end."""
    opened = []

    def open_home(name):
        home = tmp_path / name
        opened.append(open_workspace(Settings(home, f"sqlite:///{home / 'relook.sqlite'}")))
        return opened[-1]

    yield open_home
    for workspace in opened:
        workspace.close()


@pytest.fixture
def photos(tmp_path):
    return draw_photos(tmp_path / "photos")


def draw_photos(folder):
    (folder / "sub").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name in ("a.jpg", "b.png", "sub/c.jpg", "d.jpg"):
        Image.fromarray(rng.integers(0, 255, (30, 40, 3), dtype=np.uint8)).save(folder / name)
    (folder / "empty.jpg").write_bytes(b"")
    return folder


def thing(number, *sides, label="can"):
    return Instance(f"n{number}", label, Box(*sides), polygons=((0.1, 0.2, 0.30000000000000004, 0.4, 0.5, 1 / 3),))


@pytest.fixture
def project(home, photos):
    workspace = home("here")
    return workspace, make_project(workspace, photos)


@pytest.fixture(scope="module")
def members(tmp_path_factory):
    """Name -> text of the members of a bundle."""
    folder = tmp_path_factory.mktemp("members")
    workspace = open_workspace(Settings(folder, f"sqlite:///{folder / 'relook.sqlite'}"))
    bundle = save_bundle(workspace, make_project(workspace, draw_photos(folder / "photos")))
    workspace.close()
    return unpack(bundle)


def make_project(workspace, photos):
    """A project with rows in every table: undos and a redo, a broken line, a model, a note that is a formula."""
    labels = workspace.settings.home / "labels.jsonl"
    box = {"label": "can", "topX": 0.1, "topY": 0.1, "bottomX": 0.30000000000000004, "bottomY": 0.5}
    lines = [json.dumps({"image_url": f"{URL}{name}", "label": [box], "odd": 1e-9}) for name in ("a.jpg", "sub/c.jpg")]
    labels.write_text("\n".join([*lines, "broken <b>", json.dumps({"image_url": f"{URL}gone.jpg", "label": []})]))
    made = create_project(workspace, "Fridge", Task.DETECTION, str(photos), classes=("jar",))
    import_images(workspace, made.project_id)
    import_file(workspace, made.project_id, str(labels))
    set_threshold(workspace, made.project_id, 0.35)
    answer = Instances((Instance("P1-0", "can", Box(0.1, 0.1, 0.2, 0.7), 0.87654321),))
    with workspace.write() as connection:
        connection.execute(insert(class_edits).values(**RENAMING, project_id=made.project_id))
        save_model(connection, made.project_id, INFO, SPEC)
        predictions = [StoredPrediction("a.jpg", answer, 0.01), StoredPrediction("empty.jpg", None, problem="Empty.")]
        save_predictions(connection, made.project_id, INFO.model_id, predictions)
        update_project(connection, made.project_id, model_id=INFO.model_id)
    correct = Instances((thing(1, 0.1, 0.1, 0.4, 0.4), thing(2, 0.5, 0.5, 0.9, 0.9, label='=HYPERLINK("x")')))
    entries = [
        Entry(1, "d1", "a.jpg", Verdict.CORRECT, correct, "=1+1 <script>", ("labels", "map"), 2.5),
        Entry(2, "d2", "d.jpg", Verdict.FLAG, None, "look"),
        Entry(3, "d3", "d.jpg", Verdict.FLAG, None, undoes="d2"),
        Entry(4, "d4", "d.jpg", Verdict.FLAG, None, undoes="d3"),
        Entry(5, "d5", "b.png", Verdict.SKIP, None),
        Entry(6, "d6", "b.png", Verdict.SKIP, None, undoes="d5"),
    ]
    _, refused = record(workspace, made.project_id, "Ada", "tab-1", entries)
    assert refused == []
    return made.project_id


def describe(workspace, project_id):
    """Everything a project is, but its number and what is numbered anew."""
    project = fetch_project(workspace, project_id)
    facts = {name: getattr(project, name) for name in project.__slots__ if name != "project_id"}
    with workspace.read() as connection:
        sources = list_sources(connection, project_id)
        return {
            "project": facts,
            "states": list_states(connection, project),
            "files": list_files(connection, project_id),
            "lines": [list(iterate_lines(connection, source.source_id)) for source in sources],
            "sources": [(each.kind, each.file, each.path, each.imported_at, each.used_count) for each in sources],
            "findings": list_findings(connection, project_id),
            "models": list_models(connection, project_id),
            "decisions": list_decisions(connection, project_id),
            "undoable": list_undoable(connection, project_id, "Ada", count=9),
            "redoable": list_redoable(connection, project_id, "Ada", count=9),
            "rows": {
                name: list(dump_rows(connection, project_id, name))
                for name in TABLES
                if name not in {"sources", "source_lines", "findings"}
            },
        }


def test_a_project_opened_elsewhere_is_the_same_in_every_row(project, home, tmp_path):
    workspace, project_id = project
    file = tmp_path / "out" / "fridge.relook"
    made = write_bundle(workspace, project_id, file)
    assert (made.project, made.rows["images"], made.rows["decisions"], made.rows["source_lines"]) == ("Fridge", 5, 6, 4)

    there = home("there")
    create_project(there, "Other", Task.DETECTION, str(tmp_path))  # so that numbers differ
    opened = open_bundle(there, file)
    assert opened != project_id
    assert describe(there, opened) == describe(workspace, project_id)


def test_the_bytes_for_download_are_the_file(project, home):
    workspace, project_id = project
    there = home("there")
    opened = open_bundle(there, save_bundle(workspace, project_id))
    assert describe(there, opened)["decisions"] == describe(workspace, project_id)["decisions"]


def test_a_copy_in_the_same_database_gets_ids_of_its_own_that_still_name_each_other(project):
    workspace, project_id = project
    before = describe(workspace, project_id)
    copy = open_bundle(workspace, save_bundle(workspace, project_id))

    assert fetch_project(workspace, copy).name == "Fridge (2)"
    assert describe(workspace, project_id) == before
    after = describe(workspace, copy)
    assert [state.decision and state.decision.content for state in after["states"]] == [
        state.decision and state.decision.content for state in before["states"]
    ]
    old, new = before["decisions"], after["decisions"]
    assert not {each.decision_id for each in old} & {each.decision_id for each in new}
    place = {each.decision_id: number for number, each in enumerate(new)}
    assert [each.undoes and place[each.undoes] for each in new] == [None, None, 1, 2, None, 4]
    undo, redo = fetch_history(workspace, copy, "Ada")
    assert [entry.image_id for entry in undo] == ["a.jpg", "d.jpg"]
    assert [entry.image_id for entry in redo] == ["b.png"]
    assert fetch_project(workspace, open_bundle(workspace, save_bundle(workspace, copy))).name == "Fridge (2) (2)"


def test_a_client_that_is_known_here_gets_a_new_name_so_that_nothing_it_sends_is_taken_for_a_repetition(
    project, home, photos
):
    workspace, project_id = project
    there = home("there")
    other = create_project(there, "Other", Task.DETECTION, str(photos))
    import_images(there, other.project_id)
    record(there, other.project_id, "Bob", "tab-1", [Entry(1, "x1", "a.jpg", Verdict.SKIP, None)])

    opened = open_bundle(there, save_bundle(workspace, project_id))
    assert len(describe(there, opened)["decisions"]) == 6


def test_a_deleted_project_comes_back_from_its_bundle_with_its_own_ids(project):
    workspace, project_id = project
    before, bundle = describe(workspace, project_id), save_bundle(workspace, project_id)
    delete_project(workspace, project_id)
    assert describe(workspace, open_bundle(workspace, bundle)) == before


def test_images_are_found_in_another_folder_by_path_and_by_content(project, home, photos, tmp_path):
    workspace, project_id = project
    bundle = save_bundle(workspace, project_id)
    moved = photos.rename(tmp_path / "moved")
    (moved / "sub" / "c.jpg").rename(moved / "renamed.jpg")

    there = home("there")
    opened = open_bundle(there, bundle, image_folder=str(moved))
    with there.read() as connection:
        places = {file.image.image_id: file.image.uri for file in list_files(connection, opened)}
    assert places["a.jpg"] == str(moved / "a.jpg")
    assert places["sub/c.jpg"] == str(moved / "renamed.jpg")
    assert [entry.image_id for entry in fetch_history(there, opened, "Ada")[0]] == ["a.jpg", "d.jpg"]

    again = open_bundle(home("third"), save_bundle(there, opened))
    with home("third").read() as connection:
        assert {f.image.image_id: f.image.uri for f in list_files(connection, again)} == places


def test_a_folder_that_is_not_there_is_refused_before_anything_is_made(project, home, tmp_path):
    workspace, project_id = project
    there = home("there")
    with pytest.raises(InputError, match="There is no folder"):
        open_bundle(there, save_bundle(workspace, project_id), image_folder=str(tmp_path / "nowhere"))
    assert list_projects(there) == []


def test_a_bundle_of_the_first_schema_is_opened(project, home, tmp_path):
    workspace, project_id = project
    members = unpack(save_bundle(workspace, project_id))
    later = {
        "sources.jsonl": {"format"},
        "source_lines.jsonl": {"image_url"},
        "decisions.jsonl": {"parent", "provenance", "region"},
    }
    for member, columns in later.items():
        rows = [json.loads(line) for line in members[member].splitlines()]
        assert all(columns <= row.keys() for row in rows)
        older = [{key: value for key, value in row.items() if key not in columns} for row in rows]
        members[member] = "".join(json.dumps(row) + "\n" for row in older)
    del members["class_edits.jsonl"]
    head = json.loads(members["bundle.json"])
    del head["project"]["overlap"], head["project"]["withheld_share"]
    members["bundle.json"] = json.dumps(head | {"schema": 1})

    there = home("there")
    opened = open_bundle(there, pack(members, tmp_path))

    with there.read() as connection:
        (source,) = list_sources(connection, opened)
        assert source.format == "azure-jsonl"
        assert len(list(iterate_lines(connection, source.source_id))) == source.line_count == 4


def unpack(bundle):
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def pack(members, tmp_path, **settings):
    file = tmp_path / "hostile.relook"
    with zipfile.ZipFile(file, "w", **settings) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return file


def change(members, member, **changes):
    """The first row of a member (or the project) with other values."""
    if member == "bundle.json":
        head = json.loads(members[member])
        return {**members, member: json.dumps(head | changes)}
    if member == "project":
        head = json.loads(members["bundle.json"])
        return {**members, "bundle.json": json.dumps(head | {"project": head["project"] | changes})}
    first, *rest = members[member].splitlines()
    return {**members, member: "\n".join([json.dumps(json.loads(first) | changes), *rest])}


HOSTILE = {
    "a path out of the folder": ("images.jsonl", {"uri": "../../etc/passwd"}),
    "an absolute path": ("images.jsonl", {"uri": "/etc/passwd"}),
    "an image id out of the folder": ("images.jsonl", {"image_id": "a/../../b.jpg"}),
    "an image without a path": ("images.jsonl", {"uri": ""}),
    "a path that is no text": ("images.jsonl", {"uri": 5}),
    "an orientation that is none": ("images.jsonl", {"orientation": 9}),
    "a width that is no number": ("images.jsonl", {"width": "wide"}),
    "a width of true": ("images.jsonl", {"width": True}),
    "a number too large to store": ("images.jsonl", {"file_bytes": 2**63}),
    "an unknown column": ("images.jsonl", {"run": "rm -rf"}),
    "a time that is none": ("sources.jsonl", {"imported_at": "yesterday"}),
    "a time without zone": ("sources.jsonl", {"imported_at": "2026-01-01T00:00:00"}),
    "a kind that is none": ("sources.jsonl", {"kind": "secrets"}),
    "a line of no file": ("source_lines.jsonl", {"source_id": 999}),
    "a finding of no file": ("findings.jsonl", {"source_id": 999}),
    "a severity that is none": ("findings.jsonl", {"severity": "fatal"}),
    "content that is no JSON": ("predictions.jsonl", {"content": "__import__('os')"}),
    "content of another shape": ("predictions.jsonl", {"content": '{"objects": [["a", "b", [0, 0, 1], 1, [], null]]}'}),
    "scores that are text": ("predictions.jsonl", {"content": '{"labels": {"can": "high"}}'}),
    "content that is a list": ("decisions.jsonl", {"content": "[]"}),
    "a verdict that is none": ("decisions.jsonl", {"verdict": "approve"}),
    "an id longer than its column": ("decisions.jsonl", {"decision_id": "x" * 65}),
    "an id given twice": ("decisions.jsonl", {"decision_id": "d2"}),
    "a zero character": ("decisions.jsonl", {"note": "a\0b"}),
    "overlays that are no list": ("decisions.jsonl", {"overlays": '"map"'}),
    "a model without its facts": ("models.jsonl", {"info": "{}"}),
    "a model of no task": ("models.jsonl", {"info": json.dumps({"task": "x"})}),
    "a model to load by a list": ("models.jsonl", {"spec": "[]"}),
    "a parent longer than its column": ("decisions.jsonl", {"parent": "x" * 65}),
    "a provenance that is a list": ("decisions.jsonl", {"provenance": "[]"}),
    "a brush that leaves pixels out": ("decisions.jsonl", {"region": '{"width": 2, "height": 2, "runs": [3]}'}),
    "an edit of no kind": ("class_edits.jsonl", {"kind": "explode"}),
    "an overlap of nobody": ("project", {"overlap": 0}),
    "a project of no task": ("project", {"task": "guess"}),
    "a threshold of two": ("project", {"threshold": 2.0}),
    "classes that are no text": ("project", {"classes": "[1]"}),
    "a project without a folder": ("project", {"image_folder": None}),
    "a project with a number": ("project", {"id": 1}),
    "another format": ("bundle.json", {"format": "zip"}),
    "a later version": ("bundle.json", {"version": 2}),
    "a later schema": ("bundle.json", {"schema": 99}),
    "no project": ("bundle.json", {"project": []}),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_relook_never_writes_is_refused_and_leaves_nothing_behind(members, home, tmp_path, case):
    member, changes = HOSTILE[case]
    file = pack(change(members, member, **changes), tmp_path)

    there = home("there")
    with pytest.raises(FormatError) as caught:
        open_bundle(there, file)
    assert caught.value.remedy
    assert list_projects(there, with_archived=True) == []


def test_the_unchanged_members_packed_again_are_accepted(members, home, tmp_path):
    """Else the test above would prove nothing."""
    for member in (*members, "project"):
        open_bundle(home("there"), pack(change(members, member), tmp_path))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda members: {name: text for name, text in members.items() if name != "decisions.jsonl"},
        lambda members: {**members, "members.jsonl": ""},
        lambda members: {**members, "../../evil.py": "import os"},
        lambda members: {**members, "bundle.json": "[]"},
        lambda members: {**members, "bundle.json": "{"},
        lambda members: {**members, "images.jsonl": "null\n"},
        lambda members: {**members, "images.jsonl": '{"image_id": NaN}\n'},
        lambda members: {**members, "images.jsonl": "[" * 100_000},
    ],
)
def test_other_members_and_other_content_are_refused(members, home, tmp_path, spoil):
    file = pack(spoil(members), tmp_path)
    there = home("there")
    with pytest.raises(FormatError):
        open_bundle(there, file)
    assert list_projects(there) == []
    assert not (tmp_path / "evil.py").exists()


def test_damaged_files_are_refused(project, home, tmp_path):
    workspace, project_id = project
    whole = save_bundle(workspace, project_id)
    there = home("there")
    for bundle in (b"", b"PK\x03\x04", whole[: len(whole) // 2], whole[:200] + bytes(40) + whole[240:]):
        with pytest.raises(FormatError, match="no bundle"):
            open_bundle(there, bundle)
    with pytest.raises(FormatError, match="No such file"):
        open_bundle(there, tmp_path / "nowhere.relook")
    assert list_projects(there) == []


def test_a_file_that_unpacks_to_far_more_than_it_looks_is_refused_unread(members, home, tmp_path):
    bomb = pack({**members, "findings.jsonl": "0" * 40_000_000}, tmp_path, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(LimitError, match="400 times the packed size"):
        open_bundle(home("there"), bomb)


def test_a_bundle_above_the_limit_of_this_installation_is_refused(project, tmp_path):
    workspace, project_id = project
    bundle = save_bundle(workspace, project_id)
    home = tmp_path / "small"
    small = open_workspace(Settings(home, f"sqlite:///{home / 'relook.sqlite'}", max_file_bytes=1000))
    with pytest.raises(LimitError, match="at most 1,000 are read"):
        open_bundle(small, bundle)
    small.close()


def test_a_name_with_spaces_or_none_or_too_long_becomes_a_name(members, home, tmp_path):
    there = home("there")
    wanted = {"  a \n b ": "a b", "": "Bundle", "x" * 200: "x" * 80}
    for name, free in wanted.items():
        opened = open_bundle(there, pack(change(members, "project", name=name), tmp_path))
        assert fetch_project(there, opened).name == free
    opened = open_bundle(there, pack(change(members, "project", name="x" * 200), tmp_path))
    assert fetch_project(there, opened).name == "x" * 72 + " (2)"


def test_when_it_was_written_stands_in_it(members):
    head = json.loads(members["bundle.json"])
    assert datetime.fromisoformat(head["written_at"]).tzinfo is not None
    assert head["rows"]["decisions"] == 6
