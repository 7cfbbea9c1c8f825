// Tables as comma-separated values, unrounded, with a last line that says what they were made from.
import { number, offer, rows, text, type Columns } from './api';

export type Cell = string | number | null;

function quoted(cell: Cell): string {
  const said = cell === null || cell === undefined ? '' : String(cell);
  return /[",\n]/.test(said) ? `"${said.replaceAll('"', '""')}"` : said;
}

/** Offers a table as a file. */
export function csv(name: string, heads: string[], lines: Cell[][], stamp: string) {
  const all = [heads, ...lines].map((cells) => cells.map(quoted).join(','));
  offer(`${name}.csv`, `${all.join('\n')}\n${quoted(`# ${stamp}`)}\n`, 'text/csv');
}

/** The cells of a row. */
export function cells(table: Columns, row: number): Cell[] {
  return Object.values(table).map((column) => ('words' in column ? text(column, row) : number(column, row)));
}

/** All cells, row by row. */
export function grid(table: Columns): Cell[][] {
  return Array.from({ length: rows(table) }, (_, row) => cells(table, row));
}
