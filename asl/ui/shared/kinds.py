"""How pages speak of what a model learns from: one entry for each kind of example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asl.bundle import ModelBundle
from asl.figures import wording
from asl.figures.wording import Wording
from asl.nets.registry import networks
from asl.training.progress import Task


@dataclass(frozen=True)
class Link:
    """A page to go to, with what `st.page_link` shows of it."""

    page: str
    label: str
    icon: str


@dataclass(frozen=True)
class Kind(Wording):
    """The words for one kind of example, and what else differs from kind to kind on a page.

    Attributes:
        collect_next: title above what to collect next.
        try_model: where a model that was trained on them can be tried.
        stages: what a training is doing in words, by its task.
        recipes: which setting of a run is the recipe that a task trains by.
        main_recipe: which setting of a run is the recipe that tables show.
        presets: what the settings of each name do, in words.
        starts: start weights in words.
        augmentation: what changing the examples does, in words.
        add_more: heading above adding to a data set.
        camera: icon of a camera for them.
        most_suspects: how many that are probably mislabelled are shown at once.
        folders: how labelled ones are arranged to try a model on them, in sentences.
        endings: of files that hold labelled ones.
        person_folders: what the folders in a sign's folder may be said to be; "" for nothing.
    """

    collect_next: str
    try_model: Link
    stages: Mapping[str, str]
    recipes: Mapping[str, str]
    main_recipe: str
    presets: Mapping[str, str]
    starts: Mapping[str, str]
    augmentation: str
    add_more: str
    camera: str
    most_suspects: int
    folders: str
    endings: tuple[str, ...]
    person_folders: str


def _starts(bundled: str) -> dict[str, str]:
    """Start weights in words; only what the bundled model knows differs from kind to kind."""
    return {
        "lite0": "ImageNet, by way of EfficientNet-Lite0: needs no download",
        "imagenet": "ImageNet: photographs of everyday things",
        "hands": "Hands: MediaPipe's network, which has seen those of many people",
        "bundled": bundled,
        "none": "Nothing: from scratch",
    }


PICTURES = Kind(
    **vars(wording.PICTURES),
    collect_next="What to photograph next",
    try_model=Link("pages/photo.py", "Try it on a photo", ":material/photo_camera:"),
    stages={
        Task.FINDING_HANDS: "Looking for hands in the pictures",
        Task.READING_PICTURES: "Reading the pictures",
        Task.REREADING_HANDS: "Reading the hands again",
        Task.FROZEN_STAGES: "Running the network's fixed part over all pictures",
        Task.PICTURE_NETWORK: "Training the picture network",
        Task.ALL_STAGES: "Training the whole picture network",
        Task.LANDMARK_NETWORK: "Training the landmark network",
        Task.EXPORTING: "Testing, and writing the model",
    },
    recipes={
        Task.PICTURE_NETWORK: "picture",
        Task.ALL_STAGES: "unfrozen",
        Task.LANDMARK_NETWORK: "landmarks",
    },
    main_recipe="picture",
    presets={
        "Quick": "Keeps what the network knows of pictures in general, and learns your signs on "
        "top of it. Minutes.",
        "Thorough": "Adapts the network itself to your pictures. Several times as long, and "
        "usually a few points better.",
    },
    starts=_starts("The bundled model, which knows ASL handshapes"),
    augmentation="How much pictures are turned, shifted and recoloured, so that other hands, "
    "rooms and cameras are less of a surprise.",
    add_more="Add pictures with the camera",
    camera=":material/photo_camera:",
    most_suspects=24,
    folders="Pictures lie in one folder for each sign, named after it (`A`, `B`, …). Files whose "
    "names start with `hand1_`, `hand2_` … count as that person's. A zip is unpacked into a "
    "temporary folder, which is deleted as soon as the evaluation ends.",
    endings=("zip",),
    person_folders="",
)

SEQUENCES = Kind(
    **vars(wording.SEQUENCES),
    collect_next="What and whom to record next",
    try_model=Link("pages/words.py", "Try it on a film", ":material/videocam:"),
    stages={
        Task.READING_SEQUENCES: "Reading the landmarks",
        Task.SEQUENCE_NETWORK: "Training the network of words",
        Task.EXPORTING: "Testing, and writing the model",
    },
    recipes={Task.SEQUENCE_NETWORK: "sequences"},
    main_recipe="sequences",
    presets={
        "Quick": "Goes through your clips a few times. Minutes.",
        "Thorough": "Goes through them four times as often. Several times as long, and usually a "
        "few points better.",
    },
    starts=_starts("The bundled model, which knows words of ASL from a dictionary"),
    augmentation="How often clips are made faster or slower, turned, mirrored and partly hidden, "
    "so that other people, paces and cameras are less of a surprise.",
    add_more="Add clips, with the camera or from films",
    camera=":material/videocam:",
    most_suspects=8,
    folders="Films, or files of landmarks, lie in one folder for each word, named after it, and "
    "in it in one for each person (`hello/anna/1.mp4`, …). Packed sequences (`.npz`) say "
    "themselves what they show and who made them. What is uploaded lies in a temporary folder, "
    "which is deleted as soon as the evaluation ends; a film takes about as long as it lasts.",
    endings=("zip", "npz"),
    person_folders="The folders in a word's folder are people",
)

_KINDS = {"pictures": PICTURES, "sequences": SEQUENCES}


def kind_called(name: str) -> Kind:
    """Return the kind of example that a data set holds, "pictures" or "sequences"."""
    return _KINDS[name]


def kind_of_model(bundle: ModelBundle) -> Kind:
    """Return the kind of example that a model reads."""
    return PICTURES if bundle.card.still else SEQUENCES


def kind_of(config: Mapping[str, Any]) -> Kind:
    """Return the kind of example that a run learns from.

    Args:
        config: its settings, as `asl.training.config.TrainConfig.from_dict` reads them.
    """
    known = networks().get(config.get("network", ""))
    return kind_called(known.kind) if known else PICTURES
