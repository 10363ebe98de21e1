import { describe, expect, it } from "vitest";
import { inParts, keptNeighbors, predictionText } from "./sample_history";

const HISTORY = {
  sample: 5,
  steps: [0, 3, 9],
  classes: ["ant", "bee"],
  label: 1,
  prediction: [0, null, 1],
  confidence: [0.514, null, 1],
  margin: [-0.06, null, 12],
  correct: [0, null, 1],
};

describe("a sample's predictions", () => {
  it("are told in words, as far as they are known", () => {
    expect(
      [0, 1, 2].map((place) => predictionText(HISTORY, place, (step) => `Epoch ${step}`)),
    ).toEqual([
      "Epoch 0: ant, wrong; confidence 51 %, margin −0.1 logits",
      "Epoch 3: no prediction",
      "Epoch 9: bee, correct; confidence 100 %, margin 12.0 logits",
    ]);
  });
});

describe("a sample's neighbours over the steps", () => {
  const part = (steps: number[], state: "running" | "done") => ({
    sample: 5,
    state,
    steps,
    neighbors: steps.map((step) => [step, step + 1, step + 2]),
  });

  it("are asked on from where the answer before ended", async () => {
    const answers = [part([0, 1], "running"), part([4], "running"), part([6], "done")];
    const asked: (string | null)[] = [];
    const ask = inParts(async (steps) => {
      asked.push(steps);
      return answers.shift() ?? part([], "done");
    }, 6);
    const signal = new AbortController().signal;
    expect((await ask(signal)).state).toBe("running");
    expect((await ask(signal)).steps).toEqual([0, 1, 4]);
    const whole = await ask(signal);
    expect(asked).toEqual([null, "2-6", "5-6"]);
    expect(whole).toEqual(part([0, 1, 4, 6], "done"));
  });

  it("are kept where they are neighbours at the step that is shown", () => {
    const history = part([0, 1, 4], "done");
    expect(keptNeighbors(history, 1)).toEqual([2, 3, 0]);
    expect(keptNeighbors(history, 3)).toBeNull();
    expect(keptNeighbors(history, null)).toBeNull();
  });
});
