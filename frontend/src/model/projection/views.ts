// What is known of a view by itself.
import type { View } from "../../types";

/** Whether the axes are made from this layer's own steps. */
export function hasOwnBasis({ iterative, onto }: View): boolean {
  return !iterative && onto === null;
}

export function sameView(a: View, b: View): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
