"""environment.yml, pyproject.toml and constraints.txt name the same packages."""

import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base"}  # what conda-forge calls them

project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
environment = yaml.safe_load((ROOT / "environment.yml").read_text())


def pins():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return {canonicalize_name(name): Version(version) for name, version in (line.split("==") for line in lines if line)}


def requirements():
    extras = project["optional-dependencies"].values()
    return [Requirement(text) for text in project["dependencies"] + sum(extras, [])]


def test_conda_names_what_a_student_needs():
    wanted = {CONDA_NAMES.get(r.name, r.name): str(r.specifier) for r in map(Requirement, project["dependencies"])}
    entries = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    found = dict(entry.partition(" ")[::2] for entry in entries)
    assert found.pop("python") == project["requires-python"]
    assert found.pop("pip") == ""
    assert found == wanted


def test_conda_installs_the_course_itself():
    assert {"pip": ["-e ."]} in environment["dependencies"]


@pytest.mark.parametrize("entry", [e for e in environment["dependencies"] if isinstance(e, str)])
def test_conda_can_read_each_entry(entry):
    from rattler import MatchSpec

    assert MatchSpec(entry).name is not None


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_each_requirement_is_pinned_within_its_bounds(requirement):
    if requirement.name == project["name"]:
        return  # an extra that names another extra of this project
    assert requirement.specifier.contains(pins()[canonicalize_name(requirement.name)])


def test_the_tested_versions_are_the_installed_ones():
    from importlib.metadata import version

    for requirement in requirements():
        if requirement.name != project["name"]:
            assert Version(Version(version(requirement.name)).public) == pins()[canonicalize_name(requirement.name)]
