// Points one other city to something: which city, and a word to its coordinator.
import { call, type Schemas } from '../../shared/api'
import { useDraft } from '../../shared/draft'
import { kilometres } from '../../shared/format'
import { useAction, useLoad } from '../../shared/load'
import { ProblemAlert } from '../../shared/parts/basic'
import { Dialog } from '../../shared/parts/dialog'
import { AreaField, SelectField, type Choice } from '../../shared/parts/field'
import { notify } from '../../shared/say'
import { t } from '../../shared/texts'

type ForwardNew = Schemas['ForwardNew']
type Peer = Schemas['Peer']

interface ForwardDialogProps {
  draft: string
  except?: string // the city it comes from
  send: (body: ForwardNew) => Promise<void>
  onClose: () => void
}

const choice = ({ authority, name, distance_km }: Peer): Choice => [authority, distance_km === null ? name : `${name} (${kilometres(distance_km)})`]

export function ForwardDialog({ draft: key, except, send, onClose }: ForwardDialogProps) {
  const peers = useLoad('forward', async () => (await call('get', '/api/v1/peers')).items)
  const draft = useDraft(`forward.${key}`, { peer: '', note: '', asked: false })
  const { busy, problem, run } = useAction()
  const { peer, note, asked } = draft.values.value
  const cities = (peers.data.value ?? [])
    .filter((one) => one.state === 'active' && one.role === 'city' && one.authority !== except)
    .sort((one, other) => (one.distance_km ?? Infinity) - (other.distance_km ?? Infinity))

  const submit = async () => {
    if (!peer) {
      draft.set({ asked: true })
      document.getElementById('field-peer')?.focus()
      return
    }
    if (await run(() => send({ peer, note: note.trim() || null }))) {
      draft.done()
      onClose()
      notify(t('forward.done', { city: cities.find((one) => one.authority === peer)?.name ?? peer }))
    }
  }
  return (
    <Dialog title={t('forward.title')} submit={t('forward.submit')} busy={busy.value} problem={problem.value} onSubmit={() => void submit()} onClose={onClose}>
      <p>{t('forward.text')}</p>
      <ProblemAlert problem={peers.problem.value} retry={() => void peers.reload()} />
      {/* There before the cities are, so that the dialog begins with it. */}
      <SelectField name="peer" label={t('forward.city')} value={cities.length > 0 ? peer : ''} error={asked && !peer ? t('error.missing') : undefined}
        onValue={(value) => draft.set({ peer: value })} choices={[['', t('forward.choose')], ...cities.map(choice)]} />
      <AreaField label={t('forward.note')} hint={t('forward.note_hint')} optional maxLength={1000} rows={3} value={note} onValue={(value) => draft.set({ note: value })} />
    </Dialog>
  )
}
