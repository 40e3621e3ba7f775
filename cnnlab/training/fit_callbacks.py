"""The callbacks that ``model.fit`` wants: keep the best weights, slow down, stop.

For the same numbers twice call ``keras.utils.set_random_seed(seed)`` before the model is built: it seeds Python, NumPy
and the backend. To watch a run, pass an `explore.TrainingMonitor` along with these callbacks.
"""

from __future__ import annotations

import os
from pathlib import Path

import keras

from cnnlab.common.validate import check_int


def callbacks(
    file: str | os.PathLike, *, monitor: str = "val_loss", patience: int = 4, factor: float = 0.5
) -> list[keras.callbacks.Callback]:
    """Keep the best weights, slow down when stuck, stop when it no longer pays.

    Parameters
    ----------
    file : where the best model so far is kept; a name that ends in ``.keras``
    monitor : what is watched, a name from the logs of ``fit``; ``val_loss`` needs validation data
    patience : epochs without an improvement after which training ends and the best weights are put back, >= 2. The
        learning rate is lowered after half as many
    factor : what the learning rate is multiplied by then, between 0 and 1

    Returns
    -------
    list
        ``[ReduceLROnPlateau, ModelCheckpoint, EarlyStopping]``, for ``model.fit(callbacks=...)``. Make a new list for
        each run.

    Examples
    --------
    >>> [type(one).__name__ for one in callbacks("best.keras")]
    ['ReduceLROnPlateau', 'ModelCheckpoint', 'EarlyStopping']
    >>> callbacks("best.h5")
    Traceback (most recent call last):
    ValueError: `file` must end in .keras, the format that holds a whole model. Received: 'best.h5'
    """
    check_int(patience, "patience", minimum=2)
    if Path(file).suffix != ".keras":
        raise ValueError(f"`file` must end in .keras, the format that holds a whole model. Received: {str(file)!r}")
    if not 0 < factor < 1:
        raise ValueError(f"`factor` must lie between 0 and 1. Received: {factor!r}")
    return [
        keras.callbacks.ReduceLROnPlateau(monitor=monitor, factor=factor, patience=patience // 2),
        keras.callbacks.ModelCheckpoint(str(file), monitor=monitor, save_best_only=True),
        keras.callbacks.EarlyStopping(monitor=monitor, patience=patience, restore_best_weights=True),
    ]
