"""What the program can do, by task: shown without a command and by ``--help``; no command is imported."""

from dataclasses import dataclass

from orchbench.ways import the_pair

USAGE = "usage: orchbench [--version] [--debug] COMMAND ..."
ENDING = "`orchbench COMMAND --help` explains a command and its options."


@dataclass(frozen=True)
class Entry:
    """One command: what it does, and how it is typically called, with ``WAY`` for a way."""

    name: str
    summary: str
    call: str

    @property
    def example(self) -> str:
        """The call, with the way that the baseline is compared with."""
        return self.call.replace("WAY", list(the_pair())[-1])


@dataclass(frozen=True)
class Task:
    """What somebody wants to do, and the commands for it."""

    title: str
    entries: tuple[Entry, ...]


TASKS = (
    Task(
        "Try it on this machine, without an AWS account",
        (
            Entry("compare", "run the ways on the same batch, side by side", "orchbench compare --runs 3"),
            Entry(
                "supplement",
                "add rehearsals of 1 min to 24 h, and complexity",
                "orchbench supplement results/20260101-120000",
            ),
            Entry(
                "report",
                "write a page of results, or of estimates alone",
                "orchbench report results/20260101-120000",
            ),
            Entry(
                "rehearse",
                "run hours in seconds, in virtual time",
                "orchbench rehearse --duration 1.01h --poll fixed:10s",
            ),
            Entry("up", "start the local AWS, and keep it until Ctrl-C", "orchbench up"),
        ),
    ),
    Task(
        "Decide which way to take",
        (
            Entry(
                "decide",
                "recommend a way for a workload; record it, check it again",
                "orchbench decide --duration 1207s --runs-a-month 3000 --acceptable-lag 1m",
            ),
            Entry(
                "estimate",
                "compute counts, lag and cost without a run",
                "orchbench estimate --duration 1207s --runs-a-month 3000",
            ),
            Entry("limits", "show quotas, and how long each way can poll", "orchbench limits --timeout 12h"),
            Entry(
                "inspect",
                "read any history or definition: cost, gaps",
                "orchbench inspect history.json",
            ),
            Entry("complexity", "measure what each way gives you to read and own", "orchbench complexity"),
            Entry("prices", "show the prices of a region, with their sources", "orchbench prices"),
        ),
    ),
    Task(
        "Deploy it, and run batches",
        (
            Entry(
                "template",
                "export the template and functions of one way",
                "orchbench template --way WAY --out my-batch",
            ),
            Entry("check", "check whether a deployment is ready to run", "orchbench check --target aws"),
            Entry(
                "start",
                "start an execution, and wait for its output",
                "orchbench start WAY --target aws --follow",
            ),
            Entry(
                "stop",
                "stop an execution, and cancel its statement",
                "orchbench stop WAY NAME --target aws",
            ),
        ),
    ),
    Task(
        "Verify the claims",
        (
            Entry(
                "compare-aws",
                "deploy to AWS, compare, report, offer to clean up",
                "orchbench compare-aws --region us-east-1",
            ),
            Entry("probe", "test on your account what is assumed of AWS", "orchbench probe --target aws"),
            Entry("faults", "inject faults, and check what every way promises", "orchbench faults"),
            Entry("load", "run many executions at once: was any lost?", "orchbench load --at-once 200"),
        ),
    ),
)


def overview() -> str:
    """Return the commands by task, each task with the example of its first command, in 80 columns."""
    lines = [USAGE, "", "Run a long Redshift query without a container, and compare the ways to do it."]
    for task in TASKS:
        lines += ["", f"{task.title}:", *(f"  {one.name:<12}{one.summary}" for one in task.entries)]
        lines += [f"  $ {task.entries[0].example}"]
    return "\n".join([*lines, "", ENDING, ""])


def entry(name: str) -> Entry | None:
    """Return what is said of a command."""
    return next((one for task in TASKS for one in task.entries if one.name == name), None)
