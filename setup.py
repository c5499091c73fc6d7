"""Packs the bundled models into the package; pyproject.toml says everything else."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["asl", "asl.*"]), "asl.models"],
    package_dir={"asl.models": "models"},
)
