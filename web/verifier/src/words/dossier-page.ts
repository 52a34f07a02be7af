/** What the page says of a dossier, in Spanish. */

import type { Found } from "../dossier/found.ts";
import type { Gap, Topic, Verdict } from "../dossier/opinion.ts";
import type { Says } from "./dossier-says-en.ts";

export const says = {
  afterRefusal: "No se examinó, porque se rechazó una prueba",
  proofs: "Los {all} eventos se registraron en este registro como se muestran",
  notAnchored: "{missing} de {all} eventos están en el registro y no están anclados",
  developmentChain: "Es una cadena de desarrollo, que nadie sella",
  noEvent: "No hay ningún evento",
  anchored: "Los {all} eventos están en bloques hasta el {last}",
  late: ", {late} más tarde de lo prometido",
  noStream: "No hay ninguna corriente pública",
  streams: "Completas hasta la última versión que se muestra: {streams}",
  scope: "Cada evento es de {ocid}, en la corriente de su tipo, después de aquello en que se apoya",
  noHour: "Ningún evento muestra su hora",
  hours:
    "Ninguna apertura, sorteo ni adjudicación ocurrió antes de su hora; {byWall} de {all} horas " +
    "son las del registro",
  noDocument: "Hasta ahora no se nombra ningún documento",
  documentsGone: "{gone} de {all} documentos se nombran y no están",
  documents: "Los {all} documentos están, byte por byte",
  noRelease: "Hasta ahora no se publicó ninguna entrega",
  releases: "Las {all} entregas están, byte por byte",
  receiptOpen: "La recepción no ha cerrado",
  receiptUnopened: "Las propuestas no se han abierto: nada dice todavía cuándo llegaron",
  positionsGone:
    "No se muestran las posiciones de las propuestas vigentes que el cierre de recepción " +
    "comprometió",
  receipt: "Lo vigente al cerrar la recepción es lo que se abrió, y todo llegó a tiempo",
  notOpened: "Las propuestas no se han abierto",
  opened: "{entries} asientos de {proposals} propuestas, {masks} abiertas",
  openedUnopenable: ", {unopenable} que se dicen imposibles de abrir",
  openedAll: "; de lo que se muestra, ninguna quedó fuera",
  openedGone: "; {gone} que no se abrieron no se muestran",
  noTechnical: "Ningún sobre técnico se ha abierto",
  technical: "{opened} sobres técnicos se abrieron como se sellaron",
  noSheet: "Ninguna cédula técnica se ha abierto",
  sheets: "{opened} cédulas técnicas se abrieron como se sellaron",
  noEconomic: "Ningún sobre económico se ha abierto",
  economic: "{opened} sobres económicos se abrieron como se sellaron, de empresas aprobadas",
  noDraw: "No se ha anunciado ningún sorteo",
  notDrawn: "El panel no se ha sorteado",
  draw: "{seats} asientos sorteados otra vez, con el hash del bloque {block}",
  noBallot: "Ninguna boleta se ha revelado",
  ballots: "{revealed} boletas son las últimas que se comprometieron",
  seatsOpen: ", {open} asientos siguen abiertos",
  noPoints: "No se han calculado puntos",
  points:
    "Calculados otra vez, hasta la misma centésima, con {proposals} propuestas y {ballots} boletas",
  noRuling: "No hay dictamen",
  noAward: "El orden del dictamen se sigue de los puntos; todavía no hay adjudicación",
  award: "A {supplier}, primera de {of} por sus puntos, {amount}",
  deserted: "No se adjudica a nadie, porque no hay propuesta solvente",
  noContract: "No se ha preparado ningún contrato",
  contract: "{amount} como se adjudicó; {milestones} entregables lo suman",
  noDelivery: "No se ha entregado nada",
  execution: "{paid} de {of} entregables pagados a su valor menos la pena; {late} tardíos",
} as const satisfies Record<Says, string>;

export const topics = {
  proofs: "Pruebas",
  anchoring: "Anclaje",
  streams: "Corrientes sin huecos",
  scope: "Un solo procedimiento",
  hours: "Horas",
  documents: "Documentos",
  releases: "Entregas OCDS",
  receipt: "Cierre de recepción",
  "opened set": "Propuestas abiertas",
  technical: "Sobres técnicos",
  draw: "Sorteo del panel",
  ballots: "Boletas",
  sheets: "Cédulas técnicas",
  economic: "Sobres económicos",
  points: "Puntos",
  award: "Adjudicación",
  contract: "Contrato",
  execution: "Ejecución y pagos",
} as const satisfies Record<Topic, string>;

/** How a topic stands, in a word or two. */
export const standings = {
  proven: "Probado",
  refused: "Rechazado",
  unanchored: "Sin anclar",
  incomplete: "No se muestra todo",
  absent: "Sin examinar",
} as const satisfies Record<Found["kind"] | "refused", string>;

export const gaps = {
  later:
    "Si hay eventos posteriores: un expediente muestra lo que puso quien lo hizo, hasta su tamaño.",
  unnamed:
    "Si se registraron propuestas que ni el cierre de recepción ni la apertura nombran: lo sabe " +
    "quien tenga un acuse.",
  unopenable: "Si lo que se dice imposible de abrir podía abrirse: lo sabe quien tenga su acuse.",
  firstBlock:
    "Si el bloque del sorteo es el primero que ancló su anuncio: lo dice el estado del bloque " +
    "anterior.",
  ancestry: "La ascendencia de los bloques del anclaje hasta el génesis.",
  actors: "Quién actuó, y las firmas comprometidas: esta versión examina sólo los compromisos.",
  releases: "Que las entregas digan lo que los eventos dicen: sólo se comparan sus bytes.",
  truth: "Si lo que los eventos y los documentos dicen es verdad.",
  erased: "Si lo que no se muestra se borró como dice la ley, o sólo se dejó fuera del expediente.",
  witnesses:
    "Si a otras personas se les mostró el mismo registro: no todo punto de control tiene testigo.",
} as const satisfies Record<Gap, string>;

export const verdicts = {
  proven: [
    "Probado, todo lo que hay",
    "Cada tema se volvió a calcular sólo con las pruebas, y todo concuerda.",
  ],
  refused: ["Rechazado", "Algo contradice lo que las pruebas muestran. Conserve este archivo."],
  incomplete: [
    "Sin contradicción, no todo se muestra",
    "Lo que está concuerda. Algo falta, y pudo haberse borrado conforme a la ley.",
  ],
  "not-anchored": [
    "Completo, no (todo) anclado",
    "Todo concuerda, pero no todo está anclado en una cadena sellada.",
  ],
} as const satisfies Record<Verdict, readonly [string, string]>;

export const titles = { topics: "Temas, en su orden" } as const;

export const sentences = {
  noDossier: "El archivo no es un expediente: {fault}. No se concluye nada de él.",
  busy: "Examinando el expediente: {done} de {all} pruebas…",
  opening: "Abriendo el expediente…",
  refusedIn: "Falló «{topic}». {why}",
  simulated: "Reloj SIMULADO: una demostración o un ensayo.",
  imported: "Reloj IMPORTADO: las horas de algunos eventos son sólo lo que dicen.",
} as const;

export const facts = {
  process: "Proceso",
  size: "Hecho en",
  sizeOf: "tamaño {size} del registro",
  holds: "Contiene",
  holdsOf: "{events} eventos, {documents} documentos, {releases} entregas",
} as const;
