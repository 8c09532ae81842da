"""The claim of ``sdk-absent-field``, which ``experiments/sdk_answers.py`` tries."""

from orchbench.probes.experiments.sdk_answers import USED_IN, absent_field
from orchbench.probes.experiments.sdk_integration import NOT_LOCAL
from orchbench.probes.permissions import MACHINE
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="sdk-absent-field",
    claim="A Catch that names States.Runtime catches a ResultSelector that names an absent field.",
    used_in=USED_IN,
    how="A Task of a machine of the probe's own takes a field that no answer has, and catches the error.",
    signs=Signs(
        "the Catch is taken",
        "the execution fails",
        "nothing fails",
        "Read nothing of a batch that has finished but what every answer has.",
    ),
    permissions=MACHINE,
    attempt=absent_field,
    seconds=30,
    uses={"state_transition": 2},
    not_local=NOT_LOCAL,
)
