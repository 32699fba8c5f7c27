import gc

from services.collecting import fewer_collections


def test_the_collector_is_as_it_was_after_the_last_of_several_loops():
    before = gc.get_threshold()
    with fewer_collections():
        within = gc.get_threshold()
        with fewer_collections():
            assert gc.get_threshold() == within != before
        assert gc.get_threshold() == within
    assert gc.get_threshold() == before
