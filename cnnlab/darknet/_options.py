"""What each section of a .cfg may say: the options by name, their kind, default and range.

Names, defaults and meanings are those of Darknet's ``src/parser.c`` (J. Redmon) and of its continuation by
A. Bochkovskiy. An option that only steers training is known and left alone (`TRAINING`); one that would change what the
network computes, and that this package does not compute, is pinned to the value that switches it off.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_WHOLE = re.compile(r"[+-]?\d{1,9}")
_REAL = re.compile(r"[+-]?(\d{1,30}\.?\d{0,30}|\.\d{1,30})(e[+-]?\d{1,2})?", re.IGNORECASE)


@dataclass(frozen=True)
class Option:
    """One option: how its text is read, and what it may be.

    Attributes
    ----------
    kind : ``"whole"``, ``"real"``, ``"wholes"``, ``"reals"`` (comma-separated), ``"word"``
    default : the value when the option is absent; None when it must be given
    low, high : the range of each number, both included
    words : the choices of a word
    """

    kind: str
    default: object = None
    low: float = -math.inf
    high: float = math.inf
    words: tuple[str, ...] = ()

    def read(self, text: str) -> object:
        """The value of `text`; raises ``ValueError`` with the rule that it breaks."""
        if self.kind == "word":
            if text not in self.words:
                raise ValueError(f"must be one of {', '.join(self.words)}")
            return text
        if self.kind in ("wholes", "reals"):
            items = text.rstrip(",").split(",")
            return tuple(self._number(item) for item in items)
        return self._number(text)

    def _number(self, text: str) -> int | float:
        whole = self.kind.startswith("whole")
        if not (_WHOLE if whole else _REAL).fullmatch(text):
            raise ValueError(f"must be {self._rule()}")
        value = int(text) if whole else float(text)
        if not self.low <= value <= self.high:
            raise ValueError(f"must be {self._rule()}")
        return value

    def _rule(self) -> str:
        noun = "whole number" if self.kind.startswith("whole") else "number"
        what = f"{noun}s, comma-separated, each" if self.kind.endswith("s") else f"a {noun}"
        if self.low == self.high:
            return f"{self.low:g}: this package computes nothing else"
        if math.isfinite(self.high):
            return f"{what} from {self.low:g} to {self.high:g}"
        return f"{what} >= {self.low:g}" if math.isfinite(self.low) else what


ACTIVATIONS = ("linear", "leaky", "relu", "mish", "swish", "logistic")

_FLAG = Option("whole", 0, 0, 1)
_OFF = Option("whole", 0, 0, 0)
_ONE = Option("real", 1.0, 1, 1)


def _pixels(default: int | None) -> Option:
    return Option("whole", default, 1, 10_000)


def _count(default: int | None) -> Option:
    return Option("whole", default, 1, 1_000_000)


SECTIONS: dict[str, dict[str, Option]] = {
    "net": {"width": _pixels(None), "height": _pixels(None), "channels": Option("whole", 3, 1, 1024),
            "letter_box": _FLAG},
    "convolutional": {
        "filters": _count(1), "size": _pixels(1), "stride": _pixels(1), "groups": _count(1), "dilation": _pixels(1),
        "pad": _FLAG, "padding": Option("whole", 0, 0, 10_000), "batch_normalize": _FLAG,
        "activation": Option("word", "logistic", words=ACTIVATIONS),
        "binary": _OFF, "xnor": _OFF, "flipped": _OFF, "antialiasing": _OFF,
    },
    "maxpool": {"size": Option("whole", 0, 1, 10_000), "stride": _pixels(1), "padding": Option("whole", -1, 0, 20_000),
                "maxpool_depth": _OFF, "antialiasing": _OFF},
    "avgpool": {},
    "route": {"layers": Option("wholes", None), "groups": _count(1), "group_id": Option("whole", 0, 0, 1_000_000)},
    "shortcut": {"from": Option("wholes", None), "activation": Option("word", "linear", words=ACTIVATIONS),
                 "alpha": _ONE, "beta": _ONE, "weights_type": Option("word", "none", words=("none",))},
    "upsample": {"stride": _pixels(2), "scale": _ONE},
    "reorg": {"stride": _pixels(1), "reverse": _OFF, "flatten": _OFF, "extra": _OFF},
    "dropout": {"probability": Option("real", 0.5, 0, 1)},
    "connected": {"output": _count(1), "batch_normalize": _FLAG,
                  "activation": Option("word", "logistic", words=ACTIVATIONS)},
    "softmax": {"groups": Option("whole", 1, 1, 1), "temperature": _ONE, "spatial": _OFF},
    "region": {"anchors": Option("reals", None, 1e-6, 1e6), "num": _count(1), "classes": _count(20),
               "coords": Option("whole", 4, 4, 4), "softmax": _FLAG, "background": _OFF},
    "yolo": {"anchors": Option("reals", None, 1e-6, 1e6), "num": _count(1), "classes": _count(20),
             "mask": Option("wholes", (), 0, 1_000_000), "scale_x_y": Option("real", 1.0, 1e-3, 1e3),
             "new_coords": _FLAG},
}  # fmt: skip

_NET_TRAINING = """
    batch subdivisions time_steps momentum decay angle saturation exposure hue aspect mosaic mosaic_bound cutmix mixup
    blur gaussian_noise flip max_crop min_crop crop learning_rate burn_in power max_batches policy step scale steps
    scales gamma max_chart_loss loss_scale dynamic_minibatch optimized_memory workspace_size_limit_MB adam B1 B2 eps
    ema_alpha notruth_jitter use_cuda_graph inputs
"""
_LOSS = """
    jitter resize random max ignore_thresh truth_thresh iou_thresh iou_loss iou_thresh_kind iou_normalizer
    obj_normalizer cls_normalizer delta_normalizer max_delta label_smooth_eps focal_loss objectness_smooth nms_kind
    beta_nms counters_per_class
"""
_REGION_LOSS = """
    bias_match rescore thresh classfix absolute log sqrt object_scale noobject_scale class_scale coord_scale mask_scale
"""
TRAINING: dict[str, frozenset[str]] = {
    "net": frozenset(_NET_TRAINING.split()),
    "region": frozenset((_LOSS + _REGION_LOSS).split()),
    "yolo": frozenset(_LOSS.split()),
}
