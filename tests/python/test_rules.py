"""Rules as data: what can be built, changed, saved, and what is refused where."""

from __future__ import annotations

import ast
import json
import pickle
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import stubs

import gotosync
from gotosync import LeaverPolicy, Mode, Rule, Rules

WRITTEN = """# ours
seats = "fill"

[[rule]]
name = 'Sales'   # since 2019
everyone = true

# about the next one
[[rule]]
name = "IT"
group = 'IT Team'
"""


def test_the_stub_has_every_key_of_a_rule() -> None:
    schema = json.loads((stubs.STUB.parents[3] / "gotosync-core" / "schema" / "rules.schema.json").read_text())
    keys = set(schema["properties"]["rule"]["items"]["properties"])
    classes = [node for node in ast.parse(stubs.STUB.read_text()).body if isinstance(node, ast.ClassDef)]
    (rule,) = (node for node in classes if node.name == "Rule")
    attributes = {node.target.id for node in rule.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)}
    (new,) = (node for node in rule.body if isinstance(node, ast.FunctionDef) and node.name == "__new__")
    words = {word.arg for word in [*new.args.args[1:], *new.args.kwonlyargs]}
    assert attributes == keys
    assert words == keys


def test_rules_are_a_sequence_of_rules() -> None:
    rules = Rules.parse(WRITTEN)
    assert (len(rules), rules.names, [rule.name for rule in rules]) == (2, ["Sales", "IT"], ["Sales", "IT"])
    assert (rules[0], rules[-1].name, rules["IT"].group) == (Rule("Sales", everyone=True), "IT", "IT Team")
    assert "IT" in rules
    assert "it" not in rules
    with pytest.raises(IndexError):
        rules[2]
    with pytest.raises(KeyError):
        rules["Nobody"]
    with pytest.raises(AttributeError):
        rules[0].nonsense  # type: ignore[attr-defined]  # noqa: B018


def test_what_is_not_touched_keeps_every_byte() -> None:
    rules = Rules.parse(WRITTEN)
    changed = rules.edit("IT", language="en_US", group=None, everyone=True).add(Rule("New", group="New"), after="Sales")
    assert changed.text.startswith(WRITTEN[: WRITTEN.index("# about")])
    assert '# about the next one\n[[rule]]\nname = "IT"' in changed.text
    assert (changed.names, changed["IT"].language, changed["IT"].group) == (["Sales", "New", "IT"], "en_US", None)
    assert rules.text == WRITTEN, "rules never change themselves"
    assert changed.remove("New").edit("IT", language=None, everyone=None, group="IT Team") == rules


def test_values_may_be_enums_spans_of_time_and_sets() -> None:
    leavers = {"first": LeaverPolicy.SUSPEND, "delete_after_days": timedelta(weeks=2), "delete_after_reads": 3}
    rules = Rules([Rule("All", everyone=True, device_groups={"B", "A"}, mode=Mode.SIMULATE)], leavers=leavers)
    assert rules.to_dict()["leavers"]["delete_after_days"] == 14
    assert (rules[0].device_groups, rules[0].mode) == (["A", "B"], "simulate")
    with pytest.raises(gotosync.InputError, match=r"`leavers` cannot be written: .* is no whole number of days"):
        Rules([Rule("All", everyone=True)], leavers={**leavers, "delete_after_days": timedelta(hours=5)})
    with pytest.raises(gotosync.InputError, match="`ou` cannot be written: there is no way to write a object"):
        Rule("All", ou=object())
    with pytest.raises(gotosync.InputError, match="is a string"):
        Rules([Rule("All", everyone=datetime(2026, 1, 1))])  # type: ignore[arg-type]


def test_mistakes_name_their_place() -> None:
    with pytest.raises(gotosync.InputError) as caught:
        Rules.parse("[[rule]]\nname = 'A'\neverone = true\n[[rule]]\nname = 'A'\nou = 3\n", file="rules.toml")
    error = caught.value
    places = [(problem.file, problem.line, problem.column) for problem in error.problems]
    assert (error.kind, error.retryable, places[0]) == ("input", False, (error.file, error.line, error.column))
    assert ("rules.toml", 3, 1) in places
    assert [problem.hint for problem in error.problems if problem.line == 3] == ["did you mean `everyone`?"]
    assert isinstance(error.hint, str)
    with pytest.raises(gotosync.InputError, match="there is no key `product` of a rule") as unknown:
        Rule("A", product=["G2M"])  # type: ignore[call-arg]
    assert unknown.value.hint == "did you mean `products`?"
    with pytest.raises(gotosync.InputError, match="there is no key `leaver` of rules"):
        Rules([], leaver="keep")  # type: ignore[call-arg]
    with pytest.raises(gotosync.NotFoundError, match="there is no rule `Slaes`") as missing:
        Rules.parse(WRITTEN).edit("Slaes", language="en_US")
    assert missing.value.hint == "did you mean `Sales`?"
    with pytest.raises(gotosync.ConflictError, match="a rule with the name `IT` exists already"):
        Rules.parse(WRITTEN).add(Rule("IT", everyone=True))
    with pytest.raises(gotosync.InputError, match="several places"):
        Rules.parse(WRITTEN).move("IT", before="Sales", first=True)
    with pytest.raises(gotosync.UnsupportedError, match="is the only rule"):
        Rules([Rule("All", everyone=True)]).remove("All")


def test_a_file_is_never_written_over_somebody_elses_change(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(WRITTEN)
    rules = Rules.load(path)
    rules.save(path)
    rules.edit("Sales", language="de_DE").save(path)
    assert "language" in path.read_text()
    # The next change starts from what was read, which is not what is there now.
    with pytest.raises(gotosync.ConflictError) as caught:
        rules.edit("Sales", language="fr_FR").save(path)
    assert caught.value.file == str(path)
    assert "de_DE" in path.read_text()
    with pytest.raises(gotosync.ConflictError):
        Rules([Rule("All", everyone=True)]).save(path)
    Rules([Rule("All", everyone=True)]).save(tmp_path / "new.toml")
    with pytest.raises(gotosync.NotFoundError):
        Rules.load(tmp_path / "nowhere.toml")


def test_rules_are_values() -> None:
    rules = Rules.parse(WRITTEN, file="rules.toml")
    again = pickle.loads(pickle.dumps(rules))
    assert (again, again.text, repr(again)) == (rules, WRITTEN, "<Rules rules.toml: Sales, IT>")
    assert Rules.from_dict(rules.to_dict()) == rules == Rules.from_json(rules.to_json())
    assert len({rules, again, Rules.from_dict(rules.to_dict())}) == 1
    assert rules != Rules.parse(WRITTEN.replace("IT Team", "Team"))
    rule = rules["IT"]
    assert (pickle.loads(pickle.dumps(rule)), hash(rule)) == (rule, hash(Rule("IT", group="IT Team")))
    with pytest.raises(AttributeError):
        rule.name = "Other"
