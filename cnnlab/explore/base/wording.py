"""Turns of phrase that several explorers share."""


def cut(text: str, most: int) -> str:
    """`text` in at most `most` characters.

    >>> cut("block2_unit1_conv2", 10)
    'block2_un…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


def counted(number: int, noun: str, plural: str = "s") -> str:
    """A number with its noun.

    >>> counted(1, "epoch"), counted(0, "box", "es")
    ('1 epoch', '0 boxes')
    """
    return f"{number} {noun}{'' if number == 1 else plural}"


def minus(text: str) -> str:
    """`text` with true minus signs, which are as wide as the digits, in the place of hyphens.

    >>> minus("-0.50")
    '−0.50'
    """
    return text.replace("-", "−")
