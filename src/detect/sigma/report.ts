/** Where something is within a document: keys and indexes. */
export type Path = readonly (string | number)[]

/** Tells that something is wrong at a place of a document, and how to mend it. */
export type Report = (path: Path, message: string) => void
