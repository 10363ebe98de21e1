// What kind of class axes is chosen decides what else is needed: groups of samples, for which there is nothing to ask the
// server until they are there, and which settings count.
import type { View } from "../../types";

export function lacksGroups(settings: View["settings"]): boolean {
  if (settings.kind !== "groups") return false;
  const named = (side: string) => (settings[side] ?? "") !== "";
  return !named("left") || !named("right") || named("down") !== named("up");
}

/** The chosen kind of class axes does not look at this setting. */
export function isIdle(setting: string, { kind }: View["settings"]): boolean {
  return (setting === "shrinkage" && kind !== "lda") || (setting === "column" && kind === "groups");
}
