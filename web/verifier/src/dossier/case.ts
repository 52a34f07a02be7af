/** Everything a dossier shows, found by type, position or mask. */

import type { Bytes } from "../bytes.ts";
import { canonical } from "../json/value.ts";
import type { Event } from "./event.ts";
import { absent, type Found, part, proven, unanchored } from "./found.ts";
import type { Said } from "./said.ts";

/** A release, and the position of its publication. */
export type Release = { readonly position: bigint; readonly bytes: Bytes };

/** A dossier whose proofs were checked. */
export class Case {
  readonly ocid: string;
  /** By position. */
  readonly events: readonly Event[];
  /** By hash in hexadecimal. */
  readonly documents: ReadonlyMap<string, Bytes>;
  readonly releases: ReadonlyMap<string, Release>;
  readonly #byPosition: ReadonlyMap<bigint, Event>;
  /** The public events by type: what is sealed never counts as one. */
  readonly #byType = new Map<string, Event[]>();

  constructor(
    ocid: string,
    events: readonly Event[],
    documents: ReadonlyMap<string, Bytes>,
    releases: ReadonlyMap<string, Release>,
  ) {
    this.ocid = ocid;
    this.events = events;
    this.documents = documents;
    this.releases = releases;
    this.#byPosition = new Map(events.map((event) => [event.position, event]));
    for (const event of this.public()) {
      const known = this.#byType.get(event.type);
      if (known === undefined) this.#byType.set(event.type, [event]);
      else known.push(event);
    }
  }

  public(): readonly Event[] {
    return this.events.filter(({ isSealed }) => !isSealed);
  }

  /** The public events of a type, by position. */
  all(type: string): readonly Event[] {
    return this.#byType.get(type) ?? [];
  }

  /** The one public event of a type. */
  one(type: string): Event | null {
    const [first, second] = this.all(type);
    if (second !== undefined) throw second.refuse("earlierOne");
    return first ?? null;
  }

  /** The one public event of a type, which `event` rests on. */
  needed(type: string, event: Event): Event {
    const found = this.one(type);
    if (found === null || found.position >= event.position) throw event.refuse("restsOn", type);
    return found;
  }

  /** The call, which `event` rests on. */
  call(event: Event): Said {
    return this.needed("TenderPublished", event).said;
  }

  at(position: bigint): Event | undefined {
    return this.#byPosition.get(position);
  }

  /** The sealed entry that `event` opens: of a type, of the same tender, recorded before it. */
  sealed(event: Event, position: bigint, types: readonly string[]): Event {
    const entry = this.at(position);
    if (entry === undefined || !entry.isSealed || position >= event.position) {
      throw event.refuse("sealedMissing", String(position));
    }
    event.must(entry.envelope !== null, "sealedNotDisclosed", String(position));
    const [own, tender] = [entry.data.get("tenderId"), event.data.get("tenderId")];
    const isOfTender =
      own !== undefined && tender !== undefined && canonical(own) === canonical(tender);
    const isRight = types.includes(entry.type) && isOfTender;
    event.must(isRight, "sealedOther", `${position}, ${entry.type}`);
    return entry;
  }

  /** The public events of a type by the mask they name, one each. */
  byMask(type: string): ReadonlyMap<string, Event> {
    const found = new Map<string, Event>();
    for (const event of this.all(type)) {
      const mask = event.said.text("mask");
      event.must(!found.has(mask), "earlierOfMask", mask);
      found.set(mask, event);
    }
    return found;
  }
}

/** Whether a chain stands behind every event. */
export function anchoring({ events }: Case): Found {
  const blocks = events.flatMap(({ block }) => (block === null ? [] : [block.number]));
  const all = events.length;
  if (blocks.length < all) return unanchored("notAnchored", { missing: all - blocks.length, all });
  if (events.some(({ isSealedChain }) => !isSealedChain)) return unanchored("developmentChain");
  if (all === 0) return absent("noEvent");
  const last = blocks.reduce((a, b) => (a > b ? a : b));
  const late = events.filter(({ isLate }) => isLate).length;
  return proven("anchored", { all, last }, ...(late === 0 ? [] : [part("late", { late })]));
}
