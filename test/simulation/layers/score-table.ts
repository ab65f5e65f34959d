import type { Verdict } from './judge.ts'
import type { Score } from './partition-score.ts'

/** Collects verdicts and prints their means over all seeds, the product's beside the oracle's. */
export class ScoreTable {
  readonly #rows = new Map<string, { readonly product: Verdict; readonly oracle: Verdict }[]>()

  add(name: string, product: Verdict, oracle: Verdict): void {
    this.#rows.set(name, [...(this.#rows.get(name) ?? []), { product, oracle }])
  }

  text(): string {
    const head = ['precision / recall of pairs', 'calls', 'oracle', 'sessions', 'oracle']
    const rows = [...this.#rows].map(([name, verdicts]) => [
      `${name} (${verdicts.length})`,
      mean(verdicts.map(({ product }) => product.calls)),
      mean(verdicts.map(({ oracle }) => oracle.calls)),
      mean(verdicts.map(({ product }) => product.sessions)),
      mean(verdicts.map(({ oracle }) => oracle.sessions)),
    ])
    return [head, ...rows].map((cells) => cells.map((cell, at) => cell.padEnd(at === 0 ? 36 : 15)).join(' ')).join('\n')
  }
}

const mean = (scores: readonly Score[]): string => {
  const of = (key: keyof Score): string =>
    (scores.reduce((sum, score) => sum + score[key], 0) / Math.max(1, scores.length)).toFixed(3)
  return `${of('precision')} / ${of('recall')}`
}
