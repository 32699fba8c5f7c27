"""Answering the requests of an endpoint: Azure's shapes in and out, an error in the place of an image that is none."""

from __future__ import annotations

import time
from typing import Any

from domain.errors import ExplanationError, FormatError, ImageError, LimitError, RelookError
from domain.prediction import Content
from formats.azure.scoring_answers import render_answer, render_explained
from formats.azure.scoring_request import ScoringRequest, parse_request
from services.served_model import SentPicture, ServedModel
from services.serving_maps import explain_as_azure, explain_with_maps


def answer_request(served: ServedModel, body: bytes) -> list[dict[str, Any]]:
    """Answer one request: one answer an image, in order.

    An image that cannot be decoded or read is answered in its place with `error`, the others as if it were not there.

    Raises:
        FormatError: The request has not the right shape.
        InputError: The method cannot explain this model, or a parameter is off.
        LimitError: It holds too many images.
        BusyError: There is no room for it now.
        TooSlowError: It takes longer than a request may.
        ModelError: The model gives values that mean nothing.
    """
    deadline = time.monotonic() + served.limits.seconds
    request = parse_request(body, rows_fail_alone=True)
    if len(request.images) > served.limits.images:
        raise LimitError(
            f"The request holds {len(request.images):,} images; at most {served.limits.images:,} are answered at once.",
            remedy="Send them in several requests.",
        )
    if request.explain:
        request.explain.check_model(served.info.name.rpartition("/")[2])
    pictures = [_decode(served, image, f"input_data.data[{number}]") for number, image in enumerate(request.images)]
    sent = [picture for picture in pictures if isinstance(picture, SentPicture)]
    contents = iter(served.score(sent, deadline=deadline) if sent else [])
    return [
        _answer(served, request, picture, next(contents), deadline=deadline)
        if isinstance(picture, SentPicture)
        else picture
        for picture in pictures
    ]


def _decode(served: ServedModel, image: bytes | FormatError, name: str) -> SentPicture | dict[str, Any]:
    """The picture, or the answer that it is none."""
    if isinstance(image, FormatError):
        return refuse(image)
    try:
        return served.decode(image, name=name)
    except ImageError as error:
        return refuse(error)  # kept, the error would hold on to this request, and it to the error


def _answer(
    served: ServedModel,
    request: ScoringRequest,
    picture: SentPicture,
    content: Content | ImageError,
    *,
    deadline: float,
) -> dict[str, Any]:
    if isinstance(content, ImageError):
        return refuse(content)
    answer = render_answer(content)
    asked, maps = request.explain, request.maps
    if asked is not None:
        explanations = served.explain(lambda: explain_as_azure(served, picture, content, asked), deadline=deadline)
        answer = render_explained(answer, explanations, task=served.info.task, asked=asked)
    if maps is not None:
        found = served.explain(lambda: explain_with_maps(served, picture, content, maps), deadline=deadline)
        answer["maps"] = [refuse(each) if isinstance(each, ExplanationError) else each.render() for each in found]
    return answer


def refuse(error: RelookError) -> dict[str, Any]:
    """What stands in the place of an answer, or of a map."""
    sentence = f"{error.where}: {error.message}" if error.where else error.message
    return {"error": sentence, "remedy": error.remedy}
