"""The axe-core rules, run over what a page shows."""

from __future__ import annotations

from collections.abc import Sequence

GRAVE = ("serious", "critical")
# What axe would preload are style sheets, by requests that a page opened from a disk may not make.
ALWAYS = {"resultTypes": ["violations"], "preload": False}
# What a theme can change. All other rules read names, roles and structure, which are the same in every theme.
OF_COLOURS = ("color-contrast", "link-in-text-block")
NEVER_GRAVE = ("region",)  # moderate at most, and a tenth of all the time

# axe takes 20 ms for the contrast of one element, and a lesson's code has a thousand. Of all that are drawn alike, with
# the same letters, in the same colour and over the same grounds, one is marked: the first of a kind that is not known.
MARK_KINDS = """([include, exclude, known]) => {
    const kinds = new Set(known), marked = [];
    const grounds = new Map([[null, ""]]);
    const ground = part => {
        if (grounds.has(part)) return grounds.get(part);
        const {backgroundColor, backgroundImage, opacity} = getComputedStyle(part);
        const plain = backgroundColor === "rgba(0, 0, 0, 0)" && backgroundImage === "none" && opacity === "1";
        const own = plain ? "" : `${backgroundColor} ${backgroundImage} ${opacity}, `;
        grounds.set(part, own + ground(part.parentElement));
        return grounds.get(part);
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
        marked.push(kind);
    }
    return marked;
}"""


def findings(
    opened: object,
    include: Sequence[str] = ("body",),
    exclude: Sequence[str] = (),
    colours_only: bool = False,
    known: set[str] | None = None,
) -> list[str]:
    """What axe finds serious or critical on an opened page: for each element the rule, the element, and the reason.

    Parameters
    ----------
    opened : a playwright page
    include, exclude : selectors of the parts that are looked at, and of what is left out there
    colours_only : run only the rules that depend on the theme
    known : ways in which text was drawn and found good before, on other pages; those of this page are added to it
    """
    from axe_playwright_python.base import AXE_SCRIPT

    if not opened.evaluate("() => 'axe' in window"):
        opened.evaluate(AXE_SCRIPT)
    kinds = opened.evaluate(MARK_KINDS, [", ".join(include), ", ".join(exclude), list(known or ())])
    found = _run(opened, ["[data-axe-kind]"], exclude, {"runOnly": list(OF_COLOURS)}) if kinds else []
    if known is not None and not found:
        known.update(kinds)
    if not colours_only:
        found += _run(
            opened, include, exclude, {"rules": {rule: {"enabled": False} for rule in (*OF_COLOURS, *NEVER_GRAVE)}}
        )
    return found


def _run(opened: object, include: Sequence[str], exclude: Sequence[str], options: dict) -> list[str]:
    context = {part: [[one] for one in selectors] for part, selectors in (("include", include), ("exclude", exclude))}
    answer = opened.evaluate("([context, options]) => axe.run(context, options)", [context, {**ALWAYS, **options}])
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]}: {_reasons(node)}"
        for rule in answer["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


def _reasons(node: dict) -> str:
    return "; ".join(check["message"] for kind in ("any", "all", "none") for check in node[kind])
