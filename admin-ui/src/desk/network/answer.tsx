// What our city says to the other: taken up, company found, handed back, declined.
import { useSignal } from '@preact/signals'
import { call, type Schemas } from '../../shared/api'
import { moment } from '../../shared/format'
import { Button } from '../../shared/parts/basic'
import { Coordination } from '../../shared/parts/reach'
import { ReasonDialog } from '../../shared/parts/reason_dialog'
import { notify } from '../../shared/say'
import { node } from '../../shared/session'
import { t } from '../../shared/texts'
import type { Noun } from '../noun'

type Allowed = Schemas['ResponseAllowed']

export function Answer({ noun, item, onChanged }: { noun: Noun; item: Schemas['NetworkDetail']; onChanged: () => void }) {
  const asking = useSignal<Allowed | null>(null)
  const before = item.case
  const answer = async ({ response }: Allowed, reason: string | null) => {
    const path = { origin: item.origin.authority, id: item.id }
    await call('post', `/api/v1/network/${noun.plural}/{origin}/{id}/responses`, { path, body: { response, reason } })
    notify(t('answer.done', { city: item.origin.name }))
    onChanged()
  }
  return (
    <div class="next" role="group" aria-label={t('answer.title')}>
      <p class="next__title">{before ? `${t(`response.we.${before.response}`)} · ${moment(before.at)}` : t(`answer.${noun.one}_question`)}</p>
      {before?.reason && <q lang={node.value?.language}>{before.reason}</q>}
      {before && <Coordination mailbox={item.origin.mailbox} />}
      <div class="actions">
        {item.allowed_responses.map((allowed, index) => (
          <Button key={allowed.response} kind={index === 0 ? 'primary' : 'secondary'} onClick={() => { asking.value = allowed }}>{t(`answer.${allowed.response}`)}</Button>
        ))}
      </div>
      {asking.value && (
        <ReasonDialog title={t(`answer.${asking.value.response}`)} text={t(`answer.${asking.value.response}_text`, { city: item.origin.name })}
          label={t(asking.value.needs_reason ? 'transition.reason' : 'answer.note')} hint={t('answer.note_hint', { city: item.origin.name })}
          required={asking.value.needs_reason} submit={t(`answer.${asking.value.response}`)} draft={`${item.id}.${asking.value.response}`}
          act={(reason) => answer(asking.value!, reason)} onClose={() => { asking.value = null }} />
      )}
    </div>
  )
}
