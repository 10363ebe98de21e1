import { signal } from "@preact/signals";
import { expect, it } from "vitest";
import { DisplayState } from "./display";

it("density is shown by itself of very many samples, unless somebody has chosen otherwise", () => {
  const samples = signal(100_000);
  const display = new DisplayState(samples);
  expect(display.mode.value).toBe("none");
  samples.value = 100_001;
  expect(display.mode.value).toBe("density");
  display.requestedMode.value = "ghost";
  expect(display.mode.value).toBe("ghost");
});
