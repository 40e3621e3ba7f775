"""The axe-core rules, run over what a page shows."""

from __future__ import annotations

from collections.abc import Sequence

GRAVE = ("serious", "critical")
# What axe would preload are style sheets, by requests that a page opened from a disk may not make.
ALWAYS = {"resultTypes": ["violations"], "preload": False}

OF_COLOURS = ("color-contrast", "link-in-text-block")

# axe takes 20 ms for the contrast of one element, and a lesson's code has a thousand: of all that are drawn with the
# same letters, in the same colour and over the same grounds, one is marked; so is one link of a kind.
MARK_KINDS = """([include, exclude]) => {
    const kinds = new Set();
    const ground = part => {
        if (!part) return "";
        const {backgroundColor, backgroundImage, opacity} = getComputedStyle(part);
        return `${backgroundColor} ${backgroundImage} ${opacity}, ${ground(part.parentElement)}`;
    };
    for (const part of document.querySelectorAll("body *")) {
        delete part.dataset.axeKind;
        const link = part.matches("a[href]");
        const written = link || part.matches("input, select, textarea")
            || [...part.childNodes].some(child => child.nodeType === 3 && child.data.trim());
        const meant = part.closest(include) && !(exclude && part.closest(exclude));
        if (!written || !meant || !part.checkVisibility()) continue;
        const {color, fontSize, fontWeight, textDecorationLine, borderBottomStyle} = getComputedStyle(part);
        const around = link && [textDecorationLine, borderBottomStyle, getComputedStyle(part.parentElement).color];
        const kind = [color, fontSize, fontWeight, around, ground(part)].join();
        if (kinds.has(kind)) continue;
        kinds.add(kind);
        part.dataset.axeKind = "";
    }
}"""


def findings(
    opened: object, include: Sequence[str] = ("body",), exclude: Sequence[str] = (), colours_only: bool = False
) -> list[str]:
    """What axe finds serious or critical on an opened page: for each element the rule, the element, and the reason.

    Parameters
    ----------
    opened : a playwright page
    include, exclude : selectors of the parts that are looked at, and of what is left out there
    colours_only : run only the rules that depend on the theme
    """
    from axe_playwright_python.sync_playwright import Axe

    axe, left_out = Axe(), [[selector] for selector in exclude]
    opened.evaluate(MARK_KINDS, [", ".join(include), ", ".join(exclude)])
    runs = [(["[data-axe-kind]"], {"runOnly": {"type": "rule", "values": list(OF_COLOURS)}})]
    if not colours_only:
        runs.append((include, {"rules": {rule: {"enabled": False} for rule in OF_COLOURS}}))
    found = []
    for parts, options in runs:
        context = {"include": [[selector] for selector in parts], "exclude": left_out}
        found += axe.run(opened, context, {**ALWAYS, **options}).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]}: {_reasons(node)}"
        for rule in found
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


def _reasons(node: dict) -> str:
    return "; ".join(check["message"] for kind in ("any", "all", "none") for check in node[kind])
