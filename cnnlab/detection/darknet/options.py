"""What each section of a .cfg may say: the options by name, their kind, default and range.

Names, defaults and meanings are those of Darknet's ``src/parser.c`` (J. Redmon) and of its continuation by
A. Bochkovskiy. Text that only steers training is known and left alone (`steers_training`, ``[cost]``); an option that
would change what the network computes, and that this package does not compute, is pinned to the value that switches it
off; a section that it does not build is refused with what it is (`NOT_BUILT`).
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
                raise ValueError(f"must be {self._rule()}")
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
        if self.kind == "word":
            one = f"one of {', '.join(self.words)}"
            return one if self.words else "left out: this package does not compute what it asks for"
        noun = "whole number" if self.kind.startswith("whole") else "number"
        what = f"{noun}s, comma-separated, each" if self.kind.endswith("s") else f"a {noun}"
        if self.low == self.high:
            return f"{self.low:g}: this package computes nothing else"
        if math.isfinite(self.high):
            return f"{what} from {self.low:g} to {self.high:g}"
        return f"{what} >= {self.low:g}" if math.isfinite(self.low) else what


ACTIVATIONS = ("linear", "leaky", "relu", "relu6", "mish", "swish", "logistic")

_FLAG = Option("whole", 0, 0, 1)
_OFF = Option("whole", 0, 0, 0)
_ABSENT = Option("word", "")
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
        "binary": _OFF, "xnor": _OFF, "bin_output": _OFF, "flipped": _OFF, "antialiasing": _OFF,
        "share_index": _ABSENT,
    },
    "maxpool": {"size": Option("whole", 0, 1, 10_000), "stride": _pixels(1), "padding": Option("whole", -1, 0, 20_000),
                "maxpool_depth": _OFF, "antialiasing": _OFF},
    "avgpool": {},
    "route": {"layers": Option("wholes", None), "groups": _count(1), "group_id": Option("whole", 0, 0, 1_000_000)},
    "shortcut": {"from": Option("wholes", None), "activation": Option("word", "linear", words=ACTIVATIONS),
                 "alpha": _ONE, "beta": _ONE, "weights_type": Option("word", "none", words=("none",))},
    "upsample": {"stride": _pixels(2), "scale": _ONE},
    "crop": {"crop_height": _pixels(1), "crop_width": _pixels(1), "noadjust": _FLAG},
    "reorg": {"stride": _pixels(1), "reverse": _OFF, "flatten": _OFF, "extra": _OFF},
    "dropout": {"probability": Option("real", 0.5, 0, 1)},
    "connected": {"output": _count(1), "batch_normalize": _FLAG,
                  "activation": Option("word", "logistic", words=ACTIVATIONS)},
    "softmax": {"groups": Option("whole", 1, 1, 1), "temperature": Option("real", 1.0, 1e-3, 1e3), "spatial": _OFF,
                "tree": _ABSENT},
    "cost": {},
    "region": {"anchors": Option("reals", None, 1e-6, 1e6), "num": _count(1), "classes": _count(20),
               "coords": Option("whole", 4, 4, 4), "softmax": _FLAG, "background": _OFF,
               "tree": _ABSENT, "map": _ABSENT},
    "yolo": {"anchors": Option("reals", None, 1e-6, 1e6), "num": _count(1), "classes": _count(20),
             "mask": Option("wholes", (), 0, 1_000_000), "scale_x_y": Option("real", 1.0, 1e-3, 1e3),
             "new_coords": _FLAG},
}  # fmt: skip

ALIASES = {"network": "net", "conv": "convolutional", "conn": "connected", "max": "maxpool", "avg": "avgpool",
           "soft": "softmax"}  # fmt: skip

_RECURRENT = "is a layer of a recurrent network, which reads sequences: this package builds networks for pictures"
_HEAD = "is another kind of head: this package reads boxes out of [yolo] and [region]"
_OTHERS = """
    local local_avg local_avgpool reorg3d scale_channels sam activation batchnorm lrn normalization implicit contrastive
    empty silence deconvolutional deconv l2norm logistic
"""
_DARKNETS = f"is a section of Darknet's that this package does not build: it knows {', '.join(SECTIONS)}"
NOT_BUILT = {
    **dict.fromkeys(("rnn", "gru", "lstm", "crnn", "conv_lstm", "history"), _RECURRENT),
    **dict.fromkeys(("detection", "Gaussian_yolo", "iseg"), _HEAD),
    **dict.fromkeys(_OTHERS.split(), _DARKNETS),
}

_NET_TRAINING = """
    batch subdivisions time_steps momentum decay angle saturation exposure hue aspect mosaic mosaic_bound cutmix mixup
    blur gaussian_noise flip max_crop min_crop max_ratio min_ratio center crop learning_rate learning_rate_min burn_in
    power max_batches max_epochs policy step scale steps scales seq_scales gamma sgdr_cycle sgdr_mult max_chart_loss
    loss_scale dynamic_minibatch sequential_subdivisions optimized_memory workspace_size_limit_MB adam B1 B2 eps
    ema_alpha notruth_jitter use_cuda_graph inputs seen try_fix_nan weights_reject_freq equidistant_point
    badlabels_rejection_percentage num_sigmas_reject_badlabels label_smooth_eps unsupervised contrastive
    contrastive_jit_flip contrastive_color track augment_speed resize_step attention adversarial_lr show_receptive_field
"""
_ANY_LAYER = """
    stopbackward onlyforward dont_update burnin_update train_only_bn dontload dontloadscales dontsave learning_rate clip
"""
_LOSS = """
    jitter resize random max ignore_thresh truth_thresh iou_thresh iou_loss iou_thresh_kind iou_normalizer
    obj_normalizer cls_normalizer delta_normalizer uc_normalizer max_delta label_smooth_eps focal_loss objectness_smooth
    nms_kind beta_nms beta1 counters_per_class show_details track_history_size sim_thresh dets_for_track dets_for_show
    track_ciou_norm embedding_layer
"""
_REGION_LOSS = """
    bias_match rescore thresh classfix absolute log sqrt object_scale noobject_scale class_scale coord_scale mask_scale
"""
_TRAINING = {
    "net": _NET_TRAINING,
    "convolutional": _ANY_LAYER + "grad_centr assisted_excitation dot stream wait_stream",
    "route": _ANY_LAYER + "stream wait_stream",
    "crop": _ANY_LAYER + "flip angle saturation exposure shift",
    "dropout": _ANY_LAYER + "dropblock dropblock_size_rel dropblock_size_abs",
    "softmax": _ANY_LAYER + "noloss",
    "cost": _ANY_LAYER + "type scale ratio",
    "region": _ANY_LAYER + _LOSS + _REGION_LOSS,
    "yolo": _ANY_LAYER + _LOSS,
}


def steers_training(option: str, section: str) -> bool:
    """Whether `option` has no part in what a trained network answers: how it is trained, saved, tracked or shown.

    >>> steers_training("stopbackward", "convolutional"), steers_training("stride", "convolutional")
    (True, False)
    """
    return option in _TRAINING.get(section, _ANY_LAYER).split()
