"""What `padding` means: each way of writing it as pixels before and behind, and what that leaves of an axis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cnnlab.common.validate import check_choice, check_int, ints


def axis_geometry(
    n: int,
    kernel_size: int,
    strides: int,
    dilation_rate: int,
    padding: str | tuple[int, int],
    name: str = "kernel_size",
) -> tuple[tuple[int, int], int]:
    """One axis of a convolution or pooling, from arguments that are checked already: its padding and its output length.

    Parameters
    ----------
    n, kernel_size, strides, dilation_rate : as in `output_size`
    padding : ``"valid"``, ``"same"`` or ``(before, after)``
    name : what the caller calls the window, for the error: pooling says `pool_size`

    Examples
    --------
    >>> axis_geometry(224, 3, 2, 1, "same")
    ((0, 1), 112)
    """
    reach = dilation_rate * (kernel_size - 1) + 1  # pixels from the first to the last tap
    if padding == "same":
        outputs = -(-n // strides)  # ceil without floats
        total = max((outputs - 1) * strides + reach - n, 0)
        return (total // 2, total - total // 2), outputs
    before, after = (0, 0) if padding == "valid" else padding
    outputs = (n + before + after - reach) // strides + 1
    if outputs < 1:
        dilated = "" if dilation_rate == 1 else f" (dilated by {dilation_rate}: {reach})"
        stride = "" if strides == 1 else f" and strides {strides}"
        raise ValueError(
            f"`{name}` {kernel_size}{dilated} does not fit an input of {n} with padding {padding!r}{stride}: "
            f"the output would be {outputs}"
        )
    return (before, after), outputs


def resolve_padding(
    padding: str | int | Sequence,
    input_size: Sequence[int],
    kernel_size: int | Sequence[int],
    strides: int | Sequence[int] = 1,
    dilation_rate: int | Sequence[int] = 1,
) -> tuple[tuple[int, int], ...]:
    """Turn any way of writing `padding` into one ``(before, after)`` pair for each axis.

    Parameters
    ----------
    padding
        ``"valid"``, ``"same"``, one number for every side, or a pair for each axis, ``((top, bottom), (left, right))``
        for pictures. For a single axis, ``(before, after)`` alone will do.
    input_size : lengths of the spatial axes, ``(H, W)`` for pictures; its length is the number of axes
    kernel_size, strides, dilation_rate : one number for all axes, or one for each

    Raises
    ------
    ValueError
        For an unknown name, a negative number, or a flat ``(p, q)`` on two or more axes, which different libraries
        read differently.

    Examples
    --------
    >>> resolve_padding("same", (5, 6), 3, strides=2)
    ((1, 1), (0, 1))
    >>> resolve_padding(1, (5, 6), 3)
    ((1, 1), (1, 1))
    """
    axes = len(input_size)
    if not isinstance(padding, str):
        return explicit_padding(padding, axes)
    sizes = [ints(kernel_size, "kernel_size", axes), ints(strides, "strides", axes)]
    sizes += [ints(dilation_rate, "dilation_rate", axes), check_padding(padding, axes)]
    if padding == "valid":
        return ((0, 0),) * axes
    return tuple(pads for pads, _ in map(axis_geometry, input_size, *sizes))


def check_padding(padding: object, axes: int) -> tuple[str | tuple[int, int], ...]:
    """`padding` as one entry for each of `axes` axes: ``"valid"`` or ``"same"`` as it is, pixels as (before, after).

    Examples
    --------
    >>> check_padding("same", axes=2), check_padding(1, axes=2)
    (('same', 'same'), ((1, 1), (1, 1)))
    """
    if isinstance(padding, str):
        return (check_choice(padding, "padding", ("valid", "same")),) * axes
    return explicit_padding(padding, axes)


def explicit_padding(padding: int | Sequence, axes: int) -> tuple[tuple[int, int], ...]:
    """Turn `padding` given in pixels into one ``(before, after)`` pair for each of `axes` axes.

    Examples
    --------
    >>> explicit_padding(1, axes=2)
    ((1, 1), (1, 1))
    """
    if isinstance(padding, str) or not isinstance(padding, Iterable):
        amount = check_int(padding, "padding", minimum=0)
        return ((amount, amount),) * axes
    pairs = tuple(padding)
    flat = all(not isinstance(p, Iterable) for p in pairs)
    if axes == 1 and flat:
        pairs = (pairs,)
    elif len(pairs) != axes or flat or any(isinstance(p, str) for p in pairs):
        form = {1: "(before, after)", 2: "((top, bottom), (left, right))"}.get(axes, f"{axes} pairs (before, after)")
        raise ValueError(f"`padding` must be 'valid', 'same', one whole number, or {form}. Received: {padding!r}")
    return tuple(ints(pair, "padding", 2, minimum=0) for pair in pairs)
