import { describe, expect, it } from "vitest";
import { sameView } from "../../model/projection/views";
import { takeBasis } from "../../model/time/basis";
import type { JobState } from "../../progress";
import type { Frame, FramesAnswer, ProjectionKey, View } from "../../types";
import { allFrames, frameOf, layerOf, PCA, runOf, SAMPLES } from "../testing/page";
import { Activity } from "./activity";
import { FrameCache } from "./frame_cache";
import type { FrameServer } from "./frame_server";

const TSNE: View = { ...PCA, engine: "tsne", iterative: true, components: 2 };
const LAYER = layerOf("fc1");

function cacheOf(server: FrameServer, view: View = PCA, wanted = 2): FrameCache {
  const run = runOf("a", [LAYER]);
  const basis = takeBasis(run, LAYER);
  return new FrameCache(run, LAYER, view, basis, wanted, new Activity(), Promise.resolve(), server);
}

async function passes(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !holds(); i += 1) await Promise.resolve();
  expect(holds()).toBe(true);
}

/** A layout of which the server has so many frames. */
function layout(state: JobState, done: number, works: string[] = []): FrameServer {
  return {
    fetchFrames: async (_key, _steps, _signal, work): Promise<FramesAnswer> => {
      works.push(work);
      const progress = { done, total: 3, message: "", expected_seconds: null, layout: "l" };
      return { frames: [2, 1, 0].slice(0, done).map(frameOf), progress: { state, ...progress } };
    },
    cancelLayout: async () => {
      works.push("cancel");
    },
  };
}

describe("frames of a linear view", () => {
  it("come with the wanted step first", async () => {
    const asked: string[] = [];
    const frames = cacheOf(allFrames(asked), PCA, 1);
    expect(frames.awaited).toBe(1);
    await passes(() => frames.complete);
    expect(asked[0]).toBe("1");
    expect([...frames.frames.value.keys()].sort()).toEqual([0, 1, 2]);
    expect(frames.awaited).toBeNull();
  });

  it("become poses, each once", async () => {
    const frames = cacheOf(allFrames());
    await passes(() => frames.complete);
    expect(frames.pose(2, 2)).toBe(frames.pose(2, 2));
    expect(frames.pose(2, 2)?.positions.length).toBe(4 * SAMPLES);
    expect(frames.pose(9, 2)).toBeNull();
    const before = frames.pose(2, 2);
    frames.still = { ids: [1, 2], step: 0 };
    expect(frames.pose(2, 2)).not.toBe(before);
    expect([frames.extent(2, 1).length, frames.extent(2, null).length]).toEqual([1, 3]);
  });

  it("are those of one layer of one recording", async () => {
    const frames = cacheOf(allFrames());
    const run = runOf("a", [LAYER]);
    expect(frames.shows(run, LAYER, PCA)).toBe(true);
    expect(frames.shows(run, layerOf("fc2"), PCA)).toBe(false);
    expect(frames.showsLayer(cacheOf(allFrames(), TSNE))).toBe(true);
    expect(sameView(PCA, TSNE)).toBe(false);
    frames.stop();
    expect(frames.stopped.aborted).toBe(true);
  });
});

describe("frames of a layout", () => {
  it("are looked for, and made only when somebody asks", async () => {
    const works: string[] = [];
    const frames = cacheOf(layout("none" as JobState, 1, works), TSNE);
    await passes(() => frames.progress.value !== null);
    expect(works).toEqual(["look"]);
    expect([frames.idle, frames.complete]).toEqual([true, false]);
    frames.start();
    await passes(() => works.length === 2);
    expect(works).toEqual(["look", "start"]);
    await frames.cancel();
    expect(works).toContain("cancel");
    frames.stop();
  });

  it("are complete once all have come, and the next ones are made as the run goes on", async () => {
    const works: string[] = [];
    const frames = cacheOf(layout("done", 3, works), TSNE);
    await passes(() => frames.complete);
    const grown = layerOf("fc1", { steps: [0, 1, 2, 3] });
    frames.extend(runOf("a", [grown]), grown);
    await passes(() => works.includes("start"));
    frames.stop();
  });
});

describe("a fair part of very many samples", () => {
  it("is there until all of them are", async () => {
    let resolve = () => {};
    const promise = new Promise<void>((done) => {
      resolve = done;
    });
    const whole = allFrames();
    const part: Frame = { ...frameOf(2), positions: new Int16Array(8) };
    const frames = cacheOf({
      ...whole,
      fetchSample: async (_key, step) => (step === 2 ? part : null),
      fetchFrames: async (...asked) => {
        await promise;
        return whole.fetchFrames(...asked);
      },
    });
    await passes(() => frames.sample.value !== null);
    expect(frames.sample.value).toBe(part);
    // Nothing else may take it for all of them.
    expect([frames.frames.value.size, frames.pose(2, 2), frames.awaited]).toEqual([0, null, 2]);
    resolve();
    await passes(() => frames.complete);
    expect([frames.sample.value, frames.began]).toEqual([null, true]);
  });

  it("is not asked for again with further steps", async () => {
    const asked: number[] = [];
    const fetchSample = async (_key: ProjectionKey, step: number) => {
      asked.push(step);
      return null;
    };
    const frames = cacheOf({ ...allFrames(), fetchSample });
    await passes(() => frames.complete);
    frames.want(0);
    expect([asked, frames.began]).toEqual([[2], false]);
  });
});
