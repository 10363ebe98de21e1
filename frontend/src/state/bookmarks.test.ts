import { describe, expect, it } from "vitest";
import { read_bookmarks, write_bookmarks } from "./bookmarks";

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
    expect(read_bookmarks(write_bookmarks(bookmarks))).toEqual({ bookmarks, left_out: "" });
    const odd = '{"tb_embed_bookmarks":1,"bookmarks":[{"view":{"run":3,"step":"2","x":"y"}},null]}';
    expect(read_bookmarks(odd).bookmarks).toEqual([
      { name: "Bookmark 1", view: { step: "2" } },
      { name: "Bookmark 2", view: {} },
    ]);
  });

  it("of the Projector are read, and what is left out is said", () => {
    const { bookmarks, left_out } = read_bookmarks(JSON.stringify([stock]));
    const view = { engine: "tsne", settings: "perplexity:25", color: "label" };
    expect(bookmarks).toEqual([{ name: "State 0", view: { ...view, selection: "samples 3-4,7" } }]);
    expect(left_out).toContain("positions");
    expect(left_out).toContain("camera");
  });

  it("of a PCA in space stay one", () => {
    const pca = { ...stock, selectedProjection: "pca", selectedPoints: [], label: "" };
    const { bookmarks } = read_bookmarks(JSON.stringify([pca]));
    expect(bookmarks).toEqual([{ name: "Bookmark 1", view: { view: "3d", color: "label" } }]);
  });

  it("that are none are refused in words", () => {
    expect(() => read_bookmarks("nope")).toThrow(/not JSON/);
    expect(() => read_bookmarks('{"a":1}')).toThrow(/other JSON/);
    expect(() => read_bookmarks('[{"a":1}]')).toThrow(/entry 1/);
    expect(() => read_bookmarks('{"tb_embed_bookmarks":2,"bookmarks":[]}')).toThrow(/format 1/);
  });
});
