interface ProblemProps {
  readonly text: string
  /** Whether something from before is still shown. */
  readonly isOld: boolean
}

/** Why what is shown is not newer; takes no room when all is well. */
export const Problem = ({ text, isOld }: ProblemProps) =>
  text === '' ? null : (
    <p class="problem" role="alert">
      {text} {isOld ? 'What is shown was read before; ' : ''}
      {isOld ? 'it' : 'It'} is asked again every few seconds.
    </p>
  )
