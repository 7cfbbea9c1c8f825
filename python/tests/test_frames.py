"""Tables out to four libraries, and back in as data."""

import importlib
import subprocess
import sys

import duckdb
import numpy
import pandas
import polars
import pyarrow
import pytest

import zollverein as zv

TOY = "data/toy"
SCENARIO = "scenarios/06-toy-25.toml"


def as_pandas(table):
    return pandas.DataFrame.from_arrow(table)


def as_duckdb(table):
    return duckdb.sql("select * from table_in", connection=_with(table))


def _with(table):
    connection = duckdb.connect()
    connection.register("table_in", pyarrow.table(table))
    return connection


OUT_AND_IN = {
    "pandas": as_pandas,
    "pandas without arrow": lambda table: table.to_pandas(),
    "polars": polars.DataFrame,
    "pyarrow": pyarrow.table,
    "duckdb": as_duckdb,
    "dict": lambda table: table.to_dict(),
}


@pytest.mark.parametrize("library", OUT_AND_IN)
@pytest.mark.parametrize("name", ["production", "flows", "elasticities", "countries", "duties"])
def test_a_table_of_the_data_goes_out_and_comes_back(library, name):
    baseline = zv.load_baseline(TOY)
    frame = OUT_AND_IN[library](baseline.table(name))
    again = zv.load_baseline(TOY, **{name: frame})
    assert again.table(name).to_dict() == baseline.table(name).to_dict()
    one, other = zv.evaluate(SCENARIO, baseline), zv.evaluate(SCENARIO, again)
    assert one.tables["indicators"].to_dict() == other.tables["indicators"].to_dict()
    assert any(name in note for note in again.notes)


@pytest.mark.parametrize("library", OUT_AND_IN)
def test_own_figures_change_the_results(library):
    production = zv.load_baseline(TOY).table("production").to_dict()
    cheaper = dict(production, price_usd_per_t=[0.5 * price for price in production["price_usd_per_t"]])
    given = zv.load_baseline(TOY, production=cheaper)
    frame = OUT_AND_IN[library](given.table("production"))
    other = zv.load_baseline(TOY, production=frame)
    usual = zv.evaluate(SCENARIO, TOY).headline["value"]
    assert zv.evaluate(SCENARIO, given).headline["value"] == zv.evaluate(SCENARIO, other).headline["value"] != usual


def test_results_are_the_same_in_every_library():
    table = zv.evaluate("scenarios/02-gassa.toml").tables["equity"]
    cells = table.to_dict()
    assert polars.DataFrame(table).to_dict(as_series=False) == cells
    assert pyarrow.table(table).to_pydict() == cells
    columns = pandas.DataFrame.from_arrow(table)
    names = [name for name, column in cells.items() if not all(isinstance(cell, str) for cell in column)]
    assert names
    for name in names:
        read = [None if numpy.isnan(cell) else cell for cell in columns[name]]
        assert read == cells[name]
    found = as_duckdb(table).fetchall()
    assert found == list(zip(*cells.values(), strict=True))


def test_welfare_by_owner_stands_among_the_tables_and_adds_up_to_welfare_by_place():
    owners = zv.evaluate("scenarios/02-gassa.toml").tables["owners"].to_dict()
    together = [row for row, product in enumerate(owners["product"]) if product == "all"]
    place = sum(owners["welfare_by_place_million_usd"][row] for row in together)
    owner = sum(owners["welfare_by_owner_million_usd"][row] or 0.0 for row in together)
    assert len(together) > 100
    assert abs(place - owner) < 1e-6


def test_duckdb_reads_a_table_without_pyarrow():
    indicators = zv.evaluate(SCENARIO).tables["indicators"]  # noqa: F841 - named in the query
    count = duckdb.sql("select count(*) from indicators").fetchall()
    assert count == [(len(indicators),)]


def test_kinds_of_columns_that_come_in():
    flows = polars.DataFrame(zv.load_baseline(TOY).table("flows"))
    kinds = flows.with_columns(
        polars.col("exporter").cast(polars.Categorical),
        polars.col("product").cast(polars.Enum(sorted(set(flows["product"])))),
        polars.col("quantity_kt").cast(polars.Decimal(20, 6)),
        polars.lit(None).alias("note"),
        polars.lit(7, dtype=polars.UInt8).alias("small"),
        polars.lit(True).alias("flag"),
    )
    one = zv.evaluate(SCENARIO, zv.load_baseline(TOY, flows=flows))
    other = zv.evaluate(SCENARIO, zv.load_baseline(TOY, flows=kinds))
    assert one.headline.to_dict() == other.headline.to_dict()
    with pytest.raises(zv.InputError, match="column `when` is of a type"):
        zv.load_baseline(TOY, flows=kinds.with_columns(polars.lit("2023-01-01").str.to_date().alias("when")))


def test_a_series_is_no_table():
    with pytest.raises(zv.InputError, match="single column"):
        zv.load_baseline(TOY, flows=polars.Series("quantity_kt", [1.0, 2.0]))


def test_own_data_saved_are_read_by_the_program(program, tmp_path):
    production = zv.load_baseline(TOY).table("production").to_dict()
    production["output_kt"] = [value for value in production["output_kt"]]
    own = zv.load_baseline(TOY, production=production)
    own.save(tmp_path / "own")
    ran = program("run", SCENARIO, "--data", tmp_path / "own", "--out", tmp_path / "out", "--quiet")
    assert ran.returncode == 0, ran.stderr
    here = zv.evaluate(SCENARIO, own)
    here.save(tmp_path / "here")
    assert (tmp_path / "out" / "indicators.csv").read_bytes() == (tmp_path / "here" / "indicators.csv").read_bytes()


def test_no_library_of_data_frames_is_asked_for():
    blocked = "pandas", "polars", "pyarrow", "duckdb", "numpy", "tqdm", "dask", "distributed"
    for name in blocked:
        importlib.import_module(name)  # each is there, so that the test below means something
    code = f"""
import sys
for name in {blocked!r}:
    sys.modules[name] = None
import zollverein as zv
print(len(zv.evaluate({SCENARIO!r}).headline.to_dict()["value"]) > 0)
"""
    ran = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=False)
    assert ran.stdout == "True\n", ran.stderr


def test_a_capsule_that_nobody_took_and_one_that_was_taken_twice():
    table = zv.evaluate(SCENARIO).headline
    capsule = table.__arrow_c_stream__()
    del capsule

    class Twice:
        capsule = table.__arrow_c_stream__()

        def __arrow_c_stream__(self, requested_schema=None):
            return self.capsule

    twice = Twice()
    assert zv._core.csv_of_stream(twice, "a")
    with pytest.raises(zv.InputError, match="already released"):
        zv._core.csv_of_stream(twice, "a")
