// The schema of scenarios as forms: what kind of field a key is, its range, and what a new one holds.
import type { Baseline, Form, Json } from './api';

export interface Schema {
  type?: string | string[]; $ref?: string; anyOf?: Schema[]; oneOf?: Schema[]; const?: string; enum?: string[];
  properties?: Record<string, Schema>; required?: string[]; items?: Schema; additionalProperties?: boolean | Schema;
  description?: string; $defs?: Record<string, Schema>;
  /** What the server says of a key beside its type: its number's unit and reach, what it can name, what its keys name. */
  'x-slider'?: Range; 'x-names'?: Names; 'x-keys'?: Names;
}
export interface Range { from: number; to: number; step: number; unit: string; usual: number }
export type Names = 'place' | 'product' | 'route' | 'product_or_route' | 'clause' | 'party' | 'number' | 'indicator' | 'member_list';
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

/** What a text or a list of names can say; empty where it is free, or names places. */
export function suggested(names: Names | undefined, scenario: Form, world: Baseline): string[] {
  switch (names) {
    case 'number': return numbers(scenario);
    case 'indicator': return INDICATORS;
    case 'product': return world.products.map((one) => one.code);
    case 'member_list': return ((scenario.arrangement ?? []) as Form[]).map((one) => `arrangement.${one.name}.members`);
    case 'party': return ((scenario.party ?? []) as Form[]).map((one) => String(one.name));
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

/** Where the server says nothing of a number. */
const ANY: Range = { from: 0, to: 100, step: 1, unit: 'own', usual: 1 };

/** The unit of a number and the reach of its slider. */
export function range(schema: Schema): Range {
  return schema['x-slider'] ?? ANY;
}

/** What a new setting holds. */
export function fresh(key: string, schema: Schema, world: Baseline, scenario: Form): Json {
  switch (kindOf(schema)) {
    case 'number': return range(schema).usual;
    case 'truth': return true;
    case 'choice': return choices(schema)[0] ?? '';
    case 'text': return suggested(schema['x-names'], scenario, world)[0] ?? '';
    case 'values': return [false, true];
    case 'years': return [2026, 2030];
    case 'names': return schema['x-names'] === 'place' ? [somewhere(world, 'CHN')] : suggested(schema['x-names'], scenario, world);
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
