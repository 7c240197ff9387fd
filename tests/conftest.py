from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from fetchgram_sandbox.postgres import PostgresServer


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server of this test process; started when the first test asks for it."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
def new_database(postgres: PostgresServer) -> Iterator[Callable[..., str]]:
    """Make an empty database, or a copy of another one; returns its URL."""
    numbers, made = itertools.count(), []

    def create(template: str = "template1") -> str:
        made.append(f"test_{next(numbers)}")
        return postgres.create(made[-1], template=template)

    yield create
    for name in made:
        postgres.drop(name)
