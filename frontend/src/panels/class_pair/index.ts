import { layerSection } from "../layer_section";
import { fetchClassPair } from "./api";
import type { ClassPair, TwoClasses } from "./model";
import { ClassPairPanel } from "./panel";

export const CLASS_PAIR = layerSection<{ pair: ClassPair }, TwoClasses>({
  name: "Class pair",
  title: "How two classes separate, and which samples change sides",
  questions: {
    pair: ({ key, choice }) => {
      if (choice === null || choice.includes("") || choice[0] === choice[1]) return null;
      const of = JSON.stringify(choice);
      return { key: of, subject: of, ask: (signal) => fetchClassPair(key, choice, signal) };
    },
  },
  panel: ClassPairPanel,
});
