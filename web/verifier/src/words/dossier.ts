/** Puts what is found in a dossier into words, of one language or the other. */

import type { Contradiction, Detail } from "../dossier/contradiction.ts";
import type { NoDossier } from "../dossier/fault.ts";
import type { Finding } from "../dossier/opinion.ts";
import type { Check, Evidence } from "../refusal.ts";
import type { Contradicts, Fault, telling } from "./dossier-en.ts";
import type { Says } from "./dossier-says-en.ts";
import type { Rule } from "./en.ts";
import { fill } from "./fill.ts";
import { plain } from "./plain.ts";

const EVIDENCE_CHARACTERS_MAX = 400;
const SAYS_CHARACTERS_MAX = 1000;

/** The words of a language. */
export type Language = {
  readonly rules: Readonly<Record<Rule, string>>;
  readonly faults: Readonly<Record<Fault, string>>;
  readonly contradictions: Readonly<Record<Contradicts, string>>;
  readonly telling: Readonly<Record<keyof typeof telling, string>>;
  readonly says: Readonly<Record<Says, string>>;
  readonly checkName: (check: Check) => string;
};

/** A text of the dossier, as it can be printed. */
export function printed(text: string): string {
  return plain(text, SAYS_CHARACTERS_MAX);
}

function evidenceText({ rules }: Language, { rule, values }: Evidence): string {
  return fill(rules[rule], values);
}

export function faultText(language: Language, { fault, values, evidence }: NoDossier): string {
  const rule = evidence === null ? "" : evidenceText(language, evidence);
  return printed(fill(language.faults[fault], { ...values, evidence: rule }));
}

export function findingText(language: Language, finding: Finding): string {
  if (finding.standing === "refused") return printed(contradictionText(language, finding.why));
  const parts = finding.found.says.map(({ says, values }) => fill(language.says[says], values));
  return printed(parts.join(""));
}

function contradictionText(language: Language, { event, what, detail }: Contradiction): string {
  const { contradictions, telling: forms } = language;
  const said = contradictions[what];
  const evidence = plain(detailText(language, detail), EVIDENCE_CHARACTERS_MAX);
  const whole = evidence === "" ? said : fill(forms.detail, { what: said, detail: evidence });
  if (event === null) return fill(forms.dossier, { what: whole });
  return fill(forms.event, { position: String(event.position), type: event.type, what: whole });
}

function detailText(language: Language, detail: Detail): string {
  const { telling: forms, checkName } = language;
  switch (detail.kind) {
    case "none":
      return "";
    case "text":
      return detail.text;
    case "differs":
      return fill(forms.differs, { recorded: detail.recorded, shown: detail.shown });
    case "broken": {
      const { file, check } = detail;
      const evidence = evidenceText(language, detail.evidence);
      return check === null
        ? fill(forms.brokenFile, { file, evidence })
        : fill(forms.broken, { file, check: checkName(check), evidence });
    }
    default:
      return detail satisfies never;
  }
}
