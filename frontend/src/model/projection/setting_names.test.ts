import { expect, it } from "vitest";
import { choiceName, settingName } from "./setting_names";

it("settings are called what users of such tools call them", () => {
  expect(settingName("equal_steps", "epoch")).toBe("Weight epochs equally");
  expect(settingName("equal_steps", "step")).toBe("Weight steps equally");
  expect(settingName("center_steps", "epoch")).toBe("Center each epoch");
  expect(choiceName("lda")).toBe("LDA");
});

it("another engine's settings are called by their names", () => {
  expect(settingName("number_of_trees", "epoch")).toBe("Number of trees");
  expect(choiceName("euclidean")).toBe("Euclidean");
});
