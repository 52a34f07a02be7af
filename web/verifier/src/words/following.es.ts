/** The rules of chains that are followed and of logs that are replayed, in Spanish. */

import type { followingRules as english } from "./following.en.ts";

export const followingRules = {
  genesisSigners: "el encabezado génesis no lista firmantes en orden de dirección",
  gasLimit:
    "el límite de gas del bloque {number} se aleja demasiado del anterior, o es menor a 5,000",
  gasUsed: "el bloque {number} usa más gas que su límite",
  baseFee: "la tarifa base del bloque {number} no es la que EIP-1559 deriva del anterior",
  votedSigners:
    "el bloque {number} lo pueden sellar {voted} según los votos de la cadena, y {known} según la " +
    "política: si confía en ese voto, anote el cambio en la política",
  settled:
    "la cadena se reescribió: deja la que se siguió antes del bloque {settled}, que ya estaba " +
    "asentado; pregunte a otros nodos y conserve lo que tiene",
  otherBlock:
    "el bloque {number} es {followed} en la cadena que se siguió desde el génesis; aquí es {found}",
  notKept: "no es una cadena seguida como se guardó",
  nodeChain: "el nodo es de la cadena {chainId}",
  nodeContradicts: "el encabezado del bloque {number} no tiene el hash que el nodo le da",
  slotValue: "el valor {value} de una casilla no es el probado",
  contractHead: "las casillas 0 o 1 del contrato {contract} no corresponden a sus lotes",
  contractEvents: "el contrato {contract} tiene {wanted} lotes; el nodo muestra eventos de {found}",
  anchoredDigest: "el resumen anclado es de otro lote que el del evento",
  batchGap: "empieza en la posición {first}; el anterior terminó en {expected}",
  logShortened: "el registro tiene {size} asientos y hay {anchored} anclados: se le cortó el final",
  entryBundle: "posiciones {first} a {last}: el archivo de asientos está mal formado",
  tileLength: "la tesela {level}/{index} no tiene los hashes que debe",
  tileHash: "tesela {level}/{index}: el hash {offset} no es la raíz de la tesela de abajo",
  otherLeaf: "el asiento no corresponde a su hoja",
  otherSeq: "el asiento dice estar en la posición {found}",
  atDecreases: "registrado antes que el asiento anterior",
  effectiveDecreases: "con efectos antes que un asiento anterior",
  repeatedId: "el identificador del evento ya se había usado",
  streamVersion: "versión {found} de la secuencia {stream}; se esperaba la {expected}",
  streamPrevious: "prev no es la hoja anterior de la secuencia {stream}",
  batchRoot: "posiciones {first} a {last}: la raíz recalculada no es la anclada",
  logRoot: "posiciones {first} a {last}: la raíz recalculada del registro no es la anclada",
  replayedRoot: "la raíz del punto de control de tamaño {size} no es la recalculada, {computed}",
} as const satisfies Record<keyof typeof english, string>;
