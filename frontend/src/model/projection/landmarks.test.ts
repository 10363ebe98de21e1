import { expect, it } from "vitest";
import { placedInWords } from "./landmarks";

it("says how many landmarks, and how well the others were placed once that is measured", () => {
  expect(placedInWords(20_000, null)).toBe("Placed by 20,000 landmarks");
  expect(placedInWords(20_000, 0.98765)).toBe(
    "Placed by 20,000 landmarks (trustworthiness of the placed samples: 0.988)",
  );
});
