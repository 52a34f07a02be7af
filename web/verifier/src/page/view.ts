/** Shows a judgement. */

import { fill } from "../words/fill.ts";
import * as words from "../words/page.ts";
import { element } from "./elements.ts";
import type { Fact, Judgement, Tone } from "./judge.ts";

export function show(judgement: Judgement | string): readonly Node[] {
  if (typeof judgement === "string") return [element("p", { textContent: judgement })];
  const { tone, reasons, verdict, failed } = judgement;
  const [title, meaning] = words.verdicts[verdict];
  return [
    verdictBox(tone, title, [...reasons, meaning], verdict, failed?.check ?? ""),
    ...list(words.titles.open, judgement.open),
    ...list(words.titles.notices, judgement.notices),
    ...stepList(judgement),
    ...factList(judgement.facts),
    ...list(words.titles.notExamined, judgement.notExamined),
  ];
}

/** The verdict; programs find it and what failed in the data of the element. */
export function verdictBox(
  tone: Tone,
  title: string,
  texts: readonly string[],
  verdict: string,
  check: string,
): HTMLElement {
  const box = element(
    "div",
    { className: `verdict ${tone}` },
    element("strong", { textContent: title }),
    ...texts.map((text) => element("p", { textContent: text })),
  );
  box.dataset["verdict"] = verdict;
  box.dataset["check"] = check;
  return box;
}

export function list(title: string, items: readonly string[]): readonly Node[] {
  if (items.length === 0) return [];
  const lines = items.map((text) => element("li", { textContent: text }));
  return [element("h3", { textContent: title }), element("ul", { className: "plain" }, ...lines)];
}

function stepList({ steps, failed }: Judgement): readonly Node[] {
  const lines = steps.map(({ check, values }) => {
    const [name, sentence] = words.checks[check];
    return element("li", {}, element("b", { textContent: name }), fill(sentence, values));
  });
  if (failed !== null) {
    const name = element("b", { textContent: words.checks[failed.check][0] });
    lines.push(element("li", { className: "failed" }, name, failed.evidence));
  }
  if (lines.length === 0) return [];
  return [
    element("h3", { textContent: words.titles.steps }),
    element("ol", { className: "steps" }, ...lines),
  ];
}

export function factList(facts: readonly Fact[]): readonly Node[] {
  const lines = facts.flatMap(([label, text]) => [
    element("dt", { textContent: label }),
    element("dd", { textContent: text }),
  ]);
  return [
    element("h3", { textContent: words.titles.facts }),
    element("dl", { className: "facts" }, ...lines),
  ];
}
