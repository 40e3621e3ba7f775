"""``cnnlab doctor``: what works here, what does not, what to type."""

from __future__ import annotations

import argparse


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    doctor = commands.add_parser("doctor", help="say what works here, what does not, and what to type")
    doctor.set_defaults(call=call)


def call(arguments: argparse.Namespace) -> int:
    """Look and say it."""
    from cnnlab.course import doctor

    findings = doctor.report()
    print(doctor.render(findings))
    return 1 if any(finding.status == "problem" for finding in findings) else 0
