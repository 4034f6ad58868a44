import { useSignal } from '@preact/signals'
import { call, type Schemas } from '../../shared/api'
import { useAction, useLoad } from '../../shared/load'
import { Badge, Button, Facts, LinkButton, Prose } from '../../shared/parts/basic'
import { Dialog } from '../../shared/parts/dialog'
import { Shown } from '../../shared/parts/list'
import { Page, Section } from '../../shared/parts/page'
import { navigate } from '../../shared/router'
import { notify } from '../../shared/say'
import { mayWrite } from '../../shared/session'
import { t, tn } from '../../shared/texts'
import { offers, proposals, toneOf } from '../noun'
import { Contacts } from './contacts'

type Organisation = Schemas['Organisation']

function Records({ id }: { id: string }) {
  const found = useLoad(`records ${id}`, async () => {
    const query = { organisation: id, limit: 200 }
    const [needs, gifts] = await Promise.all([call('get', '/api/v1/proposals', { query }), call('get', '/api/v1/offers', { query })])
    return [...needs.items.map((item) => ({ noun: proposals, item })), ...gifts.items.map((item) => ({ noun: offers, item }))]
  })
  return (
    <Section title={t('organisations.records')}>
      <Shown of={found}>
        {(records) => records.length === 0 ? <p class="muted">{t('organisations.no_records')}</p> : (
          <ul class="lines">
            {records.map(({ noun, item }) => (
              <li key={item.id}>
                <a class="line" href={`/${noun.plural}/${item.id}`}>
                  <span class="line__title">{item.title}</span>
                  <span class="line__detail">{t(`${noun.plural}.one`)} <Badge tone={toneOf(item.state)}>{t(`state.${item.state}`)}</Badge></span>
                </a>
              </li>
            ))}
          </ul>
        )}
      </Shown>
    </Section>
  )
}

function Delete({ organisation }: { organisation: Organisation }) {
  const asking = useSignal(false)
  const { busy, problem, run } = useAction()
  const close = () => { asking.value = false }
  const remove = () =>
    run(async () => {
      await call('delete', '/api/v1/organisations/{id}', { path: { id: organisation.id }, version: organisation.version })
      navigate('/organisations')
      notify(t('organisations.deleted', { name: organisation.name }))
    })
  return (
    <>
      <div><Button kind="tertiary" icon="delete" onClick={() => { asking.value = true }}>{t('organisations.delete')}</Button></div>
      {asking.value && (
        <Dialog title={t('organisations.delete')} submit={t('action.delete')} busy={busy.value} problem={problem.value} conflict="organisations.still_needed"
          onSubmit={() => void remove()} onClose={close}>
          <p>{tn('organisations.delete_text', organisation.contacts_count, { name: organisation.name })}</p>
        </Dialog>
      )}
    </>
  )
}

export function OrganisationDetail({ id }: { id: string }) {
  const organisation = useLoad(id, () => call('get', '/api/v1/organisations/{id}', { path: { id } }))
  const loaded = organisation.data.value
  return (
    <Page title={loaded?.name ?? t('organisations.one')} back={{ href: '/organisations', text: t('organisations.title') }}
      actions={loaded && mayWrite.value && <LinkButton href={`/organisations/${id}/edit`} icon="edit">{t('action.edit')}</LinkButton>}>
      <Shown of={organisation}>
        {(shown) => (
          <>
            <div class="state"><Badge>{t(`sector.${shown.sector}`)}</Badge></div>
            <Facts
              facts={[
                [t('field.kind'), shown.kind],
                [t('field.municipality'), shown.municipality],
                [t('field.website'), shown.website],
                [t('field.note'), shown.note && <Prose text={shown.note} />],
              ]}
            />
            <Contacts organisation={id} />
            <Records id={id} />
            {mayWrite.value && shown.proposals_count + shown.offers_count === 0 && <Delete organisation={shown} />}
          </>
        )}
      </Shown>
    </Page>
  )
}
