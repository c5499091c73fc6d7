"""Learning with PyTorch, on one process or several."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from asl.training.fitting.learner import LARGEST_GRADIENT
from asl.training.fitting.sampling import draw_from
from asl.training.fitting.schedules import build_optimizer
from asl.training.fitting.training_set import TrainingSet
from asl.training.fitting.validation import logits_of
from asl.training.settings import Recipe

_DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)


class TorchLearner:
    """Fulfils `asl.training.fitting.learner.Learner` for a network of PyTorch's.

    Args:
        network: is trained in place.
        half: compute in half precision on processors, too, that have units for it.
    """

    def __init__(self, network: nn.Module, recipe: Recipe, half: bool = False):
        # Its precision is one for all networks of a process; ours is each network's own.
        self._accelerator = Accelerator(cpu=not torch.cuda.is_available(), mixed_precision="no")
        self._half, self._smoothing = _computes_half(half), recipe.label_smoothing
        self.rank = self._accelerator.process_index
        self.processes = self._accelerator.num_processes
        # Pictures run twice as fast on processors with the channels last.
        network.to(self._accelerator.device).to(memory_format=torch.channels_last)
        self._trainable = [p for p in network.parameters() if p.requires_grad]
        self.network = network
        self.optimizer = self.rates = build_optimizer(self._trainable, recipe)
        self.averaged = _averaged(network, recipe.average)

    def dropouts(self) -> list[Any]:
        """Return all dropout layers of the network."""
        return [one for one in self.network.modules() if isinstance(one, _DROPOUTS)]

    def prepare(self) -> None:
        """Let the processes begin with the same weights."""
        # The optimizer as it is: the library's own round it asks the disk twice at every step
        # whether another library is installed, and in single precision does nothing more.
        self._model = self._accelerator.prepare(self.network)

    def begin_epoch(self) -> None:
        """Turn dropout on."""
        self._model.train()

    def learn(
        self, inputs: torch.Tensor, target: torch.Tensor, weights: torch.Tensor, number: int
    ) -> float:
        """Take a step with this process's rows of a batch; return the loss on them."""
        draw_from(number)
        device = self._accelerator.device
        target, weights = target.to(device), weights.to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=self._half):
            logits = self._model(inputs.to(device))
        losses = F.cross_entropy(
            logits.float(), target, reduction="none", label_smoothing=self._smoothing
        )
        loss = (losses * weights).sum() / weights.sum().clamp(min=1e-6)
        loss.backward()
        nn.utils.clip_grad_norm_(self._trainable, LARGEST_GRADIENT)
        self.optimizer.step()
        self.optimizer.zero_grad()
        if self.averaged:
            self.averaged.update_parameters(self.network)
        return float(loss.detach())

    def logits_of(self, kept: nn.Module, training_set: TrainingSet, rows: np.ndarray) -> np.ndarray:
        """Return (len(rows), C) logits of the clean inputs of `rows`."""
        return logits_of(kept, training_set, rows)

    def share(self, figures: dict[str, float]) -> dict[str, float]:
        """Let the first process speak for all: statistics of batch norm differ between them."""
        [said] = broadcast_object_list([figures])
        return said

    def wait(self) -> None:
        """Return once all processes have come here."""
        self._accelerator.wait_for_everyone()

    def finish(self, best: dict[str, torch.Tensor]) -> None:
        """Leave these weights in the network, and the network on the processor."""
        self.network.load_state_dict(best)
        self.network.to("cpu").to(memory_format=torch.contiguous_format)


def _averaged(network: nn.Module, past: float) -> AveragedModel | None:
    """Return the running mean of the weights, which starts as they do; None without a past."""
    if not past:
        return None
    return AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(past), use_buffers=True)


def _computes_half(wanted: bool) -> bool:
    """Return whether to compute in half precision: where it is fast, without a GPU if wanted."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    units = torch.cpu.get_capabilities()
    return wanted and bool(units.get("avx512_bf16") or units.get("amx_bf16"))
