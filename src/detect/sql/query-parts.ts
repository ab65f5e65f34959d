type ParamType = 'String' | 'Int64' | 'Float64'

/** Gathers the values of a query as its parameters – no text of a rule becomes SQL – and what it reads more than once. */
export class QueryParts {
  readonly #names = new Map<string, string>()
  readonly #values: Record<string, string | number> = {}
  readonly #parts: string[] = []

  /** What stands for a value in the query; a value that was asked for before is the same parameter. */
  of(type: ParamType, value: string | number): string {
    const key = `${type}\u0000${value}`
    const name = this.#names.get(key) ?? `p${this.#names.size}`
    this.#names.set(key, name)
    this.#values[name] = value
    return `{${name}:${type}}`
  }

  text(value: string): string {
    return this.of('String', value)
  }

  /** Names a part of the query that is read more than once, and is worked out once. */
  part(sql: string): string {
    const name = `part_${this.#parts.length}`
    this.#parts.push(`${name} AS MATERIALIZED (${sql})`)
    return name
  }

  /** The parts in the order in which they were named: one reads only those before it. */
  get parts(): readonly string[] {
    return this.#parts
  }

  get values(): Readonly<Record<string, string | number>> {
    return this.#values
  }
}
