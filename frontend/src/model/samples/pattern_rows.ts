// The texts of a column as a worker gets them: in blocks, and in a form that can be posted.
import { Strings } from "../../wire";
import { type Column, rowsOf, valueAt } from "./table";

/** What can be posted of a column: some of its rows; of a category its words. */
export type Block =
  | { readonly type: "words"; readonly words: readonly string[] }
  | { readonly type: "numbers"; readonly column: Numbers }
  | { readonly type: "texts"; readonly bytes: Uint8Array; readonly offsets: Uint32Array };

type Numbers = Extract<Column, { readonly type: "number" }>;

export interface Texts {
  readonly length: number;
  at(i: number): string;
}

const ROWS = 100_000;

/** How many texts a column has: those of its rows; of a category those of its words, and that of a missing one. */
export function textCount(column: Column): number {
  return column.type === "category" ? column.words.length + 1 : rowsOf(column);
}

export function* blocksOf(column: Column): Generator<Block> {
  if (column.type === "category") {
    yield { type: "words", words: [...column.words, ""] };
    return;
  }
  for (let from = 0; from < textCount(column); from += ROWS) {
    if (column.type !== "number") yield { type: "texts", ...column.texts.part(from, from + ROWS) };
    else {
      const values = column.values.slice(from, from + ROWS);
      yield { type: "numbers", column: { ...column, values } };
    }
  }
}

/** Where all is ASCII, bytes are characters: decoding at once takes a fraction of the time. */
function textsIn(bytes: Uint8Array, offsets: Uint32Array): Texts {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  if (text.length !== bytes.length) return new Strings(bytes, offsets);
  return { length: offsets.length - 1, at: (i) => text.slice(offsets[i], offsets[i + 1]) };
}

export function textsOf(block: Block): Texts {
  if (block.type === "words") {
    const { words } = block;
    return { length: words.length, at: (i) => words[i] ?? "" };
  }
  if (block.type === "texts") return textsIn(block.bytes, block.offsets);
  const { column } = block;
  return { length: column.values.length, at: (i) => valueAt(column, i) };
}
