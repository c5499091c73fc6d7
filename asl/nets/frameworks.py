"""The frameworks in which networks are trained, and what of them is installed; none is loaded."""

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

#: Name in settings → its own name.
FRAMEWORKS = {"pytorch": "PyTorch", "tensorflow": "TensorFlow"}
#: Modules that each needs, and packages any of which may have brought the first of them.
_MODULES = {"pytorch": ("torch",), "tensorflow": ("tensorflow", "keras")}
_PACKAGES = {
    "pytorch": (("torch", "torch"), ("torchvision", "torchvision")),
    "tensorflow": (
        ("tensorflow", "tensorflow"), ("tensorflow", "tensorflow-cpu"), ("keras", "keras"),
    ),
}  # fmt: skip


def installed(framework: str) -> bool:
    """Return whether networks can be trained in a framework here."""
    return all(find_spec(module) for module in _MODULES[framework])


def require(framework: str) -> None:
    """Refuse a framework that is not installed.

    Raises:
        ValueError: saying how to install it.
    """
    if not installed(framework):
        raise ValueError(
            f"framework: {FRAMEWORKS[framework]} is not installed; install it with `make "
            f"{framework}` or `pip install -r requirements-{framework}.txt`, or train with "
            f"{FRAMEWORKS['pytorch']}, which is the usual one"
        )


def versions(framework: str) -> dict[str, str]:
    """Return the versions of a framework's packages, as far as they are installed."""
    found = {}
    for name, package in _PACKAGES[framework]:
        try:
            found[name] = version(package)
        except PackageNotFoundError:
            continue
    return found
