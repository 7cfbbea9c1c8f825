"""The same bytes as the program."""

import csv
import json

import pytest
from conftest import files

import zollverein as zv


@pytest.mark.parametrize(
    "scenario",
    ["02-gassa", "06-toy-25", "09-cbam-2030", "11-standards", "22-everything", "24-shuffling", "35-gassa-uncertainty"],
)
def test_every_file_is_that_of_the_program(scenario, program, tmp_path):
    path = f"scenarios/{scenario}.toml"
    ran = program("run", path, "--out", tmp_path / "program", "--quiet")
    assert ran.returncode == 0, ran.stderr
    zv.evaluate(path).save(tmp_path / "package")
    there, here = files(tmp_path / "program"), files(tmp_path / "package")
    assert here.keys() == there.keys()
    assert [name for name in there if here[name] != there[name]] == []


def test_tables_hold_the_numbers_of_the_files_bit_for_bit(program, tmp_path):
    program("run", "scenarios/02-gassa.toml", "--out", tmp_path, "--quiet")
    outcome = zv.evaluate("scenarios/02-gassa.toml")
    for name, table in outcome.tables.items():
        rows = list(csv.DictReader((tmp_path / f"{name}.csv").open()))
        assert len(rows) == len(table) > 0
        for column in table.columns:
            for row, cell in zip(rows, table[column], strict=True):
                read = row[column]
                assert read == cell if isinstance(cell, str) else (float(read) if read else None) == cell


def test_the_same_text_on_the_screen(program):
    ran = program("run", "scenarios/02-gassa.toml")
    assert str(zv.Scenario("scenarios/02-gassa.toml").run()) == ran.stdout


def test_a_baseline_that_was_read_once_gives_the_same(tmp_path):
    baseline = zv.load_baseline()
    for scenario in ["scenarios/02-gassa.toml", "scenarios/05-us-50.toml"]:
        one, other = zv.evaluate(scenario), zv.evaluate(scenario, baseline)
        assert one.stamp == other.stamp
        assert one.tables["indicators"].to_dict() == other.tables["indicators"].to_dict()


def test_a_scenario_from_text_or_dict_says_the_same():
    scenario = zv.Scenario("scenarios/06-toy-25.toml")
    again = zv.Scenario.parse(scenario.to_toml(), "scenarios/again.toml")
    assert again.digest == scenario.digest == zv.Scenario(scenario.to_dict()).digest
    named = dict(scenario.to_dict(), baseline="data/toy")
    assert zv.evaluate(named).headline.to_dict() == scenario.run().headline.to_dict()


def test_a_value_is_changed_and_checked():
    scenario = zv.Scenario("scenarios/06-toy-25.toml")
    higher = scenario.with_("tariff.plain.rate_percent", 30)
    assert (scenario.number("tariff.plain.rate_percent"), higher.number("tariff.plain.rate_percent")) == (25, 30)
    assert higher != scenario == scenario.with_each({"tariff.plain.rate_percent": 25})
    assert "tariff.plain.rate_percent" in scenario.numbers


def test_what_is_shown_and_saved(tmp_path):
    scenario = zv.Scenario("scenarios/06-toy-25.toml")
    outcome = scenario.run()
    assert "<table>" in outcome._repr_html_() and scenario.title in outcome.html()
    assert "<table>" in outcome.headline._repr_html_() and "<li>" in scenario._repr_html_()
    assert outcome.stamp["engine"]["name"] == "armington" and outcome.members
    assert outcome.brief().startswith("# ")
    scenario.save(tmp_path / "kept.toml")
    assert zv.Scenario(tmp_path / "kept.toml").digest == scenario.digest
    outcome.save(tmp_path / "parquet", "parquet")
    assert json.loads((tmp_path / "parquet" / "run.json").read_text())["results"]


def test_one_year_of_a_path(program, tmp_path):
    scenario = zv.Scenario("scenarios/18-gassa-phased.toml")
    year = scenario.years[1]
    ran = program("run", "scenarios/18-gassa-phased.toml", "--year", year, "--out", tmp_path / "a", "--quiet")
    assert ran.returncode == 0, ran.stderr
    scenario.at_year(year).run().save(tmp_path / "b")
    assert files(tmp_path / "a") == files(tmp_path / "b")
