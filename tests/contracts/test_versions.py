from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECTS = {
    project["name"]: project
    for path in sorted([*ROOT.glob("*/pyproject.toml"), *ROOT.glob("plugins/*/pyproject.toml")])
    for project in [tomllib.loads(path.read_text(encoding="utf-8"))["project"]]
}


def test_every_distribution_was_found() -> None:
    assert {"fetchgram", "fetchgram-sandbox", "fetchgram-ytdlp"} <= set(PROJECTS)
    assert len(PROJECTS) == 2 + len(list(ROOT.glob("plugins/*/pyproject.toml")))


def test_all_distributions_share_one_version() -> None:
    assert len({project["version"] for project in PROJECTS.values()}) == 1


def test_what_is_installed_is_what_stands_here() -> None:
    for name, project in PROJECTS.items():
        assert metadata.version(name) == project["version"], f"{name}: run `make install`"


def test_every_distribution_bounds_the_others_that_it_needs() -> None:
    unbounded = [
        f"{name}: {wanted}"
        for name, project in PROJECTS.items()
        for wanted in map(Requirement, project["dependencies"])
        if wanted.name in PROJECTS and not {"<", "==", "~="} & {bound.operator for bound in wanted.specifier}
    ]
    assert unbounded == []


def test_every_distribution_needs_a_version_that_satisfies_the_one_here() -> None:
    for project in PROJECTS.values():
        for wanted in map(Requirement, project["dependencies"]):
            if wanted.name in PROJECTS:
                assert wanted.specifier.contains(PROJECTS[wanted.name]["version"]), f"{project['name']}: {wanted}"
