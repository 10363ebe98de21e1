// What one section of the inspector's "Layer" has been answered, and what somebody has chosen in it.
import { type Signal, signal } from "@preact/signals";
import type { PartialAnswer } from "../../measures";

export class SectionState {
  /** Null until something is chosen; another layer or label empties it. */
  readonly choice: Signal<unknown> = signal(null);
  private readonly answers = new Map<string, Signal<PartialAnswer | null>>();

  /** The answer to one of the section's questions, by the question's name. */
  answer(question: string): Signal<PartialAnswer | null> {
    const known = this.answers.get(question);
    if (known !== undefined) return known;
    const answer = signal<PartialAnswer | null>(null);
    this.answers.set(question, answer);
    return answer;
  }
}
