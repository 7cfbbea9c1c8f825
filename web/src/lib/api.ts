// What the server answers, as types, and how it is asked.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Form = { [key: string]: Json };

export interface Words { words: string[]; at: number[] }
export type Column = Words | (number | null)[];
export type Columns = Record<string, Column>;

export interface Country {
  code: string; name: string; region: string | null; income_group: string | null;
  gdp_usd: number | null; population: number | null; carbon_price_usd_per_tco2e: number | null;
}
export interface Group { name: string; label: string; kind: string; members: string[] }
export interface Baseline {
  data: string; year: number | null; countries: Country[]; products: { code: string; name: string }[];
  routes: { code: string; name: string }[]; groups: Group[]; producers: Columns;
  tonnes_rest_on_percent: Record<'pair' | 'bloc' | 'customs_value' | 'estimate' | 'not_known', number> | null; notes: string[]; files: { file: string; rows_sha256: string }[];
}
export interface Convergence { iterations: number; factorisations: number; residual: number }
export interface Stamp {
  version: string; git: string | null; scenario: { path: string; sha256: string } | null;
  data: { folder: string | null; year: number | null; files: { file: string; rows_sha256: string }[] };
  engine: { name: string; settings: Form };
  convergence: { status_quo: Convergence; policy: Convergence };
  notes: string[];
}
export interface About {
  title: string; description: string; clauses: string[]; members: string[]; year: number | null; years: number[];
  data: string; social_cost_usd_per_tco2e: number | null; seconds: number;
}
/** `marks`: by table that of its columns of text and of the baseline. */
export interface Result { about: About; stamp: Stamp; tables: Record<string, Columns>; marks: Record<string, string> }
export interface Problem { place: string; line: number | null; column: number | null; what: string; remedy: string }
export interface Round { name: string; round: number; file: string; title?: string; error?: string; sha256?: string }
export interface Listing {
  folder: string; workspace: string; data: string[]; proposals: Round[];
  scenarios: { file: string; title?: string; description?: string; error?: string }[];
}
export interface Told {
  scenario: Form; toml: string; title: string; description: string; clauses: string[]; sha256: string;
  years: number[]; data: string;
}
export interface Source {
  base?: string; proposal?: { name: string; round: number }; toml?: string; scenario?: Form; file?: string; year?: number;
  patches?: Form;
}
export interface Comparison {
  scenarios: string[]; clauses: string[][]; numbers: Record<string, number>[];
  comparison: {
    scenario: string; group: string; product: string; indicator: string; unit: string;
    change: number; difference_to_first: number | null; p5: number | null; p95: number | null; share_with_sign: number | null;
  }[];
}
export interface Explanation {
  contributions: { group: string; clause: string; contribution: number; unit: string }[];
  [key: string]: unknown;
}

export interface Standing { party: string; figure: string; unit: string; value: number | null; slack: number | null }
export interface Answer {
  question: string; complete: boolean; words: string; facts: Form;
  numbers?: { point: string; name: string; path: string; value: string }[];
  frontier?: { point: number; objective: string; unit: string; value: number }[];
  standings?: (Standing & { point: string })[];
}

export interface Batches { folder: string; batches: { name: string; title?: string; draws?: number; error?: string }[] }
export interface Batch {
  name: string; plan_sha256: string; tables: Record<string, Columns>;
  plan: {
    version: string; git: string | null; title: string; scenario_sha256: string; year: number | null; data: Record<string, string>;
    design: string; seed: number; draws: number; evaluations: number; vary: { what: string }[];
  };
}
/** Rounds of a proposal: how each party stands, and what each round says otherwise than the one before. */
export interface Rounds {
  rounds: {
    round: string; party: string; figure: string; unit: string; value: number | null; slack: number | null; kept: 'yes' | 'no' | '';
    share_signing: number | null; share_crossed: number | null;
  }[];
  moves: { round: string; path: string; before: string; after: string }[];
  could_be_signed: string[];
  could_be_signed_in_draws: { round: string; share: number }[];
}

/** Where draws put a figure: 5 of 100 lie below `low`, 5 above `high`; in print it is rounded to `rounded_to`. */
export interface Band { low: number; high: number; with_sign: number; rounded_to: number | null }
export interface Reach {
  draws: number; failed: number; inputs: string[]; origins: string[]; bands: (Band & { group: string; indicator: string; central: number; percent: Omit<Band, 'with_sign'> | null })[];
  doubt: { group: string; indicator: string; source: string; share_of_variance: number }[];
  standings: { party: string; signs: number | null; red_lines: { name: string; crossed: number }[] }[];
  could_be_signed: number | null;
}
export interface DataCell {
  table: string; line: number; column: string; meaning: string; value: string; unit: string | null; estimated: boolean | null;
  source: string | null; licence: string | null; rule: string | null; confidence: string | null;
}

/** A request that was refused, with the problems of the input. */
export class Refused extends Error {
  constructor(readonly status: number, message: string, readonly problems: Problem[]) {
    super(message);
  }
}

const gone = () => {
  throw new Refused(0, 'gone', []);
};

/** Asks the server. Only what is read is asked for again when the connection is lost: whatever else is sent may have
 *  been done already. */
async function asked(path: string, init?: RequestInit): Promise<Response> {
  const again = (init?.method ?? 'GET') === 'GET' ? () => fetch(path, init) : gone;
  const response = await fetch(path, init).catch(again).catch(gone);
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  throw new Refused(response.status, told.error ?? response.statusText, told.problems ?? []);
}

export async function get<T>(path: string): Promise<T> {
  return (await asked(path)).json();
}

const sent = (path: string, body: unknown) =>
  asked(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

export async function post<T>(path: string, body: unknown): Promise<T> {
  return (await sent(path, body)).json();
}

/** An answer that is a file. */
export async function file(path: string, body: unknown): Promise<Blob> {
  return (await sent(path, body)).blob();
}

/** Begins a job, tells how far it is, and returns what came of it; `signal` stops it. Work that keeps
 *  what it has until then still answers. */
export async function job<T>(
  path: string, body: unknown, told: (done: number, total: number) => void, signal: AbortSignal, keeps = false,
): Promise<T> {
  const { job: number } = await post<{ job: number }>(path, body);
  const stop = () => void asked(`/api/jobs/${number}`, { method: 'DELETE' }).catch(() => undefined);
  // whoever stopped it while it was begun could not name it yet
  if (signal.aborted) stop();
  if (signal.aborted && !keeps) throw new Refused(0, 'stopped', []);
  return new Promise((resolve, reject) => {
    const events = new EventSource(`/api/jobs/${number}`);
    const end = (after: () => void) => {
      events.close();
      after();
    };
    signal.addEventListener('abort', () => {
      stop();
      if (!keeps) end(() => reject(new Refused(0, 'stopped', [])));
    });
    events.addEventListener('progress', (event) => {
      const { done, total } = JSON.parse(event.data);
      told(done, total);
    });
    events.addEventListener('done', (event) => {
      const { result, error, problems } = JSON.parse(event.data);
      end(() => (error ? reject(new Refused(422, error, problems ?? [])) : resolve(result)));
    });
    events.onerror = () => end(() => reject(new Refused(0, 'gone', [])));
  });
}

/** A cell of text. */
export function text(column: Column | undefined, row: number): string {
  return column && 'words' in column ? (column.words[column.at[row] ?? -1] ?? '') : '';
}

/** A cell of a number; null where it is not known. */
export function number(column: Column | undefined, row: number): number | null {
  return column && !('words' in column) ? (column[row] ?? null) : null;
}

/** An answer with the columns that it left out, as the last one has them. */
export function whole(told: Result, last: Result | null): Result {
  for (const [name, mark] of Object.entries(told.marks)) {
    if (last?.marks[name] === mark) told.tables[name] = { ...last.tables[name], ...told.tables[name] };
  }
  return told;
}

export function rows(columns: Columns | undefined): number {
  const first = columns && Object.values(columns)[0];
  return first ? ('words' in first ? first.at.length : first.length) : 0;
}

/** Offers text, or what was answered, as a file. */
export function offer(name: string, content: string | Blob, kind: string) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type: kind }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
