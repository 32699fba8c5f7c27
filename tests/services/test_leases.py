from __future__ import annotations

import threading

import pytest

from domain.decision import Verdict
from domain.prediction import Labels, Task
from services import leases
from services.leases import LEASE_SECONDS, Claimant
from services.review import Entry, fetch_queue, record
from store.projects import update_project
from tests.services.small_projects import draw_images, make_project

CAN = Labels({"can": 1.0})


class Clock:
    """The time that leases go by; a test moves it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(leases, "time", clock)
    return clock


@pytest.fixture
def project(workspace, tmp_path):
    """Images 0.png to 9.png, one class each."""
    folder = draw_images(tmp_path / "photos", [f"{number}.png" for number in range(10)])
    return make_project(workspace, folder, Task.CLASSIFICATION)


class Person:
    """Somebody at the desk, who decides as the browser does."""

    def __init__(self, workspace, project, name, *, client=None):
        self.workspace, self.project_id, self.name = workspace, project.project_id, name
        self.claimant = Claimant(name, client or f"tab of {name}")
        self.seq = 0

    def fetch(self, **where):
        page = fetch_queue(self.workspace, self.project_id, **{"count": 4, **where}, claimant=self.claimant)
        return [state.image.image_id for state in page.states]

    def page(self, **where):
        return fetch_queue(self.workspace, self.project_id, **where, claimant=self.claimant)

    def decide(self, image_id, verdict=Verdict.ACCEPT, *, undoes=None, **more):
        self.seq += 1
        content = CAN if verdict is Verdict.ACCEPT and undoes is None else None
        made = f"{self.claimant.client_id} {self.seq}"
        entry = Entry(self.seq, made, image_id, verdict, content, undoes=undoes, **more)
        _, refused = record(self.workspace, self.project_id, self.name, self.claimant.client_id, [entry])
        assert refused == []
        return made


@pytest.fixture
def ana(workspace, project, clock):
    return Person(workspace, project, "Ana")


@pytest.fixture
def ben(workspace, project, clock):
    return Person(workspace, project, "Ben")


def test_two_people_never_get_the_same_image(ana, ben):
    assert ana.fetch() == ["0.png", "1.png", "2.png", "3.png"]
    assert ben.fetch() == ["4.png", "5.png", "6.png", "7.png"]
    assert ana.fetch(after="3.png") == ["8.png"]


def test_a_page_that_is_loaded_again_gets_its_images_again(ana, ben):
    first = ana.fetch()
    ben.fetch()

    assert ana.fetch() == first


def test_another_page_of_the_same_person_goes_on_with_their_images(workspace, project, ana, ben):
    # Their browser broke down and was opened again: nobody wants to wait for oneself.
    first = ana.fetch()
    ben.fetch()
    again = Person(workspace, project, "Ana", client="another tab")

    assert again.fetch() == first


def test_who_breaks_down_is_relieved_when_the_time_is_over(clock, ana, ben):
    ana.fetch()

    clock.now += LEASE_SECONDS - 1
    assert "0.png" not in ben.fetch()
    clock.now += 1
    assert ben.fetch() == ["0.png", "1.png", "2.png", "3.png"]


def test_fetching_deciding_and_asking_renew_what_a_page_holds(clock, workspace, project, ana, ben):
    ana.fetch()

    for keep in (
        lambda: ana.fetch(after="3.png"),
        lambda: ana.decide("0.png"),
        lambda: leases.renew(workspace, project.project_id, ana.claimant, ["1.png", "2.png", "3.png"]),
    ):
        clock.now += LEASE_SECONDS - 60
        keep()
        if keep is not None:
            leases.renew(workspace, project.project_id, ana.claimant, ["1.png"])
    clock.now += LEASE_SECONDS - 60
    assert "1.png" not in ben.fetch()


def test_a_decision_alone_keeps_the_rest_of_the_window(clock, ana, ben):
    ana.fetch()
    clock.now += LEASE_SECONDS - 1
    ana.decide("0.png")

    clock.now += LEASE_SECONDS - 1
    assert not {"1.png", "2.png", "3.png"} & set(ben.fetch())


def test_a_closed_page_gives_everything_back_at_once(workspace, project, ana, ben):
    ana.fetch()
    leases.release(workspace, project.project_id, ana.claimant)

    assert ben.fetch() == ["0.png", "1.png", "2.png", "3.png"]


def test_renewing_tells_what_others_have_taken_meanwhile(clock, workspace, project, ana, ben):
    ana.fetch()
    clock.now += LEASE_SECONDS
    ben.fetch(count=2)

    lost = leases.renew(workspace, project.project_id, ana.claimant, ["0.png", "1.png", "2.png", "9.png", "no.png"])

    assert {name: (held.reviewer, held.free_in) for name, held in lost.items()} == {
        "0.png": ("Ben", LEASE_SECONDS),
        "1.png": ("Ben", LEASE_SECONDS),
    }
    assert ben.fetch(after="1.png") == ["3.png", "4.png", "5.png"]


def test_with_all_images_taken_the_queue_says_who_holds_them_and_until_when(clock, workspace, project, ana, ben):
    ana.fetch(count=10)
    clock.now += 30

    page = ben.page()

    assert page.states == ()
    assert page.held.reviewers == ("Ana",)
    assert (page.held.images, page.held.free_in) == (10, LEASE_SECONDS - 30)
    ana.decide("7.png", Verdict.SKIP)
    assert ben.fetch() == ["7.png"]


def test_when_all_is_decided_nobody_is_said_to_hold_anything(workspace, project, ana, ben):
    for name in ana.fetch(count=10):
        ana.decide(name)

    page = ben.page()

    assert (page.states, page.held, page.left) == ((), None, 0)


def test_somebody_who_comes_later_finds_work_left(ana, ben, workspace, project):
    assert len(ana.fetch(count=4)) == 4

    assert len(ben.fetch(count=10)) == 5  # half of ten
    assert len(Person(workspace, project, "Cleo").fetch(count=10)) == 1


def test_somebody_alone_gets_all_they_ask_for(ana):
    assert len(ana.fetch(count=10)) == 10


def test_a_decided_image_is_free_and_an_undo_takes_it_back(ana, ben):
    ana.fetch(count=1)
    made = ana.decide("0.png")
    ana.decide("0.png", undoes=made)

    assert "0.png" not in ben.fetch(count=10)
    assert "0.png" in ana.fetch(count=10)


def test_an_undo_does_not_take_an_image_from_somebody_else(workspace, project, ana, ben, clock):
    made = ana.decide("0.png", Verdict.SKIP)
    for number in range(1, 10):
        ana.decide(f"{number}.png")
    assert ben.fetch() == ["0.png"]

    ana.decide("0.png", Verdict.SKIP, undoes=made)

    assert ben.fetch() == ["0.png"]
    assert ana.fetch() == []


def test_skipped_images_come_again_to_one_person_only(ana, ben):
    for name in ana.fetch(count=10):
        ana.decide(name, Verdict.SKIP)

    assert ben.page(count=4).again == {"0.png", "1.png", "2.png", "3.png"}
    assert not ana.page(count=10).again & {"0.png", "1.png", "2.png", "3.png"}


def test_an_image_asked_for_by_name_is_shown_though_somebody_else_has_it(workspace, project, ana, ben):
    ana.fetch()

    assert ben.fetch(start="0.png")[0] == "0.png"
    assert leases.find_holdings(workspace, project.project_id, "Ben", ["0.png"])["0.png"].reviewer == "Ana"
    ben.decide("0.png")


def test_an_image_asked_for_by_name_is_held_when_it_is_free(ana, ben):
    assert ana.fetch(start="5.png", count=1) == ["5.png"]

    assert "5.png" not in ben.fetch(count=10)


def test_looking_takes_nothing_from_anybody(workspace, project, ana, ben):
    seen = fetch_queue(workspace, project.project_id, count=10)

    assert len(seen.states) == 10
    assert ben.fetch(count=2) == ["0.png", "1.png"]


@pytest.mark.parametrize("jump", [-3600, 3600])
def test_a_clock_that_jumps_an_hour_locks_nobody_out_for_good(clock, ana, ben, jump):
    ana.fetch(count=10)

    clock.now += jump
    ben.fetch()
    clock.now += LEASE_SECONDS
    assert ben.fetch() == ["0.png", "1.png", "2.png", "3.png"]
    assert ana.fetch(count=10)


@pytest.mark.parametrize("order", ["name", "score", "differs"])
def test_every_order_gives_each_image_to_one_person(workspace, project, ana, ben, order):
    one, other = ana.fetch(count=5, order=order), ben.fetch(count=10, order=order)

    assert (len(one), len(other), set(one) & set(other)) == (5, 5, set())


def test_many_who_ask_at_once_share_without_overlap(workspace, project, clock):
    people = [Person(workspace, project, f"Person {number}") for number in range(8)]
    given: list[str] = []
    threads = [threading.Thread(target=lambda person=person: given.extend(person.fetch(count=3))) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(given) == len(set(given))
    assert 8 <= len(given) <= 10


def test_with_overlap_each_image_goes_to_as_many_as_the_project_asks_for(workspace, project, clock):
    with workspace.write() as connection:
        update_project(connection, project.project_id, overlap=2)
    ana, ben, cleo = (Person(workspace, project, name) for name in ("Ana", "Ben", "Cleo"))

    assert ana.fetch(count=10) == ben.fetch(count=10) == [f"{number}.png" for number in range(10)]
    page = cleo.page()
    assert (page.states, page.held.reviewers) == ((), ("Ana", "Ben"))
    ana.decide("0.png")
    assert ana.fetch(count=1) == ["1.png"]
    assert cleo.fetch() == []
    ben.decide("0.png")
    assert cleo.fetch() == []
    ben.decide("3.png", Verdict.SKIP)
    assert cleo.fetch() == ["3.png"]


def test_with_overlap_what_one_skipped_comes_again_to_them_at_the_end(workspace, project, clock):
    with workspace.write() as connection:
        update_project(connection, project.project_id, overlap=2)
    ana = Person(workspace, project, "Ana")
    ana.decide("0.png", Verdict.SKIP)
    for number in range(2, 10):
        ana.decide(f"{number}.png")

    assert ana.fetch() == ["1.png"]
    ana.decide("1.png")
    page = ana.page()
    assert [state.image.image_id for state in page.states] == ["0.png"]
    assert page.again == {"0.png"}
