import { describe, expect, it } from "vitest";
import type { Findings, RuleCount, Warning } from "../../measures";
import { listFindings, noWarnings } from "./model";

const warning = (rule: string, samples: number[]): Warning => ({
  rule,
  title: rule,
  meaning: "",
  step: 3,
  sentence: `${rule} at step 3`,
  samples,
  classes: [],
  units: [],
});
const rule = (name: string, count: number): RuleCount => ({
  rule: name,
  title: name,
  meaning: "",
  score: "",
  count,
});

const enough = { samples_measured: 90, least_samples: 50 };

describe("what is told of a layer", () => {
  it("is warnings first, then suspicious labels, and no rule that names nobody", () => {
    const findings: Findings = {
      warnings: [warning("drifting", [1, 2])],
      rules: [rule("moved", 9), rule("forgotten", 0), rule("suspicious_label", 4)],
      ...enough,
    };
    expect(listFindings(findings).map(({ id, count }) => [id, count])).toEqual([
      ['["drifting",[]]', 2],
      ["suspicious_label", 4],
      ["moved", 9],
    ]);
  });

  it("is six things at most, and puts rules that it does not know last", () => {
    const names = ["new_rule", "moved", "churned", "low_margin", "ambiguous", "flipping", "lost"];
    const ids = listFindings({
      warnings: [],
      rules: names.map((name) => rule(name, 1)),
      ...enough,
    }).map(({ id }) => id);
    expect(ids).toEqual(["lost", "flipping", "ambiguous", "low_margin", "churned", "moved"]);
  });

  it("is nothing where nothing was found", () => {
    expect(listFindings({ warnings: [], rules: [], ...enough })).toEqual([]);
  });

  it("says where samples are too few for warnings", () => {
    const none = { warnings: [], rules: [] };
    expect(noWarnings({ ...none, ...enough })).toBe("No warnings: nothing to report.");
    expect(noWarnings({ ...none, samples_measured: 12, least_samples: 50 })).toBe(
      "Too few samples for warnings: 12 of at least 50.",
    );
  });
});
