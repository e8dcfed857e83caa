"""What the tests of several modules share."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest

from custom_cells import check


@pytest.fixture(scope="session")
def pool():
    """Give another process, which imports the modules of what it is asked to call, and no more."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.fixture
def pooled(pool, monkeypatch):
    """Let check_cell use that process; a new interpreter for each cell takes seconds."""

    def in_the_pool(module: str, folder: str) -> None:
        pool.submit(check.load_and_run, module, folder).result()

    monkeypatch.setattr(check, "in_another_process", in_the_pool)
