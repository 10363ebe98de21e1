// Which of the server's engines the layer that is shown is too small for.
import type { Engine } from "../types";

/** The engines that need more samples than there are, with the reason. */
export function too_few(engines: readonly Engine[], samples: number): ReadonlyMap<string, string> {
  return new Map(
    engines
      .filter(({ least_samples }) => samples < least_samples)
      .map(({ name, title, least_samples }) => [
        name,
        `${title} needs ${least_samples} samples or more; the layer has ${samples}`,
      ]),
  );
}
