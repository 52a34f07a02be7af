/** The contract: it is the award's, and its parts add up. */

import type { Case } from "./case.ts";
import type { Event } from "./event.ts";
import { absent, type Found, proven } from "./found.ts";
import { asText, halfUp, moneyText } from "./said.ts";

export function checkContract(dossier: Case): Found {
  const contract = dossier.one("ContractPrepared");
  if (contract === null) return absent("noContract");
  const award = dossier.needed("AwardIssued", contract);
  const { said } = contract;
  for (const name of ["awardId", "supplier", "amount", "signBy"]) {
    const awarded = award.said.get(name).value;
    said.get(name).is("otherAwarded", awarded);
  }
  checkMilestones(contract);
  const amount = said.money("amount");
  const lodged = dossier.one("GuaranteeLodged");
  if (lodged !== null) {
    // At least its per cent, rounded up: so no division is needed.
    const least = amount.centavos * BigInt(said.number("guaranteePercent"));
    const guarantee = lodged.said.money("amount");
    const isEnough = guarantee.centavos * 100n >= least && guarantee.currency === amount.currency;
    lodged.must(isEnough, "guaranteeSmall");
  }
  checkSignatures(dossier);
  const milestones = said.list("milestones").length;
  return proven("contract", { amount: moneyText(amount), milestones });
}

/** Whether each deliverable has its share, half up, and the last one what is left. */
function checkMilestones(contract: Event): void {
  const amount = contract.said.money("amount");
  const milestones = contract.said.list("milestones");
  const ids = new Set<string>();
  let percents = 0;
  let left = amount.centavos;
  for (const [place, milestone] of milestones.entries()) {
    const percent = milestone.number("percent");
    percents += percent;
    const share = halfUp(amount.centavos * BigInt(percent), 100n);
    const wanted = place === milestones.length - 1 ? left : share;
    const value = milestone.money("amount");
    contract.same("milestoneValue", value.centavos, wanted);
    contract.same("milestoneCurrency", value.currency, amount.currency);
    contract.must(wanted <= left, "milestonesWorth", moneyText(amount));
    left -= wanted;
    const id = milestone.text("id");
    contract.must(!ids.has(id), "milestoneTwice");
    ids.add(id);
  }
  contract.same("percents", percents, 100);
}

/** Whether it is in force only after its guarantee and both signatures. */
function checkSignatures(dossier: Case): void {
  const activated = dossier.one("ContractActivated");
  if (activated === null) return;
  dossier.needed("GuaranteeLodged", activated);
  const parties = dossier
    .all("ContractSigned")
    .filter(({ position }) => position < activated.position)
    .map(({ data }) => asText(data.get("party")));
  activated.must(parties.includes("buyer") && parties.includes("supplier"), "notSigned");
}
