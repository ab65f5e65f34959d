/** `wrong` needs doing something about, `hint` may be meant so, `skipped` could not be looked at. */
export type CheckState = 'fine' | 'hint' | 'wrong' | 'skipped'

/** One thing that `doctor` looked at. */
export interface Check {
  readonly name: string
  readonly state: CheckState
  /** What was seen. */
  readonly text: string
  /** What to do; `''` where nothing is. */
  readonly advice: string
}

export const fine = (name: string, text: string): Check => ({ name, state: 'fine', text, advice: '' })
export const skipped = (name: string, text: string): Check => ({ name, state: 'skipped', text, advice: '' })
export const hint = (name: string, text: string, advice: string): Check => ({ name, state: 'hint', text, advice })
export const wrong = (name: string, text: string, advice: string): Check => ({ name, state: 'wrong', text, advice })
