import { describe, expect, it } from "vitest";
import { MARK } from "../../marks";
import { clickSample, enclose, lookFurther, treatAs } from "../actions/choose_samples";
import { hideMistakes, showMistakes } from "../actions/show_mistakes";
import { pageOf } from "../testing/page";

describe("the samples of a page", () => {
  it("are found by a query, among those that are shown", async () => {
    const { samples } = await pageOf();
    samples.searchFor("label:dog");
    expect(samples.found.value).toEqual({ kind: "samples", ids: [2, 3], among: 4 });
    await samples.selectFound("replace");
    expect(samples.selectedIds()).toEqual([2, 3]);
    samples.searchFor("colour:red");
    expect(samples.found.value?.kind).toBe("error");
    samples.searchFor("");
    expect(samples.found.value).toBeNull();
    samples.searchFor("/c.t/");
    expect(samples.found.value).toEqual({ kind: "searching", share: 0 });
    const search = samples.search.value;
    if (search === null) throw new Error("nothing is asked");
    samples.tried.value = { search, error: "takes too long" };
    expect(samples.found.value).toEqual({ kind: "error", message: "takes too long" });
  });

  it("are filtered by the legend, isolated and shown again", async () => {
    const store = await pageOf();
    const { samples } = store;
    const legend = store.coloring.value?.legend;
    if (legend?.kind !== "categories") throw new Error("classes have a legend");
    const [cat] = legend.entries;
    if (cat === undefined) throw new Error("there are cats");
    samples.toggleEntry("label", cat);
    expect(samples.visible.value).toEqual(Uint8Array.of(0, 0, 1, 1));
    samples.isolateEntry("label", cat, legend);
    expect(samples.visible.value).toEqual(Uint8Array.of(1, 1, 0, 0));
    samples.selectEntry("label", cat, "replace");
    expect(samples.selectedIds()).toEqual([0, 1]);
    samples.setFilter("loss", { kind: "range", low: 2, high: 4 });
    expect(samples.visible.value).toEqual(Uint8Array.of(1, 0, 0, 0));
    samples.showAll();
    expect(samples.visible.value).toBeNull();
    samples.isolate();
    expect(samples.visible.value).toEqual(Uint8Array.of(1, 1, 0, 0));
    expect(samples.marks.value[2]).toBe(MARK.hidden);
  });

  it("are tagged and named", async () => {
    const { samples } = await pageOf();
    samples.select([1, 2], "list");
    samples.tagSamples(samples.samplesToTag(), "fine");
    expect([...samples.tags.value]).toEqual([
      [1, "fine"],
      [2, "fine"],
    ]);
    samples.nameSelection(" odd ");
    samples.nameSelection("");
    expect(samples.named.value).toEqual([{ name: "odd", ids: [1, 2] }]);
    samples.forgetSelection("odd");
    expect(samples.named.value).toEqual([]);
    samples.lookAt(3);
    expect(samples.samplesToTag()).toEqual([3]);
    samples.clearSelection();
    expect(samples.samplesToTag()).toEqual([]);
  });

  it("are clicked, taken away and gone through", async () => {
    const store = await pageOf();
    const { samples } = store;
    clickSample(store, 2, "replace");
    expect([samples.sample.value, samples.tab.value]).toEqual([2, "Sample"]);
    lookFurther(store, 1);
    expect(samples.selectedIds()).toEqual([3]);
    clickSample(store, 3, "subtract");
    expect(samples.sample.value).toBeNull();
    lookFurther(store, -1);
    expect(samples.sample.value).toBe(3);
    enclose(store, [0, 1], "replace", [[0, 0]]);
    expect(samples.selection.value).toMatchObject({ reason: "lasso", rule: { kind: "outline" } });
    samples.chooseTool("box");
    enclose(store, [0], "add", null);
    expect(samples.selection.value).toMatchObject({ reason: "box", count: 2, rule: null });
  });

  it("that are mistakes are gone through in their order, without leaving the findings", async () => {
    const store = await pageOf();
    const { samples } = store;
    showMistakes(store, [3, 0, 2]);
    expect([store.colorBy.value, samples.tab.value]).toEqual(["step: correct", "Findings"]);
    const seen = [1, 1, 1, 1, -1].map((places) => {
      lookFurther(store, places as 1 | -1);
      return samples.sample.value;
    });
    expect(seen).toEqual([3, 0, 2, 3, 2]);
    hideMistakes(store);
    expect([store.colorBy.value, samples.selection.value]).toEqual(["label", null]);
  });

  it("lose a filter of the other kind with what a column is taken for", async () => {
    const store = await pageOf();
    store.samples.setFilter("loss", { kind: "range", low: 2, high: 4 });
    treatAs(store, "loss", "classes");
    expect(store.samples.filters.value.size).toBe(0);
  });

  it("open the inspector by the width of the window, until somebody says otherwise", async () => {
    const { samples } = await pageOf();
    expect(samples.inspectorOpen.value).toBe(false);
    samples.wideEnough.value = true;
    expect(samples.inspectorOpen.value).toBe(true);
    samples.toggleInspector();
    expect(samples.inspectorOpen.value).toBe(false);
  });
});
