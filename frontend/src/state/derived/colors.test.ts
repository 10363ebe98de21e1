import { describe, expect, it } from "vitest";
import type { SampleMetric } from "../../measures";
import type { Store } from "../store";
import { colorTitle, measuredColors } from "./colors";

const metric = (name: string, needs: Partial<SampleMetric>): SampleMetric => ({
  name,
  title: `Title of ${name}`,
  unit: "",
  meaning: "",
  kind: "number",
  over_run: false,
  needs_outputs: false,
  needs_label: false,
  words: [],
  ...needs,
});

function storeOf(label: string | null, outputs: boolean, color: string | null = null): Store {
  const catalog = [
    metric("loss", { needs_outputs: true, needs_label: true }),
    metric("agreement", { needs_label: true }),
    metric("path_length", { over_run: true }),
  ];
  return {
    label: { value: label },
    colorBy: { value: color },
    measures: {
      catalog: { value: catalog },
      metrics: { value: { classes_are_outputs: outputs } },
    },
  } as unknown as Store;
}

describe("what the page can color by", () => {
  it("is what the server's catalog lists, with its titles", () => {
    expect(measuredColors(storeOf("label", true))).toEqual([
      ["step: loss", "Title of loss"],
      ["step: agreement", "Title of agreement"],
      ["run: path_length", "Title of path_length"],
    ]);
  });

  it("leaves out what needs outputs or labels that there are none of", () => {
    const names = (store: Store) => measuredColors(store).map(([name]) => name);
    expect(names(storeOf("label", false))).toEqual(["step: agreement", "run: path_length"]);
    expect(names(storeOf(null, false))).toEqual(["run: path_length"]);
  });

  it("has the unit that is shown, and the same title in the legend", () => {
    const store = storeOf(null, false, "unit: 7");
    expect(measuredColors(store)).toContainEqual(["unit: 7", "Unit 7"]);
    expect(colorTitle(store, "run: path_length")).toBe("Title of path_length");
    expect(colorTitle(store, "label")).toBe("label");
  });
});
