"""Pushing many pictures through a network in chunks that fit into memory."""

from __future__ import annotations

from collections.abc import Callable

import torch

_NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory")


def run_in_chunks(count: int, size: int, work: Callable[[slice], None]) -> tuple[str, ...]:
    """Call `work` with one part of `range(count)` after the other; a part that does not fit into memory is halved.

    Args:
        count: Pictures in all.
        size: Pictures at once, as long as they fit.
        work: Does one part. When memory runs out, the same pictures come again in smaller parts: it must not keep
            anything of a part before it is sure of all of it.

    Returns:
        What a reader should know: nothing, or that fewer pictures than `size` fit.

    Raises:
        RuntimeError: Not even one picture fits.
    """
    first, fitting = 0, size
    while first < count:
        part = slice(first, min(first + fitting, count))
        try:
            work(part)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error) or part.stop - part.start == 1:
                raise
            fitting = (part.stop - part.start) // 2
            _free_memory()
            continue
        first = part.stop
    if fitting == size:
        return ()
    return (f"Memory ran out with {size} pictures at once, so {fitting} were taken: the map is the same, but slower.",)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch or Python could not get the memory it asked for."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _NO_MEMORY)


def _free_memory() -> None:
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
