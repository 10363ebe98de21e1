import { describe, expect, it } from "vitest";
import { MARK } from "../marks";
import { type Drawn, dotsSvg, MOST_DOTS } from "./svg";

const drawn: Drawn = {
  width: 100,
  height: 50,
  screen: Float32Array.from([10, 20, 1, NaN, NaN, 1, 30, 40, 5, 500, 5, 1]),
  paint: Uint8Array.from([1, 2, 3, 255, 0, 0, 0, 255, 7, 8, 9, 0, 0, 0, 0, 255]),
  marks: Uint8Array.from([MARK.dimmed, MARK.hidden, MARK.selected, MARK.plain]),
  diameter: 6,
};

describe("an SVG file", () => {
  it("holds each sample that is seen, those that stand out last", () => {
    const file = dotsSvg(drawn, "light", null);
    expect([...file.matchAll(/data-sample="(\d+)"/g)].map(([, id]) => id)).toEqual(["0", "2"]);
    expect(file).toContain('cx="10.0" cy="20.0" r="3" fill="rgb(1 2 3)" opacity="0.15"');
    expect(file).toContain('fill="none" stroke="rgb(7 8 9)"');
  });

  it("lets no name out of its text", () => {
    const entry = { name: "<script>&", color: "red", hollow: false, count: 1, codes: [0] };
    const caption = {
      title: "a < b\u0000",
      legend: { kind: "categories", entries: [entry] },
    } as const;
    const file = dotsSvg(drawn, "dark", caption);
    expect(file).toContain(">&lt;script&gt;&amp;</text>");
    expect(file).toContain(">a &lt; b </text>");
  });

  it("of too many samples is refused in words", () => {
    const screen = new Float32Array(3 * (MOST_DOTS + 1)).fill(1);
    expect(() => dotsSvg({ ...drawn, screen }, "light", null)).toThrow(/at most 20000 samples/);
  });
});
