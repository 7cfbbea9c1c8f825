// The schema of scenarios as forms: what kind of field a key is, its range, and what a new one holds.
import type { Baseline, Form, Json } from './api';

export interface Schema {
  type?: string | string[]; $ref?: string; anyOf?: Schema[]; oneOf?: Schema[]; const?: string; enum?: string[];
  properties?: Record<string, Schema>; required?: string[]; items?: Schema; additionalProperties?: boolean | Schema;
  description?: string; $defs?: Record<string, Schema>;
}
export type Path = (string | number)[];

let root: Schema = {};
export function use(schema: Schema) {
  root = schema;
}
export function top(): Schema {
  return root;
}

/** What a reference, or a choice between something and nothing, comes down to. */
export function resolved(schema: Schema): Schema {
  if (schema.$ref) return resolved(root.$defs?.[schema.$ref.split('/').at(-1)!] ?? {});
  const some = schema.anyOf?.find((one) => one.type !== 'null');
  return some ? resolved(some) : schema;
}

/** The name of the form that a schema refers to, for help in other languages. */
export function formName(schema: Schema): string {
  if (schema.$ref) return schema.$ref.split('/').at(-1)!;
  const some = schema.anyOf?.find((one) => one.type !== 'null');
  return some ? formName(some) : '';
}

/** Indicators of a country. */
export const INDICATORS = ['welfare', 'consumer_surplus', 'producer_surplus', 'government_revenue', 'export_value', 'import_value', 'output', 'use', 'exports', 'imports', 'emissions', 'imported_emissions', 'utilisation', 'price_index', 'jobs'];

export type Kind = 'number' | 'truth' | 'choice' | 'text' | 'names' | 'years' | 'forms' | 'form' | 'numbers' | 'lists' | 'values';

export function kindOf(schema: Schema): Kind {
  const it = resolved(schema);
  const type = Array.isArray(it.type) ? it.type.find((one) => one !== 'null') : it.type;
  if (it.oneOf || it.enum) return 'choice';
  if (type === 'number' || type === 'integer') return 'number';
  if (type === 'boolean') return 'truth';
  if (type === 'array') {
    const of = resolved(it.items ?? {});
    if (of.properties) return 'forms';
    if (!of.type) return 'values';
    return of.type === 'integer' ? 'years' : 'names';
  }
  if (type === 'object' && it.properties) return 'form';
  if (typeof it.additionalProperties === 'object') {
    return resolved(it.additionalProperties).type === 'array' ? 'lists' : 'numbers';
  }
  return 'text';
}

export function choices(schema: Schema): string[] {
  const it = resolved(schema);
  return it.enum ?? (it.oneOf ?? []).flatMap((one) => (one.const ? [one.const] : (one.enum ?? [])));
}

/** The kinds of clauses: keys of the top level that can be switched off. */
export function clauseKinds(): string[] {
  return Object.entries(root.properties ?? {}).filter(([, of]) => formOf(of).properties?.enabled).map(([key]) => key);
}

/** What the panel shows: clauses, parties to a negotiation, and what it may move. */
export function panelKinds(): string[] {
  return [...clauseKinds(), ...['party', 'negotiation'].filter((kind) => root.properties?.[kind])];
}

/** Whether a kind can be switched off. */
export function isSwitched(kind: string): boolean {
  return formOf(root.properties?.[kind] ?? {}).properties?.enabled !== undefined;
}

/** The paths of the numbers of a proposal's clauses. */
export function numbers(scenario: Form): string[] {
  const walk = (here: Json | undefined, path: Path): string[] => {
    if (typeof here === 'number') return [said(path, scenario)];
    if (here === null || typeof here !== 'object') return [];
    return Object.entries(here).flatMap(([key, of]) => walk(of, [...path, Array.isArray(here) ? Number(key) : key]));
  };
  return clauseKinds().flatMap((kind) => walk(scenario[kind], [kind]));
}

/** Whether a list of names is of parties. */
export const isParties = (key: string) => ['signatories', 'candidates'].includes(key);

/** What a text of the negotiation can say, by its key; empty where it is free. */
export function suggested(key: string, scenario: Form, world: Baseline): string[] {
  switch (key) {
    case 'what': return numbers(scenario);
    case 'indicator': return INDICATORS;
    case 'product': return world.products.map((one) => one.code);
    case 'members': return ((scenario.arrangement ?? []) as Form[]).map((one) => `arrangement.${one.name}.members`);
    case 'party': case 'by': case 'signatories': case 'candidates': return ((scenario.party ?? []) as Form[]).map((one) => String(one.name));
    default: return [];
  }
}

/** The form of a clause, or of each of several. */
export function formOf(schema: Schema): Schema {
  const it = resolved(schema);
  return it.items ? resolved(it.items) : it;
}

export function isMany(kind: string): boolean {
  return kindOf(root.properties?.[kind] ?? {}) === 'forms';
}

export interface Range { from: number; to: number; step: number; unit: string; usual: number }

/** The range of a number, by the unit that its key ends in. */
export function range(key: string, whole: boolean): Range {
  const has = (ending: string) => key.endsWith(ending);
  if (key === 'delay_years') return { from: 0, to: 20, step: 1, unit: 'years', usual: 1 };
  if (['at_least', 'at_most', 'from', 'to', 'weight'].includes(key)) return { from: -100, to: 100, step: 1, unit: 'own', usual: key === 'to' ? 50 : 0 };
  if (['starts', 'seed'].includes(key)) return { from: 1, to: 50, step: 1, unit: 'own', usual: 1 };
  if (key === 'usd_per_job') return { from: 0, to: 200_000, step: 1_000, unit: 'usd_per_job', usual: 50_000 };
  if (whole || key === 'year') return { from: 2020, to: 2050, step: 1, unit: 'year', usual: 2030 };
  if (key === 'ratchet_percent_per_year') return { from: 0, to: 15, step: 0.5, unit: 'percent', usual: 2 };
  if (has('percent')) return { from: 0, to: 100, step: 0.5, unit: 'percent', usual: 10 };
  if (has('usd_per_tco2e')) return { from: 0, to: 300, step: 1, unit: 'usd_per_tco2e', usual: 50 };
  if (has('usd_per_t')) return { from: 0, to: 300, step: 1, unit: 'usd_per_t', usual: 20 };
  if (has('million_usd')) return { from: 0, to: 10_000, step: 10, unit: 'million_usd', usual: 500 };
  if (has('kt_co2e')) return { from: 0, to: 100_000, step: 500, unit: 'kt_co2e', usual: 20_000 };
  if (has('_kt')) return { from: 0, to: 50_000, step: 50, unit: 'kt', usual: 5_000 };
  if (has('tco2e_per_t')) return { from: 0, to: 5, step: 0.01, unit: 'tco2e_per_t', usual: 1 };
  if (key === 'slope') return { from: 0, to: 3, step: 0.05, unit: 'ratio', usual: 0.5 };
  return { from: 0, to: 4, step: 0.05, unit: 'multiple', usual: 1 };
}

/** What a new setting holds. */
export function fresh(key: string, schema: Schema, world: Baseline, scenario: Form): Json {
  switch (kindOf(schema)) {
    case 'number': return range(key, isWhole(schema)).usual;
    case 'truth': return true;
    case 'choice': return choices(schema)[0] ?? '';
    case 'text': return suggested(key, scenario, world)[0] ?? '';
    case 'values': return [false, true];
    case 'years': return [2026, 2030];
    case 'names': return key === 'products' ? world.products.map((one) => one.code) : key === 'routes' || key === 'clauses' ? [] : isParties(key) ? suggested(key, scenario, world) : [somewhere(world, 'CHN')];
    case 'numbers': return {};
    case 'lists': return {};
    case 'forms': return [another(key, schema, [], world, scenario)];
    case 'form': return freshForm(schema, world, scenario);
  }
}

function freshForm(schema: Schema, world: Baseline, scenario: Form): Form {
  const it = resolved(schema);
  const made: Form = {};
  for (const key of it.required ?? []) made[key] = fresh(key, it.properties?.[key] ?? {}, world, scenario);
  return made;
}

/** One more item of a list of forms: like the last, under a name that is free. */
export function another(key: string, schema: Schema, list: Json[], world: Baseline, scenario: Form): Form {
  const last = list.at(-1) as Form | undefined;
  const made: Form = { ...(last ?? { ...freshForm(resolved(schema).items ?? {}, world, scenario), ...FIRST[key] }) };
  if (typeof made.name === 'string') made.name = free(key, list);
  return made;
}

/** What the first item of a list holds beside what it must. */
const FIRST: Record<string, Form> = { red_line: { at_least: 0 }, floor: { of: ['LDC'], at_least: 0 }, objective: { indicator: 'welfare', of: ['all'] } };

/** A name that no item of a list has. */
function free(kind: string, list: Json | undefined): string {
  const used = new Set(Array.isArray(list) ? list.map((one) => (one as Form)?.name) : []);
  let count = 1;
  while (used.has(`${kind.replaceAll('_', '-')}-${count}`)) count += 1;
  return `${kind.replaceAll('_', '-')}-${count}`;
}

export function isWhole(schema: Schema): boolean {
  return [resolved(schema).type].flat().includes('integer');
}

function somewhere(world: Baseline, wanted: string): string {
  const there = world.countries.some((one) => one.code === wanted) || world.groups.some((one) => one.name === wanted);
  return there ? wanted : (world.countries[0]?.code ?? wanted);
}

/** A new clause that does something, with a name that is free. */
export function clause(kind: string, scenario: Form, world: Baseline): Form {
  const at = (wanted: string) => somewhere(world, wanted);
  const name = free(kind, scenario[kind]);
  const product = world.products[0]?.code ?? 'steel';
  const usual: Record<string, Form> = {
    tariff: { name, importers: [at('USA')], additional_percent: 10 },
    carbon_tariff: { name, importers: [at('USA')], benchmark: { basis: 'importer_average' }, usd_per_tco2e: 50 },
    oversupply_tariff: { name, importers: [at('USA')], flagged: [at('CHN')], flagged_percent: 25 },
    arrangement: { name, members: [...new Set([at('USA'), at('EU27')])], benchmark: { basis: 'importer_average' }, outside: { floor_percent: 10 } },
    quota: { name, importers: [at('USA')], quota_percent: 100, out_of_quota_percent: 25 },
    cbam: { name, importers: [at('EU27')], carbon_price_usd_per_tco2e: 80 },
    counter_duty: { name, importers: [at('CHN')], exporters: [at('USA')], additional_percent: 10 },
    exemption: { name, exporters: [at('LDC')] },
    procurement: { name, countries: [at('USA')], products: [product], share_percent: 10, green_tco2e_per_t: { [product]: 1 }, max_premium_usd_per_t: 100 },
    support: { name, countries: [at('LDC')], share_percent: 50, payers: [at('USA')] },
    standard: { method: 'verified' },
    abatement: {},
    party: { name, members: [at('LDC')] },
    negotiation: {},
    revenue: { use: [{ name: 'rebate', share_percent: 50, to: 'rebate' }] },
  };
  return usual[kind] ?? { name };
}

/** The path as the server writes it: clauses by name, other items by position. */
export function said(path: Path, scenario: Json): string {
  let text = '';
  let here: Json | undefined = scenario;
  for (const part of path) {
    if (typeof part === 'number') {
      const item: Json | undefined = (here as Json[])?.[part];
      const name = item && typeof item === 'object' && !Array.isArray(item) ? item.name : undefined;
      const named = typeof name === 'string' && /^[A-Za-z0-9_-]+$/.test(name) && (!/[.[]/.test(text) || text === 'revenue.use');
      text += named ? `.${name}` : `[${part}]`;
      here = item;
    } else {
      text += text ? `.${part}` : part;
      here = (here as Form)?.[part];
    }
  }
  return text;
}

/** A copy with the value at a path put in, or taken out where it is undefined. */
export function put<T extends Json>(json: T, path: Path, value: Json | undefined): T {
  const [head, ...rest] = path;
  if (head === undefined) return value as T;
  if (Array.isArray(json)) {
    const copy = [...json];
    if (rest.length === 0 && value === undefined) copy.splice(head as number, 1);
    else copy[head as number] = put(copy[head as number] ?? null, rest, value);
    return copy as Json as T;
  }
  const copy: Form = { ...(json as Form) };
  if (rest.length === 0 && value === undefined) delete copy[head as string];
  else copy[head as string] = put(copy[head as string] ?? {}, rest, value);
  return copy as Json as T;
}

export function at(json: Json, path: Path): Json | undefined {
  return path.reduce<Json | undefined>((here, part) => (here as Form | undefined)?.[part as string], json);
}
