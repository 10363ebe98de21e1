// The language of the search field. Terms stand side by side and must all hold: text anywhere in the row, "text with
// spaces", a number (a label that is so called, else a sample), /a regular expression/, column:value, column!=value and the comparisons column<number and
// column<date.
// A regular expression may take for ever, so none is tried here: the query says which are to be found in which columns.
import { readSpan } from "../../dates";
import { type Column, type Table, valueAt } from "./table";

/** A regular expression and the column whose texts, as `pattern_rows` has them, it is to be tried on. */
export interface Pattern {
  readonly regex: RegExp;
  readonly column: Column;
}

/** For each pattern, 1 for each of its column's texts that it is found in. */
export type Masks = readonly Uint8Array[];

export type Search =
  | {
      readonly patterns: readonly Pattern[];
      readonly matches: (sample: number, masks: Masks) => boolean;
    }
  /** What is wrong with the query, in words. */
  | { readonly error: string };

type Test = (sample: number, masks: Masks) => boolean;
type Operator = ":" | "=" | "!=" | "<" | "<=" | ">" | ">=";

class QueryError extends Error {}

const TERM =
  /(?:("[^"]*"|[^\s"/:=<>!]+)\s*(:|!=|<=|>=|=|<|>)\s*)?(?:"([^"]*)"(?=\s|$)|\/((?:[^/\\]|\\.)*)\/([a-z]*)(?=\s|$)|(\S*))\s*/y;

/** What plain numbers may mean. */
export interface Numbers {
  /** The column that is the label. */
  readonly label: string | null;
  readonly samples: number;
}

/** Null for an empty query. */
export function readQuery(
  query: string,
  table: Table,
  numbers: Numbers = { label: null, samples: 0 },
): Search | null {
  const text = query.trim();
  if (text === "") return null;
  try {
    const patterns: Pattern[] = [];
    const tests = termsOf(text).map((term) => testOf(term, table, patterns, numbers));
    return { patterns, matches: (sample, masks) => tests.every((test) => test(sample, masks)) };
  } catch (reason) {
    if (reason instanceof QueryError) return { error: reason.message };
    throw reason;
  }
}

interface Term {
  readonly column: string | null;
  readonly operator: Operator;
  readonly value: string;
  readonly quoted: boolean;
  readonly pattern: RegExp | null;
}

function termsOf(text: string): Term[] {
  const terms: Term[] = [];
  for (TERM.lastIndex = 0; TERM.lastIndex < text.length; ) {
    const [, column, operator, quoted, regex, flags, word = ""] = TERM.exec(text) ?? [];
    if (quoted === undefined && word.startsWith('"')) {
      throw new QueryError(`Missing closing quote after ${word}`);
    }
    if (regex === undefined && /^\/./.test(word)) {
      throw new QueryError(`Missing closing / after ${word}; put text that contains / in quotes`);
    }
    terms.push({
      column: column === undefined ? null : column.replaceAll('"', ""),
      operator: (operator ?? ":") as Operator,
      value: quoted ?? word,
      quoted: quoted !== undefined,
      pattern: regex === undefined ? null : readPattern(regex, flags ?? ""),
    });
  }
  return terms;
}

function readPattern(source: string, flags: string): RegExp {
  try {
    // Stateful flags would make a match depend on the one before.
    return new RegExp(source, flags.replace(/[gy]/g, "") || "i");
  } catch (reason) {
    const message = reason instanceof Error ? reason.message : String(reason);
    const why = message.slice(message.lastIndexOf(": ") + 1).trim();
    throw new QueryError(`Invalid regular expression /${source}/${flags}: ${why}`);
  }
}

function testOf(term: Term, table: Table, patterns: Pattern[], numbers: Numbers): Test {
  const { operator, value, pattern } = term;
  const holds = (column: Column) => {
    if (pattern !== null) return patternTest({ regex: pattern, column }, patterns);
    const wanted = value.toLowerCase();
    return textTest(column, (text) => text.toLowerCase().includes(wanted));
  };
  if (term.column === null) {
    const meant = numberTest(term, table, numbers);
    if (meant !== null) return meant;
    // What a model says is asked by name: half of all texts would hold the digits of some confidence.
    const tests = table.filter((column) => column.predicted === undefined).map(holds);
    return (sample, masks) => tests.some((test) => test(sample, masks));
  }
  const column = columnNamed(term.column, table);
  if (pattern !== null) return negatedIf(operator, holds(column), term);
  if (operator === ":" || operator === "=" || operator === "!=") {
    if (value === "" && !term.quoted) {
      throw new QueryError(
        `Missing value after ${column.name}${operator}; use "" to find samples without one`,
      );
    }
    return negatedIf(operator, equalityTest(column, value), term);
  }
  return comparisonTest(column, operator, value);
}

/** A plain number is a label that is so called, else the number of a sample; null where it is neither. */
function numberTest(term: Term, table: Table, { label, samples }: Numbers): Test | null {
  if (term.quoted || term.pattern !== null || !/^-?\d+$/.test(term.value)) return null;
  const number = Number(term.value);
  const column = table.find(({ name, predicted }) => name === label && predicted === undefined);
  const isLabel =
    column?.type === "category"
      ? column.words.includes(term.value)
      : column?.type === "number" && column.values.includes(number);
  if (column !== undefined && isLabel) return equalityTest(column, term.value);
  const index = table.find(({ name, type }) => name === "index" && type === "number");
  if (index?.type === "number" && index.values.includes(number)) {
    return equalityTest(index, term.value);
  }
  return number >= 0 && number < samples ? (sample) => sample === number : null;
}

function negatedIf(operator: Operator, test: Test, term: Term): Test {
  if (operator === "!=") return (sample, masks) => !test(sample, masks);
  if (operator === ":" || operator === "=") return test;
  throw new QueryError(`${term.column}${operator} needs a number, not a regular expression`);
}

function columnNamed(name: string, table: Table): Column {
  const wanted = name.toLowerCase();
  const found =
    table.find((column) => column.name === name) ??
    table.find((column) => column.name.toLowerCase() === wanted);
  if (found !== undefined) return found;
  const known = table.map((column) => column.name).join(", ") || "none";
  throw new QueryError(`No column "${name}". Available: ${known}`);
}

function patternTest(pattern: Pattern, patterns: Pattern[]): Test {
  const { column } = pattern;
  const place = patterns.push(pattern) - 1;
  if (column.type !== "category") return (sample, masks) => masks[place]?.[sample] === 1;
  // The last text is that of a missing word.
  const missing = column.words.length;
  return (sample, masks) => {
    const code = column.codes[sample] ?? -1;
    return masks[place]?.[code in column.words ? code : missing] === 1;
  };
}

/** Looks at each word of a category once, however many samples have it. */
function textTest(column: Column, holds: (text: string) => boolean): Test {
  if (column.type !== "category") return (sample) => holds(valueAt(column, sample));
  const byCode = column.words.map(holds);
  const missing = holds("");
  return (sample) => byCode[column.codes[sample] ?? -1] ?? missing;
}

function equalityTest(column: Column, value: string): Test {
  const wanted = value.toLowerCase();
  if (column.type === "date" && value !== "") return dateTest(column, value);
  if (column.type !== "number") return textTest(column, (text) => text.toLowerCase() === wanted);
  if (value === "") return (sample) => Number.isNaN(column.values[sample]);
  const number = numberOf(value, column.name);
  return (sample) => column.values[sample] === number;
}

function comparisonTest(column: Column, operator: Operator, value: string): Test {
  if (column.type === "date") return timeComparison(column, operator, value);
  const limit = numberOf(value, `${column.name}${operator}`);
  const holds = (number: number) => {
    // A missing value, NaN, is neither less nor more.
    if (operator === "<") return number < limit;
    if (operator === "<=") return number <= limit;
    return operator === ">" ? number > limit : number >= limit;
  };
  if (column.type === "number") return (sample) => holds(column.values[sample] ?? Number.NaN);
  const number = (text: string) => (text.trim() === "" ? Number.NaN : Number(text));
  if (column.type === "category" && column.words.some((word) => !Number.isNaN(number(word)))) {
    return textTest(column, (word) => holds(number(word)));
  }
  throw new QueryError(`${operator} needs a column of numbers; ${column.name} holds text`);
}

type Dates = Extract<Column, { readonly type: "date" }>;

/** As it is shown, or a part of that from its beginning; what names a time in other words means that time. */
function dateTest(column: Dates, value: string): Test {
  const wanted = value.toLowerCase();
  const span = readSpan(value);
  return (sample) => {
    if (column.texts.at(sample).toLowerCase().startsWith(wanted)) return true;
    const seconds = column.values[sample] ?? Number.NaN;
    return span !== null && seconds >= span.from && seconds < span.to;
  };
}

/** A day is before the next and after the one before it, whatever the hour. */
function timeComparison(column: Dates, operator: Operator, value: string): Test {
  const span = readSpan(value);
  if (span === null) {
    throw new QueryError(
      `${column.name}${operator} needs a date such as 2024-02-01 or 2024-02-01T12:30, not ${value || "nothing"}`,
    );
  }
  return (sample) => {
    const seconds = column.values[sample] ?? Number.NaN;
    if (operator === "<") return seconds < span.from;
    if (operator === "<=") return seconds < span.to;
    return operator === ">" ? seconds >= span.to : seconds >= span.from;
  };
}

function numberOf(value: string, after: string): number {
  const number = value.trim() === "" ? Number.NaN : Number(value);
  if (!Number.isNaN(number)) return number;
  throw new QueryError(`${after} needs a number, not ${value || "nothing"}`);
}
