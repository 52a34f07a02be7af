/** What is found in a dossier, in the words of the command line. */

import type { Gap, Standing, Verdict } from "../dossier/opinion.ts";

export const says = {
  afterRefusal: "not examined, because a proof was refused",
  proofs: "{all} events were recorded in this log as they are shown",
  notAnchored: "{missing} of {all} events are in the log and not anchored",
  developmentChain: "the chain is a development chain, where nothing is sealed by anybody",
  noEvent: "there is no event",
  anchored: "all {all} events are in blocks up to {last}",
  late: ", {late} later than promised",
  noStream: "there is no public stream",
  streams: "complete up to the last version shown: {streams}",
  scope: "every event is of {ocid}, in the stream of its type, after what it rests on",
  noHour: "no event shows its hour",
  hours:
    "no opening, draw or award came before its hour; {byWall} of {all} hours are those of the " +
    "recording",
  noDocument: "no document is named so far",
  documentsGone: "{gone} of {all} documents are named and not there",
  documents: "all {all} documents are there, byte for byte",
  noRelease: "no release is published so far",
  releases: "all {all} releases are there, byte for byte",
  receiptOpen: "receipt did not end so far",
  receiptUnopened: "the proposals are not opened so far, so nothing tells when",
  positionsGone:
    "the positions of live proposals that the end of receipt committed to are not shown",
  receipt: "what was live when receipt ended is what was opened, and all of it came in time",
  notOpened: "the proposals are not opened so far",
  opened: "{entries} entries of {proposals} proposals, {masks} opened",
  openedUnopenable: ", {unopenable} called unopenable",
  openedAll: ", none left out of what is shown",
  openedGone: ", {gone} that were not opened are not shown",
  noTechnical: "no technical envelope is opened so far",
  technical: "{opened} technical envelopes are opened as they were sealed",
  noSheet: "no technical sheet is opened so far",
  sheets: "{opened} technical sheets are opened as they were sealed",
  noEconomic: "no economic envelope is opened so far",
  economic: "{opened} economic envelopes are opened as they were sealed, of approved companies",
  noDraw: "no draw is announced so far",
  notDrawn: "the panel is not drawn so far",
  draw: "{seats} seats drawn again, with the hash of block {block}",
  noBallot: "no ballot is revealed so far",
  ballots: "{revealed} ballots are the ones last committed to",
  seatsOpen: ", {open} seats still open",
  noPoints: "no points are computed so far",
  points: "computed again to the same hundredths, {proposals} proposals and {ballots} ballots",
  noRuling: "there is no ruling so far",
  noAward: "the ruling's order follows from the points; no award so far",
  award: "to {supplier}, first of {of} by the points, {amount}",
  deserted: "nobody is awarded, because there is no solvent proposal",
  noContract: "no contract is prepared so far",
  contract: "{amount} as awarded, {milestones} deliverables add up to it",
  noDelivery: "nothing is delivered so far",
  execution: "{paid} of {of} deliverables paid at value less penalty, {late} of them late",
} as const;

export type Says = keyof typeof says;

/** What nobody should conclude from an opinion. */
export const gaps = {
  later: "whether later events exist: a dossier shows what its writer put in, up to its size",
  unnamed:
    "whether proposals were recorded that neither the end of receipt nor the opening names: " +
    "who has a receipt can tell",
  unopenable: "whether what is called unopenable could be opened: who has its receipt can tell",
  firstBlock:
    "whether the draw's block is the first that anchored its announcement: the state of its " +
    "parent tells",
  ancestry: "the ancestry of the anchoring blocks back to the genesis block",
  actors: "who acted, and the signatures committed to: this version examines commitments only",
  releases: "that releases say what the events say: only their bytes are compared",
  truth: "whether what the events and documents say is true",
  erased: "whether what is not shown was erased as the law says, or only left out of the dossier",
  witnesses: "whether others were shown the same log: not every checkpoint has a witness",
} as const satisfies Record<Gap, string>;

/** The first line of an opinion. */
export const titles = {
  proven: "PROVEN, everything that is there",
  refused: "REFUSED",
  incomplete: "NOT REFUSED, NOT ALL SHOWN",
  "not-anchored": "COMPLETE, NOT (ALL) ANCHORED IN A SEALED CHAIN",
} as const satisfies Record<Verdict, string>;

export const marks = {
  proven: "✔",
  "not-proven": "…",
  refused: "✘",
  "not-examined": "–",
} as const satisfies Record<Standing, string>;

/** What stands before each line, and above each part. */
export const lines = {
  process: "process",
  madeAt: "made at",
  size: "log size {size}",
  holds: "holds",
  counts: "{events} events, {documents} documents, {releases} releases",
  clock: "clock",
  simulated: "SIMULATED: a demonstration or rehearsal",
  imported: "IMPORTED: the hours of some events are only what they say",
  policy: "policy",
  proven: "PROVEN",
  notProven: "NOT PROVEN",
  notExamined: "NOT EXAMINED",
} as const;
