"""The axe-core rules, run over what a page shows."""

from __future__ import annotations

from collections.abc import Sequence

GRAVE = ("serious", "critical")
# What a theme can change. All other rules read names, roles and structure, which are the same in every theme.
OF_COLOURS = ("color-contrast", "link-in-text-block")


def findings(opened: object, within: dict | None = None, only: Sequence[str] = ()) -> list[str]:
    """What axe finds serious or critical on an opened page: for each element the rule, the element, and the reason.

    Parameters
    ----------
    opened : a playwright page
    within : axe's context, ``{"include": selectors, "exclude": selectors}``; the whole page by default
    only : the rules to run, where not all are
    """
    from axe_playwright_python.sync_playwright import Axe

    # Neither selectors nor loaded style sheets are needed, and both take longer than most rules.
    options = {"resultTypes": ["violations"], "selectors": False, "preload": False}
    if only:
        options["runOnly"] = {"type": "rule", "values": list(only)}
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]}: {_reasons(node)}"
        for rule in Axe().run(opened, context=within, options=options).response["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


def _reasons(node: dict) -> str:
    return "; ".join(check["message"] for kind in ("any", "all", "none") for check in node[kind])
