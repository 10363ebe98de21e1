// What is known of the server's engines: which the layer is too small for, and what a linear one does with drift.
import type { Engine } from "../../types";

/** The engines that need more samples than there are, with the reason. */
export function tooFew(engines: readonly Engine[], samples: number): ReadonlyMap<string, string> {
  return new Map(
    engines
      .filter(({ least_samples: leastSamples }) => samples < leastSamples)
      .map(({ name, title, least_samples: leastSamples }) => [
        name,
        `${title} needs at least ${leastSamples} samples; this layer has ${samples}`,
      ]),
  );
}

/** What a linear engine does with a drift that all samples share, under its settings; "" for an engine without them. */
export function driftInWords(
  { parameters }: Engine,
  settings: Readonly<Record<string, string>>,
  noun: "epoch" | "step",
): string {
  const isOn = (name: string) => {
    const parameter = parameters.find((one) => one.name === name);
    return parameter && (settings[name] ?? String(parameter.default)) === "true";
  };
  const centered = isOn("center_steps");
  if (centered === undefined) return "";
  if (!centered) return "Drift that all samples share moves the whole picture.";
  return isOn("axes_within_steps") === false
    ? `Each ${noun} is centered on its own mean; the axes still follow shared drift.`
    : `Each ${noun} is centered on its own mean: drift that all samples share is taken out.`;
}
