/** An opinion on a dossier for whoever reads a terminal, or as one line of JSON. */

import type { NoDossier } from "../dossier/fault.ts";
import {
  type Finding,
  gapsOf,
  type Opinion,
  opinionExitCode,
  type Standing,
  verdictOf,
} from "../dossier/opinion.ts";
import { faultText, findingText, type Language, printed } from "../words/dossier.ts";
import { contradictions, faults, telling } from "../words/dossier-en.ts";
import { gaps, lines, marks, says, titles } from "../words/dossier-says-en.ts";
import { rules } from "../words/en.ts";
import { fill } from "../words/fill.ts";

const ENGLISH: Language = {
  rules,
  faults,
  contradictions,
  telling,
  says,
  checkName: (check) => check,
};

export function noDossierText(fault: NoDossier): string {
  return faultText(ENGLISH, fault);
}

/** Of the same members as the other verifier's. */
export function opinionJson(opinion: Opinion): string {
  const { counts, findings, policy, size } = opinion;
  return JSON.stringify({
    documents: counts.documents,
    events: counts.events,
    exitCode: opinionExitCode(opinion),
    findings: findings.map((finding) => ({
      says: findingText(ENGLISH, finding),
      standing: finding.standing,
      topic: finding.topic,
    })),
    imported: opinion.isImported,
    notExamined: gapsOf(opinion).map((gap) => gaps[gap]),
    ocid: printed(opinion.ocid),
    policy,
    releases: counts.releases,
    simulated: opinion.isSimulated,
    size: String(size),
    verdict: verdictOf(opinion),
  });
}

/** One page. */
export function opinionText(opinion: Opinion): string {
  const { ocid, size, counts, isSimulated, isImported, policy } = opinion;
  const { events, documents, releases } = counts;
  const facts: readonly (readonly [label: string, text: string])[] = [
    [lines.process, printed(ocid)],
    [lines.madeAt, fill(lines.size, { size: String(size) })],
    [
      lines.holds,
      fill(lines.counts, {
        events: String(events),
        documents: String(documents),
        releases: String(releases),
      }),
    ],
    ...(isSimulated ? [[lines.clock, lines.simulated] as const] : []),
    ...(isImported ? [[lines.clock, lines.imported] as const] : []),
    [lines.policy, policy],
  ];
  const open = findingLines(opinion, ["not-examined"]);
  const others = gapsOf(opinion).map((gap) => `  ${marks["not-examined"]} ${gaps[gap]}`);
  return [
    titles[verdictOf(opinion)],
    ...facts.map(([label, text]) => `  ${label.padEnd(12)} ${text}`),
    ...titled(lines.proven, findingLines(opinion, ["proven"])),
    ...titled(lines.notProven, findingLines(opinion, ["refused", "not-proven"])),
    ...titled(lines.notExamined, [...open, ...others]),
  ].join("\n");
}

function titled(title: string, texts: readonly string[]): readonly string[] {
  return texts.length === 0 ? [] : ["", title, ...texts];
}

function findingLines({ findings }: Opinion, standings: readonly Standing[]): readonly string[] {
  const line = (finding: Finding) =>
    `  ${marks[finding.standing]} ${finding.topic.padEnd(14)} ${findingText(ENGLISH, finding)}`;
  return findings.filter(({ standing }) => standings.includes(standing)).map(line);
}
