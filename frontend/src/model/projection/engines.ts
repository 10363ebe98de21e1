// What is known of the server's engines: which the layer is too small for, and what a linear one does with drift.
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

/** What a linear engine does with a drift that all samples share, under its settings; "" for an engine without them. */
export function driftInWords(
  { parameters }: Engine,
  settings: Readonly<Record<string, string>>,
): string {
  const isOn = (name: string) => {
    const parameter = parameters.find((one) => one.name === name);
    return parameter && (settings[name] ?? String(parameter.default)) === "true";
  };
  const centered = isOn("center_steps");
  if (centered === undefined) return "";
  if (!centered) return "A drift that all samples share moves the whole picture.";
  return isOn("axes_within_steps") === false
    ? "Each step is drawn about its own mean; the axes follow the drift that all samples share."
    : "Each step is drawn about its own mean: drift that all samples share is taken out.";
}
