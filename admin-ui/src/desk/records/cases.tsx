// What other cities answered; who works on it has seen it by looking here.
import { useEffect } from 'preact/hooks'
import { call } from '../../shared/api'
import { moment } from '../../shared/format'
import { LIVE, useLoad } from '../../shared/load'
import { Badge, type Tone } from '../../shared/parts/basic'
import { Coordination } from '../../shared/parts/reach'
import { Section } from '../../shared/parts/page'
import { mayWrite } from '../../shared/session'
import { t } from '../../shared/texts'
import type { Noun } from '../noun'

export const responseTones: Record<string, Tone> = { taken_up: 'success', company_found: 'success', declined: 'danger', handed_back: 'warning' }

export function Cases({ noun, id }: { noun: Noun; id: string }) {
  const cases = useLoad(`cases ${id}`, () => call('get', `/api/v1/${noun.plural}/{id}/cases`, { path: { id } }), LIVE)
  const items = cases.data.value?.items ?? []
  const answers = items.map((one) => one.at).join(' ')
  useEffect(() => {
    // If this fails, Today goes on listing them: nothing is lost.
    if (answers && mayWrite.value) call('post', `/api/v1/${noun.plural}/{id}/seen`, { path: { id } }).catch(() => undefined)
  }, [id, answers])
  if (items.length === 0) return null
  return (
    <Section title={t('cases.title')}>
      <ul class="lines">
        {items.map((one) => (
          <li key={one.id} class="case">
            <div class="case__top">
              <strong>{one.helper.name}</strong>
              <Badge tone={responseTones[one.response]}>{t(`response.is.${one.response}`)}</Badge>
            </div>
            {one.reason && <q lang="">{one.reason}</q>}
            <span class="muted">{moment(one.at)}</span>
            <Coordination mailbox={one.helper.mailbox} />
          </li>
        ))}
      </ul>
    </Section>
  )
}
