"""Makes docs/src/validation.md: the model held against published results.

    python tests/validation/make.py PROGRAM            writes the chapter
    python tests/validation/make.py PROGRAM --check    ends with 1 if the chapter is not what is computed

Python alone, no package. Published figures, their sources and the reasons for disagreement stand in
published.json; verdicts are by the rule in `verdict` and by nothing else.
"""

import csv
import doctest
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CHAPTER = ROOT / "docs/src/validation.md"
BUYERS = ["substitution_home_import", "substitution_origins", "substitution_routes", "demand"]
EUR = 1.08  # USD, mean of 2023

# What buyers' and makers' parameters are set to, of the columns of elasticities.csv. A high curvature makes
# supply stiff, so it goes the other way.
SETS = {
    "central": ("value", "value"),
    "buyers low, makers low": ("low", "low"),
    "buyers low, makers high": ("low", "high"),
    "buyers high, makers low": ("high", "low"),
    "buyers high, makers high": ("high", "high"),
}


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def folder_with(data, buyers, makers, room):
    """A copy of a data folder with other elasticities."""
    copy = Path(room) / f"{data.name}-{buyers}-{makers}"
    if copy.exists():
        return copy
    shutil.copytree(data, copy, ignore=shutil.ignore_patterns("datapackage.json"))
    path = copy / "elasticities.csv"
    found = rows(path)
    opposite = {"low": "high", "high": "low", "value": "value"}
    for row in found:
        column = makers
        if row["parameter"] in BUYERS:
            column = buyers
        elif row["parameter"] == "capacity_curvature":
            column = opposite[makers]
        row["value"] = row[column]
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, found[0])
        writer.writeheader()
        writer.writerows(found)
    return copy


class Run:
    """The result files of one scenario under one set of elasticities."""

    def __init__(self, program, scenario, data, room, file=None):
        file = file or ROOT / f"scenarios/validation/{scenario}.toml"
        out = Path(room) / f"out-{file.stem}-{data.name}"
        arguments = ["run", str(file), "--data", str(data), "--no-bands"]
        done = subprocess.run([program, *arguments, "--out", str(out), "--quiet"], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{scenario}: {done.stderr}")
        self.flows = rows(out / "flows.csv")
        self.exporters = rows(out / "exporters.csv")
        self.countries = {row["iso3"]: row for row in rows(data / "countries.csv")}
        self.freight = {
            (row["exporter"], row["importer"], row["product"]): float(row["freight_usd_per_t"] or 0)
            for row in rows(data / "flows.csv")
        }
        basis = data / "valuation_basis.csv"
        self.fob = {row["importer"] for row in rows(basis) if row["basis"] == "fob"} if basis.exists() else set()
        self.levels = {}
        for name, key in [("indicators", "country"), ("groups", "group")]:
            for row in rows(out / f"{name}.csv"):
                self.levels[row[key], row["product"], row["indicator"]] = row

    def level(self, who, product, indicator):
        row = self.levels[who, product, indicator]
        return float(row["baseline"] or 0), float(row["change"])

    def customs_value(self, row):
        """What duties on a shipment without charges are taken of, USD/t: freight is in it for cif importers."""
        return self.border_value(row)[0]

    def border_value(self, row):
        """The customs value and the cif value of a shipment without charges, USD/t."""
        paid, rate = float(row["landed_price_usd_per_t"]), float(row["duty_percent"]) / 100
        freight = self.freight.get((row["exporter"], row["importer"], row["product"]), 0.0)
        if row["importer"] in self.fob:
            mill = (paid - freight) / (1 + rate)
            return mill, mill + freight
        return paid / (1 + rate), paid / (1 + rate)

    def members_of(self, who):
        if who in self.countries:
            return [who]
        text = (ROOT / "scenarios/validation/cbam-88.toml").read_text(encoding="utf-8")
        listed = text.split(f"{who} = [")[1].split("]")[0]
        return [code.strip(' "\n') for code in listed.split(",") if code.strip(' "\n')]


def spatial(scenario, room):
    """The same scenario with metal as one good: a file beside a copy of the scenarios that extends it."""
    folder = Path(room) / "scenarios"
    if not folder.exists():
        shutil.copytree(ROOT / "scenarios/validation", folder)
    path = folder / f"{scenario}-spatial.toml"
    path.write_text(f'extends = "{scenario}.toml"\nengine = "spatial"\n', encoding="utf-8")
    return path


# measures: of a run and the status quo of the same data and elasticities


def percent(run, _, who, product, indicator):
    before, change = run.level(who, product, indicator)
    return 100 * change / before


def amount(run, _, who, product, indicator):
    return run.level(who, product, indicator)[1]


def amount_eur(run, _, who, product, indicator):
    return run.level(who, product, indicator)[1] / EUR


def of_gdp(run, _, who):
    members = run.members_of(who)
    known = [code for code in members if run.countries[code]["gdp_usd"]]
    # a country that buys and makes neither metal has no row and loses nothing
    loss = sum(run.level(code, "all", "welfare")[1] for code in known if (code, "all", "welfare") in run.levels)
    return 100 * loss * 1e6 / sum(float(run.countries[code]["gdp_usd"]) for code in known)


def landed(run, wanted):
    found = {}
    for row in run.flows:
        if wanted(row):
            found[row["exporter"], row["product"], row["route"]] = row
    return found


def home_price(run, before, country, product):
    """The price of what is made and sold at home, weighted by the sales before."""
    wanted = lambda row: row["exporter"] == row["importer"] == country and row["product"] == product
    now, then = landed(run, wanted), landed(before, wanted)
    value = lambda source: sum(
        float(then[key]["baseline_kt"]) * float(source[key]["landed_price_usd_per_t"]) for key in then
    )
    return 100 * (value(now) / value(then) - 1)


def pass_through(run, before, country, product, origin=None):
    """The rise of what purchasers pay for taxed imports over the duty added, both on the price before."""
    wanted = lambda row: (
        row["importer"] == country != row["exporter"] and row["product"] == product and origin in (None, row["exporter"])
    )
    now, then = landed(run, wanted), landed(before, wanted)
    rise = duty = 0.0
    for key, row in then.items():
        paid = float(row["landed_price_usd_per_t"])
        added = (float(now[key]["duty_percent"]) - float(row["duty_percent"])) / 100
        if added > 0:
            weight = float(row["baseline_kt"])
            rise += weight * (float(now[key]["landed_price_usd_per_t"]) - paid)
            duty += weight * added * before.customs_value(row)
    return rise / duty


def shipped_value(run, before, group, importer):
    """Value at the border, before duty, of a group's shipments to a country."""
    inside = {code for code, row in run.countries.items() if row[group.lower()] == "True"}
    wanted = lambda row: row["importer"] == importer and row["exporter"] in inside

    def value(source):
        return sum(
            float(row["value_kt"]) * source.border_value(row)[1]
            for row in landed(source, wanted).values()
        )

    return 100 * (value(run) / value(before) - 1)


def cost_per_job(run, _, country, product):
    loss = -run.level(country, product, "consumer_surplus")[1]
    return loss * 1000 / run.level(country, product, "jobs")[1]


def ranked(run, product, column):
    found = {
        row["exporter"]: float(row[column])
        for row in run.exporters
        if row["product"] == product and row[column] and run.countries[row["exporter"]]["eu"] != "True"
    }
    return found


def exposure_rank(run, _, country, product):
    index = ranked(run, product, "exposure_index_ratio")
    place = 1 + sum(value > index[country] for value in index.values())
    return place, len(index)


def relative_exposure(run, _, country, product):
    return ranked(run, product, "relative_exposure_index_ratio")[country]


def charged(run, country, product=None):
    for row in run.flows:
        if row["exporter"] == country and float(row["charge_usd_per_t"]) > 0 and product in (None, row["product"]):
            yield float(row["value_kt"]), float(row["charge_usd_per_t"]), float(row["landed_price_usd_per_t"])


def charge_paid(run, _, country, product):
    return sum(quantity * charge for quantity, charge, _ in charged(run, country, product)) / 1000 / EUR


def charge_percent(run, _, country):
    """The charge over the value at the border, by what was shipped before."""
    paid = value = 0.0
    for row in run.flows:
        charge = float(row["charge_usd_per_t"])
        if row["exporter"] == country and charge > 0:
            paid += float(row["baseline_kt"]) * charge
            value += float(row["baseline_kt"]) * (float(row["landed_price_usd_per_t"]) - charge)
    return 100 * paid / value


def absent(run, _):
    return None


WITHIN = 2  # a central result agrees in size between this part and this multiple of the published number


def signs(row, central, band):
    """The verdict of a row that compares a sign alone: never that it agrees, however far the sizes are apart.

    >>> [signs({"sign": -1}, central, band) for central, band in [(-2, [-3, -1]), (-2, [-3, 1]), (2, [1, 3])]]
    ['same sign', 'sign leans', 'other sign']
    """
    held = [value * row["sign"] > 0 for value in band]
    return "same sign" if all(held) else "sign leans" if central * row["sign"] > 0 else "other sign"


def verdict(row, central, band):
    """The rule, as the chapter states it. A wide band alone does not make a result agree.

    >>> [verdict({"value": 2.0}, central, [1.0, 9.0]) for central in (1.9, 3.9, 4.5, -1.0)]
    ['agrees', 'agrees', 'direction only', 'disagrees']
    >>> verdict({"value": 2.0}, 3.0, [2.5, 9.0])
    'near'
    >>> [verdict({"range": [0.95, 1.05]}, central, [central]) for central in (0.96, 0.5, 0.4, -0.1)]
    ['agrees', 'near', 'direction only', 'disagrees']
    """
    if central is None:
        return "not in the model"
    if row.get("rank"):
        place, of = central
        return "agrees" if place <= of / 4 else "near" if place <= of / 2 else "disagrees"
    if "sign" in row:
        return signs(row, central, band)
    low, high = row.get("range") or [row["value"], row["value"]]
    nearest = min(max(central, low), high)
    close = central == nearest or (nearest and 1 / WITHIN <= central / nearest <= WITHIN)
    if close and (low <= central <= high if low < high else min(band) <= low <= max(band)):
        return "agrees"
    if close:
        return "near"
    return "direction only" if nearest and central / nearest > 0 else "disagrees"


# verdicts that need no reason
NO_REASON = ("agrees", "same sign")


def number(value, signed=False):
    if value is None:
        return "–"
    if isinstance(value, tuple):
        return f"{value[0]} of {value[1]}"
    size = abs(value)
    digits = 0 if size >= 99.95 else 1 if size >= 9.995 else 2 if size >= 0.9995 else 3 if size >= 0.09995 else 4
    text = f"{size:,.{digits}f}"
    sign = "−" if value < 0 and float(text.replace(",", "")) else "+" if signed and value > 0 else ""
    return sign + text


def published(row):
    if "shown" in row:
        return row["shown"]
    if row.get("rank"):
        return "among the first"
    signed = row["unit"].startswith("%")
    if "range" in row:
        return " to ".join(number(float(bound), signed) for bound in row["range"])
    return number(float(row["value"]), signed) if "value" in row else "–"


def measured(program, room):
    """Every row with its numbers under each set of elasticities, and with metal as one good."""
    text = json.loads((HERE / "published.json").read_text(encoding="utf-8"))
    runs, found, faults = {}, [], []

    def run(scenario, name, engine="armington"):
        key = (scenario, name, engine)
        if key not in runs:
            year = "2017" if "2018" in scenario or "2017" in scenario else "2023"
            data = folder_with(ROOT / "data" / year, *SETS[name], room)
            runs[key] = Run(program, scenario, data, room, spatial(scenario, room) if engine == "spatial" else None)
        return runs[key]

    def of(row, name, engine="armington"):
        measure, *arguments = row["measure"]
        if measure == "absent":
            return None
        before = run("status-quo-2017", name, engine) if "2018" in row["scenario"] else None
        return globals()[measure](run(row["scenario"], name, engine), before, *arguments)

    for row in text["rows"]:
        values = {name: of(row, name) for name in SETS}
        one_good = of(row, "central", "spatial")
        said = verdict(row, values["central"], list(values.values()))
        if (said in NO_REASON) != (not row["why"]):
            faults.append(f"{row['what']} ({row['scenario']}) {said}, {values}: give a reason in published.json, or take it out")
        found.append((row, values, one_good, said))
    if faults:
        raise SystemExit("\n".join(faults))
    return text, found


HEAD = """# Validation

<!-- Made by tests/validation/make.py. Do not edit: `make validation` writes it anew. -->

The model is held against results of others and against what happened. Each row gives the model's number, its band over elasticities, the published number and a verdict by a rule, whether it flatters or not.
Most published figures were read in reports of a study, not in the study; they are targets of sign and size. Everything is computed by `tests/validation/make.py` from the scenarios in `scenarios/validation`.

**Band.** Elasticities of buyers (substitution and demand) and of makers (supply, capacity) are each set to the low and to the high end of the range in `elasticities.csv`: with the central ones five sets. The band goes from the least to
the greatest of five results. It holds no other doubt, such as that about tonnes and prices.

**One good.** The column gives the central result of the other engine, in which metal is one good wherever it is made and goes where it costs least. The verdict is that of the first engine. The gap between the two shows what hangs on buyers telling origins apart.

**Verdict on size.** *agrees*: the published number lies in the band and the central result is between half and twice of it; where a range is published, the central result lies in it; where a place is compared, it is in the first quarter. Otherwise *near*: the
central result has the same sign and is between half and twice the published number (of a range, its nearer end), or the place is in the first half; *direction only*: the same sign; *disagrees*: none of these.
*not in the model*: the model cannot say. Sizes of wide bands agree easily; look at the band before the verdict.

**Verdict on sign alone.** Some published figures are of other goods or of whole economies: only their sign can be compared. *same sign*: all five results have it; *sign leans*: the central result has it, others have not; *other sign*: the central result has not.
These rows are counted apart. A sign is weak evidence: a coin has it half of the time, and the sizes may be far apart.
"""


def chapter(text, found):
    def counted(rows):
        counts = {}
        for *_, said in rows:
            counts[said] = counts.get(said, 0) + 1
        return f"{len(rows)} rows: " + ", ".join(f"{count} {said}" for said, count in counts.items()) + "."

    sizes = [row for row in found if "sign" not in row[0]]
    alone = [row for row in found if "sign" in row[0]]
    parts = [HEAD, f"\n* On size, {counted(sizes)}\n* On sign alone, {counted(alone)}\n"]
    for section, title in text["sections"].items():
        parts.append(f"\n## {title}\n")
        parts.append("\n| what | scenario | model | band | one good | published | unit | verdict |\n|---|---|---:|---:|---:|---:|---|---|\n")
        reasons, sources = [], []
        for row, values, one_good, said in found:
            if row["section"] != section:
                continue
            known = [value for value in values.values() if value is not None]
            signed = row["unit"].startswith(("%", "million USD", "kt"))
            if not known or row.get("rank"):
                band = "–"
            else:
                band = f"{number(min(known), signed)} to {number(max(known), signed)}"
            cells = [row["what"], f"`{row['scenario']}`", number(values["central"], signed), band, number(one_good, signed)]
            cells += [published(row), row["unit"], said]
            parts.append("| " + " | ".join(cells) + " |\n")
            if row["why"]:
                reasons.append((row["what"], row["why"]))
            sources.append((row["what"], text["sources"][row["source"]]))
        if reasons:
            parts.append("\nWhere it does not agree, and why, as far as we can tell:\n\n")
            for why in dict.fromkeys(why for _, why in reasons):
                names = list(dict.fromkeys(what for what, reason in reasons if reason == why))
                parts.append(f"* *{'; '.join(names)}.* {why}\n")
        parts.append("\nSources:\n\n")
        for source in dict.fromkeys(source for _, source in sources):
            names = list(dict.fromkeys(what for what, given in sources if given == source))
            parts.append(f"* {source}. ({'; '.join(names)})\n")
    return "".join(parts)


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    if doctest.testmod().failed:
        return 1
    with tempfile.TemporaryDirectory() as room:
        text, found = measured(str(Path(sys.argv[1]).resolve()), room)
    made = chapter(text, found)
    if "--check" not in sys.argv[2:]:
        CHAPTER.write_text(made, encoding="utf-8")
        return 0
    if not CHAPTER.exists() or CHAPTER.read_text(encoding="utf-8") != made:
        print("docs/src/validation.md is not what is computed now: `make validation` writes it; look at the difference")
        return 1
    print(f"docs/src/validation.md is what is computed now: {len(found)} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
