import { visible } from './visible.ts'

const statusTones: Readonly<Record<string, string>> = {
  active: 'ok',
  ended: 'quiet',
  flagged: 'warn',
  revoking: 'bad',
  unconfirmed: 'bad',
  revoked: 'bad',
}

export const StatusBadge = ({ status }: { readonly status: string }) => (
  <span class={`badge badge-${statusTones[status] ?? 'quiet'}`}>{visible(status)}</span>
)

const severityTones: Readonly<Record<string, string>> = {
  info: 'quiet',
  low: 'quiet',
  medium: 'warn',
  high: 'bad',
  critical: 'bad',
}

export const SeverityBadge = ({ severity }: { readonly severity: string }) => (
  <span class={`badge badge-${severityTones[severity] ?? 'quiet'} ${severity === 'critical' ? 'badge-solid' : ''}`}>
    {visible(severity)}
  </span>
)

const stateWords: Readonly<Record<string, string>> = {
  provisional: 'provisional: later evidence can still change it',
  final: 'final',
  withdrawn: 'withdrawn: later evidence spoke against it',
}

export const FindingState = ({ state, shadow }: { readonly state: string; readonly shadow: boolean }) => (
  <span class="state" title={stateWords[state] ?? visible(state)}>
    {shadow ? `${visible(state)}, shadow` : visible(state)}
  </span>
)
