"""Errors have the text of the command line, and say all faults at once."""

import pytest

import zollverein as zv


def test_a_faulty_scenario(program, tmp_path):
    path = tmp_path / "faulty.toml"
    path.write_text('title = "x"\nnonsense = 1\n\n[[tariff]]\nname = "a"\nrate_percent = "much"\n')
    ran = program("run", path)
    with pytest.raises(zv.InputError) as caught:
        zv.evaluate(path)
    assert ran.returncode == 2 and ran.stderr == f"error: {caught.value}\n"
    assert isinstance(caught.value, zv.ZollvereinError) and len(caught.value.problems) >= 2
    problem = next(problem for problem in caught.value.problems if problem.line == 2)
    assert problem.file == str(path) and "nonsense" in problem.what and problem.remedy
    assert all(problem.what in str(caught.value) for problem in caught.value.problems)


def test_a_path_that_leads_nowhere():
    scenario = zv.Scenario("scenarios/06-toy-25.toml")
    with pytest.raises(zv.InputError, match="leads nowhere"):
        scenario.with_("tariff.plan.rate_percent", 1)
    for value in [object(), float("nan")]:
        with pytest.raises(TypeError):
            scenario.with_("tariff.plain.rate_percent", value)
    with pytest.raises(zv.InputError):
        scenario.with_("tariff.plain.rate_percent", None)


def test_all_faults_of_own_data_with_their_rows():
    production = zv.load_baseline("data/toy").table("production").to_dict()
    production["output_kt"][0] = -1.0
    production["country"][1] = "XXX"
    with pytest.raises(zv.InputError) as caught:
        zv.load_baseline("data/toy", production=production)
    assert {problem.line for problem in caught.value.problems} >= {2, 3}
    assert all(problem.file == "production.csv" for problem in caught.value.problems if problem.line in (2, 3))
    with pytest.raises(zv.InputError, match="did you mean `production.csv`"):
        zv.load_baseline("data/toy", prodction=production)
    with pytest.raises(ValueError, match="different lengths"):
        zv.load_baseline("data/toy", production={"a": [1], "b": []})
    with pytest.raises(TypeError, match="a table is a data frame"):
        zv.load_baseline("data/toy", production=1)


def test_no_such_folder_or_file(tmp_path):
    with pytest.raises(zv.InputError, match="no such data folder"):
        zv.load_baseline(tmp_path / "none")
    with pytest.raises(zv.InputError, match="is missing"):
        zv.Scenario(tmp_path / "none.toml")
    with pytest.raises(zv.InputError):
        zv.batch(tmp_path / "none.toml", tmp_path / "out")


def test_a_path_of_years_says_what_to_do():
    with pytest.raises(zv.InputError, match="at_year"):
        zv.evaluate("scenarios/18-gassa-phased.toml")


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    outcome = zv.evaluate("scenarios/06-toy-25.toml")
    with pytest.raises(OSError, match="file"):
        outcome.save(tmp_path / "file" / "below")
    with pytest.raises(zv.InputError, match="no format"):
        outcome.save(tmp_path / "out", "docx")


def test_a_column_that_is_none():
    with pytest.raises(KeyError):
        zv.evaluate("scenarios/06-toy-25.toml").headline["nothing"]
