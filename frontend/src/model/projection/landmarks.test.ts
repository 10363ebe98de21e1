import { expect, it } from "vitest";
import { expectedInWords, placedInWords } from "./landmarks";

it("says how many landmarks, and how well the others were placed once that is measured", () => {
  expect(placedInWords(20_000, null)).toBe("Placed by 20,000 landmarks");
  expect(placedInWords(20_000, 0.98765)).toBe(
    "Placed by 20,000 landmarks (trustworthiness of the placed samples: 0.988)",
  );
});

it("claims beforehand what was measured of such a share of landmarks, and nothing of a smaller one", () => {
  const measured =
    "Placed by 20,000 landmarks; on MNIST this lowered trustworthiness by less than 0.03.";
  expect(expectedInWords(20_000, 200_001)).toBe(measured);
  expect(expectedInWords(20_000, 500_000)).toBe(measured);
  expect(expectedInWords(20_000, 2_000_000)).toBe(
    "Placed by 20,000 landmarks, less than 4 % of the samples: what that loses was not measured.",
  );
});
