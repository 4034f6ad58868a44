// Joining an office's registry: paste the invitation that the office sent.
import { call } from '../../shared/api'
import { useDraft } from '../../shared/draft'
import { useAction } from '../../shared/load'
import { AreaField } from '../../shared/parts/field'
import { fieldErrors, Form } from '../../shared/parts/form'
import { navigate } from '../../shared/router'
import { notify } from '../../shared/say'
import { t } from '../../shared/texts'
import { AdministrationPage } from './tabs'

export function Join() {
  const draft = useDraft('join', { invitation: '' })
  const { busy, problem, run } = useAction()
  const { invitation } = draft.values.value
  const join = () =>
    run(async () => {
      const office = await call('post', '/api/v1/memberships', { body: { invitation: invitation.trim() } })
      draft.done()
      navigate('/administration/peers')
      notify(t('admin.joined', { office: office.name }))
    })
  return (
    <AdministrationPage title="admin.join" lead="admin.join_lead">
      <Form labels={{ invitation: t('admin.invitation') }} problem={problem.value} busy={busy.value} submit={t('admin.join_submit')} onSubmit={() => void join()}>
        <AreaField name="invitation" label={t('admin.invitation')} hint={t('admin.invitation_hint')} maxLength={2000} rows={5} value={invitation}
          error={fieldErrors(problem.value).invitation} onValue={(value) => draft.set({ invitation: value })} />
      </Form>
    </AdministrationPage>
  )
}
