import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import { DisplayState } from "../state/parts/display";
import { takeShown, writeShown } from "./display_to_text";

const fresh = () => new DisplayState(signal(100));

describe("what the menus show, in words", () => {
  it("says nothing of a fresh page", () => {
    expect(writeShown(fresh())).toBe("");
  });

  it("comes back as it was", () => {
    const one = fresh();
    one.trails.value = true;
    one.requestedNames.value = false;
    one.sequence.value = true;
    one.labelBy.value = "name, given: first";
    one.sizeBy.value = "loss";
    one.requestedMode.value = "onion";
    one.ghostStep.value = 0;
    one.otherStep.value = 700;
    one.dotSize.value = 2 ** 0.25;
    one.opacity.value = 0.5;
    one.loop.value = true;
    one.even.value = false;
    const words = writeShown(one);
    const other = fresh();
    takeShown(other, words);
    expect(writeShown(other)).toBe(words);
    expect(other.labelBy.value).toBe("name, given: first");
    expect(other.mode.value).toBe("onion");
    expect([other.ghostStep.value, other.otherStep.value]).toEqual([0, 700]);
    expect(other.dotSize.value).toBeCloseTo(1.19);
    expect(other.even.value).toBe(false);
    // What is no longer said is as it was at first.
    takeShown(other, "");
    expect(writeShown(other)).toBe("");
  });

  it("takes what it understands", () => {
    const one = fresh();
    takeShown(one, "trails:yes,overlay:fog,ghost:-1,size:900,opacity:none,colour:red,names:1,%");
    expect(writeShown(one)).toBe("names:1");
  });
});
