// Axes between groups of samples need the groups first: until then there is nothing to ask the server for.
import type { View } from "../../types";

export function lacksGroups(settings: View["settings"]): boolean {
  if (settings.kind !== "groups") return false;
  const named = (side: string) => (settings[side] ?? "") !== "";
  return !named("left") || !named("right") || named("down") !== named("up");
}
