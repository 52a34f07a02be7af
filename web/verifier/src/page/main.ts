/** The page: takes files, by choice or by drop, and shows what they prove. */

import { NoDossier } from "../dossier/fault.ts";
import type { Progress } from "../dossier/verify.ts";
import { fill } from "../words/fill.ts";
import * as words from "../words/page.ts";
import { examineCopy, listenToFolder } from "./copy.ts";
import { examine, showNoDossier, showOpinion, showProgress } from "./dossier.ts";
import { byId, element } from "./elements.ts";
import { type Files, kindOf } from "./files.ts";
import { judge, readPolicy } from "./judge.ts";
import { show } from "./view.ts";

const KINDS = Object.keys(words.places) as readonly words.Kind[];

let files: Files = {};

async function take(chosen: Iterable<File>, place?: words.Kind): Promise<void> {
  const complaints: string[] = [];
  for (const file of chosen) {
    try {
      const bytes = new Uint8Array(await file.arrayBuffer());
      const kind = place ?? kindOf(bytes);
      if (kind === null) complaints.push(fill(words.sentences.notJson, { file: file.name }));
      else files = { ...files, [kind]: { name: file.name, bytes } };
    } catch (error) {
      // The browser refuses what was moved or is a folder; anything else is a fault of this page.
      if (!(error instanceof DOMException)) throw error;
      complaints.push(fill(words.sentences.unreadable, { file: file.name }));
    }
  }
  refresh(complaints);
}

function refresh(complaints: readonly string[] = []): void {
  byId("slots").replaceChildren(...KINDS.map(slot));
  const lines = complaints.map((text) => element("p", { className: "bad", textContent: text }));
  const showAll = (nodes: readonly Node[], isBusy = false) => {
    byId("result").replaceChildren(...lines, ...nodes);
    // What is busy is not read out until it is done.
    byId("result").setAttribute("aria-busy", String(isBusy));
  };
  void examineCopy(files);
  const { policy, dossier } = files;
  if (policy === undefined || dossier === undefined) showAll(show(judge(files)));
  else void refreshDossier(policy.bytes, dossier.bytes, showAll);
}

async function refreshDossier(
  policyBytes: Uint8Array,
  bytes: Uint8Array,
  showAll: (nodes: readonly Node[], isBusy?: boolean) => void,
): Promise<void> {
  const policy = readPolicy(policyBytes);
  if (typeof policy === "string") return showAll(show(policy));
  const given = files;
  const tell = (progress: Progress) => showAll(showProgress(progress), true);
  tell({ done: 0, all: 0 });
  const found = await examine(bytes, policy, tell, () => files === given);
  // Whoever changed the files meanwhile waits for something else.
  if (found === null || files !== given) return;
  const unused = KINDS.filter((kind) => !["policy", "dossier"].includes(kind) && given[kind]);
  showAll(found instanceof NoDossier ? showNoDossier(found) : showOpinion(found, unused));
}

function slot(kind: words.Kind): HTMLElement {
  const [title, hint] = words.places[kind];
  const id = `file-${kind}`;
  const label = element("label", { htmlFor: id, textContent: title });
  const hintLine = element("span", { className: "hint", id: `${id}-hint`, textContent: hint });
  const input = element("input", { type: "file", id });
  input.setAttribute("aria-describedby", hintLine.id);
  input.addEventListener("change", () => void choose(input, kind));
  // The browser's own button speaks the browser's language, so it is covered by one of ours.
  const button = element("label", { htmlFor: id, className: "choose" }, words.sentences.choose);
  button.setAttribute("aria-hidden", "true");
  const item = element("li", { className: "slot" }, label, hintLine, input, button);
  const given = files[kind];
  if (given !== undefined) item.append(chosenLine(kind, title, given.name));
  return item;
}

async function choose(input: HTMLInputElement, kind: words.Kind): Promise<void> {
  await take(input.files ?? [], kind);
  byId(input.id).focus();
}

function chosenLine(kind: words.Kind, title: string, name: string): HTMLElement {
  const remove = element("button", { type: "button", textContent: words.sentences.remove });
  remove.setAttribute("aria-label", `${words.sentences.remove}: ${title}`);
  remove.addEventListener("click", () => {
    const { [kind]: _, ...rest } = files;
    files = rest;
    refresh();
    byId(`file-${kind}`).focus();
  });
  return element("span", { className: "name" }, name, remove);
}

function listenToDrops(): void {
  const drop = byId("drop");
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  document.addEventListener("dragleave", () => drop.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    void take(event.dataTransfer?.files ?? []);
  });
}

listenToDrops();
listenToFolder(() => files);
refresh();
