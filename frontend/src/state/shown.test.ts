import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import { Showing } from "./showing";
import { take_shown, write_shown } from "./shown";

const fresh = () => new Showing(signal(100));

describe("what the menus show, in words", () => {
  it("says nothing of a fresh page", () => {
    expect(write_shown(fresh())).toBe("");
  });

  it("comes back as it was", () => {
    const one = fresh();
    one.trails.value = true;
    one.class_names.value = true;
    one.sequence.value = true;
    one.label_by.value = "name, given: first";
    one.size_by.value = "loss";
    one.overlay_wanted.value = "onion";
    one.ghost_step.value = 0;
    one.other_step.value = 700;
    one.dot_size.value = 2 ** 0.25;
    one.opacity.value = 0.5;
    one.loop.value = true;
    one.even.value = false;
    const words = write_shown(one);
    const other = fresh();
    take_shown(other, words);
    expect(write_shown(other)).toBe(words);
    expect(other.label_by.value).toBe("name, given: first");
    expect(other.overlay.value).toBe("onion");
    expect([other.ghost_step.value, other.other_step.value]).toEqual([0, 700]);
    expect(other.dot_size.value).toBeCloseTo(1.19);
    expect(other.even.value).toBe(false);
    // What is no longer said is as it was at first.
    take_shown(other, "");
    expect(write_shown(other)).toBe("");
  });

  it("takes what it understands", () => {
    const one = fresh();
    take_shown(one, "trails:yes,overlay:fog,ghost:-1,size:900,opacity:none,colour:red,names:1,%");
    expect(write_shown(one)).toBe("names:1");
  });
});
