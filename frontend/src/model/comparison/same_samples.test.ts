import { describe, expect, it } from "vitest";
import type { Layer } from "../../types";
import type { Column } from "../samples/table";
import { carryMask, carrySample, carrySamples, linkSamples, type Side } from "./same_samples";

function words(name: string, ...values: string[]): Column {
  return {
    type: "category",
    name,
    words: [...new Set(values)],
    codes: Int32Array.from(values, (value) =>
      value === "" ? -1 : [...new Set(values)].indexOf(value),
    ),
  };
}

function side(run: string, fingerprint: string, samples: number, column: Column | null): Side {
  const columns = column === null ? [] : [{ name: column.name, type: column.type }];
  const layer = { name: "fc1", samples, fingerprint, columns } as unknown as Layer;
  return { run, layer, table: column === null ? null : [column] };
}

describe("samples of two layers", () => {
  it("are the same, row by row, where the fingerprints are", () => {
    const { link, sentence } = linkSamples(side("a", "f", 3, null), side("b", "f", 3, null));
    expect(sentence).toBe("linked by sample");
    expect(link).toEqual({ there: null, back: null });
    expect(carrySample(null, 2)).toBe(2);
  });

  it("are not the same for want of fingerprints, but those of one layer are", () => {
    const one = side("a", "", 3, null);
    expect(linkSamples(one, side("b", "", 3, null)).link).toBeNull();
    expect(linkSamples(one, side("a", "", 3, null)).link).not.toBeNull();
  });

  it("are found by their ids in whatever order, both ways", () => {
    const first = side("a", "f", 4, words("id", "p", "q", "r", "s"));
    const second = side("b", "g", 3, words("id", "s", "x", "q"));
    const { link, sentence } = linkSamples(first, second);
    expect(sentence).toBe("linked by column id: 2 of 4");
    expect([...(link?.there ?? [])]).toEqual([-1, 2, -1, 0]);
    expect([...(link?.back ?? [])]).toEqual([3, -1, 1]);
    expect(carrySamples(link?.there ?? null, [0, 1, 3])).toEqual([2, 0]);
    const mask = Uint8Array.from([1, 0, 1, 1]);
    expect([...carryMask(link?.back ?? null, mask, 0)]).toEqual([1, 0, 0]);
    expect([...carryMask(link?.back ?? null, mask, 1)]).toEqual([1, 1, 0]);
  });

  it("tells ids that are numbers by all of their digits", () => {
    const ids = (...values: number[]): Column => ({
      type: "number",
      name: "id",
      values: Float64Array.from(values),
    });
    const first = side("a", "f", 2, ids(123456.25, 123456.5));
    const second = side("b", "g", 2, ids(123456.5, 123456.75));
    expect([...(linkSamples(first, second).link?.there ?? [])]).toEqual([-1, 0]);
  });

  it("waits for the tables, and says why there is no link", () => {
    const first = side("a", "f", 2, words("id", "p", "q"));
    const waiting = { ...side("b", "g", 2, words("id", "p", "q")), table: null };
    expect(linkSamples(first, waiting)).toEqual({ link: null, sentence: "" });
    const others = [
      [side("b", "g", 2, words("word", "p", "q")), "not linked: other samples"],
      [
        side("b", "g", 2, words("id", "p", "p")),
        "not linked: column id doesn't identify the samples",
      ],
      [
        side("b", "g", 2, words("id", "p", "")),
        "not linked: column id doesn't identify the samples",
      ],
      [side("b", "g", 2, words("id", "y", "z")), "not linked: no id in common"],
    ] as const;
    for (const [second, sentence] of others) {
      expect(linkSamples(first, second)).toEqual({ link: null, sentence });
    }
  });
});
