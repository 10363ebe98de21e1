import { signal } from "@preact/signals";
import { expect, it } from "vitest";
import { DisplayState } from "./display";

it("density is shown by itself of very many samples, unless somebody has chosen otherwise", () => {
  const samples = signal(100_000);
  const showing = new DisplayState(samples);
  expect(showing.overlay.value).toBe("none");
  samples.value = 100_001;
  expect(showing.overlay.value).toBe("density");
  showing.overlayWanted.value = "ghost";
  expect(showing.overlay.value).toBe("ghost");
});
