// What programs sign in with in somebody's name.
import type { Schemas } from '../shared/api'
import { ago, date } from '../shared/format'
import { Button } from '../shared/parts/basic'
import { t } from '../shared/texts'

const term = ({ expires_at }: Schemas['Token']) =>
  t(Date.parse(expires_at) > Date.now() ? 'admin.token_ends' : 'admin.token_ended', { date: date(expires_at) })

export function TokenLines({ tokens, revoke }: { tokens: Schemas['Token'][]; revoke: (id: string) => void }) {
  return (
    <ul class="lines">
      {tokens.map((token) => (
        <li key={token.id} class="case">
          <strong>{token.label}</strong>
          <span class="muted">{token.last_used_at ? t('admin.token_used', { ago: ago(token.last_used_at) }) : t('admin.token_unused')} · {term(token)}</span>
          <div><Button kind="tertiary" icon="delete" aria-label={t('admin.token_revoke_of', { label: token.label })} onClick={() => revoke(token.id)}>{t('admin.token_revoke')}</Button></div>
        </li>
      ))}
    </ul>
  )
}
