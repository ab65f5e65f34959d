import type { SessionShape } from '../../src/api/read-model.ts'
import { noFilters, queryOf, replaceRoute, type SessionFilters } from './route.ts'

interface BarProps {
  readonly filters: SessionFilters
  /** Their values are offered while typing. */
  readonly sessions: readonly SessionShape[]
}

const statuses = ['active', 'ended', 'flagged', 'revoking', 'unconfirmed', 'revoked']

export const SessionFiltersBar = ({ filters, sessions }: BarProps) => {
  const change = (part: Partial<SessionFilters>) => replaceRoute({ view: 'overview', filters: { ...filters, ...part } })
  const choices = (valuesOf: (session: SessionShape) => readonly string[]) =>
    [...new Set(sessions.flatMap(valuesOf))].filter((value) => value !== '').toSorted()
  return (
    <search class="filters">
      <Field
        name="agent"
        label="Agent"
        value={filters.agent}
        choices={choices(({ agent }) => [agent.name || agent.id])}
        change={change}
      />
      <Field
        name="user"
        label="User"
        value={filters.user}
        choices={choices(({ user }) => [user.email || user.id])}
        change={change}
      />
      <Field name="tool" label="Tool" value={filters.tool} choices={choices(({ tools }) => tools)} change={change} />
      <label class="field">
        <span class="hidden">Status</span>
        <select value={filters.status} onChange={(event) => change({ status: event.currentTarget.value })}>
          <option value="">Any status</option>
          {statuses.map((status) => (
            <option key={status} value={status}>
              {status}
            </option>
          ))}
        </select>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={filters.decision === 'deny'}
          onChange={(event) => change({ decision: event.currentTarget.checked ? 'deny' : '' })}
        />
        With denies
      </label>
      <button
        type="button"
        class={`quiet ${queryOf(filters) === queryOf(noFilters) ? 'invisible' : ''}`}
        onClick={() => replaceRoute({ view: 'overview', filters: noFilters })}
      >
        Clear
      </button>
    </search>
  )
}

interface FieldProps {
  readonly name: 'agent' | 'user' | 'tool'
  readonly label: string
  readonly value: string
  readonly choices: readonly string[]
  readonly change: (part: Partial<SessionFilters>) => void
}

const Field = ({ name, label, value, choices, change }: FieldProps) => (
  <label class="field">
    <span class="hidden">{label}, exactly</span>
    <input
      type="search"
      list={`known-${name}`}
      placeholder={label}
      value={value}
      onChange={(event) => change({ [name]: event.currentTarget.value.trim() })}
    />
    <datalist id={`known-${name}`}>
      {choices.map((choice) => (
        <option key={choice} value={choice} />
      ))}
    </datalist>
  </label>
)
