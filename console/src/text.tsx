import { visible, visibleParts } from './visible.ts'

interface TextProps {
  readonly value: string
  /** Shown in place of nothing. */
  readonly otherwise?: string
  readonly class?: string
}

/** Text that somebody else chose: shown, isolated from what surrounds it, never obeyed. */
export const Text = ({ value, otherwise = '', class: extra = '' }: TextProps) => {
  if (value === '') return <span class={`muted ${extra}`}>{otherwise}</span>
  return (
    <bdi class={`text ${extra}`} title={visible(value)}>
      {visibleParts(value).map((part) => (part.isUnseen ? <span class="unseen">{part.text}</span> : part.text))}
    </bdi>
  )
}
