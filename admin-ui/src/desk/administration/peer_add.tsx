import { useSignal } from '@preact/signals'
import { call } from '../../shared/api'
import { useAction } from '../../shared/load'
import { TextField } from '../../shared/parts/field'
import { fieldErrors, Form } from '../../shared/parts/form'
import { Page } from '../../shared/parts/page'
import { navigate } from '../../shared/router'
import { t } from '../../shared/texts'

export function PeerAdd() {
  const authority = useSignal('')
  const { busy, problem, run } = useAction()
  const add = () =>
    run(async () => {
      const peer = await call('post', '/api/v1/peers', { body: { authority: authority.value } })
      navigate(`/administration/peers/${encodeURIComponent(peer.authority)}`)
    })
  return (
    <Page title={t('admin.peer_add')} lead={t('admin.peer_add_lead')} back={{ href: '/administration/peers', text: t('admin.peers') }}>
      <Form labels={{ authority: t('admin.authority') }} problem={problem.value} busy={busy.value} submit={t('admin.peer_fetch')} onSubmit={() => void add()} onCancel={() => navigate('/administration/peers')}>
        <TextField name="authority" label={t('admin.authority')} hint={t('admin.authority_hint')} autocomplete="off" autocapitalize="none" spellcheck={false} maxLength={300}
          value={authority.value} error={fieldErrors(problem.value).authority} onValue={(value) => { authority.value = value }} />
      </Form>
    </Page>
  )
}
