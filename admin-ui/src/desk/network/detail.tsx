// One proposal or offer of another city: read it, answer it, point a third city to it.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { call, Problem, type Schemas } from '../../shared/api'
import { date, languageName, month } from '../../shared/format'
import { LIVE, useLoad } from '../../shared/load'
import { Alert, Badge, Button, Facts, LinkButton, Loading, Prose } from '../../shared/parts/basic'
import { Shown } from '../../shared/parts/list'
import { Page, Section } from '../../shared/parts/page'
import { Coordination } from '../../shared/parts/reach'
import { mayWrite } from '../../shared/session'
import { language, t, tOr } from '../../shared/texts'
import { PublicHelp } from '../publication/public_view'
import { ForwardDialog } from '../records/forward_dialog'
import { Timeline } from '../records/history'
import { toneOf, type Noun } from '../noun'
import { Answer } from './answer'
import { placeText } from './list'

type Detail = Schemas['NetworkDetail']
type Case = Schemas['Case']

/** What we did about it, which stays when what it was about is erased. */
function ownStory({ origin, history, withdrawn_at }: Case): Schemas['HistoryEntry'][] {
  const entry = { actor: null, peer: origin, from: null, to: null, response: null, reason: null }
  return [
    ...(withdrawn_at ? [{ ...entry, at: withdrawn_at, action: 'erased' } as const] : []),
    ...history.map(({ at, actor, response, reason }) => ({ ...entry, at, actor, response, reason, action: 'response' }) as const),
  ]
}

/** Nothing is left of what the other city said; of what we answered, all is. */
function Gone({ noun, origin, id }: { noun: Noun; origin: string; id: string }) {
  const path = { origin, id }
  const own = useLoad<Case | 'none'>(`case ${origin} ${id}`, () =>
    call('get', `/api/v1/network/${noun.plural}/{origin}/{id}/case`, { path }).catch((error) => {
      if (error instanceof Problem && error.status === 404) return 'none'
      throw error
    }))
  const before = own.data.value === 'none' ? null : own.data.value
  const withdrawn = before?.withdrawn_at
  useEffect(() => {
    // If this fails, Today goes on listing it: nothing is lost.
    if (withdrawn && mayWrite.value) call('post', `/api/v1/network/${noun.plural}/{origin}/{id}/seen`, { path }).catch(() => undefined)
  }, [origin, id, withdrawn])
  if (own.data.value === null && own.problem.value === null) return <Loading />
  const taken = before && (before.response === 'taken_up' || before.response === 'company_found')
  return (
    <>
      <Alert tone="info" title={taken && withdrawn ? t('network.taken_back', { city: before.origin.name }) : t('network.gone')} live>
        <p>{t('network.gone_text')}</p>
        {before && <Coordination mailbox={before.origin.mailbox} />}
        <div><LinkButton href={`/network/${noun.plural}`}>{t('network.back')}</LinkButton></div>
      </Alert>
      {before && <Section title={t('history.title')}><Timeline entries={ownStory(before)} /></Section>}
    </>
  )
}

function Body({ noun, item, onChanged }: { noun: Noun; item: Detail; onChanged: () => void }) {
  const forwarding = useSignal(false)
  const path = { origin: item.origin.authority, id: item.id }
  return (
    <>
      <div class="state">
        <Badge tone={toneOf(item.state)}>{tOr(`state.${item.state}`, t('state.other'))}</Badge>
        <span class="muted">{placeText(item)}</span>
      </div>
      {item.forwarded_by && (
        <Alert tone="info" title={t('network.forwarded_title', { city: item.forwarded_by.name })}>
          {item.forwarded_by.note && <Prose text={item.forwarded_by.note} />}
        </Alert>
      )}
      {mayWrite.value && <Answer noun={noun} item={item} onChanged={onChanged} />}
      <div class="columns">
        <div class="columns__main">
          <Section title={t(`${noun.plural}.what`)}>
            <PublicHelp help={item.help} />
            {item.language !== language.value && <p class="muted">{t('network.written_in', { language: languageName(item.language) })}</p>}
            <Prose text={item.text} lang={item.language} />
            <Facts
              facts={[
                [t('field.city'), item.origin.name],
                [t('field.place'), item.municipality.name],
                [t(`field.${noun.due}`), item.month && month(item.month)],
                [t('network.published'), date(item.published_at)],
              ]}
            />
          </Section>
        </div>
        <div class="columns__side">
          {mayWrite.value && (
            <Section title={t('network.pass_on')}>
              <p>{t('network.pass_on_text')}</p>
              <div><Button icon="arrow-forward" onClick={() => { forwarding.value = true }}>{t('forward.action')}</Button></div>
            </Section>
          )}
          <Section title={t('history.title')}><Timeline entries={item.history} /></Section>
        </div>
      </div>
      {forwarding.value && (
        <ForwardDialog draft={item.id} except={item.origin.authority} onClose={() => { forwarding.value = false }}
          send={async (body) => {
            await call('post', `/api/v1/network/${noun.plural}/{origin}/{id}/forwards`, { path, body })
            onChanged()
          }} />
      )}
    </>
  )
}

export function NetworkDetail({ noun, origin, id }: { noun: Noun; origin: string; id: string }) {
  const item = useLoad<Detail>(`${origin} ${id}`, () => call('get', `/api/v1/network/${noun.plural}/{origin}/{id}`, { path: { origin, id } }), LIVE)
  const loaded = item.data.value
  return (
    <Page title={loaded?.title ?? t(`network.${noun.one}`)} lang={loaded?.language} back={{ href: `/network/${noun.plural}`, text: t('network.back') }}>
      {item.problem.value?.status === 404 ? <Gone noun={noun} origin={origin} id={id} /> : <Shown of={item}>{(shown) => <Body noun={noun} item={shown} onChanged={() => void item.reload()} />}</Shown>}
    </Page>
  )
}
