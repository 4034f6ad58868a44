import { call, type Schemas } from '../../shared/api'
import { shortMoment } from '../../shared/format'
import { useList } from '../../shared/load'
import { List } from '../../shared/parts/list'
import { t, tOr } from '../../shared/texts'
import { AdministrationPage } from './tabs'

type Entry = Schemas['AuditEntry']

const who = (entry: Entry) => entry.actor?.name || (entry.actor && t(`role.${entry.actor.role}`)) || entry.peer?.name || t('history.clock')

function What({ entry }: { entry: Entry }) {
  const type = entry.object_type
  const text = type ? tOr(`object.${type}`, type) : ''
  if (!entry.object_id) return <>{type === 'user' ? t('audit.nobody') : text}</>
  if (entry.object_number) return <a class="kern-link" href={`/${type}s/${entry.object_id}`}>{text} {t('record.number', { number: entry.object_number })}</a>
  if (type === 'user') return <a class="kern-link" href={`/administration/users/${entry.object_id}`}>{text}</a>
  if (type === 'organisation') return <a class="kern-link" href={`/organisations/${entry.object_id}`}>{text}</a>
  if (type === 'peer') return <a class="kern-link" href={`/administration/peers/${encodeURIComponent(entry.object_id)}`}>{entry.object_id}</a>
  return <>{text}</>
}

export function Audit() {
  const list = useList<Entry>('audit', (cursor, limit) => call('get', '/api/v1/audit', { query: { ...(cursor && { cursor }), limit } }))
  return (
    <AdministrationPage title="admin.audit" lead="admin.audit_lead">
      <List list={list} count="admin.audit_count" empty={null}>
        {(items) => (
          <div class="table-scroll" tabIndex={0} role="region" aria-label={t('admin.audit')}>
            <table class="table table--stack">
              <thead>
                <tr>{(['when', 'who', 'what', 'object', 'why'] as const).map((name) => <th scope="col" key={name}>{t(`admin.audit_${name}`)}</th>)}</tr>
              </thead>
              <tbody>
                {items.map((entry) => (
                  <tr key={entry.id}>
                    <td class="nowrap">{shortMoment(entry.at)}</td>
                    <td>{who(entry)}</td>
                    <td>{tOr(`audit.${entry.action}`, t('audit.other'))}{entry.times !== null && entry.times > 1 && ` (${t('audit.times', { n: entry.times })})`}</td>
                    <td><What entry={entry} /></td>
                    <td>{entry.reason}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </List>
    </AdministrationPage>
  )
}
