/** What the page says of a copy of a whole log, in Spanish. */

export const copy = {
  needsPolicy: "Para recalcular el registro, agregue arriba la política.",
  needsProof:
    "Para recalcular el registro, agregue arriba la prueba de un evento del lote más reciente que " +
    "tenga: sin red, es lo que dice qué se ancló.",
  noLog: "La carpeta no tiene log/checkpoint: no es la copia de un registro.",
  unreadable: "La copia no está completa: {reason}.",
  working: "Recalculando: {done} de {all} asientos.",
  same:
    "La copia es el registro anclado. Se recalcularon {entries} asientos, {sealed} de ellos " +
    "sellados; los primeros {covered} dan la raíz que el contrato ancló en el bloque {block}.",
  tail:
    "A los {tail} asientos siguientes sólo los respalda la firma del registro: la prueba es de un " +
    "lote anterior a ellos.",
  unanchored: "La prueba no está anclada en una cadena sellada: no hay con qué comparar la copia.",
  refused: "La copia no es el registro anclado. Falló «{check}»: {evidence}.",
  position: "posición {position}: {evidence}",
  batch: "lote {batch}: {evidence}",
  notExamined: [
    "Si después se ancló más de lo que tiene la copia: sólo un nodo de la cadena lo dice.",
    "Dónde terminan los demás lotes: la raíz del registro cubre sus asientos, no sus límites.",
    "La ascendencia del bloque hasta el génesis.",
    "Lo que ocultan los asientos sellados, y si lo que dicen los eventos es verdad.",
  ],
} as const;
