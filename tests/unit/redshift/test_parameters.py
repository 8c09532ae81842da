import pytest

from orchbench.redshift.parameters import names_used, with_placeholders


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT :day", {"day"}),
        ("SELECT :a, (:b), :a+:c_1", {"a", "b", "c_1"}),
        ("SELECT x::date, :day::date", {"day"}),
        ("SELECT ':day', 'it''s :day', E'\\':day'", set()),
        ('SELECT ":day" FROM t', set()),
        ("SELECT 1 -- :day\n, :hour", {"hour"}),
        ("SELECT /* :day\n */ :hour", {"hour"}),
        ("SELECT $$:day$$, $tag$ :day $$ $tag$, :hour", {"hour"}),
        ("SELECT a:b", set()),
        ("SELECT '", set()),
    ],
)
def test_a_parameter_counts_only_outside_literals_comments_and_casts(sql: str, names: set[str]) -> None:
    assert names_used(sql) == names


def test_only_known_parameters_become_placeholders_and_percent_signs_stay_literal() -> None:
    sql = "SELECT :a, ':a', x % 2, 'like%' WHERE b = :b"
    expected = "SELECT %(a)s, ':a', x %% 2, 'like%%' WHERE b = :b"
    assert with_placeholders(sql, {"a"}) == expected
