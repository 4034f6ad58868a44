// One proposal or offer: what it is, what comes next, what other cities say, what happened.
import { useSignal } from '@preact/signals'
import { call } from '../../shared/api'
import { ago, date, languageName } from '../../shared/format'
import { LIVE, useAction, useLoad } from '../../shared/load'
import { Badge, Button, Facts, LinkButton, Prose } from '../../shared/parts/basic'
import { Dialog } from '../../shared/parts/dialog'
import { Shown } from '../../shared/parts/list'
import { Page, Section } from '../../shared/parts/page'
import { Mail, Phone } from '../../shared/parts/reach'
import { navigate } from '../../shared/router'
import { notify } from '../../shared/say'
import { mayWrite } from '../../shared/session'
import { language, t, tn } from '../../shared/texts'
import { dueOf, finished, toneOf, type Item, type Noun } from '../noun'
import { Cases } from './cases'
import { ForwardDialog } from './forward_dialog'
import { HelpTags } from './help'
import { History } from './history'
import { Transitions } from './transitions'

/** Whom one calls about it; whoever was erased since is simply not there. */
function ContactPerson({ id }: { id: string }) {
  const { data } = useLoad(`contact ${id}`, () => call('get', '/api/v1/contacts/{id}', { path: { id } }))
  const contact = data.value
  if (!contact) return null
  return (
    <span class="reach">
      <span>{[contact.name, contact.role].filter(Boolean).join(', ')}</span>
      {contact.phone && <Phone number={contact.phone} />}
      {contact.email && <Mail to={contact.email} />}
    </span>
  )
}

function Elsewhere({ noun, item, onChanged }: { noun: Noun; item: Item; onChanged: () => void }) {
  const forwarding = useSignal(false)
  // What is not published now may have been: then others are still to erase it, and that can be looked up.
  const past = useLoad(`${item.id} ${item.version} ${item.published === null}`, async () =>
    item.published ? null : await call('get', `/api/v1/${noun.plural}/{id}/publication`, { path: { id: item.id } }))
  const withdrawn = past.data.value?.state === 'erased'
  const { published } = item
  const over = finished.has(item.state)
  const preparing = !published && !over
  const href = `/${noun.plural}/${item.id}/publication`
  return (
    <Section title={t('elsewhere.title')}>
      {published ? (
        <>
          <p>{published.of > 0 ? tn('elsewhere.delivered', published.of, { delivered: published.delivered, ago: ago(published.at) }) : t('elsewhere.published', { ago: ago(published.at) })}</p>
          {!published.current && <p><Badge tone="warning">{t('elsewhere.outdated')}</Badge></p>}
        </>
      ) : withdrawn ? (
        <p>{t('elsewhere.withdrawn')}</p>
      ) : (
        <p>{t(item.state === 'draft' ? 'elsewhere.draft' : over ? 'elsewhere.finished' : 'elsewhere.none')}</p>
      )}
      <div class="actions">
        {withdrawn && <LinkButton href={href}>{t('elsewhere.who_erased')}</LinkButton>}
        {!withdrawn && (published || (mayWrite.value && item.state !== 'draft')) && (
          <LinkButton href={href} kind={preparing ? 'primary' : 'secondary'} icon={preparing ? undefined : 'visibility'}>
            {t(preparing ? 'elsewhere.prepare' : 'elsewhere.see')}
          </LinkButton>
        )}
        {published && !over && mayWrite.value && <Button icon="arrow-forward" onClick={() => { forwarding.value = true }}>{t('forward.action')}</Button>}
      </div>
      {forwarding.value && (
        <ForwardDialog draft={item.id} onClose={() => { forwarding.value = false }}
          send={async (body) => {
            await call('post', `/api/v1/${noun.plural}/{id}/forwards`, { path: { id: item.id }, body })
            onChanged()
          }} />
      )}
    </Section>
  )
}

function DeleteDraft({ noun, item }: { noun: Noun; item: Item }) {
  const asking = useSignal(false)
  const { busy, problem, run } = useAction()
  const remove = () =>
    run(async () => {
      await call('delete', `/api/v1/${noun.plural}/{id}`, { path: { id: item.id }, version: item.version })
      navigate(`/${noun.plural}`)
      notify(t('record.deleted', { title: item.title }))
    })
  const close = () => {
    asking.value = false
  }
  return (
    <>
      <Button kind="tertiary" icon="delete" onClick={() => { asking.value = true }}>{t('record.delete_draft')}</Button>
      {asking.value && (
        <Dialog title={t('record.delete_title')} submit={t('action.delete')} busy={busy.value} problem={problem.value} onSubmit={() => void remove()} onClose={close}>
          <p>{t('record.delete_text', { title: item.title })}</p>
        </Dialog>
      )}
    </>
  )
}

function Body({ noun, item, onChanged }: { noun: Noun; item: Item; onChanged: () => void }) {
  const due = dueOf(item)
  return (
    <>
      <div class="state">
        <Badge tone={toneOf(item.state)}>{t(`state.${item.state}`)}</Badge>
        {item.forwarded && <Badge>{t('record.forwarded')}</Badge>}
        <span class="muted">{t('record.since', { date: date(item.state_since) })}</span>
      </div>
      {mayWrite.value && <Transitions noun={noun} item={item} onChanged={onChanged} />}
      <div class="columns">
        <div class="columns__main">
          <Section title={t(`${noun.plural}.what`)}>
            <HelpTags help={item.help} />
            <Prose text={item.text} lang={item.language} />
            <Facts
              facts={[
                [t(`${noun.plural}.organisation`), <a class="kern-link" href={`/organisations/${item.organisation.id}`}>{item.organisation.name}</a>],
                [t('field.contact'), item.contact_id && <ContactPerson id={item.contact_id} />],
                [t('field.municipality'), item.municipality],
                [t(`field.${noun.due}`), due && date(due)],
                [t('field.return_favour'), 'return_favour' in item ? item.return_favour : null],
                [t('field.language'), item.language === language.value ? null : languageName(item.language)],
                [t('field.note'), item.note && <Prose text={item.note} />],
              ]}
            />
          </Section>
          <Cases noun={noun} id={item.id} />
        </div>
        <div class="columns__side">
          <Elsewhere noun={noun} item={item} onChanged={onChanged} />
          <History noun={noun} id={item.id} version={item.version} />
        </div>
      </div>
      {mayWrite.value && item.state === 'draft' && <DeleteDraft noun={noun} item={item} />}
    </>
  )
}

export function RecordDetail({ noun, id }: { noun: Noun; id: string }) {
  const item = useLoad<Item>(id, () => call('get', `/api/v1/${noun.plural}/{id}`, { path: { id } }), LIVE)
  const loaded = item.data.value
  const actions = loaded && mayWrite.value && <LinkButton href={`/${noun.plural}/${id}/edit`} icon="edit">{t('action.edit')}</LinkButton>
  return (
    <Page title={loaded?.title ?? t(`${noun.plural}.one`)} lang={loaded?.language} actions={actions}
      back={{ href: `/${noun.plural}`, text: t(`${noun.plural}.title`) }}
      lead={loaded && t(`${noun.plural}.number_and_day`, { number: loaded.number, date: date(loaded.created_at) })}>
      <Shown of={item}>{(shown) => <Body noun={noun} item={shown} onChanged={() => void item.reload()} />}</Shown>
    </Page>
  )
}
