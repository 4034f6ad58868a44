// What happened, newest first: here and in other cities.
import { call, type Schemas } from '../../shared/api'
import { moment } from '../../shared/format'
import { LIVE, useLoad } from '../../shared/load'
import { Shown } from '../../shared/parts/list'
import { Section } from '../../shared/parts/page'
import { node } from '../../shared/session'
import { t, tOr } from '../../shared/texts'
import type { Noun } from '../noun'

type Entry = Schemas['HistoryEntry']

const stateText = (state: string) => tOr(`state.${state}`, t('state.other'))

function sentence(entry: Entry): string {
  const city = entry.peer?.name ?? ''
  if (entry.action === 'transition' && entry.to) return t('history.transition', { state: stateText(entry.to) })
  if (entry.action === 'response' && entry.response) {
    return entry.actor ? t(`response.we.${entry.response}`) : t(`response.by.${entry.response}`, { city })
  }
  return t(`history.${entry.action}`, { city })
}

function who(entry: Entry): string {
  if (entry.actor) return entry.actor.name || t(`role.${entry.actor.role}`)
  return entry.peer?.name ?? t('history.clock')
}

export function Timeline({ entries }: { entries: Entry[] }) {
  return (
    <ol class="timeline">
      {entries.map((entry, index) => (
        <li key={index}>
          <span class="timeline__what">{sentence(entry)}</span>
          {entry.reason && <q class="timeline__reason" lang={entry.actor ? node.value?.language : ''}>{entry.reason}</q>}
          <span class="timeline__when"><time dateTime={entry.at}>{moment(entry.at)}</time> · {who(entry)}</span>
        </li>
      ))}
    </ol>
  )
}

export function History({ noun, id, version }: { noun: Noun; id: string; version: number }) {
  const history = useLoad(`${id} ${version}`, () => call('get', `/api/v1/${noun.plural}/{id}/history`, { path: { id } }), LIVE)
  return (
    <Section title={t('history.title')}>
      <Shown of={history}>{({ items }) => <Timeline entries={items} />}</Shown>
    </Section>
  )
}
