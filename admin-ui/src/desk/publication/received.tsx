// What is out there now, who has it, and after a withdrawal who has not erased it yet.
import { useSignal } from '@preact/signals'
import { call, type Schemas } from '../../shared/api'
import { ago, moment } from '../../shared/format'
import { Alert, Badge, Button } from '../../shared/parts/basic'
import { Section } from '../../shared/parts/page'
import { ReasonDialog } from '../../shared/parts/reason_dialog'
import { notify } from '../../shared/say'
import { mayWrite } from '../../shared/session'
import { t, tn } from '../../shared/texts'
import { OfficesNote } from './offices_note'
import { PublicView } from './public_view'
import type { Publishing } from './publishing'

type Receiver = Schemas['Receiver'] & { at: string | null }

const citiesOf = (receivers: Receiver[]) => receivers.filter(({ role }) => role === 'city')

/** Cities first; an office is told apart, for it reads nothing. */
function Receivers({ all, yes, no }: { all: Receiver[]; yes: string; no: string }) {
  return (
    <>
      <Reached receivers={citiesOf(all)} yes={yes} no={no} />
      <OfficesNote receivers={all} />
      <Reached receivers={all.filter(({ role }) => role === 'office')} yes={yes} no={no} />
    </>
  )
}

function Reached({ receivers, yes, no }: { receivers: Receiver[]; yes: string; no: string }) {
  if (receivers.length === 0) return null
  return (
    <ul class="cities">
      {receivers.map(({ authority, name, at }) => (
        <li key={authority}>
          <span>
            <strong>{name}</strong>
            {at && <span class="muted"> {ago(at)}</span>}
          </span>
          <Badge tone={at ? 'success' : 'warning'}>{at ? yes : no}</Badge>
        </li>
      ))}
    </ul>
  )
}

export function Received({ noun, item, publication, onChanged }: Publishing & { onChanged: () => void }) {
  const withdrawing = useSignal(false)
  const erase = async (reason: string | null) => {
    await call('post', `/api/v1/${noun.plural}/{id}/publication/erase`, { path: { id: item.id }, body: { reason: reason! } })
    notify(t('publication.withdrawn'))
    onChanged()
  }
  if (publication.state === 'erased') {
    const all = publication.erase_recipients.map(({ applied_at: at, ...receiver }) => ({ ...receiver, at }))
    const waiting = citiesOf(all).filter((city) => city.at === null).length
    return (
      <Section title={t('publication.erased_title')}>
        <p>{publication.erased_at && t('publication.erased_at', { time: moment(publication.erased_at) })}</p>
        <p>{waiting > 0 ? tn('publication.not_erased', waiting) : t('publication.all_erased')}</p>
        <Receivers all={all} yes={t('publication.erased_yes')} no={t('publication.erased_no')} />
      </Section>
    )
  }
  const all = publication.recipients.map(({ delivered_at: at, ...receiver }) => ({ ...receiver, at }))
  return (
    <Section title={t('publication.published_title')}
      actions={mayWrite.value && <Button onClick={() => { withdrawing.value = true }}>{t('publication.withdraw')}</Button>}>
      <p>{publication.at && t('publication.published_at', { time: moment(publication.at) })}</p>
      {publication.held_at ? (
        <Alert tone="warning" title={t('publication.held')}><p>{t('publication.held_text')}</p></Alert>
      ) : (
        !publication.current && <Alert tone="warning" title={t('elsewhere.outdated')}><p>{t('publication.outdated_text')}</p></Alert>
      )}
      <div class="columns columns--even">
        <div class="columns__main">{publication.public && <PublicView entry={publication.public} level={3} />}</div>
        <div class="columns__side">
          <h3>{t('publication.seen_by')}</h3>
          {citiesOf(all).length === 0 && <p>{t('publication.no_recipients')}</p>}
          <Receivers all={all} yes={t('publication.delivered')} no={t('publication.on_the_way')} />
        </div>
      </div>
      {withdrawing.value && (
        <ReasonDialog title={t('publication.withdraw_title')} text={t('publication.withdraw_text')} label={t('transition.reason')} required
          submit={t('publication.withdraw')} draft={`${item.id}.erase`} act={erase} onClose={() => { withdrawing.value = false }} />
      )}
    </Section>
  )
}
