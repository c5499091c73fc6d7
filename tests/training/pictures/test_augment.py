"""Changed examples: of the right kind, different, repeatable, and still of the same hand."""

import torch

from asl.training.pictures.augment import augment_landmarks, augment_pictures
from asl.training.settings import AugmentSettings

NOTHING = AugmentSettings(
    strength=0, background=0, other_side=0, whole=0, grey=0, blurred=0, jpeg=0, erased=0,
    joint_noise=0, joint_tilt=0,
)  # fmt: skip


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(count: int = 6, side: int = 80) -> torch.Tensor:
    return torch.randint(40, 216, (count, side, side, 3), dtype=torch.uint8, generator=seeded(1))


def cut_out(count: int = 4, side: int = 80) -> torch.Tensor:
    hands = torch.zeros(count, side, side, 3, dtype=torch.uint8)
    hands[:, 30:50, 30:50] = 200
    return hands


def test_pictures_keep_their_kind_and_get_the_size_asked_for():
    changed = augment_pictures(pictures(), 64, AugmentSettings(), seeded())
    assert changed.shape == (6, 64, 64, 3)
    assert changed.dtype == torch.uint8


def test_the_same_seed_changes_them_alike():
    one, same, other = (
        augment_pictures(pictures(), 64, AugmentSettings(), seeded(seed)) for seed in (3, 3, 4)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_without_strength_the_middle_stays_as_it_is():
    smooth = torch.linspace(0, 255, 80).byte().view(1, 1, 80, 1).expand(2, 80, 80, 3)
    changed = augment_pictures(smooth, 64, NOTHING, seeded())
    assert (changed.int() - smooth[:, 8:72, 8:72].int()).abs().max() <= 1


def test_cut_out_hands_get_a_background_and_stay_in_front_of_it():
    changed = augment_pictures(
        cut_out(), 80, AugmentSettings(**{**vars(NOTHING), "background": 1.0}), seeded()
    )
    assert (changed[:, 35:45, 35:45].int() - 200).abs().max() <= 1
    assert changed[:, :20].float().mean() > 20


def test_every_cut_out_hand_has_a_background_of_its_own():
    mixed = torch.cat([cut_out(7), pictures(2), cut_out(4)])
    changed = augment_pictures(
        mixed, 80, AugmentSettings(**{**vars(NOTHING), "background": 1.0}), seeded()
    )
    assert (changed[7:9].int() - mixed[7:9].int()).abs().max() <= 1
    corners = changed[:, :10, :10].flatten(1).tolist()
    assert len({tuple(corner) for corner in corners}) == 13


def test_other_pictures_keep_their_background():
    only_background = AugmentSettings(**{**vars(NOTHING), "background": 1.0})
    plain = augment_pictures(pictures(), 64, NOTHING, seeded())
    assert torch.equal(plain, augment_pictures(pictures(), 64, only_background, seeded()))


def test_landmarks_stay_normalised():
    hands = torch.randn(5, 21, 3, generator=seeded())
    changed = augment_landmarks(hands, AugmentSettings(), seeded())
    palm = changed[:, [0, 5, 9, 13, 17]].mean(1)
    size = changed[..., :2].square().sum(-1).mean(-1).sqrt()
    assert palm.abs().max() < 1e-5
    assert torch.allclose(size, torch.ones(5), atol=1e-5)


def test_all_landmarks_can_be_mirrored():
    hands = torch.randn(5, 21, 3, generator=seeded())
    mirror = AugmentSettings(**{**vars(NOTHING), "other_side": 1.0})
    kept, mirrored = (augment_landmarks(hands, s, seeded()) for s in (NOTHING, mirror))
    flip = torch.tensor([-1.0, 1.0, 1.0])
    assert torch.allclose(kept * flip, mirrored, atol=1e-5)
