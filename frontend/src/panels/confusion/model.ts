// Which labels are predicted as which classes.
import type { PartialAnswer } from "../../measures";

export interface Confusion extends PartialAnswer {
  readonly step: number;
  readonly classes: readonly string[];
  /** A row a label, a column a predicted class. */
  readonly counts: readonly (readonly number[])[];
}
