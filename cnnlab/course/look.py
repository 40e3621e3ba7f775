"""The look that the course's pages share: colours by day and by night, a frame for a page, and what a printer gets.

A page of this frame needs no network, no script and no other file. All colours of text reach a contrast of 4.5 on
``--back`` and on ``--soft``, in light and in dark (WCAG 2.2, 1.4.3); a printer gets the light ones.
"""

from __future__ import annotations

import html

#: A page's words come from strangers too: nothing may be fetched, and no script runs.
NO_SCRIPTS = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

COLOURS = """
:root { color-scheme: light dark; --text: #1b1f24; --back: #fff; --soft: #f5f5f5; --line: #8886; --link: #0550ae;
  --good: #1a6b2d; --bad: #b3261e; --quiet: #57606a; }
@media screen and (prefers-color-scheme: dark) { :root { --text: #e6e6e6; --back: #121212; --soft: #1e1e1e;
  --link: #79b8ff; --good: #56d364; --bad: #ff8e86; --quiet: #a8b1bb; } }
* { box-sizing: border-box; }
body { font: 16px/1.55 system-ui, sans-serif; color: var(--text); background: var(--back); max-width: 62rem;
  margin: 0 auto; padding: 1rem; overflow-wrap: break-word; }
a { color: var(--link); }
h1, h2, h3, h4 { line-height: 1.25; }
pre, code { font: 14px/1.45 ui-monospace, Menlo, Consolas, monospace; }
pre { margin: 0; padding: .6rem; white-space: pre-wrap; overflow-x: auto; }
"""

_FRAME = """
:focus-visible { outline: .2rem solid var(--link); outline-offset: .1rem; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: .5rem; padding: .4rem .8rem; background: var(--back); z-index: 2; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.wide { position: relative; overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; }
th, td { border: 1px solid var(--line); padding: .2rem .5rem; text-align: left; vertical-align: top; }
caption { text-align: left; font-weight: bold; padding: .3rem 0; position: sticky; left: 0;
  max-width: calc(100vw - 2rem); }
@page { margin: 15mm; }
@media print {
  :root { color-scheme: light; }
  body { font-size: 10.5pt; max-width: none; padding: 0; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .skip, .screen { display: none; }
  .wide { overflow: visible; }
  h1, h2, h3, h4, caption { break-after: avoid; }
  tr, li, .whole { break-inside: avoid; }
  thead { display: table-header-group; }
  a { color: inherit; text-decoration: none; }
}
"""

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>{style}</style></head>
<body>
{body}
</body>
</html>
"""


def frame(title: str, body: str, style: str, policy: str = NO_SCRIPTS) -> str:
    """Return a whole page that brings its own look.

    Parameters
    ----------
    title : plain text
    body : HTML
    style : CSS
    policy : what the page may load
    """
    return _PAGE.format(policy=policy, title=html.escape(title), style=style, body=body)


def document(title: str, body: str, style: str = "", policy: str = NO_SCRIPTS) -> str:
    """Return a whole page of the course's look.

    Parameters
    ----------
    title : plain text
    body : HTML with an element whose ``id`` is ``main``
    style : CSS beside that which all pages share
    policy : what the page may load
    """
    skip = '<a class="skip" href="#main">Skip to the content</a>'
    return frame(title, f"{skip}\n{body}", COLOURS + _FRAME + style, policy)
