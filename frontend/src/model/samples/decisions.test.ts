import { describe, expect, it } from "vitest";
import { decisions, decisionsCsv } from "./decisions";

const listed = [
  { sample: 9, score: 0.9, steps: [], change_to: "7" },
  { sample: 2, score: 0.8, steps: [], change_to: "=1" },
  { sample: 4, score: 0.5, steps: [], change_to: "3" },
];

describe("decisions about labels", () => {
  it("are the tags of the listed samples, in their order", () => {
    const tags = new Map([
      [2, "fine"],
      [9, "wrong label"],
      [5, "unsure"],
    ] as const);
    const rows = decisions(listed, tags, (id) => `old ${id}`);
    expect(rows.map(({ id, decided }) => [id, decided])).toEqual([
      [9, "fix"],
      [2, "keep"],
    ]);
    expect(decisionsCsv(rows)).toBe("id,old,new,decided\r\n9,old 9,7,fix\r\n2,old 2,'=1,keep\r\n");
  });
});
