/** Whether what was opened is what was sealed: technical envelopes, sheets, economic envelopes. */

import { canonical } from "../json/value.ts";
import type { Case } from "./case.ts";
import type { Event } from "./event.ts";
import { absent, type Found, proven } from "./found.ts";
import type { Said } from "./said.ts";

type ByMask = ReadonlyMap<string, Event>;

export function checkTechnical(dossier: Case): Found {
  const openings = dossier.byMask("ProposalOpened");
  for (const event of dossier.all("ProposalOpened")) {
    const entry = proposalOf(dossier, openings, event);
    const shown = entry.shown("/data/technical").get("documents");
    event.said.get("documents").is("otherTechnical", shown.value);
  }
  const opened = openings.size;
  return opened === 0 ? absent("noTechnical") : proven("technical", { opened });
}

export function checkSheets(dossier: Case): Found {
  const openings = dossier.byMask("ProposalOpened");
  const [price] = dossier.all("EconomicOpened");
  for (const event of dossier.all("TechnicalSheetOpened")) {
    // The sealed sheet is older than its opening: whoever scored did not know the prices.
    event.must(price === undefined || event.position < price.position, "priceBefore");
    const position = event.said.position("position");
    const sheet = dossier.sealed(event, position, ["TechnicalSheetSigned"]);
    for (const name of ["mask", "scores", "justification"]) {
      event.said.get(name).is("otherSheet", sheet.said.get(name).value);
    }
    checkScores(dossier, event);
    event.must(openings.has(event.said.text("mask")), "maskUnopened");
  }
  const opened = dossier.byMask("TechnicalSheetOpened").size;
  return opened === 0 ? absent("noSheet") : proven("sheets", { opened });
}

/** Whether a sheet gives each criterion at most its maximum. */
function checkScores(dossier: Case, event: Event): void {
  const criteria = dossier.call(event).list("technicalCriteria");
  const scores = event.said.numbers("scores");
  event.same("criteriaCount", scores.length, criteria.length);
  criteria.forEach((criterion, at) => {
    event.must((scores[at] ?? 0) <= criterion.number("maximum"), "aboveMaximum");
  });
}

/** The economic envelopes, and who the tenderers are. */
export function checkEconomic(dossier: Case): Found {
  const openings = dossier.byMask("ProposalOpened");
  const companies = new Set<string>();
  for (const event of dossier.all("EconomicOpened")) {
    const { said } = event;
    const entry = proposalOf(dossier, openings, event);
    const envelope = entry.shown("/data/economic");
    for (const name of ["price", "documents"]) {
      const shown = envelope.get(name).value;
      said.get(name).is("otherEconomic", shown);
    }
    const tenderer = said.get("tenderer");
    tenderer.is("otherCompany", entry.shown("/data/company").value);
    const id = entry.said.get("proposalId").value;
    said.get("proposalId").is("otherProposal", id);
    const position = said.position("participation");
    const participation = dossier.sealed(event, position, ["ParticipantRegistered"]);
    tenderer.is("otherParticipant", participation.said.get("tenderer").value);
    event.must(position < entry.position, "tookPartAfter");
    checkCompany(dossier, participation, tenderer);
    const company = tenderer.text("companyId");
    event.must(!companies.has(company), "companyTwice");
    companies.add(company);
  }
  const opened = dossier.byMask("EconomicOpened").size;
  return opened === 0 ? absent("noEconomic") : proven("economic", { opened });
}

/** The sealed proposal that an event opens, the one of its mask. */
function proposalOf(dossier: Case, openings: ByMask, event: Event): Event {
  const position = event.said.position("position");
  const entry = dossier.sealed(event, position, ["ProposalSubmitted", "ProposalReplaced"]);
  const opened = openings.get(event.said.text("mask"));
  if (opened === undefined) throw event.refuse("maskUnopened");
  event.same("maskEntry", position, opened.said.position("position"));
  return entry;
}

/** Whether the company was registered so, and approved before it took part. */
function checkCompany(dossier: Case, participation: Event, tenderer: Said): void {
  const id = canonical(tenderer.get("companyId").value);
  const recordOf = (type: string) => {
    const found = dossier.all(type).find(({ data, position }) => {
      const own = data.get("companyId");
      return own !== undefined && canonical(own) === id && position < participation.position;
    });
    if (found === undefined) throw participation.refuse("companyMissing", type);
    return found;
  };
  const registered = recordOf("CompanyRegistered");
  for (const name of ["legalName", "rfc", "size"]) {
    tenderer.get(name).is("otherRegistered", registered.data.get(name) ?? null);
  }
  recordOf("CompanyApproved");
}
