/** Examines a dossier without holding the page up, and shows the opinion. */

import { NoDossier } from "../dossier/fault.ts";
import { type Finding, gapsOf, type Opinion, verdictOf } from "../dossier/opinion.ts";
import { examineDossier, type Progress } from "../dossier/verify.ts";
import type { Policy } from "../policy.ts";
import { faultText, findingText, type Language, printed } from "../words/dossier.ts";
import { contradictions, faults, telling } from "../words/dossier-es.ts";
import * as words from "../words/dossier-page.ts";
import { rules } from "../words/es.ts";
import { fill } from "../words/fill.ts";
import * as page from "../words/page.ts";
import { element } from "./elements.ts";
import { factList, list, verdictBox } from "./view.ts";

const SPANISH: Language = {
  rules,
  faults,
  contradictions,
  telling,
  says: words.says,
  checkName: (check) => page.checks[check][0],
};

/** How long the page may stand still. */
const STEP_MS = 40;

/** What to show of a dossier; `null` if `isWanted` said so on the way. */
export async function examine(
  bytes: Uint8Array,
  policy: Policy,
  tell: (progress: Progress) => void,
  isWanted: () => boolean,
): Promise<Opinion | NoDossier | null> {
  await pause();
  try {
    const steps = examineDossier(bytes, policy);
    let last = performance.now();
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      if (performance.now() - last < STEP_MS) continue;
      tell(step.value);
      await pause();
      if (!isWanted()) return null;
      last = performance.now();
    }
  } catch (error) {
    if (error instanceof NoDossier) return error;
    throw error;
  }
}

/** Lets the page be painted, and whatever else waits be done. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** That a dossier is being examined. */
export function showProgress({ done, all }: Progress): readonly Node[] {
  const counts = { done: String(done), all: String(all) };
  const text = all === 0 ? words.sentences.opening : fill(words.sentences.busy, counts);
  const bar = element("progress", { id: "progress", ...(all > 0 && { max: all, value: done }) });
  return [element("label", { htmlFor: "progress", className: "busy" }, text, bar)];
}

export function showNoDossier(fault: NoDossier): readonly Node[] {
  const text = fill(words.sentences.noDossier, { fault: faultText(SPANISH, fault) });
  return [element("p", { className: "bad", textContent: text })];
}

const TONES = {
  proven: "good",
  refused: "bad",
  incomplete: "warn",
  "not-anchored": "warn",
} as const;

export function showOpinion(opinion: Opinion, unused: readonly page.Kind[]): readonly Node[] {
  const verdict = verdictOf(opinion);
  const [title, meaning] = words.verdicts[verdict];
  const refused = opinion.findings.find(({ standing }) => standing === "refused");
  const reasons = refused === undefined ? [] : [reason(refused)];
  const texts = [...reasons, meaning];
  const box = verdictBox(TONES[verdict], title, texts, verdict, refused?.topic ?? "");
  return [
    box,
    ...list(page.titles.notices, notices(opinion, unused)),
    element("h3", { textContent: words.titles.topics }),
    element("ol", { className: "steps" }, ...opinion.findings.map(topicItem)),
    ...factList(facts(opinion)),
    ...list(
      page.titles.notExamined,
      gapsOf(opinion).map((gap) => words.gaps[gap]),
    ),
  ];
}

function reason(finding: Finding): string {
  const values = { topic: words.topics[finding.topic], why: findingText(SPANISH, finding) };
  return fill(words.sentences.refusedIn, values);
}

const CLASSES = {
  proven: "",
  refused: "failed",
  unanchored: "open",
  incomplete: "open",
  absent: "absent",
} as const satisfies Record<keyof typeof words.standings, string>;

function topicItem(finding: Finding): HTMLElement {
  const kind = finding.standing === "refused" ? "refused" : finding.found.kind;
  const standing = element("span", { className: "standing" }, words.standings[kind]);
  const name = element("b", {}, words.topics[finding.topic], standing);
  return element("li", { className: CLASSES[kind] }, name, findingText(SPANISH, finding));
}

function notices(opinion: Opinion, unused: readonly page.Kind[]): readonly string[] {
  const ignored = unused.map((kind) => fill(page.sentences.ignored, { kind: page.kinds[kind] }));
  return [
    ...(opinion.isSimulated ? [words.sentences.simulated] : []),
    ...(opinion.isImported ? [words.sentences.imported] : []),
    ...ignored,
  ];
}

function facts({ ocid, size, counts, policy }: Opinion) {
  const { events, documents, releases } = counts;
  const holds = {
    events: String(events),
    documents: String(documents),
    releases: String(releases),
  };
  return [
    [words.facts.process, printed(ocid)],
    [words.facts.size, fill(words.facts.sizeOf, { size: String(size) })],
    [words.facts.holds, fill(words.facts.holdsOf, holds)],
    [page.facts.policy, policy],
  ] as const;
}
