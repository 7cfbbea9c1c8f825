"""A second solution of engine A, to hold the program to.

Written from the equations in the book (docs/src/reference/model.md, A1 to A7 and the indicators) and from
nothing else: numpy only, dense arrays, another unknown (log output in the place of log price), derivatives by
complex steps in the place of a formula. The policy enters as the duty on each shipment, as `zollverein terms`
prints it.

    python tests/oracle/oracle.py PROGRAM SCENARIO [SCENARIO ...]

Each scenario may have ad valorem rates and charges by the tonne; quotas, commitments and abatement are refused.
Ends with 1 if a landed price, a shipment or a welfare differs by more than 1e-8.
"""

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

TOLERANCE = 1e-8  # relative; for welfare relative to the sum of its parts' sizes


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def table(text):
    return list(csv.DictReader(text.splitlines()))


class World:
    """One product of a data folder, as dense arrays: producers by importers."""

    def __init__(self, folder, product):
        countries = sorted(row["iso3"] for row in rows(folder / "countries.csv"))
        of = {code: position for position, code in enumerate(countries)}
        self.countries, self.product = countries, product
        made = [row for row in rows(folder / "production.csv") if row["product"] == product]
        made = [row for row in made if float(row["output_kt"]) > 0]
        made.sort(key=lambda row: (row["country"], row["route"]))
        self.makers = [(row["country"], row["route"]) for row in made]
        self.maker = {name: position for position, name in enumerate(self.makers)}
        self.home = np.array([of[country] for country, _ in self.makers])
        self.output = np.array([float(row["output_kt"]) for row in made])
        capacity = np.array([float(row["capacity_kt"]) if row["capacity_kt"] else np.inf for row in made])
        self.used = np.minimum(self.output / capacity, 0.9999)
        self.mill = np.array([float(row["price_usd_per_t"]) for row in made])
        total = np.zeros(len(countries))
        np.add.at(total, self.home, self.output)
        mix = self.output / total[self.home]

        shape = (len(countries), len(countries))
        shipped, freight = np.zeros(shape), np.zeros(shape)
        for row in rows(folder / "flows.csv"):
            if row["product"] == product:
                pair = of[row["exporter"]], of[row["importer"]]
                shipped[pair] = float(row["quantity_kt"])
                freight[pair] = float(row["freight_usd_per_t"] or 0)
        # sales equal output; what rounding leaves is spread over the flows
        sold = shipped.sum(axis=1)
        shipped *= np.divide(total, sold, out=np.ones_like(total), where=sold > 0)[:, None]
        in_force = np.zeros(shape)
        duties = [row for row in rows(folder / "duties.csv") if row["product"] == product]
        for row in duties:
            if row["exporter"] == "*":
                others = np.arange(len(countries)) != of[row["importer"]]
                in_force[others, of[row["importer"]]] = float(row["rate_percent"]) / 100
        for row in duties:
            if row["exporter"] != "*":
                in_force[of[row["exporter"]], of[row["importer"]]] = float(row["rate_percent"]) / 100

        self.quantity = shipped[self.home] * mix[:, None]
        self.freight = freight[self.home]
        self.in_force = in_force[self.home]
        # customs value: freight is in it where the importer takes the cif value
        basis = folder / "valuation_basis.csv"
        fob = {row["importer"] for row in rows(basis) if row["basis"] == "fob"} if basis.exists() else set()
        self.in_value = self.freight * np.array([country not in fob for country in countries])
        self.landed = self.mill[:, None] * (1 + self.in_force) + self.freight + self.in_force * self.in_value
        self.of = of
        self.elasticities(folder)
        self.shares()

    def elasticities(self, folder):
        """By country: the general value, or the country's own."""
        wanted = {
            "substitution_home_import": "sigma1",
            "substitution_origins": "sigma2",
            "substitution_routes": "sigma3",
            "demand": "eta",
            "supply": "epsilon",
            "capacity_curvature": "kappa",
        }
        for name in wanted.values():
            setattr(self, name, np.full(len(self.countries), np.nan))
        found = [row for row in rows(folder / "elasticities.csv") if row["product"] == self.product]
        for general in (True, False):
            for row in found:
                country = row["country"] or "*"
                if (country == "*") == general:
                    values = getattr(self, wanted[row["parameter"]])
                    where = slice(None) if general else self.of[country]
                    values[where] = float(row["value"])
        self.epsilon, self.kappa = self.epsilon[self.home], self.kappa[self.home]

    def shares(self):
        """Baseline shares in what purchasers pay, level by level."""
        value = self.quantity * self.landed
        countries = len(self.countries)
        by_origin = np.zeros((countries, countries))
        np.add.at(by_origin, self.home, value)
        self.spent = by_origin.sum(axis=0)
        self.in_origin = ratio(value, by_origin[self.home])
        own = np.diag(by_origin).copy()
        abroad = by_origin - np.diag(own)
        imports = abroad.sum(axis=0)
        self.in_imports = ratio(abroad, imports[None, :])
        self.of_home, self.of_imports = ratio(own, self.spent), ratio(imports, self.spent)
        self.open = by_origin > 0

    def price(self, w):
        """A6: the price of each producer, over the baseline, at a log output over the baseline."""
        h = np.exp(w)
        return np.exp(w / self.epsilon) * ((1 - self.used) / (1 - self.used * h)) ** self.kappa

    def markets(self, w, rate, charge):
        """A1 to A5: landed prices, shipments over the baseline's, price indices."""
        mill = (self.mill * self.price(w))[:, None]
        landed = mill * (1 + rate) + self.freight + rate * self.in_value + charge
        change = landed / self.landed
        countries = len(self.countries)
        inner = np.zeros((countries, countries), dtype=change.dtype)
        one = 1 - self.sigma3
        np.add.at(inner, self.home, self.in_origin * change**one)
        inner = np.where(self.open, inner, 1.0) ** (1 / one)
        one = 1 - self.sigma2
        imports = (self.in_imports * inner**one).sum(axis=0)
        imports = np.where(self.of_imports > 0, imports, 1.0) ** (1 / one)
        home = np.diagonal(inner)
        one = 1 - self.sigma1
        index = self.of_home * home**one + self.of_imports * imports**one
        index = np.where(self.spent > 0, index, 1.0) ** (1 / one)
        use = index ** (-self.eta)
        from_abroad = use * (imports / index) ** (-self.sigma1)
        flows = from_abroad * (inner / imports) ** (-self.sigma2)
        own = np.arange(countries)
        flows[own, own] = use * (home / index) ** (-self.sigma1)
        x = flows[self.home] * (change / inner[self.home]) ** (-self.sigma3)
        return landed, x, index

    def gap(self, w, rate, charge):
        """A7: log demand less log output of each producer."""
        _, x, _ = self.markets(w, rate, charge)
        return np.log((self.quantity * x).sum(axis=1) / self.output) - w

    def solve(self, rate, charge):
        """Newton's method in log outputs; a step past capacity is cut."""
        w, tiny = np.zeros(len(self.makers)), 1e-30
        highest = -np.log(np.maximum(self.used, 1e-300))
        for _ in range(40):
            now = self.gap(w, rate, charge)
            if np.abs(now).max() < 1e-14:
                break
            slopes = np.empty((len(w), len(w)))
            for k in range(len(w)):
                moved = w.astype(complex)
                moved[k] += 1j * tiny
                slopes[:, k] = self.gap(moved, rate, charge).imag / tiny
            step = np.linalg.solve(slopes, -now)
            with np.errstate(divide="ignore", invalid="ignore"):
                room = np.where(step > 0, 0.9 * (highest - w) / step, np.inf)
            w = w + min(1.0, room.min()) * step
        residual = np.abs(self.gap(w, rate, charge)).max()
        if not residual < 1e-12:
            raise SystemExit(f"the oracle found no equilibrium of {self.product}: {residual:.1e} is left")
        return w

    def producers_gain(self, w):
        """pi y0 [p h - 1 - integral of p from 1 to h], in million USD, by producer.

        With t = (1 - u z)^(1 - kappa) in the place of z nothing is left that has no bound at capacity.
        """
        nodes, weights = np.polynomial.legendre.leggauss(60)
        h, u, kappa = np.exp(w), self.used, self.kappa
        bent = (u > 0) & (kappa > 0)
        u = np.where(bent, u, 0.5)
        one = np.where(bent, 1 - kappa, 1.0)
        low, high = (1 - u) ** one, (1 - u * np.where(bent, h, 1.0)) ** one
        t = low[:, None] + (high - low)[:, None] * (nodes + 1) / 2
        z = (1 - t ** (1 / one)[:, None]) / u[:, None]
        curved = (z ** (1 / self.epsilon)[:, None] * weights / 2).sum(axis=1) * (low - high)
        curved *= (1 - u) ** np.where(bent, kappa, 0.0) / (u * one)
        power = 1 + 1 / self.epsilon
        cost = np.where(bent, curved, (h**power - 1) / power)
        return self.mill * self.output * (self.price(w) * h - 1 - cost) / 1000

    def welfare(self, w, rate, charge):
        """Welfare and the sum of its parts' sizes, by country, in million USD."""
        landed, x, index = self.markets(w, rate, charge)
        quantity = self.quantity * x
        one = 1 - self.eta
        consumers = np.where(one == 0, -np.log(index), (1 - index**one) / np.where(one == 0, 1, one))
        consumers = consumers * self.spent / 1000
        producers = np.zeros(len(self.countries))
        np.add.at(producers, self.home, self.producers_gain(w))
        customs = (self.mill * self.price(w))[:, None] + self.in_value
        after = ((rate * customs + charge) * quantity).sum(axis=0) / 1000
        before = (self.in_force * (self.mill[:, None] + self.in_value) * self.quantity).sum(axis=0) / 1000
        parts = [consumers, producers, after - before]
        return sum(parts), sum(np.abs(part) for part in parts)


def ratio(above, below):
    above, below = np.broadcast_arrays(above, below)
    return np.divide(above, below, out=np.zeros(above.shape), where=below > 0)


def policy(world, terms):
    """The duty on each shipment: those in force, and what the program prints in their place."""
    rate, charge = world.in_force.copy(), np.zeros_like(world.in_force)
    for row in terms:
        if row["product"] == world.product:
            cell = world.maker[row["exporter"], row["route"]], world.of[row["importer"]]
            rate[cell] = float(row["duty_percent"]) / 100
            charge[cell] = float(row["charge_usd_per_t"])
    return rate, charge


def program(name, *arguments):
    done = subprocess.run([name, *arguments], check=True, capture_output=True, text=True, encoding="utf-8")
    return done.stdout


class Differences:
    """The largest relative difference of each kind, and where."""

    def __init__(self):
        self.worst = {}

    def take(self, kind, found, expected, size, where):
        off = abs(found - expected) / max(size, 1e-300)
        if off > self.worst.get(kind, (-1.0, ""))[0]:
            self.worst[kind] = off, where


def compare(name, scenario, data):
    """Runs the program on a scenario and solves the same; the differences."""
    terms = table(program(name, "terms", scenario, "--data", str(data), "--csv"))
    beyond = {"at_origin_usd_per_t", "proof_usd_per_t"} & set(terms[0])
    if beyond:
        raise SystemExit(f"{scenario} has {', '.join(beyond)}, which the oracle does not know")
    differences, cells = Differences(), 0
    with tempfile.TemporaryDirectory() as out:
        program(name, "run", scenario, "--data", str(data), "--out", out, "--quiet")
        flows, indicators = rows(Path(out) / "flows.csv"), rows(Path(out) / "indicators.csv")
        if (Path(out) / "clauses.csv").exists():
            raise SystemExit(f"{scenario} has more than duties, which the oracle does not know")
    for product in sorted({row["product"] for row in flows}):
        world = World(data, product)
        rate, charge = policy(world, terms)
        w = world.solve(rate, charge)
        landed, x, _ = world.markets(w, rate, charge)
        quantity = world.quantity * x
        theirs = [row for row in flows if row["product"] == product]
        if len(theirs) != int((world.quantity > 0).sum()):
            raise SystemExit(f"{scenario}: the program has {len(theirs)} shipments of {product}")
        for row in theirs:
            where = f"{row['exporter']} {row['importer']} {product} {row['route']}"
            cell = world.maker[row["exporter"], row["route"]], world.of[row["importer"]]
            for kind, column, ours in [
                ("baseline", "baseline_kt", world.quantity),
                ("quantity", "value_kt", quantity),
                ("price", "landed_price_usd_per_t", landed),
            ]:
                differences.take(kind, float(row[column]), ours[cell], abs(ours[cell]), where)
                cells += 1
        welfare, size = world.welfare(w, rate, charge)
        theirs = {
            row["country"]: float(row["change"])
            for row in indicators
            if row["indicator"] == "welfare" and row["product"] == product
        }
        for country, found in theirs.items():
            at = world.of[country]
            # a country that nothing touches has parts of rounding only
            differences.take("welfare", found, welfare[at], max(size[at], 1e-3), f"{country} {product}")
            cells += 1
    return differences, cells


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    name, data, failed = sys.argv[1], Path("data/2023"), 0
    for scenario in sys.argv[2:]:
        differences, cells = compare(name, scenario, data)
        if cells < 10_000:
            raise SystemExit(f"{scenario}: only {cells} figures were compared")
        shown = ", ".join(f"{kind} {off:.1e} ({where})" for kind, (off, where) in differences.worst.items())
        good = all(off <= TOLERANCE for off, _ in differences.worst.values())
        failed += not good
        print(f"{'agrees' if good else 'DIFFERS'}  {scenario}: {cells:,} figures; largest difference: {shown}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
