/** The page: takes files, by choice or by drop, and shows what they prove. */

import { fill } from "../words/fill.ts";
import * as words from "../words/page.ts";
import { byId, element } from "./elements.ts";
import { type Files, kindOf } from "./files.ts";
import { judge } from "./judge.ts";
import { show } from "./view.ts";

const PLACES: readonly (readonly [words.Kind, title: string, hint: string])[] = [
  ["policy", "Política", "En quién confía usted: llaves, cadena, firmantes, contratos."],
  ["proof", "Prueba", "La prueba del evento (.proof.json)."],
  ["release", "Entrega OCDS", "Opcional: la entrega, o el paquete que la contiene."],
  ["receipt", "Acuse", "Opcional: el archivo del acuse (.receipt.json)."],
  ["opening", "Prueba de la apertura", "Opcional, con un acuse: la de ProposalsOpened."],
];

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
  byId("slots").replaceChildren(...PLACES.map(slot));
  byId("result").replaceChildren(
    ...complaints.map((text) => element("p", { className: "bad", textContent: text })),
    ...show(judge(files)),
  );
}

function slot([kind, title, hint]: (typeof PLACES)[number]): HTMLElement {
  const given = files[kind];
  const id = `file-${kind}`;
  const label = element("label", { htmlFor: id, textContent: title });
  const hintLine = element("span", { className: "hint", id: `${id}-hint`, textContent: hint });
  const input = element("input", { type: "file", id });
  input.setAttribute("aria-describedby", hintLine.id);
  input.addEventListener("change", () => void take(input.files ?? [], kind));
  const item = element("li", { className: "slot" }, label, hintLine, input);
  if (given !== undefined) item.append(chosenLine(kind, title, given.name));
  return item;
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
refresh();
