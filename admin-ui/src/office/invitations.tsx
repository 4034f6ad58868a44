// Invitations for towns: made here, given to the town as text or as a file, valid once and for 14 days.
import { useSignal } from '@preact/signals'
import { call, type Schemas } from '../shared/api'
import { AdministrationPage } from '../desk/administration/tabs'
import { date, moment } from '../shared/format'
import { useAction, useLoad } from '../shared/load'
import { Alert, Badge, Button, ProblemAlert } from '../shared/parts/basic'
import { TextField } from '../shared/parts/field'
import { Shown } from '../shared/parts/list'
import { announce } from '../shared/say'
import { t } from '../shared/texts'

type Invitation = Schemas['Invitation']

function stateOf(invitation: Invitation): string {
  if (invitation.used_at) return t('invitation.used', { city: invitation.used_by ?? '–', time: moment(invitation.used_at) })
  return t(new Date(invitation.expires_at) < new Date() ? 'invitation.expired' : 'invitation.open', { date: date(invitation.expires_at) })
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
        {({ items }) => (
          <ul class="lines">
            {items.map((invitation) => (
              <li key={invitation.id} class="case">
                <div class="case__top">
                  <strong>{invitation.label ?? t('invitation.unnamed')}</strong>
                  <Badge tone={invitation.used_at ? 'success' : undefined}>{stateOf(invitation)}</Badge>
                </div>
                <span class="muted">{moment(invitation.created_at)}</span>
              </li>
            ))}
          </ul>
        )}
      </Shown>
    </AdministrationPage>
  )
}
