from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from domain.errors import Cancelled, ExplanationError, ImageError, InputError
from domain.explanation import Explanation, Region, Target
from domain.geometry import Box
from domain.image import ImageRef
from domain.model_spec import InputOrientation, ModelSpec
from domain.orientation import array_to_stored, box_to_stored, upright_size
from domain.prediction import Instance
from services.evidence import evidence_inside
from services.explaining import Request, compute
from services.map_cache import explain, find_cached, load_explanation
from services.map_downloads import map_as_npz, map_as_png
from services.methods import estimate_seconds, list_methods, quickest_method, title_of
from tests.explainers.conftest import DETECTORS, Classifier, Detector, SpotsColours, _seeded, tiny_cnn

SPEC = ModelSpec("torchvision/tiny", "tiny.pth")
UPRIGHT = replace(SPEC, orientation=InputOrientation.UPRIGHT)
RED = Box(0.25, 0.5, 0.375, 0.75)  # of the upright picture


@pytest.fixture
def spots():
    """A model that knows where red is."""
    return Classifier(SpotsColours().eval(), 96)


@pytest.fixture
def detector():
    return Detector(_seeded(DETECTORS["faster_rcnn"]))


def upright_pixels():
    """(64, 96, 3): grey noise with a red patch at `RED`."""
    pixels = np.random.default_rng(0).integers(100, 130, (64, 96, 1), dtype=np.uint8).repeat(3, axis=2)
    pixels[32:48, 24:36] = (230, 30, 30)
    return pixels


def save_turned(folder, orientation):
    """Write the picture so that its EXIF orientation turns it upright."""
    stored = array_to_stored(upright_pixels(), orientation)
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = folder / f"turned {orientation}.png"
    Image.fromarray(stored).save(file, exif=exif)
    width, height = upright_size(96, 64, orientation)
    return ImageRef(file.name, str(file), width, height, sha256=f"{orientation:064}", orientation=orientation)


@pytest.fixture
def image(tmp_path):
    return save_turned(tmp_path, 1)


def request_of(image, **changes):
    return replace(Request(image, Target("red"), "gradcam"), **changes)


def cached_files(workspace):
    return sorted((workspace.settings.home / "explanations").rglob("*.npz"))


def test_a_map_is_computed_once_and_comes_back_byte_for_byte(workspace, spots, image):
    request = request_of(image)
    assert find_cached(workspace, spots, SPEC, request, project_id=7) is None

    first = explain(workspace, spots, SPEC, request, project_id=7)
    (file,) = cached_files(workspace)
    (workspace.settings.home.parent / image.image_id).unlink()  # nothing is read any more
    again = explain(workspace, spots, SPEC, request, project_id=7)

    assert file.relative_to(workspace.settings.home / "explanations").parts[0] == "7"
    assert again.heatmap.tobytes() == first.heatmap.tobytes()
    assert replace(again, heatmap=first.heatmap) == first
    found = find_cached(workspace, spots, SPEC, request, project_id=7)
    assert found is not None
    assert found.seconds == first.seconds
    assert find_cached(workspace, spots, SPEC, request, project_id=8) is None


def test_a_map_knows_everything_needed_to_repeat_it(workspace, spots, image):
    made = explain(workspace, spots, SPEC, request_of(image, seed=3))

    assert (made.image_id, made.model_id, made.method) == (image.image_id, "tiny", "gradcam")
    assert (made.target, made.seed) == (Target("red"), 3)
    assert made.heatmap.dtype == np.float32
    assert made.layer
    assert made.forward_passes >= 1
    assert made.versions["torch"]
    assert set(made.parameters) == {parameter.name for parameter in list_methods(spots)[0].parameters}


def test_another_wish_is_another_map(workspace, image):
    model = Classifier(_seeded(tiny_cnn), 32)
    instance = Instance("a", "red", RED)
    wishes = [
        (SPEC, request_of(image)),
        (SPEC, request_of(image, target=Target("green"))),
        (SPEC, request_of(image, seed=1)),
        (SPEC, request_of(replace(image, sha256="f" * 64))),
        (SPEC, request_of(image, method="lime", parameters={"samples": 20})),
        (SPEC, request_of(image, method="lime", parameters={"samples": 21})),
        (UPRIGHT, request_of(image)),
        (replace(SPEC, crop=64), request_of(image)),
        (SPEC, request_of(image, instance=instance)),
        (SPEC, request_of(image, instance=replace(instance, box=Box(0.25, 0.5, 0.375, 0.76)))),
        (SPEC, request_of(image, instance=replace(instance, polygons=((0.0, 0.0, 1.0, 0.0, 1.0, 1.0),)))),
    ]
    for number, (spec, request) in enumerate(wishes, start=1):
        explain(workspace, model, spec, request)
        assert len(cached_files(workspace)) == number
    model.info = replace(model.info, model_id="other")
    assert find_cached(workspace, model, SPEC, request_of(image), project_id=0) is None


def test_what_does_not_change_a_map_does_not_make_another(workspace, spots, image):
    instance = Instance("a", "red", RED, 0.9)
    explain(workspace, spots, SPEC, request_of(image, instance=instance, target=Target("red", "a")))

    same = replace(instance, instance_id="b", score=None, is_crowd=False)
    other = request_of(replace(image, image_id="copy.png"), instance=same, target=Target("red", "b"))
    found = find_cached(workspace, spots, SPEC, other, project_id=0)

    assert found is not None
    assert (found.image_id, found.target) == ("copy.png", Target("red", "b"))


def test_the_file_of_a_map_opens_without_pickle(workspace, spots, image):
    made = explain(workspace, spots, SPEC, request_of(image))
    (file,) = cached_files(workspace)

    assert file.read_bytes() == map_as_npz(made)
    with np.load(io.BytesIO(map_as_npz(made)), allow_pickle=False) as stored:
        assert set(stored) == {"heatmap", "facts"}
        assert stored["heatmap"].tobytes() == made.heatmap.tobytes()
        facts = json.loads(str(stored["facts"]))
    assert (facts["target"], facts["model_id"]) == ({"label": "red", "instance_id": None}, "tiny")
    assert load_explanation(file).region == made.region


def test_a_file_with_a_pickle_in_it_is_never_opened(workspace, spots, image):
    explain(workspace, spots, SPEC, request_of(image))
    (file,) = cached_files(workspace)
    with file.open("wb") as stream:
        np.savez(stream, heatmap=np.array([{"a": 1}], dtype=object), facts=np.array("{}"))

    with pytest.raises(ValueError, match="allow_pickle=False"):
        load_explanation(file)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("spec", [SPEC, UPRIGHT], ids=["stored", "upright"])
def test_a_map_lies_on_the_stored_grid_whichever_way_a_model_sees_the_picture(tmp_path, spots, spec, orientation):
    image = save_turned(tmp_path, orientation)

    made = compute(spots, spec, request_of(image), max_pixels=10_000)

    red = Instance("a", "red", box_to_stored(RED, orientation))
    share = evidence_inside(made, red)
    assert share is not None
    assert share > 0.7
    landscape = orientation < 5
    edges = (made.region.x_min, made.region.y_min, made.region.x_max, made.region.y_max)
    assert edges == pytest.approx((1 / 6, 0, 5 / 6, 1) if landscape else (0, 1 / 6, 1, 5 / 6))


@pytest.mark.parametrize("orientation", [2, 3, 6, 8])
@pytest.mark.parametrize("kind", ["classifier", "detector"])
def test_an_upright_model_explains_a_turned_file_as_it_does_an_upright_one(tmp_path, detector, kind, orientation):
    model = detector if kind == "detector" else Classifier(_seeded(tiny_cnn), 32)
    seen = max(model.detect(upright_pixels()), key=lambda item: item.score) if model is detector else None
    label = seen.label if seen is not None else "red"
    method = quickest_method(model)
    upright = request_of(save_turned(tmp_path, 1), target=Target(label), instance=seen, method=method)
    expected = compute(model, UPRIGHT, upright, max_pixels=10_000)

    stored = replace(seen, box=box_to_stored(seen.box, orientation)) if seen is not None else None
    turned = request_of(save_turned(tmp_path, orientation), target=Target(label), instance=stored, method=method)
    made = compute(model, UPRIGHT, turned, max_pixels=10_000)

    np.testing.assert_allclose(made.heatmap, array_to_stored(expected.heatmap, orientation), rtol=1e-3, atol=1e-6)
    region = expected.region
    box = box_to_stored(Box(region.x_min, region.y_min, region.x_max, region.y_max), orientation)
    edges = (made.region.x_min, made.region.y_min, made.region.x_max, made.region.y_max)
    assert edges == pytest.approx(box.as_tuple())


def explanation_of(heatmap, region=None):
    grid = np.asarray(heatmap, np.float32)
    return Explanation("a.png", "m", "gradcam", Target("can"), grid, region or Region())


@pytest.mark.parametrize(
    ("box", "share"),
    [
        (Box(0, 0, 1, 1), 1.0),
        (Box(0, 0, 0.5, 1), 0.4),  # 1 + 3 of 10
        (Box(0, 0, 1, 0.25), 0.15),  # half of 1 + 2
        (Box(0.25, 0.25, 0.75, 0.75), 0.25),  # a quarter of every cell
        (Box(0.5, 0.5, 0.5, 0.5), 0.0),
        (Box(2, 2, 3, 3), 0.0),
        (Box(-1, -1, 2, 2), 1.0),
    ],
)
def test_cells_count_by_the_part_of_them_that_is_inside(box, share):
    made = explanation_of([[1, 2], [3, 4]])

    assert evidence_inside(made, Instance("a", "can", box)) == pytest.approx(share)


def test_negative_evidence_does_not_count():
    box = Instance("a", "can", Box(0, 0, 0.5, 1))

    assert evidence_inside(explanation_of([[3, 1], [-5, -9]]), box) == pytest.approx(0.75)
    assert evidence_inside(explanation_of([[-1, -1], [0, -2]]), box) is None


def test_the_grid_may_cover_a_part_of_the_picture():
    made = explanation_of([[1, 1], [1, 1]], Region(0.25, 0, 0.75, 1))

    assert evidence_inside(made, Instance("a", "can", Box(0, 0, 0.375, 1))) == pytest.approx(0.25)
    assert evidence_inside(made, Instance("a", "can", Box(0.25, 0, 0.75, 1))) == pytest.approx(1)
    assert evidence_inside(made, Instance("a", "can", Box(0.8, 0, 1, 1))) == 0


@pytest.mark.parametrize(
    ("rings", "share"),
    [
        ([(0, 0, 1, 0, 1, 1, 0, 1)], 1.0),
        ([(0, 0, 0.5, 0, 0.5, 1, 0, 1)], 0.4),
        ([(0.5, 1, 0.5, 0, 0, 0, 0, 1)], 0.4),  # the other way round
        ([(0, 0, 1, 0, 0, 1)], (1 + 2 / 2 + 3 / 2) / 10),  # a triangle halves two cells
        ([(0, 0, 0.5, 0, 0.5, 0.5, 0, 0.5), (0.5, 0.5, 1, 0.5, 1, 1, 0.5, 1)], 0.5),  # two parts
        ([(0, 0, 1, 0, 1, 1, 0, 1), (0, 0, 0.5, 0, 0.5, 0.5, 0, 0.5)], 0.9),  # a hole
        ([(0, 0, 1, 1)], 0.0),
    ],
)
def test_of_an_object_with_an_outline_only_what_is_inside_that_counts(rings, share):
    made = explanation_of([[1, 2], [3, 4]])
    item = Instance("a", "can", Box(0, 0, 1, 1), polygons=tuple(tuple(map(float, ring)) for ring in rings))

    assert evidence_inside(made, item) == pytest.approx(share, abs=0.01)


def test_an_outline_on_a_grid_of_many_cells():
    rng = np.random.default_rng(1)
    made = explanation_of(rng.random((60, 90)), Region(0.1, 0.2, 0.9, 0.8))
    circle = [(0.5 + 0.3 * np.cos(t), 0.5 + 0.2 * np.sin(t)) for t in np.linspace(0, 2 * np.pi, 60, endpoint=False)]
    item = Instance("a", "can", Box(0.2, 0.3, 0.8, 0.7), polygons=(tuple(float(v) for point in circle for v in point),))

    x = 0.1 + 0.8 * (np.arange(90) + 0.5) / 90
    y = 0.2 + 0.6 * (np.arange(60) + 0.5) / 60
    inside = ((x[None] - 0.5) / 0.3) ** 2 + ((y[:, None] - 0.5) / 0.2) ** 2 < 1
    assert evidence_inside(made, item) == pytest.approx(made.heatmap[inside].sum() / made.heatmap.sum(), abs=0.01)


def test_methods_are_listed_for_the_models_they_fit(spots, detector):
    names = [method.name for method in list_methods(spots)]
    assert names[0] == "gradcam"  # the cheapest first
    assert {"lime", "xrai"} <= set(names)
    assert "odam" not in names
    assert quickest_method(detector) == "odam"
    assert "gradcam" not in {method.name for method in list_methods(detector)}
    assert len(list_methods()) > len(names)
    assert title_of("gradcam") == "GradCAM"
    assert estimate_seconds(spots, "lime", 0.01) > estimate_seconds(spots, "gradcam", 0.01) > 0


def test_what_cannot_be_explained_is_a_sentence(workspace, spots, image, tmp_path, detector):
    cases = [
        (InputError, "no explanation method named 'magic'", request_of(image, method="magic")),
        (InputError, "samples", request_of(image, method="lime", parameters={"samples": -3})),
        (InputError, "depth", request_of(image, parameters={"depth": 3})),
        (InputError, "purple", request_of(image, target=Target("purple"))),
        (ImageError, "no file of that name", request_of(replace(image, uri=str(tmp_path / "gone.png"), sha256="0"))),
    ]
    for kind, said, request in cases:
        with pytest.raises(kind, match=said):
            explain(workspace, spots, SPEC, request)
    with pytest.raises(InputError) as refusal:
        explain(workspace, detector, SPEC, request_of(image, method="gradcam"))
    assert "Methods for this model: odam" in refusal.value.remedy
    assert cached_files(workspace) == []


def test_a_map_that_says_nothing_is_not_kept(workspace, image, tmp_path):
    class Blind(SpotsColours):
        def forward(self, pixels):
            return super().forward(pixels) * 0

    with pytest.raises(ExplanationError):
        explain(workspace, Classifier(Blind().eval(), 96), SPEC, request_of(image))
    assert cached_files(workspace) == []


def test_cancelling_keeps_nothing_half_done(workspace, spots, image):
    def stop(done, total):
        raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        explain(workspace, spots, SPEC, request_of(image, method="lime", parameters={"samples": 50}), report=stop)
    assert cached_files(workspace) == []


def test_the_overlay_is_as_large_as_the_stored_picture(spots, tmp_path):
    image = save_turned(tmp_path, 6)
    made = compute(spots, SPEC, request_of(image), max_pixels=10_000)

    with Image.open(io.BytesIO(map_as_png(image, made, max_pixels=10_000))) as drawn:
        assert drawn.size == (64, 96)
