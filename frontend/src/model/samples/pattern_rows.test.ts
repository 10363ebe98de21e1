import { expect, it } from "vitest";
import { Strings } from "../../wire";
import { blocksOf, textCount, textsOf } from "./pattern_rows";
import type { Column } from "./table";

/** More rows than a block has. */
const ROWS = 100_003;

function column(word: (i: number) => string): Column {
  const encoder = new TextEncoder();
  const offsets = new Uint32Array(ROWS + 1);
  const parts: Uint8Array[] = [];
  for (let i = 0; i < ROWS; i += 1) {
    const part = encoder.encode(word(i));
    parts.push(part);
    offsets[i + 1] = (offsets[i] ?? 0) + part.length;
  }
  const bytes = new Uint8Array(offsets[ROWS] ?? 0);
  for (const [i, part] of parts.entries()) bytes.set(part, offsets[i]);
  return { type: "text", name: "name", texts: new Strings(bytes, offsets) };
}

it.each([
  ["ASCII", (i: number) => `row ${i}`],
  ["any characters", (i: number) => (i % 3 === 0 ? `größe ${i} 🚗` : "")],
])("rows of %s are the same in blocks", (_, word) => {
  const made = column(word);
  const blocks = [...blocksOf(made)].map(textsOf);
  expect(blocks.length).toBeGreaterThan(1);
  expect(blocks.reduce((sum, { length }) => sum + length, 0)).toBe(textCount(made));
  let row = 0;
  for (const texts of blocks) {
    for (let i = 0; i < texts.length; i += 1, row += 1) {
      if (texts.at(i) !== word(row)) expect(texts.at(i)).toBe(word(row));
    }
  }
});
