"""Read by mypy and pyright, never run: what users write, with the types that they get."""

from typing import assert_type

import zollverein as zv
from zollverein import negotiate


def use(plan: zv.Plan) -> None:
    scenario = zv.Scenario("scenarios/02-gassa.toml").with_("tariff.core.rate_percent", 30)
    baseline = zv.load_baseline("data/2023", production={"country": ["USA"]}, flows="flows.csv")
    outcome = zv.evaluate(scenario, baseline)
    assert_type(outcome, zv.Outcome)
    assert_type(outcome.tables["indicators"], zv.Table)
    again = zv.load_baseline(production=outcome.tables["indicators"])
    assert_type(again.countries, list[str])
    assert_type(scenario.run(), zv.Outcome)
    assert_type(scenario.number("a"), float | None)
    answer = negotiate.frontier(scenario, points=5)
    assert_type(answer.proposals, dict[str, zv.Scenario])
    assert_type(zv.batch(plan, "out", shard=(1, 2), format="parquet"), zv.Batch)
    try:
        zv.evaluate({"title": "x"})
    except zv.ZollvereinError as error:
        assert_type(error.problems, list[zv.Problem])


def misuse() -> None:
    zv.evaluate(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    zv.batch("plan.toml", "out", format="docx")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
