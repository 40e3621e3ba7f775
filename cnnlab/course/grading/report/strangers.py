"""What strangers wrote, made fit for a page: bounded, escaped, and with every character either harmless or visible."""

from __future__ import annotations

import html
import re

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # they turn the text around them
_HIDDEN = re.compile(f"[{_BIDI}]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def one_line(text: str, longest: int = 80) -> str:
    """Return a name, a file or a note as HTML: one line without control characters or marks that turn text around.

    Examples
    --------
    >>> one_line("<b>Ada</b>\\u202e Berg\\n")
    '&lt;b&gt;Ada&lt;/b&gt; Berg'
    """
    return html.escape(plain_line(text, longest))


def plain_line(text: str, longest: int = 80) -> str:
    """Return what `one_line` shows, not yet as HTML."""
    text = _SURROGATE.sub("\ufffd", _HIDDEN.sub("", text[: 20 * longest]))
    text = _SPACE.sub(" ", text).strip()
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def lines(text: str, most: int = 40, longest: int = 4000) -> str:
    """Return an answer or a message as HTML with its line breaks; what it hides is shown, what is too long is counted.

    Examples
    --------
    >>> lines("a < b\\x00\\nc\\nd", most=2)
    'a &lt; b␀\\nc\\n… (1 more line)'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip()
    kept = text[:longest].split("\n")[:most]
    shown = "\n".join(kept)
    more = text[len(shown) :].count("\n")
    shown = _CONTROL.sub(lambda found: chr(0x2400 + ord(found[0])) if found[0] != "\x7f" else "␡", shown)
    shown = _HIDDEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", _SURROGATE.sub("\ufffd", shown))
    if more:
        shown += f"\n… ({more} more line{'s' * (more != 1)})"
    elif len(text) > longest:
        shown += f"… ({len(text) - longest} more characters)"
    return html.escape(shown)
