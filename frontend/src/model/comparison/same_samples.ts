// Which samples of two layers are the same: all rows where the fingerprints say so, else those that a column `id` names on
// both sides. Nothing is guessed from numbers of rows.
import type { Layer } from "../../types";
import { type Column, type Table, valueAt } from "../samples/table";

/** The column that names a sample wherever it was recorded, as the server knows it too. */
const ID = "id";

/** One side of the comparison; its table is null until it has come. */
export interface Side {
  readonly run: string;
  readonly layer: Layer;
  readonly table: Table | null;
}

/** By row of one side the row of the other, -1 where the sample is not there; null where all rows are the same. */
export type Rows = Int32Array | null;

export interface Link {
  readonly there: Rows;
  readonly back: Rows;
}

export interface Linking {
  /** Null where the two have nothing to do with one another, as far as is known. */
  readonly link: Link | null;
  /** What links them, in one short line; empty until it is known. */
  readonly sentence: string;
}

/** Equal for layers whose rows are the same samples, of whatever run. */
export function samplesKey(run: string, { name, samples, fingerprint }: Layer): string {
  return JSON.stringify(fingerprint === "" ? [run, name, samples] : [fingerprint, samples]);
}

export const UNKNOWN: Linking = { link: null, sentence: "" };

export function linkSamples(first: Side, second: Side): Linking {
  if (areSame(first, second)) {
    return { link: { there: null, back: null }, sentence: "linked by sample" };
  }
  const names = (side: Side) => side.layer.columns.some(({ name }) => name === ID);
  if (!names(first) || !names(second)) return unlinked("other samples");
  if (first.table === null || second.table === null) return UNKNOWN;
  const [here, beside] = [rowsById(first), rowsById(second)];
  if (here === null || beside === null)
    return unlinked(`column ${ID} doesn't identify the samples`);
  const there = Int32Array.from(here.names, (name) => beside.rows.get(name) ?? -1);
  const back = Int32Array.from(beside.names, (name) => here.rows.get(name) ?? -1);
  const shared = there.reduce((sum, row) => sum + Number(row !== -1), 0);
  if (shared === 0) return unlinked(`no ${ID} in common`);
  const of = `${write(shared)} of ${write(there.length)}`;
  return { link: { there, back }, sentence: `linked by column ${ID}: ${of}` };
}

export function carrySample(rows: Rows, sample: number | null): number | null {
  if (rows === null || sample === null) return sample;
  const row = rows[sample] ?? -1;
  return row === -1 ? null : row;
}

export function carrySamples(rows: Rows, samples: Iterable<number>): number[] {
  return [...samples].flatMap((sample) => carrySample(rows, sample) ?? []);
}

/** What is said of each sample on one side, for the other side; `back` leads from there to here. */
export function carryMask(back: Rows, mask: Uint8Array, otherwise: 0 | 1): Uint8Array {
  if (back === null) return mask;
  return Uint8Array.from(back, (row) => (row === -1 ? otherwise : (mask[row] ?? otherwise)));
}

function areSame(first: Side, second: Side): boolean {
  if (first.layer.samples !== second.layer.samples) return false;
  if (first.run === second.run && first.layer.name === second.layer.name) return true;
  return first.layer.fingerprint !== "" && first.layer.fingerprint === second.layer.fingerprint;
}

/** Null where a name is missing or occurs twice. */
function rowsById({ table, layer }: Side) {
  const column = table?.find(({ name }) => name === ID);
  if (column === undefined) return null;
  const names = Array.from({ length: layer.samples }, (_, row) => nameAt(column, row));
  const rows = new Map(names.map((name, row) => [name, row]));
  return rows.size < names.length || rows.has("") ? null : { names, rows };
}

/** Numbers in full, which `valueAt` shortens. */
function nameAt(column: Column, row: number): string {
  if (column.type !== "number") return valueAt(column, row);
  const value = column.values[row] ?? Number.NaN;
  return Number.isNaN(value) ? "" : String(value);
}

function unlinked(why: string): Linking {
  return { link: null, sentence: `not linked: ${why}` };
}

function write(count: number): string {
  return count.toLocaleString("en-US");
}
