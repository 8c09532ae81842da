"""The units of Python files, from their syntax tree: nothing is imported and nothing is run.

It knows durable operations by the methods of a context, and a function that hands its own ``name`` on to one
as a wrapper, whose callers count in its place.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

OPERATIONS = frozenset(
    {
        "step", "wait", "wait_for_condition", "wait_for_callback", "create_callback", "invoke", "map",
        "parallel", "run_in_child_context",
    }
)  # fmt: skip
RETRIES = frozenset({"RetryStrategyConfig", "replace"})
RETRY_ARGUMENT = "max_attempts"
LOOPS_AND_BRANCHES = (
    ast.If,
    ast.IfExp,
    ast.While,
    ast.For,
    ast.AsyncFor,
    ast.ExceptHandler,
    ast.comprehension,
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Site:
    """A call that begins an operation, and the functions around it."""

    call: ast.Call
    inside: tuple[Function, ...]


class Reader:
    """Reads files together.

    Args:
        trees: what is counted.
        vocabulary: where further error classes and lists of them come from.
    """

    def __init__(self, trees: Sequence[ast.Module], vocabulary: Sequence[ast.Module] = ()) -> None:
        self._trees = trees
        self._functions = [one for one in self._nodes() if isinstance(one, Function)]
        self._named = {one.name: one for one in self._functions}
        self._families = _families([*vocabulary, *trees])
        self._imported = {
            alias.asname or alias.name
            for one in self._nodes()
            if isinstance(one, (ast.Import, ast.ImportFrom))
            for alias in one.names
        }
        self._wrappers: set[str] = set()
        self._sites = list(self._operation_sites())

    def decisions(self) -> int:
        """Count branches, loops, ``except`` clauses, cases, and further operands of ``and`` and ``or``."""
        found = sum(isinstance(one, LOOPS_AND_BRANCHES) for one in self._nodes())
        cases = sum(_is_case(one) for one in self._nodes())
        return (
            found
            + cases
            + sum(_further_operands(one) for one in self._nodes() if isinstance(one, ast.BoolOp))
        )

    def error_names(self) -> set[str]:
        """Return the names of what is caught, raised or retried; a family stands for its members."""
        written = {name for node in self._nodes() for name in _error_names(node)}
        return {member for name in written for member in self._families.get(name, {name})}

    def retry_rules(self) -> int:
        """Count different retry configurations."""
        return len(
            {
                ast.unparse(one)
                for one in self._nodes()
                if isinstance(one, ast.Call)
                and _name_of(one.func) in RETRIES
                and any(keyword.arg == RETRY_ARGUMENT for keyword in one.keywords)
            }
        )

    def operations(self) -> int:
        """Count the places at which an operation begins."""
        return len(self._sites)

    def references(self) -> int:
        """Count keys of events and results, once a function, and what goes into and out of operations."""
        keys = {(function, text) for function, text in self._keys()}
        return len(keys) + sum(_passed(site) for site in self._sites) + self._kept()

    def ends(self) -> int:
        """Count where durable handlers return or raise; a function whose result they return stands in."""
        handlers = [one for one in self._functions if any(map(_makes_durable, one.decorator_list))]
        return sum(self._ends(one, frozenset()) for one in handlers)

    def _nodes(self) -> Iterator[ast.AST]:
        for tree in self._trees:
            yield from ast.walk(tree)

    def _calls(self) -> Iterator[Site]:
        def inside(node: ast.AST, around: tuple[Function, ...]) -> Iterator[Site]:
            if isinstance(node, ast.Call):
                yield Site(node, around)
            below = (*around, node) if isinstance(node, Function) else around
            for child in ast.iter_child_nodes(node):
                yield from inside(child, below)

        for tree in self._trees:
            yield from inside(tree, ())

    def _operation_sites(self) -> Iterator[Site]:
        for site in self._calls():
            if not _begins_an_operation(site.call):
                continue
            wrapper = _wrapper(site)
            if wrapper:
                self._wrappers.add(wrapper)
            else:
                yield site
        for site in self._calls():
            if _name_of(site.call.func) in self._wrappers and not _begins_an_operation(site.call):
                yield site

    def _kept(self) -> int:
        thrown_away = {id(one.value) for one in self._nodes() if isinstance(one, ast.Expr)}
        return sum(id(site.call) not in thrown_away for site in self._sites)

    def _keys(self) -> Iterator[tuple[int, str]]:
        for function in self._functions:
            for node in ast.walk(function):
                if isinstance(node, ast.Subscript) and _is_key(node.slice):
                    yield id(function), ast.unparse(node)
                elif (
                    isinstance(node, ast.Call)
                    and _name_of(node.func) == "get"
                    and node.args
                    and _is_key(node.args[0])
                ):
                    yield id(function), f"{ast.unparse(node.func)} {ast.unparse(node.args[0])}"
                elif isinstance(node, ast.Return):
                    for one in ast.walk(node):
                        keys = one.keys if isinstance(one, ast.Dict) else ()
                        yield from ((id(function), ast.unparse(key)) for key in keys if key and _is_key(key))

    def _ends(self, function: Function, passed: frozenset[str], *, returns: bool = True) -> int:
        """Count a function's ends, those of functions whose result it returns, and where others raise."""
        found = 0
        below = passed | {function.name}
        returned: set[int] = set()
        for node in _own_nodes(function):
            if isinstance(node, ast.Return):
                inside = [
                    one for one in ast.walk(node) if isinstance(one, ast.Call) and self._own(one, below)
                ]
                returned |= set(map(id, inside))
                found += sum(
                    self._ends(self._named[_name_of(one.func)], below, returns=returns) for one in inside
                )
                found += returns and not inside
            elif isinstance(node, ast.Raise):
                found += 1
            elif isinstance(node, ast.Call) and id(node) not in returned and self._own(node, below):
                found += self._ends(self._named[_name_of(node.func)], below, returns=False)
        return found

    def _own(self, call: ast.Call, passed: frozenset[str]) -> bool:
        name = _name_of(call.func)
        if isinstance(call.func, ast.Attribute) and _name_of(call.func.value) in self._imported:
            return False
        return name in self._named and name not in passed and name not in self._wrappers


def _is_case(node: ast.AST) -> bool:
    return isinstance(node, ast.match_case) and not (
        isinstance(node.pattern, ast.MatchAs) and node.pattern.pattern is None
    )


def _further_operands(node: ast.BoolOp) -> int:
    compared = {ast.unparse(one.left) for one in node.values if isinstance(one, ast.Compare)}
    same = (
        isinstance(node.op, ast.Or)
        and len(compared) == 1
        and all(isinstance(one, ast.Compare) for one in node.values)
    )
    return 0 if same else len(node.values) - 1


def _error_names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.ExceptHandler) and node.type is not None:
        yield from _classes(node.type)
    elif isinstance(node, ast.Raise) and node.exc is not None:
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        yield from _classes(raised)
    elif isinstance(node, ast.keyword) and node.arg == "retryable_error_types":
        yield from _classes(node.value)
    elif isinstance(node, ast.Call) and _name_of(node.func) == "isinstance" and len(node.args) == 2:
        yield from _classes(node.args[1])


def _classes(node: ast.expr) -> Iterator[str]:
    """Yield what is named like a class or a constant."""
    if isinstance(node, (ast.Tuple, ast.List)):
        for one in node.elts:
            yield from _classes(one)
    elif (name := _name_of(node))[:1].isupper():
        yield name


def _families(trees: Sequence[ast.Module]) -> Mapping[str, set[str]]:
    """Return what a name stands for: a class its family, a constant the classes it lists."""
    children: dict[str, list[str]] = {}
    listed: dict[str, list[str]] = {}
    roots = set()
    for tree in trees:
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                bases = [_name_of(base) for base in node.bases]
                roots |= {node.name} if bases == ["Exception"] else set()
                for base in bases:
                    children.setdefault(base, []).append(node.name)
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
                names = [_name_of(one) for one in node.value.elts]
                listed |= {_name_of(target): names for target in node.targets}

    def members(name: str) -> set[str]:
        below = children.get(name, [])
        # The root stands for whatever is raised; a class above several others is only their name.
        if name in roots or not below:
            return {name}
        own = {name} if len(below) == 1 else set()
        return own.union(*map(members, below))

    found = {
        name: members(name) for name in {*children, *(one for names in children.values() for one in names)}
    }
    return found | {
        name: set().union(*(found.get(one, {one}) for one in names)) for name, names in listed.items()
    }


def _name_of(node: ast.expr | None) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _begins_an_operation(call: ast.Call) -> bool:
    function = call.func
    return (
        isinstance(function, ast.Attribute)
        and function.attr in OPERATIONS
        and "context" in _name_of(function.value).lower()
    )


def _wrapper(site: Site) -> str:
    """Return the name of the function around a call that hands its argument on as the operation's name."""
    named = next((one.value for one in site.call.keywords if one.arg == "name"), None)
    for function in reversed(site.inside):
        if isinstance(named, ast.Name) and named.id in {one.arg for one in function.args.args}:
            return function.name
    return ""


def _passed(site: Site) -> int:
    """Count the values that an operation is given: variables of the function around it, each once."""
    call = site.call
    values = [*call.args, *(one.value for one in call.keywords if one.arg not in ("name", "config"))]
    found: set[str] = set()
    for value in values:
        own = {one.arg for node in ast.walk(value) if isinstance(node, ast.Lambda) for one in node.args.args}
        not_values = own | {"self"}
        for node in ast.walk(value):
            if isinstance(node, ast.Call):
                not_values |= {_name_of(node.func)} if isinstance(node.func, ast.Name) else set()
            elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
                not_values.add(node.value.id)
        found |= {one.id for one in ast.walk(value) if isinstance(one, ast.Name)} - not_values
    return len(found & _variables(site.inside))


def _variables(functions: Sequence[Function]) -> set[str]:
    """Return the arguments and variables of functions around a place; a context is no data."""
    arguments = {one.arg for function in functions for one in function.args.args}
    stored = {
        one.id
        for function in functions
        for one in ast.walk(function)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }
    return {one for one in arguments | stored if "context" not in one}


def _is_key(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _makes_durable(decorator: ast.expr) -> bool:
    return _name_of(decorator.func if isinstance(decorator, ast.Call) else decorator) == "durable_execution"


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    """Yield the nodes of a function without those of functions inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop(0)
        yield node
        if not isinstance(node, (*Function.__args__, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)
