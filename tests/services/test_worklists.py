"""The desk on exactly some images: order, figures, leases, and what it says when the list is gone."""

from __future__ import annotations

import pytest

from domain.decision import Verdict
from domain.errors import InputError, NotFoundError, UnknownNameError
from domain.prediction import Labels
from services.after_deciding import fetch_outcome
from services.import_images import import_images
from services.leases import Claimant
from services.projects import fetch_project
from services.review import fetch_queue
from services.worklists import find_worklist, has_image, make_worklist, order_of, worklist_number
from store.projects import update_project
from tests.services.small_projects import decide

ANA, BEN = Claimant("Ana", "tab of Ana"), Claimant("Ben", "tab of Ben")


def names(page):
    return [state.image.image_id for state in page.states]


def listed(workspace, project, *numbers, title="Queue: Margin", reasons=None):
    images = [f"{number}.png" for number in numbers]
    return make_worklist(workspace, project, title, images, reviewer="Ana", reasons=reasons)


def test_the_queue_gives_the_list_in_its_order_and_counts_only_it(workspace, six):
    order = order_of(listed(workspace, six, 5, 2, 4))
    decide(workspace, six, "2.png", Verdict.REJECT)
    decide(workspace, six, "1.png", Verdict.REJECT)

    page = fetch_queue(workspace, six.project_id, order=order, count=1)

    assert names(page) == ["5.png"]
    assert (page.total, page.decided, page.skipped, page.left) == (3, 1, 0, 2)
    assert names(fetch_queue(workspace, six.project_id, order=order, after="5.png")) == ["4.png"]
    outcome = fetch_outcome(workspace, six.project_id, "tab of Ana", [], order=order)
    assert (outcome.progress.total, outcome.progress.decided) == (3, 1)
    assert fetch_outcome(workspace, six.project_id, "tab of Ana", []).progress.total == 6


def test_skipped_images_of_the_list_come_once_more_and_then_it_is_done(workspace, six):
    order = order_of(listed(workspace, six, 6, 3))
    decide(workspace, six, "3.png", Verdict.SKIP)
    decide(workspace, six, "6.png", Verdict.ACCEPT, Labels({"can": 1.0}))

    again = fetch_queue(workspace, six.project_id, order=order, after="6.png")
    assert (names(again), again.again) == (["3.png"], frozenset({"3.png"}))

    decide(workspace, six, "3.png", Verdict.REJECT)
    done = fetch_queue(workspace, six.project_id, order=order, claimant=ANA)
    assert (names(done), done.left, done.held) == ([], 0, None)


def test_an_image_asked_for_by_name_comes_first_and_the_list_goes_on_behind_it(workspace, six):
    order = order_of(listed(workspace, six, 6, 3, 1))

    assert names(fetch_queue(workspace, six.project_id, order=order, start="3.png")) == ["3.png", "1.png"]
    assert names(fetch_queue(workspace, six.project_id, order=order, start="2.png", count=2)) == ["2.png", "6.png"]
    with pytest.raises(NotFoundError, match=r"no image '9\.png'"):
        fetch_queue(workspace, six.project_id, order=order, start="9.png")


def test_two_people_share_a_list_and_get_different_images(workspace, six):
    order = order_of(listed(workspace, six, 6, 5, 4, 3))

    fetch_queue(workspace, six.project_id, order=order, count=1, claimant=BEN)
    ana = fetch_queue(workspace, six.project_id, order=order, claimant=ANA)
    ben = fetch_queue(workspace, six.project_id, order=order, claimant=BEN)

    assert names(ana) == ["5.png", "4.png"]
    assert set(names(ben)) == {"6.png", "3.png"}
    none = fetch_queue(workspace, six.project_id, order=order, claimant=Claimant("Cleo", "tab of Cleo"))
    assert names(none) == []
    assert none.held is not None
    assert (none.held.reviewers, none.held.images) == (("Ana", "Ben"), 4)


def test_who_works_elsewhere_in_the_project_takes_nothing_from_the_list(workspace, six):
    fetch_queue(workspace, six.project_id, count=2, claimant=BEN)
    order = order_of(listed(workspace, six, 6, 5))

    assert names(fetch_queue(workspace, six.project_id, order=order, claimant=ANA)) == ["6.png", "5.png"]
    for name in ("5.png", "6.png"):
        decide(workspace, six, name, Verdict.REJECT)
    assert fetch_queue(workspace, six.project_id, order=order, claimant=ANA).held is None


def test_where_several_decide_on_an_image_the_list_counts_those_that_all_have(workspace, six):
    with workspace.write() as connection:
        update_project(connection, six.project_id, overlap=2)
    order = order_of(listed(workspace, six, 6, 5))
    decide(workspace, six, "6.png", Verdict.REJECT, reviewer="Ana")

    assert names(fetch_queue(workspace, six.project_id, order=order, claimant=ANA)) == ["5.png"]
    page = fetch_queue(workspace, six.project_id, order=order, claimant=BEN)
    assert (names(page), page.decided) == (["6.png", "5.png"], 0)
    for name in ("6.png", "5.png", "4.png"):
        decide(workspace, six, name, Verdict.REJECT, reviewer="Ben")
    decide(workspace, six, "4.png", Verdict.REJECT, reviewer="Ana")
    assert fetch_queue(workspace, six.project_id, order=order, claimant=BEN).decided == 1


def test_images_that_are_gone_leave_the_list(workspace, six):
    worklist = listed(workspace, six, 6, 3)
    (workspace.settings.home.parent / "photos" / "6.png").unlink()
    import_images(workspace, six.project_id)

    page = fetch_queue(workspace, six.project_id, order=order_of(worklist))

    assert (names(page), page.total) == (["3.png"], 1)
    assert not has_image(workspace, worklist, "6.png")
    assert has_image(workspace, worklist, "3.png")


def test_reasons_come_along_unless_reviewers_are_not_to_see_them(workspace, six):
    why = {"6.png": "Label can, prediction milk"}
    open_list = listed(workspace, six, 6, 3, reasons=why)
    assert fetch_queue(workspace, six.project_id, order=order_of(open_list)).reasons == why

    with workspace.write() as connection:
        update_project(connection, six.project_id, withheld_share=0.2)
    blind = listed(workspace, fetch_project(workspace, six.project_id), 3, 6, reasons=why)
    assert fetch_queue(workspace, six.project_id, order=order_of(blind)).reasons == {}


def test_a_list_that_is_not_there_is_told(workspace, six):
    for order in ("worklist-99", f"worklist-{10**8}"):
        with pytest.raises(NotFoundError, match="is not kept any more"):
            fetch_queue(workspace, six.project_id, order=order)
    for order in ("worklist-", "worklist-x", "worklist-99999999999", "worklist-١"):
        assert worklist_number(order) is None
        with pytest.raises(UnknownNameError):
            fetch_queue(workspace, six.project_id, order=order)
    assert fetch_outcome(workspace, six.project_id, "tab", [], order="worklist-99").progress.total == 6


def test_titles_are_kept_short_and_an_empty_list_is_refused(workspace, six):
    worklist = listed(workspace, six, 3, 3, 1, title="word " * 100)
    assert len(worklist.title) == 200
    assert find_worklist(workspace, six.project_id, worklist.worklist_id) == worklist
    assert names(fetch_queue(workspace, six.project_id, order=order_of(worklist))) == ["3.png", "1.png"]
    with pytest.raises(InputError, match="no image to review"):
        listed(workspace, six)
