"""What the synthetic practice's columns hold."""

from querywatch.demo.schema import TableFact, parse_facts
from querywatch.demo.values import Setting, find_values

FACTS = {table.name: table for table in parse_facts()}


def make_setting(seed: int = 1) -> Setting:
    return Setting(
        seed=seed,
        now="2026-01-02 03:04:05",
        rows={name: table.find_rows(0.2) for name, table in FACTS.items()},
        owners={"PatNum": "patient", "ProcNum": "procedurelog", "AptNum": "appointment"},
    )


def find_all(seed: int) -> dict[str, dict[str, str]]:
    return {name: find_values(table, make_setting(seed)) for name, table in FACTS.items()}


def test_the_same_seed_gives_the_same_practice() -> None:
    assert find_all(1) == find_all(1)


def test_another_seed_gives_another_practice() -> None:
    assert find_all(1)["patient"]["LName"] != find_all(2)["patient"]["LName"]


def test_two_columns_do_not_repeat_each_other() -> None:
    """Home and mobile numbers come from the same rule, and still differ."""
    patient = find_all(1)["patient"]
    assert patient["HmPhone"] != patient["WirelessPhone"]


def test_a_foreign_key_stays_inside_its_table() -> None:
    setting = make_setting()
    assert find_values(FACTS["commlog"], setting)["PatNum"].endswith(f"% {setting.rows['patient']})")


def test_every_table_numbers_its_rows() -> None:
    """No two rows may collide in a primary key."""
    for name, table in FACTS.items():
        (primary,) = [column.name for column in table.columns if column.is_primary]
        assert "n" in find_values(table, make_setting())[primary], name


def test_an_unknown_table_is_filled_by_its_types_alone() -> None:
    table = TableFact(name="vendortable", rows=5, columns=FACTS["recall"].columns, indexes=())
    setting = make_setting()
    setting = Setting(seed=1, now=setting.now, rows={**setting.rows, "vendortable": 5}, owners=setting.owners)
    assert find_values(table, setting)["RecallNum"] == "n"
