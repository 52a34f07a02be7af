/** A file, a log or a node cannot be read: no verdict (exit code 2). */
export class Unreadable extends Error {}
