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
import type { Noun } from '../records/noun'

type Code = Schemas['ResponseCode']

// What can follow what has been answered so far.
const after: Record<Code | 'none', Code[]> = {
  none: ['taken_up', 'declined'],
  taken_up: ['company_found', 'handed_back'],
  company_found: ['handed_back'],
  declined: ['taken_up'],
  handed_back: ['taken_up'],
}
const needsReason: readonly Code[] = ['declined', 'handed_back']

export function Answer({ noun, item, onChanged }: { noun: Noun; item: Schemas['NetworkDetail']; onChanged: () => void }) {
  const asking = useSignal<Code | null>(null)
  const before = item.case
  const answer = async (response: Code, reason: string | null) => {
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
        {after[before?.response ?? 'none'].map((code, index) => (
          <Button key={code} kind={index === 0 ? 'primary' : 'secondary'} onClick={() => { asking.value = code }}>{t(`answer.${code}`)}</Button>
        ))}
      </div>
      {asking.value && (
        <ReasonDialog title={t(`answer.${asking.value}`)} text={t(`answer.${asking.value}_text`, { city: item.origin.name })}
          label={t(needsReason.includes(asking.value) ? 'transition.reason' : 'answer.note')} hint={t('answer.note_hint', { city: item.origin.name })}
          required={needsReason.includes(asking.value)} submit={t(`answer.${asking.value}`)} draft={`${item.id}.${asking.value}`}
          act={(reason) => answer(asking.value!, reason)} onClose={() => { asking.value = null }} />
      )}
    </div>
  )
}
