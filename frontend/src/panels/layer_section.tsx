// One section of the inspector's "Layer": what it asks the server, and the panel that shows the answers.
import type { JSX } from "preact";
import type { Asking, AskingSection } from "../effects/answer_sections";
import type { Question } from "../effects/poll_measures";
import type { PartialAnswer } from "../measures";
import type { Store } from "../state/store";

export interface SectionProps<Answers, Choice = never> {
  readonly store: Store;
  /** Null until the server has answered. */
  readonly answers: { readonly [Name in keyof Answers]: Answers[Name] | null };
  /** Null until something is chosen in the section. */
  readonly choice: Choice | null;
  readonly choose: (choice: Choice | null) => void;
}

interface Description<Answers, Choice> {
  readonly name: string;
  /** What it shows, in a sentence. */
  readonly title: string;
  readonly questions: {
    readonly [Name in keyof Answers]: (asking: Asking<Choice>) => Question<Answers[Name]> | null;
  };
  readonly panel: (props: SectionProps<Answers, Choice>) => JSX.Element | null;
}

export interface LayerSection extends AskingSection {
  readonly title: string;
  readonly panel: (props: { readonly store: Store }) => JSX.Element | null;
}

/** A section by its answers, by name, and by what can be chosen in it. */
export function layerSection<
  Answers extends { readonly [Name in keyof Answers]: PartialAnswer },
  Choice = never,
>(description: Description<Answers, Choice>): LayerSection {
  const { name, title, questions, panel: Panel } = description;
  const names = Object.keys(questions) as (keyof Answers & string)[];
  return {
    name,
    title,
    // The state of a section holds what its own questions and its own panel have put there.
    questions: questions as AskingSection["questions"],
    panel: ({ store }) => {
      const state = store.measures.sectionState(name);
      const answers = Object.fromEntries(names.map((one) => [one, state.answer(one).value]));
      return (
        <Panel
          store={store}
          answers={answers as SectionProps<Answers>["answers"]}
          choice={state.choice.value as Choice | null}
          choose={(chosen) => {
            state.choice.value = chosen;
          }}
        />
      );
    },
  };
}
