// Fetches what the sections of the inspector's "Layer" ask, each while it is looked at.
import { computed, effect } from "@preact/signals";
import type { PartialAnswer } from "../measures";
import type { Store } from "../state/store";
import type { LayerKey } from "../types";
import { keepAnswered, type Question } from "./poll_measures";

/** What a section has to ask with. */
export interface Asking<Choice> {
  readonly store: Store;
  readonly key: LayerKey;
  /** Null until something is chosen in the section. */
  readonly choice: Choice | null;
  /** The step that is shown, unless it is only passed by. */
  readonly step: number | null;
}

export interface AskingSection {
  readonly name: string;
  readonly questions: Readonly<
    Record<string, (asking: Asking<unknown>) => Question<PartialAnswer> | null>
  >;
}

export function answerSections(
  store: Store,
  sections: readonly AskingSection[],
  signal: AbortSignal,
): void {
  const { measures } = store;
  forgetChoices(store, sections);
  for (const { name, questions } of sections) {
    const state = measures.sectionState(name);
    for (const [question, ask] of Object.entries(questions)) {
      const what = `the section ${name}`;
      const current = (key: LayerKey) => {
        const step = store.playing.value ? null : store.step.value;
        return isLookedAt(store, name)
          ? ask({ store, key, choice: state.choice.value, step })
          : null;
      };
      keepAnswered(store, what, state.answer(question), current, signal);
    }
  }
}

function isLookedAt({ samples, measures }: Store, section: string): boolean {
  const open = samples.inspectorOpen.value && samples.tab.value === "Layer";
  return open && measures.section.value === section;
}

/** What was chosen of one layer, by one label, says nothing of another. */
function forgetChoices(store: Store, sections: readonly AskingSection[]): void {
  const subject = computed(() =>
    JSON.stringify([store.run.value?.run, store.layer.value?.name, store.label.value]),
  );
  effect(() => {
    subject.value;
    for (const { name } of sections) store.measures.sectionState(name).choice.value = null;
  });
}
