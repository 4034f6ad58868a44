import { useSignal } from '@preact/signals'
import { call, type Schemas } from '../../shared/api'
import { moment } from '../../shared/format'
import { LIVE, useLoad } from '../../shared/load'
import { Badge, Button } from '../../shared/parts/basic'
import { Shown } from '../../shared/parts/list'
import { ReasonDialog } from '../../shared/parts/reason_dialog'
import { t } from '../../shared/texts'
import { AdministrationPage } from './tabs'

type Alarm = Schemas['Alarm']

export function Alarms() {
  const alarms = useLoad('alarms', () => call('get', '/api/v1/alarms'), LIVE)
  const closing = useSignal<Alarm | null>(null)
  const acknowledge = async (note: string | null) => {
    await call('post', '/api/v1/alarms/{id}/acknowledge', { path: { id: closing.value!.id }, body: { note } })
    await alarms.reload()
  }
  return (
    <AdministrationPage title="admin.alarms" lead="admin.alarms_lead">
      <Shown of={alarms}>
        {({ items }) =>
          items.length === 0 ? <p class="fine">{t('admin.no_alarms')}</p> : (
            <ul class="lines">
              {items.map((alarm) => (
                <li key={alarm.id} class="case">
                  <div class="case__top">
                    <strong>{t(`alarm.${alarm.kind}`)}</strong>
                    <Badge tone={alarm.acknowledged_at ? 'success' : 'danger'}>{t(alarm.acknowledged_at ? 'admin.alarm_done' : 'admin.alarm_open')}</Badge>
                  </div>
                  <span>{t(`alarm.${alarm.kind}_text`, { city: alarm.peer?.name ?? '–' })}</span>
                  {alarm.peer && <a class="kern-link" href={`/administration/peers/${encodeURIComponent(alarm.peer.authority)}`}>{t('admin.alarm_peer', { city: alarm.peer.name })}</a>}
                  <span class="muted">{moment(alarm.at)}{alarm.times > 1 && ` · ${alarm.times}×`} · {alarm.detail}</span>
                  {alarm.acknowledged_at ? (
                    <span class="muted">{t('admin.alarm_by', { name: alarm.acknowledged_by?.name || '–', time: moment(alarm.acknowledged_at) })}{alarm.note && ` · ${alarm.note}`}</span>
                  ) : (
                    <div><Button onClick={() => { closing.value = alarm }}>{t('admin.alarm_acknowledge')}</Button></div>
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
      {closing.value && (
        <ReasonDialog title={t('admin.alarm_acknowledge')} label={t('admin.alarm_note')} required={false} submit={t('admin.alarm_acknowledge')} draft={closing.value.id} act={acknowledge} onClose={() => { closing.value = null }} />
      )}
    </AdministrationPage>
  )
}
