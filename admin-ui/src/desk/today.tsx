// What waits for me. Every line leads to its object.
import { useContext, useEffect } from 'preact/hooks'
import type { Schemas } from '../shared/api'
import { ago } from '../shared/format'
import { Empty, Icon, LinkButton } from '../shared/parts/basic'
import { certificateText, certificateTone } from '../shared/parts/certificate'
import { Shown } from '../shared/parts/list'
import { Page } from '../shared/parts/page'
import { mayWrite, user } from '../shared/session'
import { t, tn } from '../shared/texts'
import { Waiting } from './waiting'

type Item = Schemas['TodayItem']
type Thing = Schemas['TodayObject']

const icons: Record<Exclude<Item['kind'], 'certificate_expires'>, string> = {
  submitted_proposals: 'draft',
  needs_information: 'question-mark',
  response_received: 'mail',
  forward_received: 'arrow-forward',
  due_soon: 'calendar-today',
  publication_held: 'warning',
  publication_unacknowledged: 'warning',
  case_withdrawn: 'info',
  peer_problem: 'warning',
  key_alarm: 'danger',
}

const iconOf = ({ kind, objects }: Item) => (kind === 'certificate_expires' ? certificateTone(objects[0]!.at) : icons[kind])

// Where the rest is, when there are more than the node lists here.
const allOf: Partial<Record<Item['kind'], string>> = {
  submitted_proposals: '/proposals?state=submitted',
  needs_information: '/proposals?state=needs_information',
  forward_received: '/network/proposals?show=forwarded',
  due_soon: '/proposals?sort=needed_by',
  peer_problem: '/connections',
  key_alarm: '/administration/alarms',
}

function hrefOf(kind: Item['kind'], { type, id, origin }: Thing): string {
  if (type === 'peer' || type === 'certificate') return '/connections'
  if (type === 'alarm') return '/administration/alarms'
  if (origin) return `/network/${type}s/${encodeURIComponent(origin)}/${id}`
  return kind === 'publication_unacknowledged' || kind === 'publication_held' ? `/${type}s/${id}/publication` : `/${type}s/${id}`
}

/** What another city withdrew has lost its title with everything else. */
function titleOf(kind: Item['kind'], thing: Thing): string {
  if (kind === 'case_withdrawn') return t('network.taken_back', { city: thing.peer?.name ?? '' })
  return kind === 'key_alarm' ? t(`alarm.${thing.title as Schemas['AlarmKind']}`) : thing.title
}

function detailOf(kind: Item['kind'], thing: Thing): string {
  if (kind === 'case_withdrawn') return ago(thing.at)
  if (kind === 'certificate_expires') return certificateText(thing.at)
  if (kind === 'due_soon') return '' // what counts is when it is needed, and that all of them are soon
  if (thing.peer && thing.response) return `${t(`response.by.${thing.response}`, { city: thing.peer.name })} · ${ago(thing.at)}`
  return thing.peer ? `${thing.peer.name} · ${ago(thing.at)}` : ago(thing.at)
}

function Group({ item }: { item: Item }) {
  const rest = item.count - item.objects.length
  const all = allOf[item.kind]
  return (
    <section class="group" aria-labelledby={`today-${item.kind}`}>
      <h2 id={`today-${item.kind}`}>
        <Icon name={iconOf(item)} />
        {tn(`today.${item.kind}`, item.count)}{item.count_is_bound && ` ${t('today.and_more')}`}
      </h2>
      <ul class="lines">
        {item.objects.map((thing) => (
          <li key={thing.id}>
            <a href={hrefOf(item.kind, thing)} class="line">
              <span class="line__title">{titleOf(item.kind, thing)}</span>
              <span class="line__detail">{detailOf(item.kind, thing)}</span>
            </a>
          </li>
        ))}
      </ul>
      {rest > 0 && all && <a class="kern-link" href={all}>{tn('today.more', rest)}</a>}
    </section>
  )
}

function lead(kinds: number): string {
  const greeting = t('today.greeting', { name: user.value?.name ?? '' })
  return kinds === 0 ? greeting : `${greeting} ${t(mayWrite.value ? 'today.waits' : 'today.coming_up')}`
}

export function Today() {
  const today = useContext(Waiting)!
  useEffect(() => {
    if (today.data.peek()) void today.reload() // what was done meanwhile on another screen
  }, [])
  const actions = mayWrite.value && <LinkButton href="/proposals/new" kind="primary" icon="add">{t('proposals.new')}</LinkButton>
  return (
    <Page title={t('today.title')} lead={lead(today.data.value?.items.length ?? 0)} actions={actions}>
      <Shown of={today}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t('today.empty')}>
              <p>{t('today.empty_text')}</p>
              <div class="actions">
                <LinkButton href="/network/proposals">{t('today.look_around')}</LinkButton>
                {mayWrite.value && <LinkButton href="/import" kind="tertiary">{t('import.title')}</LinkButton>}
              </div>
            </Empty>
          ) : (
            <div class="groups">{items.map((item) => <Group key={item.kind} item={item} />)}</div>
          )
        }
      </Shown>
    </Page>
  )
}
