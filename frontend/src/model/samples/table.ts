// The metadata of a run as columns, read from the server's tensors. Text is decoded only when it is looked at.
import type { ColumnType } from "../../types";
import { Strings, type Tensors } from "../../wire";

/** `title` is what people call it, where that is not its name; `predicted` which of the model's predictions it holds. */
export type Column = {
  readonly byStep?: boolean;
  readonly title?: string;
  readonly predicted?: string;
} & (
  | {
      readonly type: "category";
      readonly name: string;
      readonly codes: Int32Array;
      readonly words: readonly string[];
      /** How often each word comes at all steps, where the column has a value a step. */
      readonly counts?: readonly number[] | undefined;
    }
  | {
      readonly type: "number";
      readonly name: string;
      readonly values: Float64Array;
      /** The range at all steps, where the column has a value a step. */
      readonly limits?: readonly [number, number] | null | undefined;
      /** Likewise each value, ascending, and how often it comes: of whole numbers, where they are few. */
      readonly distinct?: readonly (readonly [number, number])[] | undefined;
    }
  /** Seconds since 1970 in UTC, and how each is written. */
  | {
      readonly type: "date";
      readonly name: string;
      readonly values: Float64Array;
      readonly limits?: readonly [number, number] | null | undefined;
      readonly texts: Strings;
    }
  | { readonly type: "text"; readonly name: string; readonly texts: Strings }
);

export type Table = readonly Column[];

export function titleOf({ title, name }: Column): string {
  return title ?? name;
}

export function readTable(tensors: Tensors): Table {
  const { columns, rows } = tensors.json as { columns: Described[]; rows: number };
  return columns.map((described, i) => readColumn(tensors, described, i, rows));
}

interface Described {
  readonly name: string;
  readonly type: ColumnType;
  readonly by_step: boolean;
  readonly counts?: readonly number[];
  readonly limits?: readonly [number, number] | null;
  readonly values?: readonly (readonly [number, number])[];
  /** Of a column that counts the rows. */
  readonly first?: number;
}

function readColumn(tensors: Tensors, described: Described, i: number, rows: number): Column {
  const { name, type, by_step: byStep, counts, limits, values: distinct, first } = described;
  const strings = (part: string) =>
    new Strings(
      tensors.array(`${i}.${part}.bytes`, "U8"),
      tensors.array(`${i}.${part}.offsets`, "U32"),
    );
  switch (type) {
    case "category": {
      const words = strings("vocabulary").all();
      return { type, name, byStep, counts, codes: tensors.integers(`${i}.codes`), words };
    }
    case "number":
      return {
        type,
        name,
        byStep,
        limits,
        distinct,
        values:
          first === undefined
            ? tensors.numbers(`${i}.values`)
            : Float64Array.from({ length: rows }, (_, row) => first + row),
      };
    case "date": {
      const values = tensors.array(`${i}.values`, "F64");
      return { type, name, byStep, limits, values, texts: strings("text") };
    }
    case "text":
      return { type, name, byStep, texts: strings("text") };
  }
}

/** The same column, of which no value is known. */
export function withoutValues(column: Column): Column {
  switch (column.type) {
    case "category":
      return { ...column, codes: new Int32Array(column.codes.length).fill(-1) };
    case "number":
      return { ...column, values: new Float64Array(column.values.length).fill(Number.NaN) };
    case "date":
      return {
        ...column,
        values: new Float64Array(column.values.length).fill(Number.NaN),
        texts: noTexts(column.texts.length),
      };
    case "text":
      return { ...column, texts: noTexts(column.texts.length) };
  }
}

function noTexts(rows: number): Strings {
  return new Strings(new Uint8Array(), new Uint32Array(rows + 1));
}

/** The value of one sample, as it is shown; empty where it is missing. */
export function valueAt(column: Column, sample: number): string {
  switch (column.type) {
    case "category":
      return column.words[column.codes[sample] ?? -1] ?? "";
    case "number":
      return writeNumber(column.values[sample] ?? Number.NaN);
    case "date":
    case "text":
      return column.texts.at(sample);
  }
}

/** What puts samples in order and has a distance between them: numbers and dates; null for words. */
export function valuesOf(column: Column): Float64Array | null {
  return column.type === "number" || column.type === "date" ? column.values : null;
}

export function rowsOf(column: Column): number {
  if (column.type === "category") return column.codes.length;
  return column.type === "text" ? column.texts.length : column.values.length;
}

export function writeNumber(value: number): string {
  if (Number.isNaN(value)) return "";
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

/** Colours can show these. */
export function colorable(table: Table): Table {
  return table.filter((column) => column.type !== "text");
}
