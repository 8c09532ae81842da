"""The claim of ``statement-name-matched``, which ``experiments/statement_name.py`` tries."""

from orchbench.probes.experiments.statement_name import MATCHED_LENGTH, matched
from orchbench.probes.permissions import LISTENER, STATEMENTS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="statement-name-matched",
    claim=f"A rule's wildcard matches a statementName of {MATCHED_LENGTH:,} characters by the ARN in it.",
    used_in=("template.yaml", "docs/adr/0020-one-rule-a-way-by-the-statements-name.md"),
    how="A rule of the probe's own has the pattern of the deployed ones; submit SELECT 1 under a name "
    "that it matches, and under one that it does not.",
    signs=Signs(
        "the one event",
        "none in 60 s, or both",
        "the rule is not taken, or a statement fails",
        "Let the rules take every end of a statement: the notify function looks whose it is.",
    ),
    permissions=(*STATEMENTS, *LISTENER),
    attempt=matched,
    seconds=40,
    warehouse_seconds=10,
)
