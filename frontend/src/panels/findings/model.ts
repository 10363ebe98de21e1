// What is worth telling of a layer: its warnings first, then the lists of samples that rules name.
import type { Findings, RuleCount, Warning } from "../../measures";

export const MOST_FINDINGS = 6;

/** The most telling first; what is not named here comes last. */
const ORDER = [
  "suspicious_label",
  "lost",
  "forgotten",
  "never_learnt",
  "flipping",
  "ambiguous",
  "low_margin",
  "neighborhood_flipping",
  "churned",
  "moved",
];

export type Finding =
  | {
      readonly kind: "warning";
      readonly id: string;
      readonly count: number;
      readonly warning: Warning;
    }
  | {
      readonly kind: "rule";
      readonly id: string;
      readonly count: number;
      readonly rule: RuleCount;
    };

/** What stands where the warnings would. */
export function noWarnings({
  samples_measured: samplesMeasured,
  least_samples: leastSamples,
}: Findings): string {
  return samplesMeasured < leastSamples
    ? `Too few samples for warnings: ${samplesMeasured} of at least ${leastSamples}.`
    : "No warnings: nothing to report.";
}

/** At most six, those that name no sample left out. */
export function listFindings(findings: Findings): Finding[] {
  const warnings = findings.warnings.map(
    (warning): Finding => ({
      kind: "warning",
      id: JSON.stringify([warning.rule, warning.classes]),
      count: warning.samples.length,
      warning,
    }),
  );
  const place = (rule: RuleCount) =>
    (ORDER.indexOf(rule.rule) + ORDER.length + 1) % (ORDER.length + 1);
  const rules = findings.rules
    .filter(({ count }) => count > 0)
    .sort((a, b) => place(a) - place(b))
    .map((rule): Finding => ({ kind: "rule", id: rule.rule, count: rule.count, rule }));
  return [...warnings, ...rules].slice(0, MOST_FINDINGS);
}
