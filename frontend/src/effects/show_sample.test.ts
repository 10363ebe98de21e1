import { signal } from "@preact/signals";
import { expect, test, vi } from "vitest";
import type { FrameCache } from "../state/parts/frame_cache";
import { frameOf, pageOf } from "../state/testing/page";
import { sampleOf, showSample } from "./show_sample";

async function sampledPage() {
  const store = await pageOf();
  const sample = signal(frameOf(2));
  store.frames.value = { sample } as unknown as FrameCache;
  return { store, sample: sampleOf(store) };
}

test("a sample is drawn where nothing else is", async () => {
  const { store, sample } = await sampledPage();
  expect(sample.value).toBeNull();
  store.motion.clear();
  expect(sample.value?.count).toBe(frameOf(2).positions.length / 4);
  const pose = sample.value?.poses.to;
  expect(pose?.positions).toEqual(frameOf(2).positions);
  if (pose !== undefined) store.motion.jump(pose, 2);
  expect(sample.value).toBeNull();
});

test("a theme colors it anew and leaves the camera", async () => {
  const { store, sample } = await sampledPage();
  store.motion.clear();
  const stage = { setPaint: vi.fn(), setExtent: vi.fn() };
  const stops = showSample(store, stage, sample);
  store.theme.value = "dark";
  expect([stage.setPaint.mock.calls.length, stage.setExtent.mock.calls.length]).toEqual([2, 1]);
  expect(stage.setPaint.mock.calls[1]?.[0].length).toBe(4 * (sample.value?.count ?? 0));
  for (const stop of stops) stop();
});
