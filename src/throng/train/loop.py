"""The loop that trains a network."""

import copy
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from throng.core.clock import Clock, SystemClock
from throng.train.batch_norm import STATISTICS_FROM, measure_statistics
from throng.train.batches import Batch, BatchMaker, batches_from
from throng.train.checkpoint import Checkpoint, save_checkpoint
from throng.train.curves import write_curves
from throng.train.errors import TrainError
from throng.train.optimizer import freeze, make_optimizer
from throng.train.recipe import Recipe
from throng.train.run_folder import RunFolder, commit
from throng.train.saving import dice, read_state, throw_again, write_state
from throng.train.schedule import Schedule, ema_decay
from throng.train.validation import Validation

LOG_EVERY = 20
"""Steps between two lines of metrics."""

SAVE_EVERY_S = 120.0
"""Longest time of training that a crash of the machine can cost."""

Losses = Callable[[Any, list[torch.Tensor]], Mapping[str, torch.Tensor]]
"""Outputs of the network and points per crop to weighted losses by name."""


class DivergedError(TrainError):
    """The loss or a gradient is not a number any more; the message names the batch and where the good state is."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a training stands.

    Attributes:
        step: steps done.
        progress: share of the training done, in [0, 1].
        loss: sum of the losses, averaged over the last steps; NaN before the first.
        validation: the newest validation, None before the first.
    """

    step: int
    progress: float
    loss: float
    validation: Validation | None

    @property
    def finished(self) -> bool:
        """Nothing is left to do."""
        return self.progress >= 1.0


class Trainer:
    """Trains one network by one recipe into one run folder.

    AdamW with a lower rate for pre-trained features, warm-up and cosine, gradients clipped, an average of the weights
    that is validated and kept. A run that was stopped goes on with the same batches, weights and dice; where its
    length is given in minutes, the learning rate depends on the speed of the machine.

    Args:
        network: on the device; parameters that begin with `features.` learn more slowly.
        recipe: how to train.
        maker: makes the batches.
        losses: what is minimised, the sum of its values.
        validate: judges the averaged network.
        run: where everything is written; created by the caller.
        clock: measures the minutes.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        recipe: Recipe,
        maker: BatchMaker,
        losses: Losses,
        validate: Callable[[nn.Module], Validation],
        run: RunFolder,
        clock: Clock | None = None,
    ) -> None:
        self._recipe, self._run, self._maker = recipe, run, maker
        self._losses, self._validate = losses, validate
        self._clock = clock or SystemClock()
        self._device = next(network.parameters()).device
        self._network = network.to(memory_format=torch.channels_last).train()
        self._average = copy.deepcopy(self._network).eval().requires_grad_(False)
        freeze(self._network, recipe.freeze)
        self._optimizer = make_optimizer(self._network, recipe)
        seconds = None if recipe.minutes is None else 60 * recipe.minutes
        self._schedule = Schedule(recipe.iterations, seconds, recipe.warm_up, recipe.final_share)
        self._step, self._elapsed_s, self._saved_at_s, self._evaluated = 0, 0.0, 0.0, 0
        self._best = math.inf
        self._dice_before = dice(self._device)
        self._sums: dict[str, torch.Tensor] = {}
        self._summed, self._loss = 0, math.nan
        self._validation: Validation | None = None

    @property
    def average(self) -> nn.Module:
        """The averaged network."""
        return self._average

    @property
    def moment(self) -> Moment:
        """Where the training stands."""
        progress = self._schedule.progress(self._step, self._elapsed_s)
        return Moment(self._step, progress, self._loss, self._validation)

    def resume(self) -> None:
        """Go on from the state in the run folder.

        Raises:
            TrainError: there is none, or it belongs to another network.
        """
        state = read_state(self._run.state, network=self._recipe.network, device=self._device)
        try:
            self._network.load_state_dict(state["weights"])
            self._average.load_state_dict(state["average"])
            self._optimizer.load_state_dict(state["optimizer"])
        except (RuntimeError, ValueError) as error:
            first = str(error).strip().splitlines()[0]
            raise TrainError(f"{self._run.state}: its weights do not fit the network of the recipe: {first}") from error
        self._step, self._evaluated = state["step"], state["evaluated"]
        self._elapsed_s = self._saved_at_s = state["elapsed_s"]
        self._best = state["best"]
        throw_again(state["dice"], self._device)
        self._run.forget_after(self._step)

    def fit(
        self, *, told: Callable[[Moment], None] = lambda _moment: None, stop: Callable[[], bool] = lambda: False
    ) -> Moment:
        """Train until the end of the recipe, or until somebody says stop; the state is saved either way.

        Args:
            told: hears of every step.
            stop: asked before every step.

        Raises:
            DivergedError: the loss or a gradient is not a number any more.
        """
        with batches_from(self._maker, self._step, ahead=self._recipe.ahead) as batches:
            while not (moment := self.moment).finished and not stop():
                begun_s = self._clock.monotonic_s()
                self._learn(next(batches), moment.progress)
                self._elapsed_s += self._clock.monotonic_s() - begun_s
                self._look_after()
                told(self.moment)
        self._write_losses()
        self._save()
        return self.moment

    def _learn(self, batch: Batch, progress: float) -> None:
        self._dice_before = dice(self._device)
        rate = self._schedule.rate(self._step, progress)
        for group in self._optimizer.param_groups:
            group["lr"] = group["full_rate"] * rate
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._recipe.precision == "bfloat16"):
            outputs = self._network(batch.images)
        parts = self._losses(outputs, batch.points)
        total = torch.stack(list(parts.values())).sum()
        if not torch.isfinite(total):
            raise self._diverged(batch, f"the loss became {total.item()}", parts)
        self._optimizer.zero_grad()
        total.backward()
        norm = nn.utils.clip_grad_norm_(self._network.parameters(), self._recipe.clip_norm)
        if not torch.isfinite(norm):
            raise self._diverged(batch, f"the gradient became {norm.item()}", parts)
        self._optimizer.step()
        self._step += 1
        self._take_into_average()
        self._summed += 1
        for name, part in parts.items():
            self._sums[name] = self._sums.get(name, torch.zeros_like(part)) + part.detach()

    @torch.no_grad()
    def _take_into_average(self) -> None:
        decay = ema_decay(self._step, self._recipe.ema)
        for kept, new in zip(self._average.parameters(), self._network.parameters(), strict=True):
            kept.lerp_(new, 1 - decay)
        for kept, new in zip(self._average.buffers(), self._network.buffers(), strict=True):
            kept.copy_(new)

    def _look_after(self) -> None:
        """Write, validate and save what is due after a step."""
        moment = self.moment
        if self._step % LOG_EVERY == 0:
            self._write_losses()
        due = math.floor(moment.progress * self._recipe.evaluations + 1e-9)
        if due > self._evaluated:
            self._evaluated = due
            self._evaluate(moment)
        if self._elapsed_s - self._saved_at_s >= SAVE_EVERY_S:
            self._save()

    def _write_losses(self) -> None:
        if not self._summed:
            return
        losses = {name: value.item() / self._summed for name, value in self._sums.items()}
        self._loss = sum(losses.values())
        rate = self._optimizer.param_groups[-1]["lr"]
        self._run.add_metrics(
            {"step": self._step, "elapsed_s": round(self._elapsed_s, 2), "rate": rate, "losses": losses}
        )
        self._sums, self._summed = {}, 0

    def _evaluate(self, moment: Moment) -> None:
        self._write_losses()
        self._measure_statistics()
        found = self._validation = self._validate(self._average)
        errors = {
            score.name: {"mae": score.stats.mae, "rmse": score.stats.rmse, "bias": score.stats.bias}
            for score in found.scores
        }
        row = {"step": self._step, "progress": moment.progress, "validation": errors, "ghosts": found.ghosts}
        self._run.add_metrics(row)
        checkpoint = self._checkpoint()
        save_checkpoint(self._run.last, checkpoint)
        if not found.scores or found.figure < self._best:
            self._best = found.figure if found.scores else math.inf
            save_checkpoint(self._run.best, checkpoint)
        write_curves(self._run.metrics(), self._run.curves, title=f"{self._recipe.network}, {self._run.root.name}")
        self._save()

    def _measure_statistics(self) -> None:
        numbers = range(STATISTICS_FROM, STATISTICS_FROM + self._recipe.statistics_batches)
        measure_statistics(self._average, (self._maker.make(number).images for number in numbers))

    def _checkpoint(self) -> Checkpoint:
        return Checkpoint(
            network=self._recipe.network,
            options=self._recipe.network_options,
            weights=self._average.state_dict(),
            recipe=self._recipe.model_dump(mode="json", exclude_none=True),
            step=self._step,
            commit=commit() or "",
        )

    def _save(self) -> None:
        state = {
            "weights": self._network.state_dict(),
            "average": self._average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "step": self._step,
            "elapsed_s": self._elapsed_s,
            "evaluated": self._evaluated,
            "best": self._best,
            "dice": dice(self._device),
        }
        write_state(self._run.state, state, network=self._recipe.network)
        self._saved_at_s = self._elapsed_s

    def _diverged(self, batch: Batch, what: str, parts: Mapping[str, torch.Tensor]) -> DivergedError:
        """Keep the last good state: the weights are those before this batch, the statistics of its layers are not."""
        for good, spoiled in zip(self._average.buffers(), self._network.buffers(), strict=True):
            spoiled.copy_(good)
        throw_again(self._dice_before, self._device)
        kept = "no state could be kept"
        if all(bool(torch.isfinite(parameter).all()) for parameter in self._network.parameters()):
            self._write_losses()
            self._save()
            kept = f"the state before it is kept in {self._run.state}"
        elif self._run.state.is_file():
            kept = f"the last good state is in {self._run.state}"
        values = ", ".join(f"{name} {part.item():g}" for name, part in parts.items())
        return DivergedError(
            f"{what} ({values}) at step {self._step}; {kept}. Train again with a lower learning rate or a smaller "
            f"clip_norm. {str(batch).capitalize()}"
        )
