import { describe, expect, it } from "vitest";
import type { FrameQuality, Quality } from "../../types";
import { reliability } from "./reliability";

const TSNE = { engine: "t-SNE", noun: "epoch" } as const;

/** Ten movements between eleven epochs, and what is the same at each. */
function quality(of: Partial<FrameQuality>, more: Partial<Quality> = {}): Quality {
  const frames = Array.from({ length: 11 }, (_, step) => ({
    step,
    variance_shown: null,
    neighbors_kept: 0.6,
    ...of,
    ...(step === 0 ? { motion: null, motion_fidelity: null } : {}),
  }));
  return { label: null, frames, sentence: "", noise_floor: 0.01, ...more };
}

/** The first movements are as large as the engine's own. */
function still(count: number): Quality {
  const { frames, ...rest } = quality({ motion_fidelity: 0.8 });
  const motion = (step: number) => (step === 0 ? null : step <= count ? 0.012 : 0.2);
  return { ...rest, frames: frames.map((one) => ({ ...one, motion: motion(one.step) })) };
}

describe("a view", () => {
  it("is good where neighbors and movement are those of the layer", () => {
    const found = reliability(quality({ motion: 0.2, motion_fidelity: 0.8 }), 10, TSNE);
    expect(found.verdict).toBe("good");
    expect(found.findings).toEqual([
      "60 % of nearest neighbors preserved",
      "Movement: follows the layer (rank correlation 0.80)",
    ]);
  });

  it.each([
    [0.5, "good"],
    [0.49, "care"],
  ] as const)("of which %d of the neighbors are preserved is %s", (share, verdict) => {
    const of = { neighbors_kept: share, motion: 0.2, motion_fidelity: 0.8 };
    expect(reliability(quality(of), 10, TSNE).verdict).toBe(verdict);
  });

  it.each([
    [1, "care"],
    [4, "care"],
    [5, "motion"],
    [10, "motion"],
  ] as const)("with %d of 10 movements within noise is judged: %s", (count, verdict) => {
    const found = reliability(still(count), 10, TSNE);
    expect(found.verdict).toBe(verdict);
    const which = count === 10 ? "all epochs" : `${count} of 10 epochs`;
    expect(found.sentence).toBe(
      `Between ${which} the movement is too small to tell from t-SNE's own noise.`,
    );
    expect(found.sentence.length).toBeLessThanOrEqual(90);
  });

  it("whose movement does not follow the layer's is not to be read so", () => {
    const found = reliability(quality({ motion: 0.2, motion_fidelity: 0.1 }), 10, TSNE);
    expect(found.verdict).toBe("motion");
  });

  it("of linear axes shows a part of the true movement", () => {
    const of = { motion: 0.2, motion_fidelity: 0.1 };
    const found = reliability(quality(of, { noise_floor: 0 }), 10, TSNE);
    expect(found.verdict).toBe("care");
    expect(found.findings).toEqual(["60 % of nearest neighbors preserved"]);
  });

  it("of linear axes has no noise, and its layer may stand still", () => {
    const frozen = quality({ motion: 0, motion_fidelity: null }, { noise_floor: 0 });
    expect(reliability(frozen, 10, { engine: "PCA", noun: "epoch" }).verdict).toBe("good");
  });

  it.each([
    [0.7, "unknown"],
    [0.3, "care"],
  ] as const)(
    "of which no neighbors were measured is never praised for its variance: %d %s",
    (share, verdict) => {
      const of = { neighbors_kept: null, variance_shown: share };
      expect(reliability(quality(of, { noise_floor: 0 }), 10, TSNE).verdict).toBe(verdict);
    },
  );

  it("is unknown where nothing was measured, with the reason if there is one", () => {
    const nothing = quality({ neighbors_kept: null });
    expect(reliability(nothing, 10, TSNE)).toEqual({
      verdict: "unknown",
      sentence: "Not measured yet.",
      findings: [],
    });
    expect(reliability(nothing, 99, TSNE).verdict).toBe("unknown");
    const few = quality({ neighbors_kept: null, reason: "too few samples to judge neighborhoods" });
    expect(reliability(few, 10, TSNE).sentence).toBe("Too few samples to judge neighborhoods.");
  });
});
