import { describe, expect, it } from "vitest";
import type { RuleCount } from "../../measures";
import { listsToAsk, mostListed, namesTooMany, sampleLists } from "./sample_lists";

const rule = (name: string, count: number): RuleCount => ({
  rule: name,
  title: name,
  meaning: "",
  score: "",
  count,
});
const titles = (rules: RuleCount[]) => {
  const { first, others } = sampleLists(rules);
  return [first.map(({ title }) => title), others.map(({ title }) => title)];
};

describe("lists of samples", () => {
  it("begin with labels and what was never or no longer known, in that order", () => {
    const rules = ["moved", "never_learnt", "lost", "forgotten", "label_error", "flipping"];
    expect(titles(rules.map((name) => rule(name, 2)))).toEqual([
      [
        "Possible label errors",
        "Forgotten at least once",
        "Learned, then forgotten",
        "Never learned",
      ],
      ["flipping", "moved"],
    ]);
  });

  it("name duplicates and outliers after what was learned", () => {
    const rules = ["outlier", "moved", "duplicate", "lost"];
    expect(titles(rules.map((name) => rule(name, 2)))).toEqual([
      ["Learned, then forgotten", "Near duplicates", "Far from all others"],
      ["moved"],
    ]);
  });

  it("leave out what names nobody, and put last what they do not know", () => {
    expect(titles([rule("lost", 0), rule("new", 1), rule("churned", 1)])).toEqual([
      [],
      ["churned", "new"],
    ]);
  });

  it("are short where they would name more than a twentieth of the samples", () => {
    expect([namesTooMany(50, 1000), namesTooMany(51, 1000)]).toEqual([false, true]);
    expect([mostListed(50, 1000), mostListed(51, 1000)]).toEqual([500, 50]);
  });

  it("are asked for once they are shown", () => {
    const rules = [rule("lost", 3), rule("moved", 90), rule("churned", 1)];
    expect(listsToAsk(rules, false, 100)).toEqual([{ rule: "lost", limit: 500 }]);
    expect(listsToAsk(rules, true, 100)).toEqual([
      { rule: "lost", limit: 500 },
      { rule: "churned", limit: 500 },
      { rule: "moved", limit: 50 },
    ]);
  });
});
