/** What the page says, in Spanish. */

import type { Check } from "../refusal.ts";
import type { Breach, EventFacts, Pending, Unexamined } from "../verdict.ts";

/** Each check: its name, and what it did when it was passed. */
export const checks = {
  limits: ["Forma del archivo", "Mide {bytes} bytes y está escrito de la única manera admitida."],
  leaf: ["Hoja", "El asiento de {bytes} bytes da el hash {leaf}."],
  profile: ["Asiento", "Es un asiento del registro {log}, en la posición {seq}."],
  disclosures: [
    "Lo revelado",
    "{disclosed} de {withheld} valores reservados se revelan, y son los comprometidos.",
  ],
  signatures: [
    "Firmas de las personas",
    "{committed} comprometidas, {disclosed} reveladas, 0 verificadas: esta versión sólo las cuenta.",
  ],
  "batch path": ["Camino al lote", "Es la hoja {index} de {count} del lote con raíz {root}."],
  "log path": [
    "Camino al registro",
    "Es la hoja {seq} de las {size} del registro con raíz {root}.",
  ],
  checkpoint: [
    "Punto de control",
    "La llave de {key} firmó ese tamaño y esa raíz; firmaron {witnesses} testigos (la política pide {quorum}).",
  ],
  anchor: ["Cadena y contrato", "Cadena {chainId}, contrato {contract}: los de la política."],
  storage: [
    "Almacenamiento del contrato",
    "El contrato guarda el resumen del lote bajo el estado {state} del bloque {block}.",
  ],
  headers: ["Encabezados", "{headers} bloques se siguen sin hueco desde {hash}."],
  seals: ["Sellos", "Los bloques los sellaron firmantes de la política: {organisations}."],
  confirmations: [
    "Confirmaciones",
    "{sealers} de {signers} firmantes distintos en {headers} bloques.",
  ],
  times: ["Horas", "Registrado {at}; el bloque es de {blockTime}."],
  ancestry: ["Ascendencia", "El bloque es el {block} de la cadena seguida desde el génesis."],
  replay: ["Registro entero", "Se recalcularon {entries} asientos, y la raíz es {root}."],
  release: ["Entrega OCDS", "La entrega {id} tiene el hash registrado, {sha256}."],
  receipt: ["Acuse", "La llave de acuses firmó que se anclaría a más tardar {anchorBy}."],
  opening: ["Apertura", "La apertura dice de esta propuesta: {listing}."],
} as const satisfies Record<Check, readonly [string, string]>;

export const notExamined = {
  ancestry: "La ascendencia del bloque hasta el génesis: sólo seguir la cadena entera la prueba.",
  truth: "Si lo que el evento dice es verdad.",
  witnesses: "Si a otras personas se les mostró el mismo registro: ningún testigo firmó.",
  signatures: "Las firmas de quienes actuaron: se cuentan, no se verifican.",
  receiptKey: "Si alguien más que el registro tiene la llave de sus acuses.",
} as const satisfies Record<Unexamined, string>;

export const pending = {
  proof: "Si se ancló: agregue la prueba del evento.",
  unanchoredProof: "Si se ancló: la prueba no está anclada en una cadena sellada.",
  firstBlock:
    "Si se ancló a tiempo: el bloque es tardío, y sólo un nodo de la cadena, con el estado del " +
    "bloque anterior, dice si es el primero con el lote. Use --rpc en la línea de comandos.",
  laterBlock: "Si se ancló a tiempo: el bloque anterior al de la prueba ya lo tenía.",
  giveProof: "Si lo anclado en su posición es este asiento: agregue la prueba del evento.",
  notDue: "Si se anclará a tiempo: aún no vence el plazo, o la cadena está detenida.",
  unsealedChain: "Si se ancló: la cadena es de desarrollo.",
  unanchoredOpening: "Qué dice la apertura: no está anclada en una cadena sellada.",
} as const satisfies Record<Pending, string>;

export const breaches = {
  "another-entry": "En esa posición el registro anclado tiene otro asiento.",
  "left-out": "La apertura no menciona la propuesta.",
  contradicted: "La apertura dice de la propuesta algo que el acuse contradice.",
  "withdrawal-ignored": "La apertura no retira ninguna propuesta por este retiro.",
  "late-anchoring": "Se ancló después de lo prometido.",
  "not-anchored-in-time": "Venció el plazo prometido, y no está anclado.",
} as const satisfies Record<Breach, string>;

export const proves = {
  receipt: "El acuse prueba que el registro firmó haber asentado esto en la posición {seq}.",
  proof: "La prueba muestra que el asiento anclado en la posición {seq} es otro.",
  opening: "La apertura, anclada en la posición {seq}, muestra lo que se dijo de las propuestas.",
  chain: "En el estado probado de la cadena no estaba anclada la posición {seq}.",
} as const;

export const clocks = {
  wall: "en vivo",
  simulated: "SIMULADO: una demostración o un ensayo",
  imported: "IMPORTADO: registrado después de que ocurrió",
} as const satisfies Record<EventFacts["clock"], string>;

export const verdicts = {
  anchored: [
    "Anclado",
    "El evento se registró a más tardar a la hora del bloque, y el registro del que es parte no se reescribió después.",
  ],
  late: [
    "Anclado, tarde",
    "El evento está en el registro y anclado, pero después de la demora máxima de la política.",
  ],
  development: [
    "Anclado en una cadena de desarrollo",
    "Nadie sella esa cadena: no prueba nada ante terceros.",
  ],
  included: [
    "Incluido, no anclado",
    "El evento está en el registro firmado, pero la prueba no muestra ningún anclaje en la cadena.",
  ],
  refused: [
    "Rechazado",
    "La prueba no se sostiene. No concluya nada de ella, salvo que algo está mal.",
  ],
  receiptAnchored: [
    "Acuse cumplido",
    "El acuse es auténtico, y lo que promete está anclado a tiempo.",
  ],
  acknowledged: [
    "Acuse auténtico, anclaje no mostrado",
    "El registro acusó recibo de este asiento. Los archivos dados no muestran que esté anclado.",
  ],
  breach: [
    "Incumplimiento probado",
    "El registro no cumplió lo que firmó. Conserve estos archivos: lo prueban.",
  ],
} as const;

export const kinds = {
  policy: "la política",
  proof: "la prueba",
  release: "la entrega",
  receipt: "el acuse",
  opening: "la prueba de la apertura",
  dossier: "el expediente",
} as const;

/** What a receipt is refused by: a file, or a chain node, which the page never asks. */
export const parties = { ...kinds, chain: "la cadena" } as const;

export type Kind = keyof typeof kinds;

/** The places for files, in their order: title, and what goes there. */
export const places = {
  policy: ["Política", "En quién confía usted: llaves, cadena, firmantes, contratos."],
  proof: ["Prueba", "La prueba del evento (.proof.json)."],
  release: ["Entrega OCDS", "Opcional: la entrega, o el paquete que la contiene."],
  receipt: ["Acuse", "Opcional: el archivo del acuse (.receipt.json)."],
  opening: ["Prueba de la apertura", "Opcional, con un acuse: la de ProposalsOpened."],
  dossier: ["Expediente", "Todo un procedimiento en un archivo (.zip)."],
} as const satisfies Record<Kind, readonly [title: string, hint: string]>;

export const titles = {
  steps: "Comprobaciones, en su orden",
  facts: "Datos",
  open: "Queda por mostrar",
  notices: "Aviso",
  notExamined: "No se examinó",
} as const;

export const sentences = {
  choosePolicy:
    "Falta la política: los nombres y llaves en que usted confía. No la tome de donde viene la prueba.",
  chooseProof: "Falta la prueba, un acuse o un expediente.",
  noPolicy: "El archivo no es una política: {evidence}.",
  unreadable: "No se pudo leer {file}.",
  notJson: "{file} no es JSON ni zip: no se sabe qué archivo es.",
  releaseNeedsProof: "Falta la prueba de la publicación de la entrega.",
  ignored: "No se usó {kind}: no hace falta con lo demás.",
  refusedBy: "Falló «{check}»: {evidence}.",
  refusedFile: "Falló «{check}» en {file}: {evidence}.",
  clock: "Reloj {clock}.",
  choose: "Elegir archivo",
  remove: "Quitar",
  none: "ninguno",
} as const;

/** What stands before each fact. */
export const facts = {
  log: "Registro",
  seq: "Posición",
  id: "Evento",
  what: "Qué es",
  sealed: "sellado",
  version: "versión",
  at: "Registrado",
  effectiveAt: "Con efecto",
  clock: "Reloj",
  leaf: "Hash de la hoja",
  batch: "Lote",
  batchOf: "{batch} de su contrato; registro de tamaño {size}",
  root: "Raíz del registro",
  contract: "Contrato",
  block: "Bloque",
  blockOf: "{block} de {time}",
  blockHash: "Hash del bloque",
  sealing: "Sellado por",
  sealingOf:
    "{sealers} de {signers} firmantes, de {sealerOrganisations} organizaciones ({organisations} en total)",
  nobody: "nadie: es una cadena de desarrollo",
  anchorBy: "Prometido",
  anchorByOf: "anclado a más tardar {anchorBy}, con {tolerance} s de tolerancia",
  listing: "En la apertura",
  listingBy: "{listing}, por la posición {by}",
  policy: "Huella de la política",
} as const;

export const listings: Readonly<Record<string, string>> = {
  opened: "abierta",
  replaced: "sustituida",
  withdrawn: "retirada",
  unopenable: "imposible de abrir",
  withdrawal: "un retiro",
};
