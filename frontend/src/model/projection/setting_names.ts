// What the page calls an engine's settings and their choices, where their names in the API say too little.
import { capitalized } from "../text/words";

const SETTINGS: Readonly<Record<string, string>> = {
  axes_within_steps: "Fit axes without drift",
  center_steps: "Center each {noun}",
  equal_steps: "Weight {noun}s equally",
  standardize: "Standardize units",
  spherize: "Spherize samples",
  kind: "Axes by",
  column: "Classes",
  refine: "Extra iterations",
  seed: "Random seed",
  min_dist: "Minimum distance",
  metric: "Distance metric",
  target: "Supervised by",
};

const CHOICES: Readonly<Record<string, string>> = {
  class_means: "Class means",
  lda: "LDA",
  groups: "Groups of samples",
};

export function settingName(name: string, noun: "epoch" | "step"): string {
  return (SETTINGS[name] ?? spaced(name)).replace("{noun}", noun);
}

export function choiceName(choice: string): string {
  return CHOICES[choice] ?? spaced(choice);
}

function spaced(name: string): string {
  return capitalized(name.replaceAll("_", " "));
}
