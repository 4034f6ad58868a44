// Invitations for towns: made here, given to the town as text or as a file, valid once and for 14 days.
import { useSignal } from '@preact/signals'
import { call, type Schemas } from '../shared/api'
import { AdministrationPage } from '../desk/administration/tabs'
import { date, moment } from '../shared/format'
import { useAction, useLoad } from '../shared/load'
import { Alert, Badge, Button, ProblemAlert, type Tone } from '../shared/parts/basic'
import { TextField } from '../shared/parts/field'
import { Shown } from '../shared/parts/list'
import { announce } from '../shared/say'
import { t } from '../shared/texts'

type Invitation = Schemas['Invitation']

type State = 'used' | 'expired' | 'open'
const tones: Record<State, Tone | undefined> = { used: 'success', expired: undefined, open: 'info' }

function stateOf(invitation: Invitation): State {
  if (invitation.used_at) return 'used'
  return new Date(invitation.expires_at) < new Date() ? 'expired' : 'open'
}

function Line({ invitation, town }: { invitation: Invitation; town: string | undefined }) {
  const state = stateOf(invitation)
  const fillings = { city: town ?? '–', time: moment(invitation.used_at ?? invitation.expires_at), date: date(invitation.expires_at) }
  return (
    <li class="case">
      <div class="case__top">
        <strong>{invitation.label ?? town ?? t('invitation.unnamed')}</strong>
        <Badge tone={tones[state]}>{t(`invitation.is.${state}`)}</Badge>
      </div>
      <span class="muted">{t('invitation.made', { time: moment(invitation.created_at) })}, {t(`invitation.${state}`, fillings)}</span>
    </li>
  )
}

function Issued({ issued }: { issued: Schemas['InvitationIssued'] }) {
  const copy = async () => {
    await navigator.clipboard.writeText(issued.invitation)
    announce(t('invitation.copied'))
  }
  const href = `data:application/json;charset=utf-8,${encodeURIComponent(issued.invitation)}`
  return (
    <Alert tone="success" title={t('invitation.once')} live>
      <p>{t('invitation.once_text', { date: date(issued.expires_at) })}</p>
      <code class="secret">{issued.invitation}</code>
      <div class="actions">
        <Button icon="content-copy" onClick={() => void copy()}>{t('invitation.copy')}</Button>
        <a class="kern-btn kern-btn--secondary" href={href} download="invitation.json"><span class="kern-label">{t('invitation.download')}</span></a>
      </div>
    </Alert>
  )
}

export function Invitations() {
  const invitations = useLoad('invitations', () => call('get', '/api/v1/invitations'))
  const members = useLoad('members', () => call('get', '/api/v1/members'))
  const townOf = ({ used_by }: Invitation) => members.data.value?.items.find(({ authority }) => authority === used_by)?.name ?? used_by ?? undefined
  const label = useSignal('')
  const issued = useSignal<Schemas['InvitationIssued'] | null>(null)
  const { busy, problem, run } = useAction()
  const make = () =>
    run(async () => {
      issued.value = await call('post', '/api/v1/invitations', { body: { label: label.value.trim() || null } })
      label.value = ''
      await invitations.reload()
    })
  return (
    <AdministrationPage title="admin.invitations" lead="invitation.lead">
      {issued.value && <Issued issued={issued.value} />}
      <form class="form form--line" noValidate onSubmit={(event) => { event.preventDefault(); void make() }}>
        <TextField name="label" label={t('invitation.label')} optional maxLength={120} value={label.value} onValue={(value) => { label.value = value }} />
        <Button type="submit" kind="primary" busy={busy.value}>{t('invitation.make')}</Button>
      </form>
      <ProblemAlert problem={problem.value} />
      <Shown of={invitations}>
        {({ items }) => items.length > 0 && (
          <ul class="lines">
            {items.map((invitation) => <Line key={invitation.id} invitation={invitation} town={townOf(invitation)} />)}
          </ul>
        )}
      </Shown>
    </AdministrationPage>
  )
}
