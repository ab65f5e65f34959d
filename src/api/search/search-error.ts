/** What is wrong with a search, and at which column of it (from 1). */
export class SearchError extends Error {
  override readonly name = 'SearchError'
  readonly column: number

  constructor(message: string, column: number) {
    super(message)
    this.column = column
  }
}
