"""Certified values: ten small worlds solved to fifty digits with mpmath, from the equations in the book.

    python tests/certified/make.py           writes tests/certified/worlds.json
    python tests/certified/make.py --check   ends with 1 if the committed file is not what is computed

`tests/it/certified.rs` takes each world through the library and asks for ten digits. The unknowns here are log
outputs (the program's are log prices) and the premiums of quotas and commitments that are neither slack nor
at their limit; which those are is found by trying all states until one contradicts nothing (A9, A10).
"""

import itertools
import json
import sys
from pathlib import Path

import mpmath as mp

mp.mp.dps = 70  # fifty are kept
KEPT = 50
FILE = Path(__file__).parent / "worlds.json"


def world(title, n, routes, sigma, eta, epsilon, kappa, **more):
    """A world of n countries A, B, C …: uneven in a fixed way, tonnes in halves so that sums are exact.

    `routes`: how many routes each country has. `spare`: idle capacity over output, none: no limit.
    """
    codes = [chr(ord("A") + i) for i in range(n)]
    scale = more.pop("scale", 1)
    only_exports = more.pop("only_exports", [])
    spare = more.pop("spare", None)
    shipments, makers = [], []
    for i, exporter in enumerate(codes):
        sold = 0.0
        for j, importer in enumerate(codes):
            if importer in only_exports or (i + 2 * j) % 7 == 6:
                continue
            base = 60.0 if i == j else 6.0
            quantity = base + ((i * 7 + j * 13) % 11) * (4.0 if i == j else 1.5)
            sold += quantity
            freight = 0.0 if i == j else scale * (5.0 + ((i * 5 + j * 3) % 7) * 4.0)
            duty = 0.0 if i == j else float((i * 3 + j * 5) % 4) * 2.5
            shipments.append([exporter, importer, quantity, freight, duty])
        parts = [0.5, 0.25, 0.25] if routes[i] == 3 else [0.625, 0.375] if routes[i] == 2 else [1.0]
        for k, part in enumerate(parts):
            capacity = None if spare is None else sold * part * (1.0 + spare[i % len(spare)])
            price = 600.0 + ((i * 37) % 100)
            makers.append([exporter, f"r{k}", sold * part, capacity, price])
    return {
        "title": title,
        "countries": codes,
        "makers": makers,
        "shipments": shipments,
        "sigma": sigma,
        "eta": eta,
        "epsilon": epsilon,
        "kappa": kappa,
        "own_supply": more.pop("own_supply", {}),
        "duties": more.pop("duties", []),
        "quotas": more.pop("quotas", []),
        "mandates": more.pop("mandates", []),
    }


# duties: [exporter or *, importer, route or *, rate or null (the duty in force), USD/t]
WORLDS = [
    world("two countries, every elasticity one", 2, [1, 1], [1.0, 1.0, 1.0], 1.0, 1.0, 0.0, scale=0,
          duties=[["B", "A", "*", 0.25, 0.0]]),
    world("one country only exports", 3, [1, 1, 1], [2.95, 5.9, 15.0], 0.3, 2.0, 0.0, only_exports=["C"],
          duties=[["C", "A", "*", 0.5, 0.0], ["C", "B", "*", 0.05, 0.0]]),
    world("a specific duty", 3, [1, 1, 1], [3.5, 6.5, 12.0], 0.4, 1.5, 0.0,
          duties=[["B", "A", "*", None, 87.5], ["C", "A", "*", None, 12.25]]),
    world("routes that differ in duty", 3, [2, 3, 1], [2.5, 5.0, 18.0], 0.35, 2.5, 0.0,
          duties=[["B", "A", "r0", 0.3, 40.0], ["B", "A", "r1", 0.1, 0.0], ["A", "C", "r1", 0.0, 65.0]]),
    world("plants that are nearly full", 3, [2, 1, 1], [3.0, 6.0, 15.0], 0.3, 2.0, 0.4,
          spare=[0.01, 0.35, 0.002], duties=[["B", "A", "*", 0.6, 0.0], ["C", "B", "*", 0.35, 0.0]]),
    world("duties in force are lifted", 4, [1, 2, 1, 2], [4.2, 8.4, 15.0], 0.4, 1.0, 0.1, spare=[0.25, 0.1],
          own_supply={"B": 3.5, "D": 0.4}, duties=[["*", importer, "*", 0.0, 0.0] for importer in "ABCD"]),
    world("five countries, three routes, one closed market", 5, [3, 2, 1, 3, 2], [2.0, 3.4, 40.0], 0.7, 5.0, 0.02,
          spare=[0.2, 0.05, 0.6], own_supply={"E": 0.8},
          duties=[["*", "A", "*", 2.0, 0.0], ["A", "C", "r2", 0.15, 33.0], ["D", "B", "*", 0.02, 0.5]]),
    world("substitution close to one, elastic demand", 3, [2, 2, 1], [1.0005, 0.5, 1.5], 1.4, 0.3, 0.05, spare=[0.3],
          duties=[["B", "A", "*", 0.4, 0.0], ["A", "B", "*", 0.2, 15.0]]),
    world("a quota that binds, and one that is exceeded", 4, [1, 2, 1, 1], [2.95, 5.9, 15.0], 0.3, 2.0, 0.1,
          spare=[0.3, 0.15],
          quotas=[{"importer": "A", "exporters": ["B", "C"], "kt": 12.0, "gap": 0.5},
                  {"importer": "D", "exporters": ["B"], "kt": 4.0, "gap": 0.1}]),
    world("an absolute quota, a slack one and a purchase commitment", 4, [2, 2, 1, 2], [3.0, 6.0, 12.0], 0.4, 1.5, 0.2,
          spare=[0.2, 0.4], duties=[["C", "B", "*", 0.2, 10.0]],
          quotas=[{"importer": "A", "exporters": ["D"], "kt": 3.0, "gap": None},
                  {"importer": "C", "exporters": ["A", "B"], "kt": 500.0, "gap": 0.25}],
          mandates=[{"importer": "B", "route": "r1", "share": 0.45, "cap": 400.0}]),
]


def size(gaps):
    return max(abs(gap) for gap in gaps)


class Solver:
    def __init__(self, w):
        f = mp.mpf
        self.w = w
        self.makers = w["makers"]
        self.s1, self.s2, self.s3 = (f(s) for s in w["sigma"])
        self.eta, self.kappa = f(w["eta"]), f(w["kappa"])
        self.epsilon = [f(w["own_supply"].get(m[0], w["epsilon"])) for m in self.makers]
        self.used = [f(0) if m[3] is None else f(m[2]) / f(m[3]) for m in self.makers]
        total = {c: sum(f(m[2]) for m in self.makers if m[0] == c) for c in w["countries"]}
        # arcs: exporter, importer, maker, tonnes, freight, duty in force, rate, charge
        self.arcs = []
        for exporter, importer, quantity, freight, duty in w["shipments"]:
            for v, maker in enumerate(self.makers):
                if maker[0] == exporter:
                    part = f(quantity) * f(maker[2]) / total[exporter]
                    rate, charge = f(duty) / 100, f(0)
                    for who, to, route, new, specific in w["duties"]:
                        hit = exporter != importer and to == importer
                        if hit and who in ("*", exporter) and route in ("*", maker[1]):
                            rate, charge = (rate if new is None else f(new)), f(specific)
                    self.arcs.append((exporter, importer, v, part, f(freight), f(duty) / 100, rate, charge))
        self.landed0 = [(f(self.makers[a[2]][4]) + a[4]) * (1 + a[5]) for a in self.arcs]
        self.members = []  # conditions: (kind, arcs, what)
        for quota in w["quotas"]:
            on = [k for k, a in enumerate(self.arcs)
                  if a[1] == quota["importer"] and a[0] in quota["exporters"] and a[0] != a[1]]
            self.members.append(("quota", on, quota))
        for mandate in w["mandates"]:
            green = [k for k, a in enumerate(self.arcs)
                     if a[1] == mandate["importer"] and self.makers[a[2]][1] == mandate["route"]]
            self.members.append(("mandate", green, mandate))

    def index(self, sigma, pairs):
        """A2 to A4: a CES index of (value, price over the baseline)."""
        total = sum(value for value, _ in pairs)
        if sigma == 1:
            return mp.exp(sum(value / total * mp.log(price) for value, price in pairs))
        one = 1 - sigma
        return sum(value / total * price**one for value, price in pairs) ** (1 / one)

    def price(self, v, log_output):
        """A6."""
        h, u = mp.exp(log_output), self.used[v]
        return mp.exp(log_output / self.epsilon[v]) * ((1 - u) / (1 - u * h)) ** self.kappa

    def settle(self, logs, premiums):
        """A1 to A5: landed prices, shipments over the baseline's and price indices by market."""
        mill = [mp.mpf(m[4]) * self.price(v, logs[v]) for v, m in enumerate(self.makers)]
        rate, off = [a[6] for a in self.arcs], [mp.mpf(0)] * len(self.arcs)
        for (kind, on, _), premium in zip(self.members, premiums):
            for k in on:
                if kind == "quota":
                    rate[k] += premium
                else:
                    off[k] += premium
        landed = [(mill[a[2]] + a[4]) * (1 + rate[k]) + a[7] - off[k] for k, a in enumerate(self.arcs)]
        if min(landed) <= 0:
            return None  # no price: a step of Newton's was too long
        change = [p / p0 for p, p0 in zip(landed, self.landed0)]
        value = [a[3] * p0 for a, p0 in zip(self.arcs, self.landed0)]
        ratio, indices = [None] * len(self.arcs), {}
        for j in self.w["countries"]:
            origins = {}
            for k, a in enumerate(self.arcs):
                if a[1] == j:
                    origins.setdefault(a[0], []).append(k)
            if not origins:
                continue
            spent = {i: sum(value[k] for k in ks) for i, ks in origins.items()}
            inner = {i: self.index(self.s3, [(value[k], change[k]) for k in ks]) for i, ks in origins.items()}
            abroad = [i for i in origins if i != j]
            levels = []
            if abroad:
                imports = self.index(self.s2, [(spent[i], inner[i]) for i in abroad])
                levels.append((sum(spent[i] for i in abroad), imports))
            if j in origins:
                levels.append((spent[j], inner[j]))
            whole = self.index(self.s1, levels)
            indices[j] = whole, sum(spent.values())
            for i, ks in origins.items():
                if i == j:
                    x = whole ** (-self.eta) * (inner[i] / whole) ** (-self.s1)
                else:
                    x = whole ** (-self.eta) * (imports / whole) ** (-self.s1) * (inner[i] / imports) ** (-self.s2)
                for k in ks:
                    ratio[k] = x * (change[k] / inner[i]) ** (-self.s3)
        return landed, [a[3] * r for a, r in zip(self.arcs, ratio)], indices, mill

    def lack(self, member, quantity):
        """Log of what is allowed over what is shipped (A9), of what is bought over what is promised (A10)."""
        kind, on, what = member
        shipped = sum(quantity[k] for k in on)
        if kind == "quota":
            return mp.log(mp.mpf(what["kt"]) / shipped)
        use = sum(q for q, a in zip(quantity, self.arcs) if a[1] == what["importer"])
        return mp.log(shipped / (mp.mpf(what["share"]) * use))

    def limit(self, member):
        kind, _, what = member
        most = what["gap"] if kind == "quota" else what["cap"]
        return None if most is None else mp.mpf(most)

    def gaps(self, x, states):
        n = len(self.makers)
        logs, free = x[:n], iter(x[n:])
        premiums = [next(free) if state == "free" else state for state in states]
        if any(u * mp.exp(w) >= 1 for u, w in zip(self.used, logs)):
            return None, premiums
        settled = self.settle(logs, premiums)
        if settled is None:
            return None, premiums
        quantity = settled[1]
        sales = [mp.mpf(0)] * n
        for a, q in zip(self.arcs, quantity):
            sales[a[2]] += q
        out = [mp.log(sales[v] / mp.mpf(m[2])) - logs[v] for v, m in enumerate(self.makers)]
        out += [self.lack(m, quantity) for m, state in zip(self.members, states) if state == "free"]
        return out, premiums

    def newton(self, states):
        """Newton's method with differences of 1e-35; None where it does not arrive."""
        n = len(self.makers)
        x = [mp.mpf(0)] * n + [mp.mpf("0.05") if m[0] == "quota" else mp.mpf(20)
                               for m, s in zip(self.members, states) if s == "free"]
        step = mp.mpf(10) ** -35
        here, premiums = self.gaps(x, states)
        for _ in range(60):
            if here is None or size(here) < mp.mpf(10) ** -(KEPT + 12):
                return None if here is None else (x, premiums)
            slopes = mp.matrix(len(x), len(x))
            for k in range(len(x)):
                moved = list(x)
                moved[k] += step
                there, _ = self.gaps(moved, states)
                for row in range(len(x)):
                    slopes[row, k] = (there[row] - here[row]) / step
            try:
                move = mp.lu_solve(slopes, -mp.matrix(here))
            except ZeroDivisionError:
                return None
            for halving in range(12):
                tried = [value + move[k] / 2**halving for k, value in enumerate(x)]
                there, premiums = self.gaps(tried, states)
                if there is not None and size(there) < size(here):
                    break
            else:
                return None
            x, here = tried, there
        return None

    def solve(self):
        choices = []
        for member in self.members:
            limit = self.limit(member)
            choices.append([mp.mpf(0), "free"] + ([] if limit is None else [limit]))
        found = []
        for states in itertools.product(*choices):
            root = self.newton(states)
            if root is None:
                continue
            x, premiums = root
            _, quantity, _, _ = self.settle(x[: len(self.makers)], premiums)
            good = True
            for member, state, premium in zip(self.members, states, premiums):
                limit, lack = self.limit(member), self.lack(member, quantity)
                if state == "free":
                    good &= premium > 0 and (limit is None or premium < limit)
                elif state == 0:
                    good &= lack > 0
                else:
                    good &= lack < 0
            if good:
                found.append((x, premiums))
        assert len(found) == 1, (self.w["title"], len(found))
        return found[0]

    def producers_gain(self, v, log_output):
        """pi y0 [p h - 1 - integral of p from 1 to h], in million USD."""
        h, u = mp.exp(log_output), self.used[v]
        if u == 0 or self.kappa == 0:
            power = 1 + 1 / self.epsilon[v]
            cost = (h**power - 1) / power
        else:
            cost = mp.quad(lambda z: z ** (1 / self.epsilon[v]) * ((1 - u) / (1 - u * z)) ** self.kappa, [1, h])
        _, _, output, _, price = self.makers[v]
        return mp.mpf(price) * mp.mpf(output) * (self.price(v, log_output) * h - 1 - cost) / 1000

    def answer(self):
        x, premiums = self.solve()
        logs = x[: len(self.makers)]
        landed, quantity, indices, mill = self.settle(logs, premiums)
        shown = lambda number: mp.nstr(number, KEPT, strip_zeros=False)
        gain = {}
        for j, (index, spent) in indices.items():
            one = 1 - self.eta
            part = -mp.log(index) if one == 0 else (1 - index**one) / one
            gain[j] = spent * part / 1000
        return {
            "output_kt": [shown(mp.mpf(m[2]) * mp.exp(w)) for m, w in zip(self.makers, logs)],
            "mill_price_usd_per_t": [shown(p) for p in mill],
            "producers_gain_million_usd": [shown(self.producers_gain(v, w)) for v, w in enumerate(logs)],
            "shipments": [[a[0], a[1], self.makers[a[2]][1], shown(q), shown(p)]
                          for a, q, p in zip(self.arcs, quantity, landed)],
            "price_index": {j: shown(index) for j, (index, _) in indices.items()},
            "consumers_gain_million_usd": {j: shown(value) for j, value in gain.items()},
            "premiums": [shown(p) for p in premiums],
        }


def made():
    entries = [{**w, "expected": Solver(w).answer()} for w in WORLDS]
    head = "Made by tests/certified/make.py with mpmath; digits beyond the fiftieth are left out."
    return json.dumps({"note": head, "worlds": entries}, indent=1) + "\n"


def main():
    text = made()
    if "--check" not in sys.argv[1:]:
        FILE.write_text(text, encoding="utf-8")
        return 0
    if FILE.read_text(encoding="utf-8") != text:
        print(f"{FILE} is not what is computed now: run tests/certified/make.py and look at the difference")
        return 1
    print(f"{len(WORLDS)} worlds computed anew: the committed values are the same to {KEPT} digits")
    return 0


if __name__ == "__main__":
    sys.exit(main())
