// The state of the workbench: the proposal, what follows from it, and what is looked at.
import {
  file, get, job, number, offer, post, Refused, rows, text, whole,
  type Answer, type Band, type Baseline, type Columns, type DataCell, type Comparison, type Explanation, type Form, type Json, type Listing, type Problem,
  type Reach, type Result, type Rounds, type Source, type Told, type Words,
} from './api';
import { at, put, said, use, type Path, type Schema } from './schema';
import { known, speech } from './words.svelte';

/** What the map, the bars and the tables can show in percent, of the baseline or of GDP as the server says. */
export const METRICS = [
  { id: 'exports', indicator: 'export_value', rise: 1 },
  { id: 'welfare', indicator: 'welfare', rise: 1 },
  { id: 'output', indicator: 'output', rise: 1 },
  { id: 'emissions', indicator: 'emissions', rise: -1 },
  { id: 'imports', indicator: 'imports', rise: 1 },
  { id: 'revenue', indicator: 'government_revenue', rise: 1 },
  { id: 'jobs', indicator: 'jobs', rise: 1 },
] as const;
export type Metric = (typeof METRICS)[number];

export interface Level { baseline: number; value: number; change: number }
/** A change in percent, null where not known, and how many countries of a group are not counted in it. */
export interface Share { percent: number | null; lacking: number }
/** Welfare of a country where metal is made and where its owners are, million USD a year. */
export interface Views { place: number; out: number; from: number; owner: number }
/** Finds what a table says of a country or group, product and indicator. */
type Find<T> = (who: string, product: string, indicator: string) => T | undefined;

function region(code: string, language: string): string | undefined {
  try {
    return new Intl.DisplayNames([language], { type: 'region' }).of(code);
  } catch {
    return undefined;
  }
}

/** How long a proposal rests before its bands are drawn, in milliseconds. */
const STILL = 600;

interface Step { scenario: Form; file: string }

class Bench {
  ready = $state(false);
  listing = $state.raw<Listing | null>(null);
  baseline = $state.raw<Baseline | null>(null);
  schema = $state.raw<Schema | null>(null);
  map = $state.raw<Record<string, unknown> | null>(null);

  scenario = $state.raw<Form>({});
  /** The file of the folder of scenarios that the proposal was made from. */
  file = $state('');
  toml = $state('');
  year = $state<number | null>(null);
  result = $state.raw<Result | null>(null);
  problems = $state.raw<Problem[]>([]);
  failure = $state('');
  busy = $state(false);
  /** Whether nothing has moved for a moment: what is out of sight catches up then. */
  calm = $state(true);
  private soon = 0;
  /** From the last move to its painted answer, in milliseconds. */
  painted = $state(0);

  product = $state('all');
  metric = $state<Metric>(METRICS[0]);
  country = $state('');
  flows = $state<'before' | 'after'>('after');
  /** The list that a click on the map changes. */
  picking = $state<Path | null>(null);
  helped = $state(false);
  /** Tables that are shown now and not always. */
  wanted = $state.raw<string[]>([]);
  compared = $state<{ name: string; round: number }[]>([]);
  comparison = $state.raw<Comparison | null>(null);

  private past = $state.raw<Step[]>([]);
  private future = $state.raw<Step[]>([]);
  private moved = { path: '', when: 0 };
  private flying = false;
  private again = false;
  private begun = 0;

  readonly canUndo = $derived(this.past.length > 0);
  readonly canRedo = $derived(this.future.length > 0);
  readonly members = $derived(new Set(this.result?.about.members ?? []));
  readonly names = $derived(new Map(this.baseline?.countries.map((one) => [one.code, one]) ?? []));
  readonly ldc = $derived(new Set(this.group('LDC')?.members ?? []));
  readonly levels = $derived(levels(this.result?.tables.indicators, 'country'));
  readonly groupLevels = $derived(levels(this.result?.tables.groups, 'group'));
  private readonly shares = $derived(shares(this.result?.tables.relative));
  private readonly views = $derived(views(this.result?.tables.owners_differing));
  readonly equity = $derived(equity(this.result?.tables.equity));

  /** A group of the baseline. */
  group(name: string) {
    return this.baseline?.groups.find((one) => one.name.toLowerCase() === name.toLowerCase());
  }

  level(who: string, indicator: string, product = this.product): Level | undefined {
    return this.levels(who, product, indicator);
  }

  groupLevel(who: string, indicator: string, product = this.product): Level | undefined {
    return this.groupLevels(who, product, indicator);
  }

  /** The change of a country's or a group's figure in percent. */
  relative(who: string, indicator: string, product = this.product): Share {
    return this.shares(who, product, indicator) ?? { percent: null, lacking: 0 };
  }

  /** The metric of a country or group in percent; null where not known. */
  share(who: string, metric: Metric = this.metric): number | null {
    return this.relative(who, metric.indicator).percent;
  }

  /** Both views of a country's welfare, where the server tells both. */
  owned(code: string, product = this.product): Views | undefined {
    return this.views.get(`${code} ${product}`);
  }

  /** The countries whose welfare is told in both views, the largest difference first. */
  ownedAll(product = this.product): [string, Views][] {
    return [...this.views].flatMap(([key, found]): [string, Views][] => (key.endsWith(` ${product}`) ? [[key.split(' ')[0]!, found]] : []));
  }

  membersOf(name: string): string[] {
    if (name === 'members') return [...this.members];
    if (name === 'outside') return [...this.names.keys()].filter((code) => !this.members.has(code));
    return this.group(name)?.members ?? [];
  }

  name(code: string): string {
    const two = (this.map?.iso2 as Record<string, string> | undefined)?.[code];
    const english = this.names.get(code)?.name;
    if (two && (speech.language !== 'en' || !english)) return region(two, speech.language) ?? english ?? code;
    return english ?? code;
  }

  /** The name of a group or product in the language of the page. */
  label(kind: 'group' | 'product', name: string): string {
    const own = kind === 'group' ? this.group(name)?.label : this.baseline?.products.find((one) => one.code === name)?.name;
    return known(`${kind}.${name}`) ?? own ?? name;
  }

  async start() {
    try {
      const [listing, baseline, schema, map] = await Promise.all([
        get<Listing>('/api/scenarios'), get<Baseline>('/api/baseline'), get<Schema>('/api/schema'),
        get<Record<string, unknown>>('/map.json'),
      ]);
      use(schema);
      [this.listing, this.baseline, this.schema, this.map] = [listing, baseline, schema, map];
      const wanted = listing.scenarios.find((one) => one.file === '02-gassa.toml') ?? listing.scenarios.find((one) => !one.error);
      this.ready = true;
      if (wanted) await this.open({ base: wanted.file }, wanted.file);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Opens a scenario in the place of the one that is open. */
  async open(source: Source, file: string) {
    try {
      const told = await post<Told>('/api/open', { source });
      if (told.data !== this.baseline?.data) this.baseline = await get<Baseline>(`/api/baseline/${encodeURIComponent(told.data)}`);
      this.remember('');
      this.file = file;
      this.year = null;
      this.scenario = told.scenario;
      this.evaluate();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Puts a value into the proposal, or takes it out, and asks what follows. */
  set(path: Path, value: Json | undefined) {
    this.remember(said(path, this.scenario));
    this.scenario = put(this.scenario, path, value);
    this.evaluate();
  }

  value(path: Path): Json | undefined {
    return at(this.scenario, path);
  }

  /** The problems that are told of a value. */
  problemsAt(path: string): Problem[] {
    return this.problems.filter((one) => one.place === path);
  }

  private remember(path: string) {
    const now = performance.now();
    const goesOn = path !== '' && path === this.moved.path && now - this.moved.when < 1000;
    this.moved = { path, when: now };
    if (goesOn || Object.keys(this.scenario).length === 0) return;
    this.past = [...this.past.slice(-99), { scenario: this.scenario, file: this.file }];
    this.future = [];
  }

  undo() {
    this.step('past', 'future');
  }

  redo() {
    this.step('future', 'past');
  }

  private step(from: 'past' | 'future', to: 'past' | 'future') {
    const last = this[from].at(-1);
    if (!last) return;
    this[to] = [...this[to], { scenario: this.scenario, file: this.file }];
    this[from] = this[from].slice(0, -1);
    this.moved = { path: '', when: 0 };
    [this.scenario, this.file] = [last.scenario, last.file];
    this.evaluate();
  }

  source(): Source {
    return { scenario: this.scenario, ...(this.file ? { file: this.file } : {}), ...(this.year ? { year: this.year } : {}) };
  }

  /** Asks what follows; while an answer is on its way, only the last move is asked about. */
  evaluate() {
    this.unmeasure();
    if (this.begun === 0) this.begun = performance.now();
    if (this.flying) {
      this.again = true;
      return;
    }
    this.flying = true;
    this.busy = true;
    const begun = this.begun;
    this.begun = 0;
    let painted = this.painted;
    const last = this.result;
    const tables = ['indicators', 'groups', 'relative', 'owners_differing', 'equity', 'links', 'clauses', ...this.wanted];
    void post<Result>('/api/evaluate', { source: this.source(), layout: 'columns', tables, products: this.products(), have: last?.marks ?? {} })
      .then((told) => {
        this.calm = false;
        clearTimeout(this.soon);
        this.soon = window.setTimeout(() => [this.calm, this.painted] = [true, painted], 250);
        this.result = whole(told, last);
        if (!this.again) this.later = window.setTimeout(() => void this.measure(), STILL);
        [this.problems, this.failure] = [[], ''];
        const { port1, port2 } = new MessageChannel();
        // a message sent while a frame is made arrives once it has been painted
        port1.onmessage = () => {
          painted = performance.measure('move to paint', { start: begun, end: performance.now() }).duration;
          port1.close();
        };
        requestAnimationFrame(() => port2.postMessage(null));
      })
      .catch((error: unknown) => this.fail(error))
      .finally(() => {
        this.flying = false;
        this.busy = false;
        if (this.again) {
          this.again = false;
          this.evaluate();
        }
      });
  }

  /** The products whose rows are wanted; tiles show all together. */
  private products(): string[] {
    return [...new Set(['all', this.product])];
  }

  fail(error: unknown) {
    if (error instanceof Refused) {
      this.problems = error.problems;
      this.failure = error.problems.length > 0 ? '' : error.message;
    } else {
      this.failure = String(error);
    }
  }

  async list() {
    this.listing = await get<Listing>('/api/scenarios');
  }

  async keep(name: string): Promise<number | null> {
    try {
      const { round } = await post<{ round: number }>('/api/proposals', { name, source: this.source() });
      await this.list();
      return round;
    } catch (error) {
      this.fail(error);
      return null;
    }
  }

  async save() {
    try {
      const told = await post<Told>('/api/open', { source: this.source() });
      offer(`${slug(told.title) || 'proposal'}.toml`, told.toml, 'application/toml');
    } catch (error) {
      this.fail(error);
    }
  }

  async brief(format: 'html' | 'pdf') {
    try {
      const page = await file('/api/brief', { source: this.source(), format });
      offer(`brief.${format}`, page, page.type);
    } catch (error) {
      this.fail(error);
    }
  }

  /** How each party stands at the rounds of a proposal, and what moved between them. */
  rounds(name: string): Promise<Rounds> {
    return post<Rounds>('/api/rounds', { name, ...(this.year ? { year: this.year } : {}) });
  }

  async compare() {
    try {
      const kept = this.compared.map((one): Source => ({ proposal: { name: one.name, round: one.round }, ...(this.year ? { year: this.year } : {}) }));
      this.comparison = await post<Comparison>('/api/compare', { scenarios: [this.source(), ...kept] });
    } catch (error) {
      this.comparison = null;
      this.fail(error);
    }
  }

  explain(indicator: string, told: (done: number, total: number) => void, signal: AbortSignal): Promise<Explanation> {
    const countries = this.country ? [this.country] : [];
    const product = this.product === 'all' ? null : this.product;
    return job<Explanation>('/api/explain', { source: this.source(), countries, indicator, product }, told, signal);
  }

  /** Bands of the main figures of this very proposal; gone as soon as it moves. */
  reach = $state.raw<Reach | null>(null);
  /** How far they are drawn; null while nothing is drawn. */
  drawing = $state.raw<{ done: number; total: number } | null>(null);
  /** Why there are none. */
  unsure = $state('');
  private draws: AbortController | null = null;
  private later = 0;

  /** Stops what is drawn: it is about a proposal that has moved. */
  private unmeasure() {
    clearTimeout(this.later);
    this.draws?.abort();
    this.draws = null;
    if (this.reach) this.reach = null;
    if (this.drawing) this.drawing = null;
    if (this.unsure) this.unsure = '';
  }

  /** Draws the bands of the proposal, once it has been still for a while. */
  private async measure() {
    const draws = new AbortController();
    this.draws = draws;
    this.drawing = { done: 0, total: 0 };
    try {
      const reach = await job<Reach>('/api/intervals', { source: this.source() }, (done, total) => {
        if (this.draws === draws) this.drawing = { done, total };
      }, draws.signal);
      if (this.draws === draws) this.reach = reach;
    } catch (error) {
      if (this.draws === draws) this.unsure = error instanceof Refused ? (error.problems[0]?.what ?? error.message) : String(error);
    }
    if (this.draws === draws) [this.draws, this.drawing] = [null, null];
  }

  /** Where draws put a figure, once they are drawn. */
  band(group: string, indicator: string): Band | null {
    return this.reach?.bands.find((one) => one.group === group && one.indicator === indicator) ?? null;
  }

  /** The same in percent, of what there was before or of GDP. */
  percentBand(group: string, indicator: string): Band | null {
    const found = this.reach?.bands.find((one) => one.group === group && one.indicator === indicator);
    return found?.percent ? { ...found.percent, with_sign: found.with_sign } : null;
  }

  /** What the doubt about a figure comes from, the largest part first. */
  doubt(group: string, indicator: string) {
    return (this.reach?.doubt ?? []).filter((one) => one.group === group && one.indicator === indicator);
  }

  /** Rows of the data that are to be traced, by their keys; each time it is asked for, another object. */
  traced = $state.raw<{ table: string; keys: string[] } | null>(null);

  provenance(table: string, key: string[]): Promise<DataCell[]> {
    return post<DataCell[]>('/api/provenance', { data: this.baseline?.data ?? null, table, key });
  }

  negotiate(question: Form, told: (done: number, total: number) => void, signal: AbortSignal): Promise<Answer> {
    return job<Answer>('/api/negotiate', { source: this.source(), ...question }, told, signal, true);
  }

  /** Puts values into the proposal by their paths, all at once. */
  async load(patches: Form) {
    await this.open({ scenario: this.scenario, ...(this.file ? { file: this.file } : {}), patches }, this.file);
  }

  /** A click on the map: a country joins or leaves the list that is picked for, or is looked at. */
  pick(code: string) {
    const path = this.picking;
    if (!path) {
      this.country = this.country === code ? '' : code;
      return;
    }
    if (!this.names.has(code)) return;
    const list = (this.value(path) as string[] | undefined) ?? [];
    const held = list.find((one) => one === code || this.membersOf(one).includes(code));
    this.set(path, held ? list.filter((one) => one !== held) : [...list, code]);
  }
}

export function slug(title: string): string {
  return title.normalize('NFKD').replace(/[^A-Za-z0-9]+/g, '-').replace(/^-+|-+$/g, '').toLowerCase().slice(0, 48);
}

/** An index of a long table: the row of each country or group, product and indicator. */
function index<T>(table: Columns | undefined, who: string, told: (row: number) => T): Find<T> {
  const [first, second, third] = [table?.[who], table?.product, table?.indicator] as (Words | undefined)[];
  if (!table || !first || !second || !third) return () => undefined;
  const [of, by, what] = [first, second, third].map((column) => new Map(column.words.map((word, position) => [word, position])));
  const [products, indicators] = [second.words.length, third.words.length];
  const rows = new Int32Array(first.words.length * products * indicators).fill(-1);
  for (let row = 0; row < first.at.length; row += 1) rows[(first.at[row]! * products + second.at[row]!) * indicators + third.at[row]!] = row;
  return (code, product, indicator) => {
    const [x, y, z] = [of!.get(code), by!.get(product), what!.get(indicator)];
    const row = x === undefined || y === undefined || z === undefined ? -1 : rows[(x * products + y) * indicators + z]!;
    return row < 0 ? undefined : told(row);
  };
}

function levels(table: Columns | undefined, who: string): Find<Level> {
  return index(table, who, (row) => ({ baseline: number(table!.baseline, row) ?? 0, value: number(table!.value, row) ?? 0, change: number(table!.change, row) ?? 0 }));
}

function shares(table: Columns | undefined): Find<Share> {
  return index(table, 'who', (row) => ({ percent: number(table!.percent, row), lacking: number(table!.countries_not_known, row) ?? 0 }));
}

/** By country and product. */
function views(table: Columns | undefined): Map<string, Views> {
  const found = new Map<string, Views>();
  for (let row = 0; row < rows(table); row += 1) {
    const of = (column: string) => number(table![column], row)!;
    found.set(`${text(table!.country, row)} ${text(table!.product, row)}`, {
      place: of('welfare_by_place_million_usd'), out: of('surplus_to_owners_abroad_million_usd'),
      from: of('surplus_from_abroad_million_usd'), owner: of('welfare_by_owner_million_usd'),
    });
  }
  return found;
}

function equity(table: Columns | undefined): Map<string, { value: number | null; note: string }> {
  const found = new Map<string, { value: number | null; note: string }>();
  for (let row = 0; row < rows(table); row += 1) {
    found.set(text(table!.measure, row), { value: number(table!.value, row), note: text(table!.note, row) });
  }
  return found;
}

export const bench = new Bench();
