/** A copy of a whole log, in a folder: replayed and compared with the proof that was given. */

import { Unreadable } from "../unreadable.ts";
import { type CopyReport, verifyCopy } from "../log/copy.ts";
import type { LogFiles } from "../log/tiles.ts";
import type { Policy } from "../policy.ts";
import { rules } from "../words/es.ts";
import { copy as words } from "../words/copy.es.ts";
import { fill } from "../words/fill.ts";
import { checks, titles } from "../words/page.ts";
import { byId, element } from "./elements.ts";
import type { Files } from "./files.ts";
import { readPolicy, type Tone } from "./judge.ts";

let folder: readonly File[] = [];
/** Of the newest replay: one that other files have overtaken shows nothing. */
let turn = 0;

/** Replays whatever folder is chosen, with the files that `current` then gives. */
export function listenToFolder(current: () => Files): void {
  const input = byId("log-folder") as HTMLInputElement;
  input.addEventListener("change", () => {
    folder = [...(input.files ?? [])];
    void examineCopy(current());
  });
}

/** Looks at the chosen folder again, if there is one. */
export async function examineCopy({ policy, proof, opening }: Files): Promise<void> {
  turn += 1;
  const bundle = proof ?? opening;
  if (folder.length === 0) return;
  if (policy === undefined) return say("warn", words.needsPolicy);
  const read = readPolicy(policy.bytes);
  if (typeof read === "string") return say("warn", read);
  if (bundle === undefined) return say("warn", words.needsProof);
  await replayed(read, bundle.bytes, turn);
}

async function replayed(policy: Policy, bundle: Uint8Array, own: number): Promise<void> {
  const files = filesOf(folder);
  if (files === null) return say("warn", words.noLog);
  const progress = (done: bigint, all: bigint) => {
    if (own === turn) say("warn", fill(words.working, { done: String(done), all: String(all) }));
  };
  try {
    const report = await verifyCopy(files, bundle, policy, progress);
    if (own === turn) show(report);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    if (own === turn) say("bad", fill(words.unreadable, { reason: error.message }));
  }
}

/** The files by their paths; whoever chooses a folder may choose one around the log's. */
function filesOf(chosen: readonly File[]): LogFiles | null {
  const end = "log/checkpoint";
  const paths = new Map(chosen.map((file) => [file.webkitRelativePath, file]));
  const checkpoint = [...paths.keys()].find((path) => `/${path}`.endsWith(`/${end}`));
  if (checkpoint === undefined) return null;
  const root = checkpoint.slice(0, -end.length);
  return async (path, limit) => {
    const file = paths.get(root + path.slice(1));
    if (file === undefined) return null;
    if (file.size > limit) throw new Unreadable(path);
    return new Uint8Array(await file.arrayBuffer());
  };
}

function show({ outcome, bundle }: CopyReport): void {
  switch (outcome.kind) {
    case "unanchored":
      return say("warn", words.unanchored);
    case "refused": {
      const { rule, values } = outcome.evidence;
      const text = fill(rules[rule], values);
      const { position, batch } = values;
      const evidence =
        position !== undefined
          ? fill(words.position, { position, evidence: text })
          : batch !== undefined
            ? fill(words.batch, { batch, evidence: text })
            : text;
      return say("bad", fill(words.refused, { check: checks[outcome.check][0], evidence }));
    }
    case "same": {
      const { entries, covered, sealed } = outcome;
      const block = String(bundle.anchor?.block ?? "");
      const counts = { entries: String(entries), covered: String(covered), sealed: String(sealed) };
      const tail = entries - covered;
      const more = tail === 0n ? [] : [fill(words.tail, { tail: String(tail) })];
      return say("good", fill(words.same, { ...counts, block }), more);
    }
    default:
      outcome satisfies never;
  }
}

function say(tone: Tone, text: string, more: readonly string[] = []): void {
  const lines = [text, ...more].map((line) => element("p", { textContent: line }));
  const verdict = element("div", { className: `verdict ${tone}` }, ...lines);
  verdict.dataset["verdict"] = tone;
  const open = words.notExamined.map((line) => element("li", { textContent: line }));
  const gaps =
    tone === "good"
      ? [
          element("h3", { textContent: titles.notExamined }),
          element("ul", { className: "plain" }, ...open),
        ]
      : [];
  byId("log-result").replaceChildren(verdict, ...gaps);
}
