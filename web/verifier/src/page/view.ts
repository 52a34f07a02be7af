/** Shows a judgement. */

import { fill } from "../words/fill.ts";
import * as words from "../words/page.ts";
import { element } from "./elements.ts";
import type { Judgement } from "./judge.ts";

export function show(judgement: Judgement | string): readonly Node[] {
  if (typeof judgement === "string") return [element("p", { textContent: judgement })];
  const [title, meaning] = words.verdicts[judgement.verdict];
  const verdict = element(
    "div",
    { className: `verdict ${judgement.tone}` },
    element("strong", { textContent: title }),
    ...[...judgement.reasons, meaning].map((text) => element("p", { textContent: text })),
  );
  verdict.dataset["verdict"] = judgement.verdict;
  verdict.dataset["check"] = judgement.failed?.check ?? "";
  return [
    verdict,
    ...list(words.titles.open, judgement.open),
    ...list(words.titles.notices, judgement.notices),
    ...stepList(judgement),
    ...factList(judgement),
    ...list(words.titles.notExamined, judgement.notExamined),
  ];
}

function list(title: string, items: readonly string[]): readonly Node[] {
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

function factList({ facts }: Judgement): readonly Node[] {
  const lines = facts.flatMap(([label, text]) => [
    element("dt", { textContent: label }),
    element("dd", { textContent: text }),
  ]);
  return [
    element("h3", { textContent: words.titles.facts }),
    element("dl", { className: "facts" }, ...lines),
  ];
}
