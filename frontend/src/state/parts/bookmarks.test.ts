import { describe, expect, it } from "vitest";
import saved from "../../../../tests/browser/projector_bookmarks.json?raw";
import { readBookmarks, writeBookmarks } from "./bookmarks";

/** As the Projector writes one. */
const stock = {
  label: "State 0",
  isSelected: true,
  tSNEIteration: 500,
  tSNEPerplexity: 25,
  tSNELearningRate: 10,
  tSNEis3d: false,
  pcaComponentDimensions: [0, 1, 2],
  projections: [{ "tsne-0": 0.5, "tsne-1": 1 }],
  selectedProjection: "tsne",
  dataSetDimensions: [100, 3],
  selectedPoints: [7, 3, 4],
  cameraDef: { orthographic: true, position: [0, 0, 4], target: [0, 0, 0], zoom: 1 },
  selectedColorOptionName: "label",
};

describe("bookmarks", () => {
  it("come back from their file, unknown keys left out", () => {
    const bookmarks = [{ name: "größe", view: { run: "r", camera: "1,2,3" } }];
    expect(readBookmarks(writeBookmarks(bookmarks))).toEqual({ bookmarks, notTaken: "" });
    const odd = '{"tb_embed_bookmarks":1,"bookmarks":[{"view":{"run":3,"step":"2","x":"y"}},null]}';
    expect(readBookmarks(odd).bookmarks).toEqual([
      { name: "Bookmark 1", view: { step: "2" } },
      { name: "Bookmark 2", view: {} },
    ]);
  });

  it("of the Projector are read, and what is left out is said", () => {
    const { bookmarks, notTaken } = readBookmarks(JSON.stringify([stock]));
    const view = { engine: "tsne", settings: "perplexity:25", color: "label" };
    expect(bookmarks).toEqual([{ name: "State 0", view: { ...view, selection: "samples 3-4,7" } }]);
    expect(notTaken).toContain("positions");
    expect(notTaken).toContain("camera");
  });

  it("that the Projector has saved keep projection, side, nearness, colour and selection", () => {
    const { bookmarks, notTaken } = readBookmarks(saved);
    const same = { color: "animal", selection: "samples 1,4,7,10,13,16,19,22" };
    expect(bookmarks).toEqual([
      { name: "State 0", view: { ...same, view: "3d", camera: "home,1.0526,-0.75857,0.06544" } },
      { name: "State 1", view: { ...same, camera: "home,1.0526" } },
      // A custom projection is not ours: nor is its camera.
      { name: "State 2", view: same },
    ]);
    for (const what of ["positions", "shifted", "label column", 'projection "custom"']) {
      expect(notTaken).toContain(what);
    }
  });

  it("of other components show those", () => {
    const state = { ...stock, selectedProjection: "pca", pcaComponentDimensions: [2, 0] };
    expect(readBookmarks(JSON.stringify([state])).bookmarks[0]?.view.axes).toBe("2,0,1");
    const none = { ...state, pcaComponentDimensions: [2, 12] };
    expect(readBookmarks(JSON.stringify([none])).bookmarks[0]?.view.axes).toBeUndefined();
  });

  it("that are none are refused in words", () => {
    expect(() => readBookmarks("nope")).toThrow(/not JSON/);
    expect(() => readBookmarks('{"a":1}')).toThrow(/neither of this page/);
    expect(() => readBookmarks('[{"a":1}]')).toThrow(/entry 1/);
    expect(() => readBookmarks('{"tb_embed_bookmarks":2,"bookmarks":[]}')).toThrow(/format 2/);
  });
});
