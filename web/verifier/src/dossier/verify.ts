/** Judges a dossier topic by topic (§12). */

import type { Bytes } from "../bytes.ts";
import type { Policy } from "../policy.ts";
import { type Files, readArchive } from "./archive.ts";
import { checkAward } from "./award.ts";
import { checkBallots } from "./ballots.ts";
import { anchoring, Case } from "./case.ts";
import { checkContract } from "./contract.ts";
import { Contradiction } from "./contradiction.ts";
import { checkDocuments } from "./documents.ts";
import { checkDraw } from "./draw.ts";
import { checkEconomic, checkSheets, checkTechnical } from "./envelopes.ts";
import { type Event, verifyEvent } from "./event.ts";
import { checkExecution } from "./execution.ts";
import { absent, type Found, proven } from "./found.ts";
import { checkHours } from "./hours.ts";
import { documentFile, type List, proofFile, readList, releaseFile } from "./list.ts";
import { checkOpened } from "./opened.ts";
import { type Finding, finding, type Opinion, type Topic, TOPICS } from "./opinion.ts";
import { checkPoints } from "./points.ts";
import { checkReceipt } from "./receipt.ts";
import { checkReleases } from "./releases.ts";
import { checkScope, checkStreams } from "./scope.ts";

const CHECKS: Readonly<Record<Exclude<Topic, "proofs">, (dossier: Case) => Found>> = {
  anchoring,
  streams: checkStreams,
  scope: checkScope,
  hours: checkHours,
  documents: checkDocuments,
  releases: checkReleases,
  receipt: checkReceipt,
  "opened set": checkOpened,
  technical: checkTechnical,
  draw: checkDraw,
  ballots: checkBallots,
  sheets: checkSheets,
  economic: checkEconomic,
  points: checkPoints,
  award: checkAward,
  contract: checkContract,
  execution: checkExecution,
};

/** How many bundles are checked, of how many. */
export type Progress = { readonly done: number; readonly all: number };

/** Says what a dossier proves; throws `NoDossier` if it is none by form. */
export function verifyDossier(bytes: Bytes, policy: Policy): Opinion {
  const steps = examineDossier(bytes, policy);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same in steps, one a bundle, for whoever has other things to do in between. */
export function* examineDossier(bytes: Bytes, policy: Policy): Generator<Progress, Opinion> {
  const files = readArchive(bytes);
  const list = readList(files);
  const all = list.events.length;
  const events: Event[] = [];
  for (const { position, id } of list.events) {
    yield { done: events.length, all };
    const event = examineProof(files, position, id, policy);
    if (event instanceof Contradiction) return opinionOf(list, policy, [], refused(event));
    events.push(event);
  }
  yield { done: all, all };
  const dossier = new Case(list.ocid, events, ...filesOf(list, files));
  const [proofs, ...rest] = TOPICS;
  const findings = rest.map((topic) => examine(topic, dossier));
  const first = finding(proofs, proven("proofs", { all }));
  return opinionOf(list, policy, events, [first, ...findings]);
}

/** An event whose bundle is right and the one of its item, or why not. */
function examineProof(
  files: Files,
  position: bigint,
  id: string,
  policy: Policy,
): Event | Contradiction {
  const file = proofFile(position);
  return orContradiction(() => {
    const event = verifyEvent(files.get(file) ?? new Uint8Array(), policy, file);
    const isRight = event.position === position && event.id === id;
    return isRight ? event : new Contradiction(null, "proofOfOther", file);
  });
}

function orContradiction<T>(check: () => T): T | Contradiction {
  try {
    return check();
  } catch (error) {
    if (error instanceof Contradiction) return error;
    throw error;
  }
}

/** What follows from a refused proof: everything else would rest on it. */
function refused(why: Contradiction): readonly Finding[] {
  const [proofs, ...rest] = TOPICS;
  const others = rest.map((topic) => finding(topic, absent("afterRefusal")));
  return [{ topic: proofs, standing: "refused", why }, ...others];
}

function examine(topic: Exclude<Topic, "proofs">, dossier: Case): Finding {
  const found = orContradiction(() => CHECKS[topic](dossier));
  return found instanceof Contradiction
    ? { topic, standing: "refused", why: found }
    : finding(topic, found);
}

function filesOf({ documents, releases }: List, files: Files) {
  const bytesOf = (name: string) => files.get(name) ?? new Uint8Array();
  return [
    new Map(documents.map((hash) => [hash, bytesOf(documentFile(hash))])),
    new Map(
      releases.map(({ id, position }) => [id, { position, bytes: bytesOf(releaseFile(id)) }]),
    ),
  ] as const;
}

function opinionOf(
  { ocid, size, events: listed, documents, releases }: List,
  policy: Policy,
  events: readonly Event[],
  findings: readonly Finding[],
): Opinion {
  return {
    policy: policy.fingerprint,
    ocid,
    size,
    counts: {
      events: listed.length,
      documents: documents.length,
      releases: releases.length,
    },
    isSimulated: events.some(({ clock }) => clock === "simulated"),
    isImported: events.some(({ clock }) => clock === "imported"),
    isWitnessed: events.length > 0 && events.every(({ witnesses }) => witnesses > 0),
    findings,
  };
}
