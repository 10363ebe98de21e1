// The route `class_pair`.
import { address, tensors } from "../../api";
import type { LayerKey } from "../../types";
import { matrixRows } from "../../wire";
import type { ClassPair, TwoClasses } from "./model";

export async function fetchClassPair(
  key: LayerKey,
  classes: TwoClasses,
  signal: AbortSignal,
): Promise<ClassPair> {
  const [first, second] = classes;
  const answer = await tensors(address("class_pair", { ...key, first, second }), signal);
  return {
    classes,
    steps: [...answer.array("steps", "I32")],
    samples: answer.array("samples", "I32"),
    second: answer.array("second", "U8"),
    positions: matrixRows(answer.array("positions", "F32"), answer.shape("positions")),
  };
}
