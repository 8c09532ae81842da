"""Adds the project's own files to a wheel, for ``orchbench.project``; pyproject.toml has the rest."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
UNWANTED = shutil.ignore_patterns("__pycache__")
PACKAGED = ("functions", "statemachine", "template.yaml")


class BuildWithProject(build_py):
    """Builds the packages, and copies what is deployed beside ``orchbench.project``."""

    def run(self) -> None:
        """Build, and copy; an editable installation has the clone's files."""
        super().run()
        if self.editable_mode:
            return
        project = Path(self.build_lib) / "orchbench" / "project"
        for name in PACKAGED:
            source, copy = HERE / name, project / name
            if source.is_dir():
                shutil.copytree(source, copy, ignore=UNWANTED, dirs_exist_ok=True)
            else:
                shutil.copyfile(source, copy)


setup(cmdclass={"build_py": BuildWithProject})
