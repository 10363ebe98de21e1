// Which of the server's engines the layer that is shown is too small for.
import type { Engine } from "../../types";

/** The engines that need more samples than there are, with the reason. */
export function tooFew(engines: readonly Engine[], samples: number): ReadonlyMap<string, string> {
  return new Map(
    engines
      .filter(({ least_samples: leastSamples }) => samples < leastSamples)
      .map(({ name, title, least_samples: leastSamples }) => [
        name,
        `${title} needs ${leastSamples} samples or more; the layer has ${samples}`,
      ]),
  );
}
